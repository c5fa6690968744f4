"""Counting: on texts small enough to count by hand, and on tinyshakespeare, whose numbers are well known."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from hornbook.corpus.clean import Change
from hornbook.corpus.documents import Document
from hornbook.corpus.reading import read_documents
from hornbook.corpus.statistics import Tally, measure, quantiles
from hornbook.errors import TextError


def test_everything_is_counted_as_by_hand() -> None:
    counted = measure(
        [Document("a", "the cat\nthe hat\n"), Document("b", "Été the"), Document("c", "the cat\nthe hat\n")]
    )
    assert (counted.documents, counted.characters, counted.bytes) == (3, 39, 41)
    assert (counted.lines, counted.words, counted.distinct_words) == (5, 10, 4)
    assert counted.distinct_characters == len(set("the cat\nthe hat\nÉté the"))
    assert counted.duplicates == 1
    assert counted.commonest_words == {"the": 5, "cat": 2, "hat": 2, "Été": 1}
    assert counted.characters_beyond_ascii == {"É": 1, "é": 1}
    assert counted.bits_per_byte is None
    assert (counted.lengths["0"], counted.lengths["0.5"], counted.lengths["1"]) == (7, 16, 16)


def test_quantiles_are_values_and_in_order() -> None:
    found = quantiles(range(101, 0, -1))
    assert found == {"0": 1, "0.05": 6, "0.25": 26, "0.5": 51, "0.75": 76, "0.95": 96, "1": 101}
    assert set(quantiles([7]).values()) == {7}


def test_bits_per_byte_are_known_where_every_probability_is() -> None:
    sure = Document("a", "ab", -3 * math.log(2))
    assert measure([sure, Document("b", "äb", -4 * math.log(2))]).bits_per_byte == pytest.approx(7 / 5)
    assert measure([sure, Document("c", "x")]).bits_per_byte is None


def test_nothing_to_count_is_an_error() -> None:
    with pytest.raises(TextError, match="no document"):
        measure([])


def test_a_tally_adds_up_changes_over_documents() -> None:
    tally = Tally(keep=True)
    tally.notice("a", (Change("x", 3), Change("y", 5)))
    tally.notice("b", (Change("x", 7),))
    assert list(tally.counted([Document("a", "1"), Document("b", "2"), Document("c", "3")]))[2].name == "c"
    assert (tally.documents, tally.changed, dict(tally.totals)) == (3, 2, {"x": 10, "y": 5})
    assert [name for name, _ in tally.each] == ["a", "a", "b"]


def test_tinyshakespeare_has_the_numbers_everyone_knows(shared: Path) -> None:
    counted = measure(read_documents([shared / "corpora" / "tinyshakespeare.txt"]))
    assert (counted.characters, counted.bytes, counted.distinct_characters) == (1_115_394, 1_115_394, 65)
    assert (counted.lines, counted.words, counted.duplicates) == (40_000, 202_651, 0)
