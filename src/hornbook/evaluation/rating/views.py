"""What a group of raters says about models: means with intervals, who wins, how strong each is.

A view is all people together, or one judge. Several ratings of a text, and several samples of a prompt, are no new
information about the model in the measure of their number: means are drawn again prompt by prompt, and of each pair
of texts one verdict is counted, that of most raters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from hornbook.evaluation.rating.bradley_terry import bradley_terry
from hornbook.evaluation.rating.ratings import Rating
from hornbook.evaluation.rating.statistics import NORMAL, Estimate, bootstrap_mean, sign_test, wilson
from hornbook.evaluation.rating.study import Study

LEAST = 8
"""With fewer rated prompts, or fewer decided pairs, no mean and no share is said."""


def once(ratings: Iterable[Rating]) -> list[Rating]:
    """The ratings without repeats, which are there to compare raters with themselves."""
    return [rating for rating in ratings if not rating.repeat and not rating.problem]


def scale_rows(study: Study, ratings: Sequence[Rating]) -> list[dict[str, Any]]:
    """For each model and aspect: how many ratings of how many texts, their histogram, and the mean or ``None``."""
    aspects = list(dict.fromkeys(aspect for rating in ratings for aspect in rating.scores))
    rows = []
    for number, model in enumerate(study.models):
        for aspect in aspects:
            scored = [
                (rating.texts[0], rating.scores[aspect])
                for rating in ratings
                if aspect in rating.scores and study.texts[rating.texts[0]].model == number
            ]
            rows.append({"model": model.name, "aspect": aspect, **mean_of(study, scored)})
    return rows


def mean_of(study: Study, scored: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """(text, score) pairs: counted, and their mean with an interval over prompts where there are enough of these."""
    by_prompt: dict[int, list[int]] = defaultdict(list)
    for text, score in scored:
        by_prompt[study.texts[text].prompt].append(score)
    mean = None
    if len(by_prompt) >= LEAST:
        sums, counts = (np.array([float(of(each)) for each in by_prompt.values()]) for of in (sum, len))
        mean = bootstrap_mean(sums, counts, study.seed).as_json()
    values = [score for _, score in scored]
    return {
        "ratings": len(scored),
        "texts": len({text for text, _ in scored}),
        "prompts": len(by_prompt),
        "histogram": {str(step): values.count(step) for step in sorted({1, 2, 3, 4, 5} | set(values))}
        if not values or max(values) <= 5
        else None,
        "mean": mean,
    }


def verdicts(ratings: Iterable[Rating]) -> dict[tuple[int, int], float]:
    """Of each pair of texts that was compared: above 0 where most found the one with the lower number better."""
    sums: dict[tuple[int, int], float] = defaultdict(float)
    for rating in ratings:
        if rating.choice is not None:
            first, second = sorted(rating.texts)
            sums[first, second] += rating.better if rating.texts == (first, second) else -rating.better
    return dict(sums)


def win_matrix(study: Study, found: dict[tuple[int, int], float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """How often each model [row] was better than each other one [column]; a tie is half a win for both."""
    wins = np.zeros((len(study.models), len(study.models)))
    for (first, second), verdict in found.items():
        one, other = study.texts[first].model, study.texts[second].model
        share = 0.5 if verdict == 0 else float(verdict > 0)
        wins[one, other] += share
        wins[other, one] += 1 - share
    return wins


def win_rows(study: Study, found: dict[tuple[int, int], float]) -> list[dict[str, Any]]:
    """For every two models: pairs won, lost and tied; the share of wins among decided pairs, and the sign test."""
    rows = []
    for one, other in combinations(range(len(study.models)), 2):
        signs = [
            np.sign(verdict) * (1 if study.texts[first].model == one else -1)
            for (first, second), verdict in found.items()
            if {study.texts[first].model, study.texts[second].model} == {one, other}
        ]
        won, lost = signs.count(1), signs.count(-1)
        enough = won + lost >= LEAST
        rows.append({
            "model": study.models[one].name,
            "against": study.models[other].name,
            "won": won,
            "lost": lost,
            "tied": len(signs) - won - lost,
            "share": wilson(won, won + lost).as_json() if enough else None,
            "p": sign_test(won, lost) if enough else None,
        })  # fmt: skip
    return rows


def strength_rows(study: Study, found: dict[tuple[int, int], float]) -> dict[str, Any] | None:
    """Bradley-Terry strengths, strongest first, for three models or more of which each was compared often enough."""
    wins = win_matrix(study, found)
    games = (wins + wins.T).sum(axis=1)
    if len(study.models) < 3 or games.min() < LEAST:
        return None
    strengths = bradley_terry(wins)
    if strengths is None:
        return None
    rows = [
        {"model": model.name, **Estimate(value, value - NORMAL * error, value + NORMAL * error).as_json()}
        for model, value, error in zip(study.models, strengths.values.tolist(), strengths.errors.tolist(), strict=True)
    ]
    return {"softened": strengths.softened, "models": sorted(rows, key=lambda row: -row["value"])}


def view(study: Study, name: str, ratings: Sequence[Rating]) -> dict[str, Any]:
    """All that a group of raters says."""
    counted = once(ratings)
    found = verdicts(counted)
    return {
        "who": name,
        "raters": len({rating.rater for rating in ratings}),
        "scales": scale_rows(study, counted),
        "wins": win_rows(study, found) if found else [],
        "strengths": strength_rows(study, found),
    }
