"""Paired comparisons: equals are told apart by luck no more often than promised, and what differs is found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from hornbook.errors import SettingError
from hornbook.evaluation.paired import LEVEL, Paired, chance, paired
from hornbook.evaluation.student import outside, quantile, within
from hornbook.seeds import numpy_generator

SEEDS = 5


def losses(trials: int, seeds: int, name: str, effect: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Two sides of many studies: a seed's luck on both (0.05), luck of their own (0.01), an effect on the second."""
    draw = numpy_generator(7, name)
    shared = 1.5 + 0.05 * draw.normal(size=(trials, seeds))
    first, second = (shared + 0.01 * draw.normal(size=(trials, seeds)) for _ in range(2))
    return first, second + effect


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 7, 11, 30, 31])
def test_students_distribution_is_that_of_scipy(degrees: int) -> None:
    for t in (0.0, 0.13, 1.0, 2.5, 11.0, 101.0):
        assert outside(t, degrees) == pytest.approx(2 * stats.t.sf(t, degrees), abs=1e-13)
        assert within(t, degrees) + outside(t, degrees) == pytest.approx(1)
    for confidence in (0.5, 0.9, 0.98, 0.9975):
        assert quantile(confidence, degrees) == pytest.approx(stats.t.ppf((1 + confidence) / 2, degrees), rel=1e-9)


def test_p_value_and_interval_are_those_of_scipy() -> None:
    first, second = (side[0].tolist() for side in losses(1, 7, "oracle", 0.004))
    found, theirs = paired(first, second), stats.ttest_rel(second, first)
    assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-9)
    assert found.interval == pytest.approx(tuple(theirs.confidence_interval(1 - LEVEL)), rel=1e-9)


def test_equals_are_told_apart_in_at_most_five_of_a_hundred_studies() -> None:
    first, second = losses(3000, SEEDS, "equals")
    verdicts = np.array(
        [paired(a.tolist(), b.tolist()).verdict != "no evidence" for a, b in zip(first, second, strict=True)]
    )
    assert 0.01 < verdicts.mean() < 0.03
    assert (verdicts.reshape(30, 100).sum(axis=1) <= 5).mean() > 0.9


def test_looking_again_after_more_seeds_stays_below_five_of_a_hundred() -> None:
    first, second = losses(1000, 20, "looks")
    wrong = 0
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        looks = [paired(a[:n], b[:n], looks=place).verdict for place, n in enumerate((3, 5, 8, 13, 20), 1)]
        wrong += looks.count("no evidence") < len(looks)
    assert wrong < 50


def test_the_interval_holds_the_true_difference_as_often_as_it_says() -> None:
    first, second = losses(3000, SEEDS, "coverage", 0.007)
    held = [low <= 0.007 <= high for low, high in (paired(a.tolist(), b.tolist()).interval
            for a, b in zip(first, second, strict=True))]  # fmt: skip
    assert np.mean(held) == pytest.approx(1 - LEVEL, abs=0.008)


@pytest.mark.parametrize(("effect", "verdict"), [(-0.05, "better"), (0.05, "worse")])
def test_an_effect_as_large_as_the_luck_of_a_seed_is_found_because_seeds_are_paired(
    effect: float, verdict: str
) -> None:
    first, second = losses(200, SEEDS, "effect", effect)
    found = [paired(a.tolist(), b.tolist()).verdict for a, b in zip(first, second, strict=True)]
    assert found.count(verdict) > 190
    unpaired = [paired(a.tolist(), b.tolist()).verdict for a, b in zip(first, second[::-1], strict=True)]
    assert unpaired.count(verdict) < 60


def test_one_seed_gets_no_verdict() -> None:
    found = paired([1.5], [0.5])
    assert found.verdict == "declined" and found.p_value == 1.0
    assert "--seeds" in found.sentence("A", "B", "bits/byte")
    assert found.as_json()["interval"] is None


def test_no_difference_at_all_is_no_evidence_and_one_without_spread_is_certain() -> None:
    assert paired([1.5, 1.7], [1.5, 1.7]).verdict == "no evidence"
    same = Paired((-0.25, -0.25, -0.25))
    assert (same.verdict, same.p_value, same.interval) == ("better", 0.0, (-0.25, -0.25))


def test_comparisons_that_are_read_together_share_the_level() -> None:
    assert paired([1.0, 1.1], [1.2, 1.2], comparisons=4).level == LEVEL / 4
    assert paired([1.0, 1.1], [1.2, 1.2], looks=3).level == LEVEL / 4
    wide, narrow = (paired([1.0, 1.1, 1.3], [1.2, 1.2, 1.4], comparisons=n).interval for n in (5, 1))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_sides_that_do_not_pair_up_are_refused() -> None:
    with pytest.raises(SettingError, match="2 losses on one side and 3"):
        paired([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(SettingError, match="0 losses"):
        paired([], [])


def test_the_sentence_says_size_interval_chance_and_seeds() -> None:
    said = Paired((-0.02, -0.03, -0.025, -0.022)).sentence("A", "B", "bits/byte")
    assert said.startswith("B is better than A: -0.0243 bits/byte (98 % interval -0.0")
    assert said.endswith("4 seeds).")
    assert chance(0.031) == "p = 0.031" and chance(1e-7) == "p < 0.0001"
    assert math.isnan(Paired((1.0,)).error)
