"""Messages, with the official SDK of Anthropic, against every adapter."""

import asyncio

import anthropic
import pytest
from conftest import ECHO, GREETING, KEY, MODELS, NETWORKED, PNG, URL, WEATHER, upstream_has_seen

TOOLS = [{"name": "get_weather", "description": "Weather of a place", "input_schema": WEATHER}]


def ask(text):
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize("model", MODELS)
def test_an_answer(claude, model):
    answer = claude.messages.create(model=model, max_tokens=500, system="Be brief.", messages=ask(ECHO))
    assert [(block.type, block.text) for block in answer.content] == [("text", GREETING)]
    assert (answer.type, answer.role, answer.stop_reason) == ("message", "assistant", "end_turn")
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0


@pytest.mark.parametrize("model", MODELS)
def test_a_stream(claude, model):
    with claude.messages.stream(model=model, max_tokens=500, messages=ask(ECHO)) as stream:
        pieces = list(stream.text_stream)
        answer = stream.get_final_message()
    assert "".join(pieces) == GREETING and len(pieces) > 1
    assert answer.content[0].text == GREETING
    assert answer.stop_reason == "end_turn"
    assert answer.usage.output_tokens > 0


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True])
def test_tools(claude, model, stream):
    messages = ask("/tool weather in Huế and Đà Nẵng")
    request = {"model": model, "max_tokens": 500, "tools": TOOLS}
    if stream:
        with claude.messages.stream(messages=messages, **request) as events:
            answer = events.get_final_message()
    else:
        answer = claude.messages.create(messages=messages, **request)
    calls = [block for block in answer.content if block.type == "tool_use"]
    assert answer.stop_reason == "tool_use"
    assert len(calls) == (1 if model.startswith("demo/") else 2)
    assert all(call.name == "get_weather" and call.input["query"] for call in calls)

    messages.append({"role": "assistant", "content": [block.model_dump(include={"type", "id", "name", "input"}) for block in calls]})
    messages.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "31 °C"} for call in calls]})
    answer = claude.messages.create(messages=messages, **request)
    assert "31 °C" in answer.content[-1].text


@pytest.mark.parametrize("model", [*NETWORKED, "demo/parlance-vision"])
def test_an_image(claude, model):
    if model == "groq/openai/gpt-oss-120b":
        pytest.skip("this model reads no images")
    content = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"type": "text", "text": "What is in this picture?"},
    ]
    answer = claude.messages.create(model=model, max_tokens=500, messages=[{"role": "user", "content": content}])
    assert "image/png" in answer.content[0].text
    if not model.startswith("demo/"):
        assert upstream_has_seen(PNG)


def test_thinking(claude):
    answer = claude.messages.create(
        model="anthropic/claude-sonnet-4-5",
        max_tokens=2000,
        thinking={"type": "enabled", "budget_tokens": 1024},
        messages=ask("think first"),
    )
    assert [block.type for block in answer.content] == ["thinking", "text"]
    assert answer.content[0].thinking == "The person wants an answer."


@pytest.mark.parametrize("model", MODELS)
def test_counting_tokens(claude, model):
    few = claude.messages.count_tokens(model=model, messages=ask("One word."))
    many = claude.messages.count_tokens(model=model, system="Be brief.", tools=TOOLS, messages=ask("One word. " * 50))
    assert 0 < few.input_tokens < many.input_tokens


def test_many_at_once():
    async def all_of_them():
        async with anthropic.AsyncAnthropic(base_url=URL, api_key=KEY, max_retries=0) as client:
            async def one(number):
                model = MODELS[number % len(MODELS)]
                answer = await client.messages.create(model=model, max_tokens=500, messages=ask(ECHO))
                return answer.content[0].text

            return await asyncio.gather(*(one(number) for number in range(24)))

    assert asyncio.run(all_of_them()) == [GREETING] * 24


def test_a_bearer_token_does_as_well():
    client = anthropic.Anthropic(base_url=URL, auth_token=KEY, api_key=None, max_retries=0)
    answer = client.messages.create(model="demo/parlance", max_tokens=500, messages=ask(ECHO))
    assert answer.content[0].text == GREETING
