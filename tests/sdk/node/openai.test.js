// The official SDK of OpenAI, against every adapter.

import assert from "node:assert/strict";
import { test } from "node:test";

import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

import {
  CAPPED_KEY,
  ECHO,
  ECHO_FACTS,
  FACTS,
  GREETING,
  KEY,
  MODELS,
  NETWORKED,
  PNG,
  QUESTION,
  SEEING,
  URL,
  WEATHER,
  callsOf,
} from "./common.js";

const connect = (apiKey) => new OpenAI({ baseURL: `${URL}/v1`, apiKey, maxRetries: 0 });
const client = connect(KEY);
const ask = (content) => [{ role: "user", content }];
const tools = [{ type: "function", function: { name: "get_weather", parameters: WEATHER } }];

for (const model of MODELS) {
  test(`chat: ${model} answers`, async () => {
    const answer = await client.chat.completions.create({ model, messages: ask(ECHO) });
    assert.equal(answer.choices[0].message.content, GREETING);
    assert.equal(answer.choices[0].finish_reason, "stop");
    assert.ok(answer.usage.prompt_tokens > 0 && answer.usage.completion_tokens > 0);
  });

  test(`chat: ${model} streams, and usage only to who asks`, async () => {
    for (const include_usage of [false, true]) {
      const stream = await client.chat.completions.create({
        model,
        messages: ask(ECHO),
        stream: true,
        ...(include_usage && { stream_options: { include_usage } }),
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), GREETING);
      const last = chunks.at(-1);
      if (include_usage) {
        assert.deepEqual(last.choices, []);
        assert.ok(last.usage.completion_tokens > 0);
      } else {
        assert.equal(last.choices[0].finish_reason, "stop");
        assert.ok(chunks.every((chunk) => !chunk.usage));
      }
    }
  });

  test(`chat: ${model} calls tools`, async () => {
    // The helper of the SDK runs the functions itself.
    let called = 0;
    const runner = client.chat.completions.runTools({
      model,
      messages: ask(QUESTION),
      tools: [
        {
          type: "function",
          function: {
            name: "get_weather",
            description: "Weather of a place",
            parameters: WEATHER,
            parse: JSON.parse,
            function: ({ query }) => {
              assert.ok(query);
              called += 1;
              return "31 °C";
            },
          },
        },
      ],
    });
    assert.match(await runner.finalContent(), /31 °C/);
    assert.equal(called, callsOf(model));
  });

  test(`chat: ${model} streams calls of tools`, async () => {
    const stream = client.chat.completions.stream({ model, messages: ask(QUESTION), tools });
    const { choices } = await stream.finalChatCompletion();
    assert.equal(choices[0].finish_reason, "tool_calls");
    assert.equal(choices[0].message.tool_calls.length, callsOf(model));
    for (const call of choices[0].message.tool_calls) assert.ok(JSON.parse(call.function.arguments).query);
  });

  test(`responses: ${model} answers and streams`, async () => {
    const answer = await client.responses.create({ model, input: ECHO });
    assert.equal(answer.output_text, GREETING);
    const stream = client.responses.stream({ model, input: ECHO });
    let text = "";
    stream.on("response.output_text.delta", (event) => (text += event.delta));
    const streamed = await stream.finalResponse();
    assert.equal(text, GREETING);
    assert.equal(streamed.output_text, GREETING);
    assert.ok(streamed.usage.output_tokens > 0);
  });
}

for (const model of SEEING) {
  test(`chat: ${model} sees`, async () => {
    const url = `data:image/png;base64,${PNG}`;
    const content = [
      { type: "text", text: "What is in this picture?" },
      { type: "image_url", image_url: { url } },
    ];
    const answer = await client.chat.completions.create({ model, messages: ask(content) });
    assert.match(answer.choices[0].message.content, /image\/png/);
  });
}

for (const model of NETWORKED) {
  test(`chat: ${model} answers in a schema`, async () => {
    const Facts = z.object({ city: z.string(), river: z.string(), bridges: z.number().int() });
    const answer = await client.chat.completions.parse({
      model,
      messages: ask(ECHO_FACTS),
      response_format: zodResponseFormat(Facts, "facts"),
    });
    assert.deepEqual(answer.choices[0].message.parsed, FACTS);
  });
}

test("embeddings", async () => {
  const { data } = await client.embeddings.create({
    model: "openai/text-embedding-3-small",
    input: ["one", "two"],
  });
  assert.deepEqual(
    data.map((item) => item.index),
    [0, 1],
  );
  assert.ok(data[0].embedding.length > 1 && data[0].embedding.every(Number.isFinite));
});

test("models", async () => {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  for (const id of ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "demo/parlance"])
    assert.ok(ids.includes(id), id);
  assert.equal((await client.models.retrieve("openai/gpt-4o-mini")).id, "openai/gpt-4o-mini");
});

test("a client that leaves does no harm", async () => {
  const leaving = new AbortController();
  const stream = await client.chat.completions.create(
    { model: "demo/parlance", messages: ask("/long 2000"), stream: true },
    { signal: leaving.signal },
  );
  for await (const _ of stream) break;
  leaving.abort();
  const answer = await client.chat.completions.create({ model: "demo/parlance", messages: ask(ECHO) });
  assert.equal(answer.choices[0].message.content, GREETING);
});

test("refusals are the SDK's own errors", async () => {
  const chat = (to, request) =>
    to.chat.completions.create({ model: "demo/parlance", messages: ask(ECHO), ...request });
  await assert.rejects(chat(connect("sk-parl-unknown")), OpenAI.AuthenticationError);
  await assert.rejects(chat(client, { model: "no/such-model" }), OpenAI.NotFoundError);
  await assert.rejects(chat(client, { messages: [] }), OpenAI.BadRequestError);
  await assert.rejects(
    chat(connect(CAPPED_KEY)),
    (error) => [402, 429].includes(error.status) && Boolean(error.message),
  );
});
