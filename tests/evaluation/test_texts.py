"""What texts share: equal to the packages that papers quote, and to what can be counted by hand."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hornbook.errors import TextError
from hornbook.evaluation.texts.bert_score import bert_score, mean_bert_score
from hornbook.evaluation.texts.bleu import bleu, signature
from hornbook.evaluation.texts.diversity import distinct, repeated, self_bleu
from hornbook.evaluation.texts.rouge import longest_common_subsequence, mean_rouge, rouge_l, rouge_n

WORDS = st.lists(
    st.sampled_from(["the", "Cat", "sat-on", "a", "mat.", "don't", "3,000", "é", "_x_", "\n"]), max_size=23
)


@given(WORDS, WORDS)
def test_rouge_equals_the_package_that_papers_report(first: list[str], second: list[str]) -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rouge1", "rouge2", "rougeL"])
    text, reference = " ".join(first), " ".join(second)
    theirs = scorer.score(reference, text)
    ours = {
        "rouge1": rouge_n(text, reference, 1),
        "rouge2": rouge_n(text, reference, 2),
        "rougeL": rouge_l(text, reference),
    }
    for name, score in ours.items():
        assert score.precision == pytest.approx(theirs[name].precision, abs=1e-12)
        assert score.recall == pytest.approx(theirs[name].recall, abs=1e-12)
        assert score.f1 == pytest.approx(theirs[name].fmeasure, abs=1e-12)


def test_rouge_of_a_novel_equals_the_package(shared: Path) -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rouge1", "rouge2", "rougeL"])
    lines = (shared / "corpora" / "wonderful_wizard_of_oz.txt").read_text(encoding="utf-8").split("\n")
    lines = [line for line in lines if line][200:229]
    theirs = [scorer.score(reference, text) for text, reference in itertools.pairwise(lines)]
    for name, ours in mean_rouge(lines[:-1], lines[1:]).items():
        assert 0 < ours == pytest.approx(sum(each[name].fmeasure for each in theirs) / len(theirs), abs=1e-9)


@given(st.lists(st.integers(0, 3), max_size=9), st.lists(st.integers(0, 3), max_size=70))
def test_the_longest_common_subsequence_is_the_longest(first: list[int], second: list[int]) -> None:
    def inside(part: tuple[int, ...]) -> bool:
        rest = iter(second)
        return all(item in rest for item in part)

    longest = max(n for n in range(len(first) + 1) if any(inside(part) for part in itertools.combinations(first, n)))
    assert longest_common_subsequence(first, second) == longest == longest_common_subsequence(second, first)


def test_bleu_is_that_of_sacrebleu_with_its_signature() -> None:
    sacrebleu = pytest.importorskip("sacrebleu")
    texts, references = ["the cat sat on the mat", "no it did not"], ["the cat sat on a mat", "yes it did not do it"]
    assert bleu(texts, references) == sacrebleu.corpus_bleu(texts, [references]).score
    assert bleu(references, references) == pytest.approx(100)
    assert {"tok:13a", "smooth:exp", "case:mixed"} < set(signature().split("|"))


def test_rouge_l_is_that_of_lins_example() -> None:
    """Lin (2004), section 3.1: "police killed the gunman" beside two that say it otherwise."""
    assert rouge_l("police kill the gunman", "police killed the gunman").f1 == pytest.approx(3 / 4)
    assert rouge_l("the gunman kill police", "police killed the gunman").f1 == pytest.approx(2 / 4)
    assert rouge_l("nothing", "police killed the gunman").f1 == 0.0


def test_varied_texts_and_texts_that_repeat() -> None:
    assert distinct([["a", "b", "a", "b"]], 2) == pytest.approx(2 / 3)  # a b, b a, a b
    assert distinct(["ab", "ba"], 2) == 1.0
    assert distinct(["a"], 2) == 0.0
    assert distinct([[1, 2, 1, 2, 1], [1, 2, 3]], 2) == pytest.approx(3 / 6)  # no pair lies across two texts
    assert repeated([[1, 2, 1, 2, 1], [1, 2, 3]], 2) == pytest.approx((2 / 4 + 0) / 2)
    assert repeated([[1, 1, 1, 1, 1, 1, 1]], 4) == pytest.approx(3 / 4)
    assert repeated([[1], [2, 2, 2]], 2) == 0.5, "a text without a pair has no share"
    same, other = (
        ["one two three four five"] * 3,
        ["one two three four", "five six seven eight", "nine ten eleven twelve"],
    )
    assert self_bleu(same) == pytest.approx(100)
    assert self_bleu(other) < 20
    assert self_bleu(["alone"]) == 0.0


def test_bert_score_takes_the_likest_token_on_both_sides() -> None:
    def vectors(text: str) -> torch.Tensor:
        angles = {"a": 0.0, "b": math.pi / 2, "c": math.pi / 3}
        return torch.tensor([[math.cos(angles[x]), math.sin(angles[x])] for x in text.split()]).reshape(-1, 2)

    score = bert_score("a b", "a a c", vectors)
    assert score.precision == pytest.approx((1 + math.cos(math.pi / 6)) / 2, rel=1e-6)
    assert score.recall == pytest.approx((1 + 1 + math.cos(math.pi / 6)) / 3, rel=1e-6)
    assert score.f1 == pytest.approx(2 * score.precision * score.recall / (score.precision + score.recall))
    assert bert_score("", "a", vectors).f1 == 0.0
    assert mean_bert_score(["a", "b"], ["a", "a"], vectors) == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("measure", [bleu, mean_rouge, lambda texts, others: mean_bert_score(texts, others, len)])
def test_missing_references_are_refused(measure: object) -> None:
    with pytest.raises(TextError, match="2 texts and 1 references"):
        measure(["a", "b"], ["a"])
    with pytest.raises(TextError, match="no text"):
        measure([], [])
