"""The Responses API, with the official SDK of OpenAI, against every adapter."""

import json

import pytest
from conftest import ECHO, FACTS, FACTS_SCHEMA, GREETING, MODELS, NETWORKED, PNG, WEATHER, upstream_has_seen

TOOLS = [{"type": "function", "name": "get_weather", "description": "Weather of a place", "parameters": WEATHER, "strict": True}]


@pytest.mark.parametrize("model", MODELS)
def test_an_answer(client, model):
    answer = client.responses.create(model=model, instructions="Be brief.", input=ECHO)
    assert answer.output_text == GREETING
    assert answer.status == "completed"
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0


@pytest.mark.parametrize("model", MODELS)
def test_a_stream(client, model):
    events = list(client.responses.create(model=model, input=ECHO, stream=True))
    kinds = [event.type for event in events]
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == GREETING
    assert events[-1].response.output_text == GREETING
    assert events[-1].response.usage.output_tokens > 0
    # The server behind `openai` gives none, and its events pass as they are.
    numbers = [event.sequence_number for event in events]
    assert numbers == list(range(len(events))) or (model.startswith("openai/") and set(numbers) == {None})


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True])
def test_tools(client, model, stream):
    question = {"role": "user", "content": "/tool weather in Huế and Đà Nẵng"}
    if stream:
        with client.responses.stream(model=model, input=[question], tools=TOOLS) as events:
            for _ in events:
                pass
            answer = events.get_final_response()
    else:
        answer = client.responses.create(model=model, input=[question], tools=TOOLS)
    calls = [item for item in answer.output if item.type == "function_call"]
    assert len(calls) == (1 if model.startswith("demo/") else 2)
    assert all(call.name == "get_weather" and json.loads(call.arguments)["query"] for call in calls)

    history = [question]
    history += [{"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments} for call in calls]
    history += [{"type": "function_call_output", "call_id": call.call_id, "output": "31 °C"} for call in calls]
    assert "31 °C" in client.responses.create(model=model, input=history, tools=TOOLS).output_text


@pytest.mark.parametrize("model", NETWORKED)
def test_structured_output(client, model):
    text = {"format": {"type": "json_schema", "name": "facts", "schema": FACTS_SCHEMA, "strict": True}}
    answer = client.responses.create(model=model, input="/echo " + json.dumps(FACTS), text=text)
    assert json.loads(answer.output_text) == FACTS


def test_an_image(client):
    content = [
        {"type": "input_text", "text": "What is in this picture?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"},
    ]
    answer = client.responses.create(model="anthropic/claude-sonnet-4-5", input=[{"role": "user", "content": content}])
    assert "image/png" in answer.output_text
    assert upstream_has_seen(PNG)
