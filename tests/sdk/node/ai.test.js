// A framework built on the same API: Vercel's AI SDK, against every adapter.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Output, embedMany, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

import {
  ECHO,
  ECHO_FACTS,
  FACTS,
  GREETING,
  KEY,
  MODELS,
  NETWORKED,
  QUESTION,
  URL,
  callsOf,
} from "./common.js";

const parlance = createOpenAICompatible({
  name: "parlance",
  baseURL: `${URL}/v1`,
  apiKey: KEY,
  includeUsage: true,
  supportsStructuredOutputs: true,
});

for (const name of MODELS) {
  const model = parlance(name);

  test(`ai: ${name} answers`, async () => {
    const { text, usage, finishReason } = await generateText({ model, prompt: ECHO, maxRetries: 0 });
    assert.equal(text, GREETING);
    assert.equal(finishReason, "stop");
    assert.ok(usage.outputTokens > 0);
  });

  test(`ai: ${name} streams`, async () => {
    const answer = streamText({ model, prompt: ECHO, maxRetries: 0 });
    let text = "";
    for await (const piece of answer.textStream) text += piece;
    assert.equal(text, GREETING);
    assert.ok((await answer.usage).outputTokens > 0);
  });

  test(`ai: ${name} works with tools in steps`, async () => {
    const asked = [];
    const get_weather = tool({
      description: "Weather of a place",
      inputSchema: z.object({ query: z.string() }),
      execute: async ({ query }) => {
        asked.push(query);
        return "31 °C";
      },
    });
    const answer = streamText({
      model,
      prompt: QUESTION,
      tools: { get_weather },
      stopWhen: stepCountIs(3),
      maxRetries: 0,
    });
    assert.match(await answer.text, /31 °C/);
    assert.equal(asked.length, callsOf(name));
    assert.equal((await answer.steps).length, 2);
  });
}

for (const name of NETWORKED) {
  test(`ai: ${name} answers in a schema`, async () => {
    const schema = z.object({ city: z.string(), river: z.string(), bridges: z.number() });
    const { output } = await generateText({
      model: parlance(name),
      prompt: ECHO_FACTS,
      output: Output.object({ schema }),
      maxRetries: 0,
    });
    assert.deepEqual(output, FACTS);
  });
}

test("ai: embeddings", async () => {
  const model = parlance.textEmbeddingModel("openai/text-embedding-3-small");
  const { embeddings } = await embedMany({ model, values: ["one", "two"], maxRetries: 0 });
  assert.equal(embeddings.length, 2);
  assert.ok(embeddings[0].length > 1);
});
