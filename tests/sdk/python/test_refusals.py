"""What is refused arrives as the SDKs' own exceptions. Runs last: failures rest providers."""

import os

import anthropic
import openai
import pytest
from conftest import ECHO, anthropic_client, openai_client


def chat(client, **request):
    request = {"model": "demo/parlance", "messages": [{"role": "user", "content": ECHO}], **request}
    return client.chat.completions.create(**request)


def message(client, **request):
    request = {"model": "demo/parlance", "max_tokens": 50, "messages": [{"role": "user", "content": ECHO}], **request}
    return client.messages.create(**request)


@pytest.mark.parametrize("key", ["sk-parl-unknown", "not a key at all"])
def test_a_wrong_key(key):
    with pytest.raises(openai.AuthenticationError) as refused:
        chat(openai_client(key))
    assert refused.value.body["message"] and refused.value.code == "invalid_api_key"
    with pytest.raises(anthropic.AuthenticationError) as refused:
        message(anthropic_client(key))
    assert refused.value.body["error"]["type"] == "authentication_error"
    assert refused.value.body["type"] == "error"


def test_an_unknown_model(client, claude):
    with pytest.raises(openai.NotFoundError) as refused:
        chat(client, model="gpt-4oh")
    # The nearest names are given.
    assert "gpt-4o" in refused.value.body["message"].removeprefix("There is no model “gpt-4oh”")
    assert refused.value.code == "model_not_found"
    # A provider may have models that nobody has priced; they are refused as well.
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)) as refused:
        chat(client, model="openai/gpt-4oh")
    assert refused.value.code in ("model_not_found", "model_unpriced")
    with pytest.raises(anthropic.NotFoundError) as refused:
        message(claude, model="claude-sonet-4-5")
    assert "claude-sonnet-4-5" in refused.value.body["error"]["message"]
    assert refused.value.body["error"]["type"] == "not_found_error"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4oh")


@pytest.mark.parametrize(
    ("field", "value"),
    [("messages", []), ("messages", "hello"), ("temperature", "hot"), ("max_tokens", -1), ("tools", [{"type": "nothing"}])],
)
def test_a_bad_request_names_the_field(client, field, value):
    with pytest.raises(openai.BadRequestError) as refused:
        chat(client, **{field: value})
    assert field in (refused.value.param or "") or field in refused.value.body["message"]
    assert refused.value.type == "invalid_request_error"


@pytest.mark.parametrize(("field", "value"), [("messages", []), ("max_tokens", 0), ("temperature", "hot")])
def test_a_bad_message_names_the_field(claude, field, value):
    with pytest.raises(anthropic.BadRequestError) as refused:
        message(claude, extra_body={field: value})
    assert field in refused.value.body["error"]["message"]
    assert refused.value.body["error"]["type"] == "invalid_request_error"


def test_a_spent_budget():
    key = os.environ["SDK_CAPPED_KEY"]
    with pytest.raises(openai.APIStatusError) as refused:
        chat(openai_client(key))
    assert refused.value.status_code in (402, 429)
    assert "budget" in refused.value.body["message"].lower() or "cap" in refused.value.body["message"].lower()
    with pytest.raises(anthropic.APIStatusError) as refused:
        message(anthropic_client(key))
    assert refused.value.status_code in (402, 429)


@pytest.mark.parametrize("model", ["openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-flash"])
def test_what_a_provider_finds_wrong_is_passed_on(client, claude, model):
    question = [{"role": "user", "content": "/fail request"}]
    with pytest.raises(openai.BadRequestError) as refused:
        chat(client, model=model, messages=question)
    assert "The provider dislikes this" in refused.value.body["message"]
    with pytest.raises(anthropic.BadRequestError) as refused:
        message(claude, model=model, messages=question)
    assert "The provider dislikes this" in refused.value.body["error"]["message"]


def test_a_provider_that_is_asked_too_often(client, claude):
    question = [{"role": "user", "content": "/fail rate"}]
    with pytest.raises(openai.RateLimitError):
        chat(client, model="groq/openai/gpt-oss-120b", messages=question)
    with pytest.raises(anthropic.RateLimitError):
        message(claude, model="compatible/gpt-4o", messages=question)
