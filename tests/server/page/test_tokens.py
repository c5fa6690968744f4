"""Tokens: what is shown of a tokenizer is what it does, and one trained here is trained as any other."""

from __future__ import annotations

import pytest

from hornbook.tokenizers.bytepair_training import train_bytepair
from hornbook.tokenizers.config import BYTES
from hornbook.workflows.load import load_run
from tests.server.asking import ask, events
from tests.server.conftest import TEXT

SAID = "The café 🎈 mill"


@pytest.fixture(scope="module")
def tokenizer(runs):
    return load_run(runs / "writer").tokenizer


def test_a_text_is_cut_by_several_tokenizers_and_each_says_what_it_cannot_read(page, tokenizer) -> None:
    listed = {each["name"]: each for each in ask(page, "GET", "/page/tokens/tokenizers")[1]["tokenizers"]}
    assert listed["writer"]["merges"] and not listed["letters"]["merges"]
    asked = {"text": SAID, "tokenizers": ["writer", "letters"]}
    writer, letters = ask(page, "POST", "/page/tokens/encode", asked)[1]["results"]
    assert [each["id"] for each in writer["tokens"]] == tokenizer.encode(SAID) and writer["round_trip"]
    units = SAID.encode("utf-16-le")
    whole = [each for each in writer["tokens"] if not each.get("partial")]
    assert len(whole) < len(writer["tokens"]) and writer["tokens"][-1]["end"] == len(units) // 2
    for each in whole:
        assert units[2 * each["start"] : 2 * each["end"]].decode("utf-16-le") == each["text"]
    assert writer["bytes_per_token"] == pytest.approx(len(SAID.encode()) / writer["count"])
    assert letters["tokens"] == [] and "T" in letters["error"]


def test_special_tokens_arise_only_where_they_are_allowed(page) -> None:
    asked = {"text": "a<|endoftext|>", "tokenizers": ["writer"]}
    [plain] = ask(page, "POST", "/page/tokens/encode", asked)[1]["results"]
    [special] = ask(page, "POST", "/page/tokens/encode", {**asked, "allow_special": True})[1]["results"]
    assert not any(each.get("special") for each in plain["tokens"])
    assert special["tokens"][-1] == {
        **special["tokens"][-1],
        "text": "<|endoftext|>",
        "special": True,
        "start": 1,
        "end": 14,
    }


def test_a_word_is_merged_as_it_is_encoded(page, tokenizer) -> None:
    [piece] = ask(page, "POST", "/page/tokens/merges", {"tokenizer": "writer", "text": " mill"})[1]["pieces"]
    assert [part["text"] for part in piece["steps"][0]["parts"]] == list(" mill")
    last = piece["steps"][-1]
    assert [part["text"] for part in last["parts"]] == [
        tokenizer.token_bytes(token).decode() for token in tokenizer.encode(" mill")
    ]
    assert last["candidates"] == []
    status, answer, _ = ask(page, "POST", "/page/tokens/merges", {"tokenizer": "letters", "text": "ab"})
    assert status == 400 and "no merges" in answer["error"]["message"]


def test_a_token_has_a_family_and_a_vocabulary_can_be_searched(page, tokenizer) -> None:
    found = ask(page, "GET", "/page/tokens/vocabulary?tokenizer=writer&sort=length&limit=5")[1]
    assert found["total"] == found["vocab_size"] == tokenizer.vocab_size and len(found["tokens"]) == 5
    merged = next(each for each in found["tokens"] if each["from"])
    family = ask(page, "GET", f"/page/tokens/ancestry?tokenizer=writer&token={merged['id']}")[1]
    assert [family["left"]["token"]["id"], family["right"]["token"]["id"]] == merged["from"]
    assert ask(page, "GET", "/page/tokens/ancestry?tokenizer=writer&token=99999")[0] == 400


def test_a_tokenizer_is_trained_merge_by_merge_and_can_be_used(page) -> None:
    *rows, done = events(page, "POST", "/page/tokens/train", {"text": TEXT, "vocabulary": 290})
    expected = train_bytepair([TEXT], 290 - BYTES - 1, workers=1).merges
    assert [(each["left"]["id"], each["right"]["id"]) for each in rows] == expected
    assert [each["number"] for each in rows] == list(range(1, len(rows) + 1)) and rows[0]["count"] >= rows[-1]["count"]
    asked = {"text": TEXT, "tokenizers": [done["name"]]}
    [used] = ask(page, "POST", "/page/tokens/encode", asked)[1]["results"]
    assert used["count"] == done["tokens"] and used["vocab_size"] == done["vocab_size"] == BYTES + len(rows) + 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": "a", "vocabulary": 256}, 400),
        ({"text": "", "vocabulary": 300}, 400),
        ({"text": "a", "vocabulary": 300, "pattern": "(a+)+"}, 400),
    ],
)
def test_what_cannot_be_trained_is_refused(page, body, status) -> None:
    assert ask(page, "POST", "/page/tokens/train", body)[0] == status
    assert ask(page, "POST", "/page/tokens/encode", {"text": "a", "tokenizers": ["../letters"]})[0] == 404
