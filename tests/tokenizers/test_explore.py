"""The explorer's data: replay, ancestry and comparison say what encoding and training really did."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given

from hornbook.errors import SettingError, TextError
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.config import BytePair, Characters, Words
from hornbook.tokenizers.explore import Ancestor, ancestry, compare, never_used, replay, tokens_of
from hornbook.tokenizers.protocol import END_OF_TEXT
from tests.tokenizers.texts import FRAGMENTS, TEXTS

TEXT = "".join(FRAGMENTS) + "the theme of the thesis, then: it's the theory of theatres\n" * 5
TOKENIZER = build_tokenizer(BytePair(303), [TEXT])
assert isinstance(TOKENIZER, BytePairTokenizer)


@given(TEXTS)
def test_a_replay_begins_with_bytes_and_ends_with_the_encoding(text: str) -> None:
    pieces = replay(TOKENIZER, text)
    assert [len(part) for piece in pieces for part in piece[0].parts] == [1] * len(text.encode())
    parts = [part for piece in pieces for part in piece[-1].parts]
    assert parts == [piece.data for piece in tokens_of(TOKENIZER, text)]
    for piece in pieces:
        for before, after in pairwise(piece):
            assert len(after.parts) == len(before.parts) - 1
            assert b"".join(after.parts) == b"".join(before.parts)
            assert after.parts[after.place] == TOKENIZER.token_bytes(after.token)


def test_the_ancestry_of_a_token_is_its_bytes_and_the_trained_merges() -> None:
    def check(node: Ancestor) -> bytes:
        if node.left is None or node.right is None:
            assert len(node.data) == 1
            return node.data
        assert TOKENIZER.merges[node.token] == (node.left.token, node.right.token)
        return check(node.left) + check(node.right)

    for token in (0, 255, 256, 277, 301):
        assert check(ancestry(TOKENIZER, token)) == TOKENIZER.token_bytes(token)
    with pytest.raises(TextError, match="9999"):
        ancestry(TOKENIZER, 9999)


def test_tokens_show_special_tokens_by_name() -> None:
    pieces = tokens_of(TOKENIZER, f"the{END_OF_TEXT}\n", allow_special=True)
    assert [(piece.text, piece.data) for piece in pieces] == [("'the'", b"the"), (END_OF_TEXT, b""), ("'\\n'", b"\n")]


def test_only_merging_tokenizers_have_merges_to_show() -> None:
    words = build_tokenizer(Words(), [TEXT])
    with pytest.raises(SettingError, match="kind words has no merges"):
        replay(words, "the")
    with pytest.raises(SettingError, match="no merges"):
        ancestry(words, 0)


def test_the_comparison_counts_what_it_says(shared: Path) -> None:
    text = (shared / "corpora/the_verdict.txt").read_text(encoding="utf-8")
    configs = {"characters": Characters(), "words": Words(503), "small": BytePair(300), "large": BytePair(701)}
    tokenizers = {name: build_tokenizer(config, [text]) for name, config in configs.items()}
    rows = {row.name: row for row in compare(tokenizers, text)}
    assert list(rows) == list(configs)
    assert {row.bytes for row in rows.values()} == {len(text.encode())}
    assert rows["characters"].tokens == len(text) == rows["characters"].characters
    assert rows["large"].bytes_per_token > rows["small"].bytes_per_token > rows["characters"].bytes_per_token
    assert [row.round_trip for row in rows.values()] == [True, False, True, True]
    assert rows["words"].unknown > 0 == rows["large"].unknown
    for name, tokenizer in tokenizers.items():
        unused = never_used(tokenizer, text)
        assert rows[name].never_used - len(unused) == len(set(tokenizer.special.values()) - set(tokenizer.encode(text)))
        assert not set(unused) & set(tokenizer.encode(text))
    assert rows["characters"].never_used == 0
    with pytest.raises(TextError, match="nothing to compare"):
        compare(tokenizers, "")
