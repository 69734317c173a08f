"""Clients as a developer makes them: an address, a key, nothing else.

`scripts/sdk-test.sh` starts the server and sets the variables.
"""

import json
import os
import urllib.request

import anthropic
import openai
import pytest

URL = os.environ["SDK_URL"]
KEY = os.environ["SDK_KEY"]
UPSTREAM = os.environ["SDK_UPSTREAM"]

# A model of each adapter: Chat Completions of OpenAI, Groq and an imitator, Anthropic's
# Messages, Gemini's generateContent, and the demo provider, which has no network at all.
MODELS = [
    "openai/gpt-4o-mini",
    "groq/openai/gpt-oss-120b",
    "compatible/gpt-4o",
    "anthropic/claude-sonnet-4-5",
    "gemini/gemini-2.5-flash",
    "demo/parlance",
]
NETWORKED = [model for model in MODELS if not model.startswith("demo/")]

GREETING = "Xin chào, thế giới 👋! One, two, three."
ECHO = f"/echo {GREETING}"
FACTS = {"city": "Huế", "river": "Hương", "bridges": 6}
# One red pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="
WEATHER = {
    "type": "object",
    "properties": {"query": {"type": "string"}},
    "required": ["query"],
    "additionalProperties": False,
}
FACTS_SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "river": {"type": "string"},
        "bridges": {"type": "integer"},
    },
    "required": ["city", "river", "bridges"],
    "additionalProperties": False,
}


def openai_client(key=KEY, **options):
    return openai.OpenAI(base_url=f"{URL}/v1", api_key=key, max_retries=0, timeout=30, **options)


def anthropic_client(key=KEY, **options):
    return anthropic.Anthropic(base_url=URL, api_key=key, max_retries=0, timeout=30, **options)


def upstream_has_seen(text):
    """Whether one of the last requests that reached a provider held this text."""
    with urllib.request.urlopen(f"{UPSTREAM}/__aimock/journal") as answer:
        return text in json.dumps(json.load(answer), ensure_ascii=False)


@pytest.fixture
def client():
    return openai_client()


@pytest.fixture
def claude():
    return anthropic_client()
