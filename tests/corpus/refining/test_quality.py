"""The rules for prose count with NumPy over many texts at once what is written out here word by word."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from hornbook.corpus.refining.quality import Pages, broken_rules, repeated_runs, top_run
from hornbook.corpus.refining.words import RECORDS, REMEMBERED, hashed, plain, table_of


def runs(words: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]


def share_of_top_run(text: str, n: int) -> float:
    """Gopher's "fraction of characters contained within the most common n-gram"."""
    words = [plain(word) for word in text.split()]
    times = Counter(runs(words, n))
    most = max(times.values(), default=1)
    if most == 1:
        return 0.0
    longest = max(sum(map(len, run)) for run, count in times.items() if count == most)
    return most * longest / max(sum(map(len, words)), 1)


def share_of_repeated_runs(text: str, n: int) -> float:
    """Its "fraction of characters contained within all duplicate n-grams", each character once."""
    words = [plain(word) for word in text.split()]
    times = Counter(runs(words, n))
    inside = {place + step for place, run in enumerate(runs(words, n)) if times[run] > 1 for step in range(n)}
    return sum(len(words[place]) for place in inside) / max(sum(map(len, words)), 1)


def texts_of_few_words(seed: int) -> list[str]:
    draw = random.Random(seed)
    vocabulary = [
        *["the", "of", "and", "house", "garden", "Garden,", "(garden)", "—", "...", "12", "l'été"],
        *(f"word{n}" for n in range(seed)),
    ]
    return [" ".join(draw.choices(vocabulary, k=draw.choice((0, 1, 2, 5, 30, 200)))) for _ in range(40)]


@pytest.mark.parametrize("seed", [0, 3, 30, 300])
@pytest.mark.parametrize("n", [2, 3, 4, 5, 7, 10])
def test_runs_are_counted_in_each_text_by_itself_as_when_written_out(seed: int, n: int) -> None:
    texts = texts_of_few_words(seed)
    pages = Pages(texts, ["en"] * len(texts))
    assert top_run(pages, n) == pytest.approx([share_of_top_run(text, n) for text in texts])
    assert repeated_runs(pages, n) == pytest.approx([share_of_repeated_runs(text, n) for text in texts])


def test_no_texts_break_no_rules_and_an_empty_one_has_too_few_words() -> None:
    assert broken_rules(Pages([], [])) == []
    (rule,) = broken_rules(Pages([""], ["en"]))
    assert rule is not None and rule.name == "number of words"


def test_a_word_is_known_by_its_plain_form_and_a_mark_by_nothing() -> None:
    table = table_of("«Été,» été été's ... 12")
    assert table["hash"].tolist() == [hashed("été"), hashed("été"), hashed("été's"), 0, hashed("12")]
    assert table["length"].tolist() == [6, 3, 5, 3, 2]
    assert table["plain_length"].tolist() == [3, 3, 5, 0, 2]
    assert table["letter"].tolist() == [1, 1, 1, 0, 0]


@pytest.mark.slow
def test_so_many_words_are_remembered_and_no_more() -> None:
    assert len(table_of(" ".join(map(str, range(REMEMBERED + 10))))) == REMEMBERED + 10
    assert len(RECORDS) <= REMEMBERED
    table_of("x" * 1000)
    assert "x" * 1000 not in RECORDS
