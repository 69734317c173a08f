"""Chat Completions, with the official SDK of OpenAI, against every adapter."""

import asyncio
import json

import openai
import pytest
from conftest import ECHO, FACTS, GREETING, KEY, MODELS, NETWORKED, PNG, URL, WEATHER, upstream_has_seen
from pydantic import BaseModel

TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "Weather of a place", "parameters": WEATHER}}]


def ask(text):
    return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]


@pytest.mark.parametrize("model", MODELS)
def test_an_answer(client, model):
    answer = client.chat.completions.create(model=model, messages=ask(ECHO), temperature=0.3, max_tokens=500)
    choice = answer.choices[0]
    assert choice.message.content == GREETING
    assert choice.message.role == "assistant"
    assert choice.finish_reason == "stop"
    assert answer.object == "chat.completion"
    assert answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 0
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


@pytest.mark.parametrize("model", MODELS)
def test_a_stream(client, model):
    chunks = list(client.chat.completions.create(model=model, messages=ask(ECHO), stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == GREETING
    assert len([chunk for chunk in chunks if chunk.choices[0].delta.content]) > 1
    assert chunks[-1].choices[0].finish_reason == "stop"
    # Usage is asked for upstream, and hidden from who did not ask for it.
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)
    assert len({chunk.id for chunk in chunks}) == 1


@pytest.mark.parametrize("model", MODELS)
def test_usage_in_a_stream(client, model):
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(model=model, messages=ask(ECHO), stream=True, stream_options=options))
    last = chunks[-1]
    assert last.choices == []
    assert last.usage.prompt_tokens > 0 and last.usage.completion_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True])
def test_tools(client, model, stream):
    messages = ask("/tool weather in Huế and Đà Nẵng")
    calls = tool_calls(client, model, messages, stream)
    assert len(calls) == (1 if model.startswith("demo/") else 2)
    assert {call["function"]["name"] for call in calls} == {"get_weather"}
    assert len({call["id"] for call in calls}) == len(calls)
    places = [json.loads(call["function"]["arguments"])["query"] for call in calls]
    if not model.startswith("demo/"):
        assert places == ["Huế", "Đà Nẵng"]

    messages.append({"role": "assistant", "content": None, "tool_calls": calls})
    messages += [{"role": "tool", "tool_call_id": call["id"], "content": "31 °C"} for call in calls]
    answer = client.chat.completions.create(model=model, messages=messages, tools=TOOLS)
    assert "31 °C" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"


def tool_calls(client, model, messages, stream):
    if not stream:
        answer = client.chat.completions.create(model=model, messages=messages, tools=TOOLS)
        assert answer.choices[0].finish_reason == "tool_calls"
        return [
            {"id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": call.function.arguments}}
            for call in answer.choices[0].message.tool_calls
        ]
    # The SDK's own helper puts the pieces together.
    with client.chat.completions.stream(model=model, messages=messages, tools=TOOLS) as events:
        for _ in events:
            pass
        answer = events.get_final_completion()
    assert answer.choices[0].finish_reason == "tool_calls"
    return [
        {"id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": call.function.arguments}}
        for call in answer.choices[0].message.tool_calls
    ]


@pytest.mark.parametrize("model", [*NETWORKED, "demo/parlance-vision"])
def test_an_image(client, model):
    if model == "groq/openai/gpt-oss-120b":
        pytest.skip("this model reads no images")
    content = [
        {"type": "text", "text": "What is in this picture?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
    ]
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": content}])
    assert "image/png" in answer.choices[0].message.content
    if not model.startswith("demo/"):
        assert upstream_has_seen(PNG)


class Facts(BaseModel):
    city: str
    river: str
    bridges: int


@pytest.mark.parametrize("model", NETWORKED)
def test_structured_output(client, model):
    answer = client.chat.completions.parse(model=model, messages=ask("/echo " + json.dumps(FACTS)), response_format=Facts)
    assert answer.choices[0].message.parsed == Facts(**FACTS)
    assert upstream_has_seen('"bridges"')


@pytest.mark.parametrize("model", MODELS)
def test_headers_say_who_answered(client, model):
    raw = client.chat.completions.with_raw_response.create(model=model, messages=ask(ECHO))
    assert raw.headers["x-parlance-model"] == model
    assert int(raw.headers["x-parlance-attempts"]) == 1
    assert raw.headers["x-request-id"]
    # Money is a decimal in a string, never a binary float.
    assert set(raw.headers["x-parlance-cost-usd"]) <= set("0123456789.")
    assert raw.parse().choices[0].message.content == GREETING


def test_unknown_fields_pass_where_the_shape_is_the_providers(client):
    client.chat.completions.create(
        model="openai/gpt-4o-mini", messages=ask(ECHO), extra_body={"a_field_of_next_year": "mark-7f3a"}
    )
    assert upstream_has_seen("mark-7f3a")


def test_many_at_once():
    async def all_of_them():
        async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0) as client:
            async def one(number):
                model = MODELS[number % len(MODELS)]
                stream = await client.chat.completions.create(model=model, messages=ask(ECHO), stream=True)
                return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

            return await asyncio.gather(*(one(number) for number in range(24)))

    assert asyncio.run(all_of_them()) == [GREETING] * 24


def test_embeddings(client):
    texts = ["one text", "another one", "one text"]
    answer = client.embeddings.create(model="openai/text-embedding-3-small", input=texts)
    vectors = [item.embedding for item in answer.data]
    assert [item.index for item in answer.data] == [0, 1, 2]
    assert len({len(vector) for vector in vectors}) == 1 and len(vectors[0]) > 1
    assert vectors[0] == vectors[2] != vectors[1]
    assert answer.usage.prompt_tokens >= 0
    plain = client.embeddings.create(model="openai/text-embedding-3-small", input="one text", encoding_format="float")
    assert plain.data[0].embedding == pytest.approx(vectors[0], abs=1e-6)


def test_models(client):
    ids = {model.id for model in client.models.list()}
    assert {"openai/gpt-4o", "anthropic/claude-sonnet-4-5", "demo/parlance"} <= ids
    model = client.models.retrieve("openai/gpt-4o-mini")
    assert model.id == "openai/gpt-4o-mini" and model.object == "model"


def test_a_bare_name_is_enough(client):
    answer = client.chat.completions.create(model="claude-sonnet-4-5", messages=ask(ECHO))
    assert answer.choices[0].message.content == GREETING
