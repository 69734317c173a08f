// The official SDK of Anthropic, against every adapter.

import assert from "node:assert/strict";
import { test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";

import {
  CAPPED_KEY,
  ECHO,
  GREETING,
  KEY,
  MODELS,
  PNG,
  QUESTION,
  SEEING,
  URL,
  WEATHER,
  callsOf,
} from "./common.js";

const connect = (apiKey) => new Anthropic({ baseURL: URL, apiKey, maxRetries: 0 });
const client = connect(KEY);
const ask = (content) => [{ role: "user", content }];
const tools = [{ name: "get_weather", description: "Weather of a place", input_schema: WEATHER }];
const max_tokens = 500;

for (const model of MODELS) {
  test(`messages: ${model} answers`, async () => {
    const answer = await client.messages.create({
      model,
      max_tokens,
      system: "Be brief.",
      messages: ask(ECHO),
    });
    assert.deepEqual(
      answer.content.map(({ type, text }) => ({ type, text })),
      [{ type: "text", text: GREETING }],
    );
    assert.equal(answer.stop_reason, "end_turn");
    assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
  });

  test(`messages: ${model} streams`, async () => {
    let text = "";
    const stream = client.messages
      .stream({ model, max_tokens, messages: ask(ECHO) })
      .on("text", (delta) => (text += delta));
    const answer = await stream.finalMessage();
    assert.equal(text, GREETING);
    assert.equal(answer.content[0].text, GREETING);
    assert.ok(answer.usage.output_tokens > 0);
  });

  test(`messages: ${model} calls tools`, async () => {
    const messages = ask(QUESTION);
    const answer = await client.messages.stream({ model, max_tokens, tools, messages }).finalMessage();
    const calls = answer.content.filter((block) => block.type === "tool_use");
    assert.equal(answer.stop_reason, "tool_use");
    assert.equal(calls.length, callsOf(model));
    assert.ok(calls.every((call) => call.name === "get_weather" && call.input.query));
    const said = calls.map(({ type, id, name, input }) => ({ type, id, name, input }));
    const results = calls.map((call) => ({ type: "tool_result", tool_use_id: call.id, content: "31 °C" }));
    messages.push({ role: "assistant", content: said }, { role: "user", content: results });
    const after = await client.messages.create({ model, max_tokens, tools, messages });
    assert.match(after.content.at(-1).text, /31 °C/);
  });

  test(`messages: the tokens of ${model} are counted`, async () => {
    const few = await client.messages.countTokens({ model, messages: ask("One word.") });
    const many = await client.messages.countTokens({ model, tools, messages: ask("One word. ".repeat(50)) });
    assert.ok(0 < few.input_tokens && few.input_tokens < many.input_tokens);
  });
}

for (const model of SEEING) {
  test(`messages: ${model} sees`, async () => {
    const source = { type: "base64", media_type: "image/png", data: PNG };
    const content = [
      { type: "image", source },
      { type: "text", text: "What is in this picture?" },
    ];
    const answer = await client.messages.create({ model, max_tokens, messages: ask(content) });
    assert.match(answer.content[0].text, /image\/png/);
  });
}

test("refusals are the SDK's own errors", async () => {
  const message = (to, request) =>
    to.messages.create({ model: "demo/parlance", max_tokens, messages: ask(ECHO), ...request });
  await assert.rejects(message(connect("sk-parl-unknown")), Anthropic.AuthenticationError);
  await assert.rejects(message(client, { model: "no/such-model" }), Anthropic.NotFoundError);
  await assert.rejects(message(client, { messages: [] }), Anthropic.BadRequestError);
  await assert.rejects(message(connect(CAPPED_KEY)), (error) => [402, 429].includes(error.status));
});
