"""Play: what is written, what may follow, how likely a text is: the numbers are those of the model itself."""

from __future__ import annotations

import math

import pytest
import torch

from hornbook.generation.config import Sampling
from hornbook.generation.text import complete
from hornbook.generation.translate import translate
from hornbook.workflows.load import load_run
from tests.server.asking import ask, events


@pytest.fixture(scope="module")
def letters(runs):
    return load_run(runs / "letters")


def test_what_the_server_has_is_listed_with_what_every_checkpoint_has_learned(page) -> None:
    about = ask(page, "GET", "/page/about")[1]
    assert (about["default"], about["allow_train"], about["demo"]) == ("letters", False, None)
    found = {each["model"]: each for each in ask(page, "GET", "/page/models")[1]["models"]}
    assert {name: each["kind"] for name, each in found.items()} == {
        "letters": "decoder",
        "writer": "decoder",
        "answerer": "decoder",
        "reader": "encoder",
        "turner": "encoder_decoder",
    }
    losses = [each["val_loss"] for each in found["letters"]["checkpoints"]]
    assert len(losses) == 3 and losses[0] > losses[-1] and found["letters"]["checkpoints"][-1]["latest"]
    assert found["answerer"]["chat"] and not found["writer"]["chat"] and found["letters"]["served"]


def test_the_raw_logits_are_the_model_s_and_give_its_probabilities(page, letters) -> None:
    found = ask(page, "POST", "/page/next", {"prompt": "abc", "top": 200})[1]
    tokens = torch.tensor([letters.tokenizer.encode("abc")])
    with torch.no_grad():
        logits = letters.model(tokens)[0, -1]
    assert len(found["next"]) == letters.tokenizer.vocab_size == found["vocabulary"]
    for each in found["next"]:
        assert each["logit"] == pytest.approx(float(logits[each["id"]]), abs=1e-5)
        assert each["p"] == pytest.approx(math.exp(each["logit"] - found["logsumexp"]), rel=1e-5)
    assert sum(each["p"] for each in found["next"]) == pytest.approx(1, abs=1e-5)
    assert found["entropy_bits"] == pytest.approx(-sum(e["p"] * math.log2(e["p"]) for e in found["next"]), abs=1e-4)


def test_what_is_written_is_what_the_run_writes_and_every_token_is_told_with_its_chances(page, letters) -> None:
    asked = {"prompt": "abc", "max_tokens": 12, "temperature": 0, "seed": 3}
    begin, *rows = events(page, "POST", "/page/write", asked)
    assert [each["text"] for each in begin["prompt"]] == list("abc") and begin["seed"] == 3
    tokens = [row for row in rows if row["kind"] == "token"]
    [sample] = complete(letters.model, letters.tokenizer, "abc", Sampling(max_tokens=12, temperature=0.0))
    assert "".join(row["text"] for row in tokens) == sample.text
    assert rows[-1] == {"kind": "end", "index": 0, "finish": "length"}
    scored = ask(page, "POST", "/page/score", {"prompt": "abc" + sample.text})[1]
    for one, other in zip(tokens, scored["tokens"][3:], strict=True):
        assert one["token"] == other["token"] and one["rank"] == other["rank"] == 0
        assert one["p"] == pytest.approx(other["p"], abs=1e-5) == pytest.approx(one["top"][0]["p"], abs=1e-5)
        assert one["entropy_bits"] == pytest.approx(other["entropy_bits"], abs=1e-3)


def test_one_step_from_a_branch_goes_on_with_its_tokens(page, letters) -> None:
    tokens = [*letters.tokenizer.encode("abc"), letters.tokenizer.encode("c")[0]]
    begin, token, end = events(page, "POST", "/page/write", {"tokens": tokens, "max_tokens": 1, "temperature": 0})
    assert [each["id"] for each in begin["prompt"]] == tokens
    [likeliest] = ask(page, "POST", "/page/next", {"tokens": tokens, "top": 1})[1]["next"]
    assert token["token"]["id"] == likeliest["id"] and end["finish"] == "length"


def test_an_earlier_checkpoint_thinks_otherwise_of_the_same_text(page) -> None:
    losses = [
        ask(page, "POST", "/page/score", {"prompt": "abcab abcba abbca", "checkpoint": name})[1]["loss"]
        for name in ("step-000010", "step-000030")
    ]
    assert losses[0] > losses[1] + 0.01


def test_a_checkpoint_that_was_opened_answers_under_v1(page) -> None:
    opened = ask(page, "POST", "/page/models/open", {"model": "letters", "checkpoint": "step-000010"})[1]
    assert opened["id"] == "letters@step-000010"
    asked = {"model": opened["id"], "prompt": "ab", "max_tokens": 3, "temperature": 0}
    assert ask(page, "POST", "/v1/completions", asked)[1]["model"] == opened["id"]
    assert ask(page, "POST", "/page/models/open", {"model": "letters"})[1]["id"] == "letters"


def test_an_encoder_is_asked_what_is_hidden(page) -> None:
    found = ask(page, "POST", "/page/next", {"model": "reader", "prompt": "The <|mask|> mill", "top": 5})[1]
    [mask] = found["masks"]
    assert found["prompt"][mask["place"]] == {
        "id": found["prompt"][mask["place"]]["id"],
        "text": "<|mask|>",
        "special": True,
    }
    assert len(mask["next"]) == 5 and 0 < mask["next"][0]["p"] <= 1
    status, answer, _ = ask(page, "POST", "/page/next", {"model": "reader", "prompt": "The mill"})
    assert status == 400 and "hide something" in answer["error"]["message"]


def test_an_encoder_decoder_answers_a_source_token_by_token(page, runs) -> None:
    loaded = load_run(runs / "turner")
    begin, *rows = events(
        page, "POST", "/page/write", {"model": "turner", "source": "a b", "max_tokens": 6, "temperature": 0}
    )
    [sample] = translate(loaded.model, loaded.tokenizer, ["a b"], Sampling(max_tokens=6, temperature=0.0))
    assert "".join(row.get("text", "") for row in rows) == sample.text and rows[-1]["kind"] == "end"
    assert len(begin["prompt"]) == 1 and begin["prompt"][0]["special"]


def test_a_conversation_is_answered_by_a_run_that_was_taught_to(page) -> None:
    asked = {"messages": [{"role": "user", "content": "Say 3."}], "max_tokens": 4, "seed": 1}
    rows = events(page, "POST", "/page/write", {"model": "answerer", **asked})
    assert rows[0]["kind"] == "begin" and rows[1]["kind"] == "token"
    assert ask(page, "POST", "/page/write", {"model": "letters", **asked})[0] == 400


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/page/next", {"model": "nobody", "prompt": "a"}, 404),
        ("/page/next", {"model": "../letters", "prompt": "a"}, 404),
        ("/page/next", {"checkpoint": "step-999999", "prompt": "a"}, 404),
        ("/page/next", {"checkpoint": "../../../etc", "prompt": "a"}, 404),
        ("/page/next", {"prompt": "a" * 65}, 400),
        ("/page/next", {"tokens": [99]}, 400),
        ("/page/next", {"prompt": "a", "tokens": [1]}, 400),
        ("/page/next", {"prompt": "a", "promt": "a"}, 400),
        ("/page/next", {"prompt": "ä"}, 400),
        ("/page/write", {"prompt": "a", "tokens": [1]}, 400),
        ("/page/write", {"prompt": "a" * 64}, 400),
        ("/page/write", {"model": "reader", "prompt": "a"}, 400),
        ("/page/score", {"model": "reader", "prompt": "a"}, 400),
    ],
)
def test_what_cannot_be_is_refused_in_words(page, path, body, status) -> None:
    found, answer, _ = ask(page, "POST", path, body)
    assert found == status and answer["error"]["message"]
