"""Tokenizers' files as nobody writes them: refused in words, without filling the memory or searching for ever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hornbook.errors import DamagedError, TextError
from hornbook.tokenizers.saved import load_tokenizer
from hornbook.tokenizers.taken_over import ENDLESS, TakenOver
from hornbook.tokenizers.tokenizer_json import Document
from tests.fuzz.tokenizer_samples import bert, byte_level, llama, t5


def saved(folder: Path, document: Any) -> Path:
    """A folder with this ``tokenizer.json``."""
    (folder / "tokenizer.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def with_model(document: Document, **said: Any) -> Document:
    """The same with something else said of its model."""
    return {**document, "model": {**document["model"], **said}}


ODD: dict[str, Document] = {
    "is 1000000000000": with_model(bert(), vocab={"a": 10**12, "[UNK]": 0}),
    "is -1": with_model(bert(), vocab={"a": -1, "[UNK]": 0}),
    "not a whole number": with_model(bert(), vocab={"a": 1.5, "[UNK]": 0}),
    "no log-probabilities": with_model(t5(), vocab=[["a", float("nan")]], unk_id=0),
    "unknown piece is 99": with_model(t5(), unk_id=99),
    "unknown token 'x'": with_model(llama(), unk_token="x"),
    "surrogates not allowed": with_model(bert(), vocab={"\ud800": 0, "[UNK]": 1}),
    "has no text": {**bert(), "added_tokens": [{"content": "", "id": 3, "special": True}]},
    "around a text": {**bert(), "post_processor": {"type": "BertProcessing", "cls": ["x", 10**6], "sep": ["x", 1]}},
    "behavior 'Odd'": {**bert(), "pre_tokenizer": {"type": "Punctuation", "behavior": "Odd"}},
    "missing": {**bert(), "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated"}},
    "index": {**bert(), "post_processor": {"type": "BertProcessing", "cls": [], "sep": []}},
    "charsmap": {**bert(), "normalizer": {"type": "Precompiled", "precompiled_charsmap": "BAAAAA=="}},
}
"""By a word of what is said of it."""


@pytest.mark.parametrize("word", ODD)
def test_what_no_tokenizer_can_be_is_refused(tmp_path: Path, word: str) -> None:
    with pytest.raises(DamagedError, match=word):
        load_tokenizer(saved(tmp_path, ODD[word]))


def test_an_expression_that_finds_no_end_is_given_up(tmp_path: Path) -> None:
    cut = {"type": "Split", "pattern": {"Regex": r"(a|a)*b"}, "behavior": "Isolated"}
    tokenizer = load_tokenizer(saved(tmp_path, {**bert(), "normalizer": None, "pre_tokenizer": cut}))
    with pytest.raises(TextError, match=ENDLESS):
        tokenizer.encode("a" * 60 + "!b")


def test_a_token_that_is_not_spelt_in_visible_bytes_stands_for_itself(tmp_path: Path) -> None:
    made = byte_level()
    made["model"]["vocab"]["日"] = 260
    tokenizer = load_tokenizer(saved(tmp_path, made))
    assert tokenizer.decode([260]) == "日"


def test_a_charsmap_that_leads_out_of_itself_is_damage(tmp_path: Path) -> None:
    broken = {"type": "Precompiled", "precompiled_charsmap": "BAAAAAAAAAAA"}
    tokenizer = load_tokenizer(saved(tmp_path, {**bert(), "normalizer": broken}))
    with pytest.raises(DamagedError, match="leads out of itself at 'a'"):
        tokenizer.encode("a")


def test_ids_that_nobody_has_are_not_decoded_one_by_one(tmp_path: Path) -> None:
    folder = saved(tmp_path, with_model(bert(), vocab={"a": 0, "[UNK]": 1, "b": 60_000}))
    tokenizer = load_tokenizer(folder)
    assert isinstance(tokenizer, TakenOver)
    decoded, back = [], tokenizer.back
    tokenizer.back = lambda tokens: decoded.append(tokens) or back(tokens)
    tokenizer.save(tmp_path / "copy")
    assert tokenizer.vocab_size > 60_000 and len(decoded) < 10
    assert tokenizer.token_bytes(30_000) == b"" and tokenizer.token_bytes(60_000) == b"b"
