"""Each part of refining by itself: what it finds of what was planted, and what it leaves alone."""

from __future__ import annotations

import random

import numpy as np
import pytest

from hornbook.corpus.refining.languages import language_of
from hornbook.corpus.refining.near_duplicates import elements, estimate, near_duplicates, signature
from hornbook.corpus.refining.private import luhn, masked
from hornbook.corpus.refining.quality import RULES, Pages, broken_rule
from hornbook.corpus.refining.repeated_lines import line_hashes, long_lines, repeated, without
from hornbook.corpus.refining.words import table_of
from hornbook.corpus.sources import load_corpus
from tests.corpus.refining.held_out import HELD_OUT, OTHERS


def test_the_language_of_98_of_100_held_out_sentences_is_known() -> None:
    sentences = [(language, text) for language, texts in HELD_OUT.items() for text in texts.split("\n")]
    assert len(sentences) == 150
    right = [language_of(text) == language for language, text in sentences]
    assert np.mean(right) >= 0.98
    assert [language_of(text) for text in OTHERS].count("unknown") >= 5, "other languages are not taken for one of them"


PROSE = "\n\n".join(document.text for document in load_corpus("stories", 3, 0))


def listed(count: int, line: str) -> str:
    return PROSE + "\n" + "\n".join(line.format(number) for number in range(count))


BAD = {
    "number of words": "A short note, and no more than that.",
    "mean length of words": "a b c d e f g h i j k l the and of " * 9,
    "symbols for each word": PROSE.replace(" the ", " #the # # "),
    "lines that begin with a bullet": "\n".join(f"- the point number {n} of a list that has no end" for n in range(30)),
    "lines that end with an ellipsis": "\n".join(
        f"read more about the news of day {n} and others..." for n in range(99)
    ),
    "words with a letter": PROSE + " 12 34 56 78" * 200,
    "common words": " ".join(f"cheap{n} red{n} shoes{n} buy{n}" for n in range(40)),
    "lines that are repeated": listed(60, "The end."),
    "paragraphs that are repeated": PROSE + "\n\nThe end." * 30,
}


@pytest.mark.parametrize("name", BAD)
def test_each_rule_refuses_what_it_is_there_for(name: str) -> None:
    rule = next(rule for rule in RULES if rule.name == name)
    assert rule.broken(Pages([PROSE, BAD[name], PROSE], ["en"] * 3)).tolist() == [False, True, False]
    assert broken_rule(BAD[name]) is not None


def test_what_says_one_thing_over_and_over_is_no_prose_even_in_different_lines() -> None:
    said = " ".join(f"Then she went to the market and bought apples for {n} pence, as always." for n in range(30))
    assert "repeated runs" in broken_rule(said).name or "most frequent" in broken_rule(said).name


def test_prose_is_kept() -> None:
    assert broken_rule(PROSE) is None
    assert {name: broken_rule(text.replace("\n", " "), name) for name, text in HELD_OUT.items()} == dict.fromkeys(
        HELD_OUT
    )


def test_what_is_private_is_replaced_once_and_the_rest_is_left_alone() -> None:
    text = (
        "Write to ann.lee+x@mail.example.co.uk, or (415) 555-2671, or +44 20 7946 0958; "
        "card 4111 1111 1111 1111; 8.8.8.8."
    )
    found, counts = masked(text)
    assert found == ("Write to somebody@example.com, or 555-0100, or 555-0100; card 0000 0000 0000 0000; 192.0.2.1.")
    assert counts == {"mail address": 1, "card number": 1, "network address": 1, "telephone number": 2}
    assert masked(found) == (found, {})
    ordinary = "In 1999 she paid 1,250,000 for 3.14159 acres (pp. 120-130), net 10.0.0.1, order 4111 1111 1111 1112."
    assert masked(ordinary) == (ordinary, {})
    assert luhn("79927398713") and not luhn("79927398710")


def hashes(text: str) -> np.ndarray:
    """64 bits for each word."""
    return table_of(text)["hash"]


def changed(words: list[str], least: float, draw: random.Random) -> str:
    """A copy with words replaced, as alike as it can be without being more alike than ``least`` + 0.02."""
    copy, own = list(words), set(elements(hashes(" ".join(words))).tolist())
    while True:
        other = set(elements(hashes(" ".join(copy))).tolist())
        if len(own & other) / len(own | other) < least + 0.02:
            return " ".join(copy)
        copy[draw.randrange(len(copy))] = f"new{draw.random()}"


def test_95_of_100_copies_with_a_jaccard_index_of_four_fifths_are_found_and_nothing_else() -> None:
    draw = random.Random(3)
    originals = [[f"word{draw.randrange(3000)}" for _ in range(draw.randrange(90, 300))] for _ in range(200)]
    copies = [changed(words, 0.8, draw) for words in originals[:100]]
    texts = [" ".join(words) for words in originals] + copies
    found = near_duplicates(np.stack([signature(hashes(text)) for text in texts]))
    assert not found[:200].any(), "the first of a group stays"
    assert found[200:].sum() >= 95


def test_texts_without_words_are_not_alike_and_short_ones_only_if_equal() -> None:
    found = near_duplicates(
        np.stack([signature(hashes(text)) for text in ("", "...", "one two", "One two!", "one three")])
    )
    assert found.tolist() == [False, False, False, True, False]


def test_the_estimate_is_that_of_the_jaccard_index() -> None:
    draw = random.Random(4)
    words = [f"word{draw.randrange(10**6)}" for _ in range(400)]
    for shared in (100, 200, 300):
        one, other = words[:300], words[300 - shared : 600 - shared]
        a, b = (set(elements(hashes(" ".join(each))).tolist()) for each in (one, other))
        assert estimate(signature(hashes(" ".join(one))), signature(hashes(" ".join(other)))) == pytest.approx(
            len(a & b) / len(a | b), abs=0.15
        )


def test_only_the_first_of_equal_long_lines_stays_however_many_are_sorted_at_once() -> None:
    long = "All rights are reserved by the owner of this page."
    texts = [
        f"one\n{long}\ntwo",
        f"  {long.upper()}  \none",
        f"{long}\n{long}\nThis line is long enough and stands once.",
    ]
    files = [np.array(line_hashes(text), dtype=np.uint64) for text in texts]
    for at_once in (100, 2):
        found = repeated(files, at_once)
        assert [flags.tolist() for flags in found] == [[False], [True], [True, True, False]]
    left = [without(text, flags.tolist()) for text, flags in zip(texts, found, strict=True)]
    assert left == [texts[0], "one", "This line is long enough and stands once."]
    assert [line for _, line in long_lines(texts[1])] == [long.upper()]
