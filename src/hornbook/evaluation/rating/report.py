"""What a study has found, as plain data: the models in the eyes of people and of each judge, and how far to trust it.

Next: wording.py, which says it in tables.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from hornbook.evaluation.rating.agreement import as_table, krippendorff_alpha
from hornbook.evaluation.rating.ratings import Rating
from hornbook.evaluation.rating.statistics import Estimate, spearman, wilson
from hornbook.evaluation.rating.study import SCALES, Study
from hornbook.evaluation.rating.views import LEAST, once, verdicts, view
from hornbook.evaluation.texts.rouge import rouge_l

QUICK_SECONDS = 2.0
"""An answer given faster than this was hardly read for."""


def report(study: Study, ratings: Sequence[Rating]) -> dict[str, Any]:
    """Everything, as one JSON object; a number is ``null`` where there are too few ratings for it."""
    people = [rating for rating in ratings if rating.human]
    judges: dict[str, list[Rating]] = defaultdict(list)
    for rating in ratings:
        if not rating.human:
            judges[rating.rater].append(rating)
    views = [view(study, "people", people)] if people else []
    views += [view(study, name, found) for name, found in judges.items()]
    return {
        "schema": 1,
        "study": study.name,
        "models": [model.name for model in study.models],
        "prompts": len(study.prompts),
        "texts": len(study.texts),
        "views": views,
        "agreement": agreement(once(people)),
        "raters": [about_rater(name, people) for name in dict.fromkeys(rating.rater for rating in people)],
        "judges": [about_judge(name, found, once(people)) for name, found in judges.items()],
        "correlations": correlations(study, once(people)),
    }


# People ---------------------------------------------------------------------------------------------------------------


def agreement(ratings: Sequence[Rating]) -> dict[str, Any]:
    """Krippendorff's alpha for every aspect (ordinal) and for the choices (nominal), and over how many units."""
    rows = {}
    for aspect in SCALES:
        scored = [(each.rater, each.texts, float(each.scores[aspect])) for each in ratings if aspect in each.scores]
        if scored:
            rows[aspect] = alpha_row(scored, "ordinal")
    chosen = [(each.rater, frozenset(each.texts), preferred(each)) for each in ratings if each.choice is not None]
    if chosen:
        rows["better"] = alpha_row(chosen, "nominal")
    return rows


def preferred(rating: Rating) -> float:
    """The number of the text that was found better, -1 for a tie, -2 where both are bad."""
    return float({"left": rating.texts[0], "right": rating.texts[-1], "tie": -1}.get(rating.choice or "", -2))


def alpha_row(rated: Sequence[tuple[str, Any, float]], level: Any) -> dict[str, Any]:
    """Alpha, and how many units were rated by two raters or more; ``None`` where these are too few."""
    table = as_table(rated)
    shared = int(((~np.isnan(table)).sum(axis=0) >= 2).sum())
    return {"alpha": krippendorff_alpha(table, level) if shared >= LEAST else None, "shared": shared, "level": level}


def about_rater(name: str, ratings: Sequence[Rating]) -> dict[str, Any]:
    """One rater: how consistent with themselves, how fast, drawn to which side, drifting where."""
    mine = [rating for rating in ratings if rating.rater == name]
    timed = [rating.seconds for rating in mine if rating.seconds is not None]
    return {
        "rater": name,
        "answers": len(mine),
        "repeats": repeats(mine),
        "quick": sum(seconds < QUICK_SECONDS for seconds in timed),
        "left": left_share(mine),
        "drift": drift(once(mine)),
    }


def repeats(ratings: Sequence[Rating]) -> dict[str, Any]:
    """The second answers beside the first: scores that are the same, their mean distance, choices that are the same."""
    first = {frozenset(rating.texts): rating for rating in ratings if not rating.repeat}
    twice = [(first[frozenset(each.texts)], each) for each in ratings if each.repeat and frozenset(each.texts) in first]
    apart = [abs(one.scores[aspect] - two.scores[aspect]) for one, two in twice for aspect in one.scores]
    same = [preferred(one) == preferred(two) for one, two in twice if one.choice is not None]
    return {
        "scores": len(apart),
        "scores_same": apart.count(0),
        "mean_distance": sum(apart) / len(apart) if apart else None,
        "choices": len(same),
        "choices_same": sum(same),
    }


def left_share(ratings: Sequence[Rating]) -> dict[str, Any] | None:
    """How often the left text was better, among decided pairs; half of them where sides do not matter."""
    sides = [rating.choice for rating in ratings if rating.choice in ("left", "right")]
    return wilson(sides.count("left"), len(sides)).as_json() if len(sides) >= LEAST else None


def drift(ratings: Sequence[Rating]) -> dict[str, Any] | None:
    """Whether scores rise or fall as a rater goes on: mean score beside place, and the means of both halves."""
    scored = sorted((each.place, float(np.mean(list(each.scores.values())))) for each in ratings if each.scores)
    if len(scored) < LEAST:
        return None
    places, scores = np.array(scored).T
    half = len(scores) // 2
    correlation = spearman(places, scores)
    return {
        "correlation": None if correlation is None else correlation.as_json(),
        "first_half": float(scores[:half].mean()),
        "second_half": float(scores[half:].mean()),
    }


# Judges and other measures --------------------------------------------------------------------------------------------


def about_judge(name: str, ratings: Sequence[Rating], people: Sequence[Rating]) -> dict[str, Any]:
    """One judge: what could not be read, whether the order of texts sways it, and its agreement with people."""
    read = once(ratings)
    orders: dict[frozenset[int], list[Rating]] = defaultdict(list)
    for rating in read:
        if rating.choice is not None:
            orders[frozenset(rating.texts)].append(rating)
    both = [pair for pair in orders.values() if len(pair) == 2]
    return {
        "judge": name,
        "asked": len(ratings),
        "unread": len(ratings) - len(read),
        "both_orders": len(both),
        "same_in_both": sum(preferred(one) == preferred(two) for one, two in both),
        "left": left_share(read),
        "with_people": {
            "scores": {aspect: along(text_means(read, aspect), text_means(people, aspect)) for aspect in SCALES},
            "choices": same_choices(verdicts(read), verdicts(people)),
        },
    }


def text_means(ratings: Sequence[Rating], aspect: str | None = None) -> dict[int, float]:
    """The mean score of each text: of one aspect, or of all of them."""
    scores: dict[int, list[float]] = defaultdict(list)
    for rating in ratings:
        if len(rating.texts) == 1:
            scores[rating.texts[0]] += [value for key, value in rating.scores.items() if aspect in (None, key)]
    return {text: sum(found) / len(found) for text, found in scores.items() if found}


def along(one: dict[int, float], other: dict[int, float]) -> dict[str, Any] | None:
    """The rank correlation of two measures over the texts that have both."""
    both = [text for text in one if text in other]
    if len(both) < LEAST:
        return None
    found = spearman(*(np.array([each[text] for text in both]) for each in (one, other)))
    return None if found is None else {**found.as_json(), "texts": len(both)}


def same_choices(one: dict[tuple[int, int], float], other: dict[tuple[int, int], float]) -> dict[str, Any] | None:
    """Of the pairs that both decided, the share that they decided alike; a coin reaches one half."""
    decided = [np.sign(one[pair]) == np.sign(other[pair]) for pair in one if one[pair] and other.get(pair)]
    if len(decided) < LEAST:
        return None
    share: Estimate = wilson(int(sum(decided)), len(decided))
    return {**share.as_json(), "pairs": len(decided)}


def correlations(study: Study, ratings: Sequence[Rating]) -> dict[str, Any]:
    """Mean scores of texts beside what a computer measures: perplexity under the writer, ROUGE-L, and length.

    Perplexity is that of the writer's own text under the writer: a text that repeats itself has a low one.
    """
    scores = text_means(ratings)
    texts = dict(enumerate(study.texts))
    perplexity = {
        n: math.exp(min(each.nats / each.tokens, 700)) for n, each in texts.items() if each.nats and each.tokens
    }
    wanted = {number: study.question(number).reference for number in texts}
    overlap = {number: rouge_l(texts[number].text, want).f1 for number, want in wanted.items() if want is not None}
    length = {number: float(len(each.text)) for number, each in texts.items()}
    return {
        "perplexity": along(perplexity, scores),
        "rouge_l": along(overlap, scores),
        "characters": along(length, scores),
    }
