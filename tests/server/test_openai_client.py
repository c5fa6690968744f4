"""The official client of OpenAI's interface, against a real server."""

from __future__ import annotations

import asyncio
import base64
import struct

import openai
import pytest

from hornbook.generation.config import Sampling
from hornbook.generation.text import complete
from hornbook.workflows.load import load_run
from tests.server.serving import serving

PROMPT = "The café was"


@pytest.fixture(scope="module")
def client(server) -> openai.OpenAI:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=60) as made:
        yield made


def test_models_are_listed_and_retrieved(client) -> None:
    assert [each.id for each in client.models.list()] == ["writer", "answerer", "reader"]
    assert client.models.retrieve("answerer").id == "answerer"
    with pytest.raises(openai.NotFoundError, match="there are writer, answerer, reader") as error:
        client.models.retrieve("wirter")
    assert error.value.code == "model_not_found"


def test_a_completion_is_what_the_run_itself_writes(client, writer) -> None:
    said = client.completions.create(model="writer", prompt=PROMPT, max_tokens=20, temperature=0)
    loaded = load_run(writer)
    [sample] = complete(loaded.model, loaded.tokenizer, PROMPT, Sampling(max_tokens=20, temperature=0.0))
    assert said.choices[0].text == sample.text and said.choices[0].finish_reason == "length"
    assert said.usage.completion_tokens == 20
    assert said.usage.prompt_tokens == len(loaded.tokenizer.encode(PROMPT))
    assert said.usage.total_tokens == said.usage.prompt_tokens + 20


def test_prompts_may_be_texts_tokens_and_many_of_them(client, writer) -> None:
    tokens = load_run(writer).tokenizer.encode(PROMPT)
    greedy = {"model": "writer", "max_tokens": 7, "temperature": 0}
    [one] = client.completions.create(prompt=PROMPT, **greedy).choices
    [two] = client.completions.create(prompt=tokens, **greedy).choices
    many = client.completions.create(prompt=[PROMPT, PROMPT], **greedy, n=2).choices
    rows = client.completions.create(prompt=[tokens, tokens], **greedy).choices
    assert {each.text for each in (one, two, *many, *rows)} == {one.text}
    assert [each.index for each in many] == [0, 1, 2, 3]


def test_deltas_joined_are_the_whole_text_and_the_usage_comes_last(client) -> None:
    settings = {"model": "writer", "prompt": PROMPT, "max_tokens": 40, "seed": 5, "temperature": 1.5}
    whole = client.completions.create(**settings)
    chunks = list(client.completions.create(**settings, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == whole.choices[0].text
    assert chunks[-1].choices == [] and chunks[-1].usage == whole.usage
    assert len({chunk.id for chunk in chunks}) == 1


@pytest.mark.slow
def test_the_same_seed_gives_the_same_text_alone_and_under_load(client, server) -> None:
    settings = {"model": "writer", "prompt": PROMPT, "max_tokens": 30, "n": 3, "temperature": 1.2}
    alone = [each.text for each in client.completions.create(**settings, seed=7).choices]
    assert len(set(alone)) == 3

    async def many() -> list[list[str]]:
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as asking:
            asked = [asking.completions.create(**settings, seed=seed) for seed in (7, 8, 9, 7, 10)]
            return [[each.text for each in found.choices] for found in await asyncio.gather(*asked)]

    found = asyncio.run(many())
    assert found[0] == found[3] == alone and found[1] != alone


def test_a_text_ends_before_its_stop_string(client) -> None:
    settings = {"model": "writer", "prompt": PROMPT, "max_tokens": 40, "temperature": 0}
    whole = client.completions.create(**settings).choices[0].text
    stop = whole[9:12]
    cut = client.completions.create(**settings, stop=[stop, "zzz"]).choices[0]
    assert cut.text == whole[: whole.index(stop)] and cut.finish_reason == "stop"
    streamed = client.completions.create(**settings, stop=stop, stream=True)
    assert "".join(chunk.choices[0].text for chunk in streamed) == cut.text


def test_log_probabilities_are_the_models_own_and_echo_scores_the_prompt(client, writer) -> None:
    import torch

    loaded = load_run(writer)
    tokens = loaded.tokenizer.encode(PROMPT)
    said = client.completions.create(
        model="writer", prompt=tokens, max_tokens=1, echo=True, logprobs=3, temperature=0.5, seed=1
    ).choices[0]
    found = said.logprobs
    assert said.text.startswith(PROMPT)
    assert len(found.tokens) == len(found.token_logprobs) == len(found.top_logprobs) == len(tokens) + 1
    assert found.token_logprobs[0] is None and found.top_logprobs[0] is None
    with torch.no_grad():
        logs = loaded.model(torch.tensor([tokens]))[0].log_softmax(-1)
    for place, token in enumerate(tokens[1:], 1):
        assert found.token_logprobs[place] == pytest.approx(float(logs[place - 1, token]), abs=1e-5)
        best = max(found.top_logprobs[place].values())
        assert best == pytest.approx(float(logs[place - 1].max()), abs=1e-5)
        likeliest = int(logs[place - 1].argmax()) == token
        assert (found.token_logprobs[place] == best) == likeliest, "bit for bit"
    text = said.text
    for place, offset in enumerate(found.text_offset):
        spelling = found.tokens[place]
        assert spelling.startswith("bytes:") or text[offset : offset + len(spelling)] == spelling
    none = client.completions.create(model="writer", prompt=tokens, max_tokens=0, echo=True, logprobs=1).choices[0]
    assert none.text == PROMPT and none.logprobs.token_logprobs == found.token_logprobs[:-1]


def test_a_chat_is_answered_streamed_and_gone_on_with(client, answerer) -> None:
    asked = [{"role": "user", "content": [{"type": "text", "text": "Say 7."}]}]
    settings = {"model": "answerer", "messages": asked, "max_tokens": 12, "temperature": 0}
    said = client.chat.completions.create(**settings, logprobs=True, top_logprobs=2)
    message = said.choices[0].message
    assert message.role == "assistant" and said.object == "chat.completion"
    content = said.choices[0].logprobs.content
    assert b"".join(bytes(each.bytes) for each in content).decode(errors="ignore").startswith(message.content[:3])
    assert all(len(each.top_logprobs) == 2 and each.logprob <= each.top_logprobs[0].logprob for each in content)
    chunks = list(client.chat.completions.create(**settings, stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == message.content
    assert chunks[-1].choices[0].finish_reason == said.choices[0].finish_reason
    begun = client.chat.completions.create(
        **{**settings, "messages": [*asked, {"role": "assistant", "content": message.content[:2]}]}
    )
    assert message.content.startswith(message.content[:2] + begun.choices[0].message.content[:1])
    with pytest.raises(openai.BadRequestError, match="tools is not supported"):
        client.chat.completions.create(**settings, tools=[{"type": "function", "function": {"name": "f"}}])


def test_embeddings_are_unit_vectors_in_either_form(client) -> None:
    plain = client.embeddings.create(model="reader", input=["a bird", "a mill"], encoding_format="float")
    coded = client.embeddings.create(model="reader", input=["a bird", "a mill"], encoding_format="base64")
    for one, other in zip(plain.data, coded.data, strict=True):
        assert sum(each * each for each in one.embedding) == pytest.approx(1, abs=1e-5)
        raw = base64.b64decode(other.embedding)
        assert struct.unpack(f"<{len(raw) // 4}f", raw) == pytest.approx(one.embedding, abs=1e-7)
    assert client.embeddings.create(model="reader", input="a bird").data[0].embedding == plain.data[0].embedding


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"temperature": 3}, openai.BadRequestError, "temperature"),
        ({"max_tokens": -1}, openai.BadRequestError, "max_tokens"),
        ({"n": 0}, openai.BadRequestError, "n:"),
        ({"suffix": "x"}, openai.BadRequestError, "suffix is not supported"),
        ({"best_of": 4}, openai.BadRequestError, "best_of"),
        ({"extra_body": {"ignore_eos": True}}, openai.BadRequestError, "ignore_eos is not supported"),
        ({"extra_body": {"response_format": {"type": "json_object"}}}, openai.BadRequestError, "response_format"),
        ({"prompt": [PROMPT] * 73}, openai.BadRequestError, "never room for more than 72"),
        ({"model": "gpt-4"}, openai.NotFoundError, "not served here"),
        ({"model": "reader"}, openai.BadRequestError, "writes none"),
        ({"prompt": "a bird " * 100}, openai.BadRequestError, "looks at 64"),
        ({"prompt": [99999]}, openai.BadRequestError, "no token"),
        ({"logit_bias": {"99999": 1}}, openai.BadRequestError, "logit_bias"),
    ],
)
def test_what_is_wrong_is_said_in_the_clients_own_classes(client, settings, error, said) -> None:
    with pytest.raises(error, match=said):
        client.completions.create(**{"model": "writer", "prompt": PROMPT, "max_tokens": 3, **settings})


def test_a_bias_and_penalties_change_what_is_written(client, writer) -> None:
    greedy = {"model": "writer", "prompt": PROMPT, "max_tokens": 6, "temperature": 0}
    token = load_run(writer).tokenizer.encode("z")[0]
    assert client.completions.create(**greedy, logit_bias={str(token): 100}).choices[0].text == "zzzzzz"
    biased = client.completions.create(**greedy, logit_bias={str(token): 30}, frequency_penalty=2, presence_penalty=2)
    assert biased.choices[0].text.startswith("z")


def test_a_key_is_asked_for_and_a_full_queue_says_come_again(writer) -> None:
    with serving([writer], api_key="secret", rows=1, queue=0) as running:
        base = f"{running.url}/v1"
        stranger = openai.OpenAI(base_url=base, api_key="wrong", max_retries=0)
        with stranger, pytest.raises(openai.AuthenticationError, match="API key"):
            stranger.models.list()
        settings = {"model": "writer", "prompt": PROMPT, "max_tokens": 40}

        async def many() -> list[object]:
            async with openai.AsyncOpenAI(base_url=base, api_key="secret", max_retries=0) as asking:
                asked = [asking.completions.create(**settings) for _ in range(11)]
                return await asyncio.gather(*asked, return_exceptions=True)

        refused = [each for each in asyncio.run(many()) if isinstance(each, Exception)]
        assert 0 < len(refused) < 11 and {type(each) for each in refused} == {openai.RateLimitError}
        assert refused[0].response.headers["retry-after"] == "1"
        with openai.OpenAI(base_url=base, api_key="secret", max_retries=0) as friend:
            assert friend.completions.create(**settings).choices[0].text
            with pytest.raises(openai.BadRequestError, match="never room for more than 1"):
                friend.completions.create(**settings, n=2)


def test_a_client_that_leaves_ends_what_was_written_for_it(client, server) -> None:
    worker = server.models.by_name["writer"].worker
    before = worker.counts.cancelled
    stream = client.completions.create(model="writer", prompt="a", max_tokens=60, n=8, stream=True, temperature=2)
    next(iter(stream))
    stream.close()
    client.completions.create(model="writer", prompt="a", max_tokens=20)
    assert worker.counts.cancelled > before and not worker.orders and not worker.engine.busy
