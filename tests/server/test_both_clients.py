"""The official client both ways, waiting and asynchronous: each call gives the same, each failure its own class."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import openai
import pytest

from tests.server.serving import serving

PROMPT = "The café was"
GREEDY = {"model": "writer", "prompt": PROMPT, "max_tokens": 9, "temperature": 0}
CHAT = {"model": "answerer", "messages": [{"role": "user", "content": "Say 7."}], "max_tokens": 9, "seed": 3}
CALLS: dict[str, Callable[[Any], Any]] = {
    "list": lambda client: client.models.list(),
    "retrieve": lambda client: client.models.retrieve("answerer"),
    "echo and log-probabilities": lambda client: client.completions.create(**GREEDY, echo=True, logprobs=3),
    "scores of a prompt": lambda client: client.completions.create(
        **{**GREEDY, "max_tokens": 0}, echo=True, logprobs=1
    ),
    "several drawn from a seed": lambda client: client.completions.create(
        **{**GREEDY, "temperature": 1.3}, n=3, seed=11
    ),
    "a stop string": lambda client: client.completions.create(**GREEDY, stop=["a", "e"]),
    "a stream with usage": lambda client: client.completions.create(
        **GREEDY, seed=2, stream=True, stream_options={"include_usage": True}
    ),
    "a chat": lambda client: client.chat.completions.create(**CHAT, logprobs=True, top_logprobs=2, n=2),
    "a streamed chat": lambda client: client.chat.completions.create(
        **CHAT, stream=True, stream_options={"include_usage": True}
    ),
    "embeddings in base64": lambda client: client.embeddings.create(
        model="reader", input=["a bird", "a mill"], encoding_format="base64"
    ),
    "embeddings in numbers": lambda client: client.embeddings.create(model="reader", input="a bird"),
}


def without_its_name(answer: Any) -> Any:
    """An answer as plain values, less what each answer has of its own: its id and the time."""
    found = answer.model_dump(warnings=False)  # base64 stands where numbers are declared
    return {name: value for name, value in found.items() if name not in ("id", "created")}


def waited_for(call: Callable[[Any], Any], url: str) -> list[Any]:
    """What the client that waits is told: all pieces of a stream."""
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=60) as client:
        found = call(client)
        return [without_its_name(each) for each in (found if isinstance(found, Iterator) else [found])]


def asked_beside_others(call: Callable[[Any], Any], url: str) -> list[list[Any]]:
    """What the asynchronous client is told, three times at once."""

    async def once(client: openai.AsyncOpenAI) -> list[Any]:
        pending = call(client)
        found = await pending if isinstance(pending, Coroutine) else [page async for page in pending]
        if isinstance(found, AsyncIterator):
            return [without_its_name(each) async for each in found]
        return [without_its_name(found)]

    async def thrice() -> list[list[Any]]:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=60) as client:
            return await asyncio.gather(*(once(client) for _ in range(3)))

    return asyncio.run(thrice())


@pytest.mark.parametrize("name", [name for name in CALLS if name != "list"])
def test_both_clients_are_told_the_same(server, name: str) -> None:
    alone = waited_for(CALLS[name], server.url)
    assert alone
    for found in asked_beside_others(CALLS[name], server.url):
        told, expected = leaves(joined(found)), leaves(joined(alone))
        assert [each for each in told if not isinstance(each, float)] == [
            each for each in expected if not isinstance(each, float)
        ]
        # How many texts are computed at once decides about the last places of a number.
        numbers = [each for each in expected if isinstance(each, float)]
        assert [each for each in told if isinstance(each, float)] == pytest.approx(numbers, abs=1e-5)


def leaves(value: Any) -> list[Any]:
    """All names and values of an answer, from first to last."""
    if isinstance(value, dict):
        return [leaf for name, each in value.items() for leaf in (name, *leaves(each))]
    if isinstance(value, list | tuple):
        return [leaf for each in value for leaf in leaves(each)]
    return [value]


def joined(pieces: list[Any]) -> Any:
    """An answer, or the pieces of a stream as text and last piece: where a stream is cut is a matter of time."""
    if len(pieces) == 1:
        return pieces[0]
    choices = [piece["choices"][0] for piece in pieces if piece["choices"]]
    text = "".join(each.get("text") or (each.get("delta") or {}).get("content") or "" for each in choices)
    return text, choices[-1]["finish_reason"], pieces[-1]["usage"]


def test_the_models_are_listed_one_by_one_by_both(server) -> None:
    async def listed() -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
            return [each.id async for each in client.models.list()]

    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        assert [each.id for each in client.models.list()] == asyncio.run(listed()) == ["writer", "answerer", "reader"]


def failing(url: str, error: type[openai.APIError], key: str = "none", **settings: Any) -> openai.APIError:
    """The error that both clients raise for the same call."""
    with (
        openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client,
        pytest.raises(error) as told,
    ):
        client.completions.create(**{**GREEDY, **settings})

    async def other() -> None:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
            await client.completions.create(**{**GREEDY, **settings})

    with pytest.raises(error) as told_too:
        asyncio.run(other())
    assert type(told.value) is type(told_too.value) is error
    assert told.value.message == told_too.value.message
    return told.value


@pytest.mark.parametrize(
    ("error", "settings", "code"),
    [
        (openai.BadRequestError, {"temperature": -1}, "invalid_value"),
        (openai.NotFoundError, {"model": "wirter"}, "model_not_found"),
        (openai.PermissionDeniedError, {"extra_headers": {"Origin": "https://evil.example"}}, "foreign_origin"),
        (openai.APIStatusError, {"extra_headers": {"Content-Type": "text/plain"}}, "unsupported_media_type"),
        (openai.APIStatusError, {"prompt": "a" * 3_000_000}, "request_too_large"),
        (openai.APITimeoutError, {"timeout": 0.0001}, None),
    ],
)
def test_a_failure_has_its_class_its_code_and_words(server, error, settings, code) -> None:
    told = failing(server.url, error, **settings)
    assert getattr(told, "code", None) == code and told.message


def test_without_the_key_and_without_a_server_it_is_said_so(writer) -> None:
    with serving([writer], api_key="secret") as running:
        assert failing(running.url, openai.AuthenticationError, key="wrong").code == "invalid_api_key"
    failing(running.url, openai.APIConnectionError)


def test_when_writing_itself_fails_it_is_the_servers_error_and_the_next_answer_is_well(writer) -> None:
    with serving([writer]) as running:
        engine = running.models.by_name["writer"].writer.engine
        keys, engine.keys = engine.keys, []  # nowhere to put what was read
        told = failing(running.url, openai.InternalServerError)
        assert told.code == "failed" and told.message.endswith("writing failed")
        engine.keys = keys
        [answer] = waited_for(CALLS["a stop string"], running.url)
        assert answer["choices"][0]["finish_reason"] in ("stop", "length")
