"""What answers are worth: choices by their likelihood, written answers by a rule, pairs by which is likelier.

    accuracy                the choice of the highest log-probability is right
    accuracy, normalised    the same for log-probability per character: long choices are unlikely for their length
    bits per byte           of the right choices: moves long before any accuracy does, in small models

Every number has an interval, by drawing the questions again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hornbook.evaluation.intervals import Interval, bootstrap
from hornbook.evaluation.questions.files import Question
from hornbook.evaluation.questions.likelihood import likelihoods, request
from hornbook.model.models import Decoder
from hornbook.tokenizers.protocol import Tokenizer


@dataclass(frozen=True)
class Mean:
    """A mean over questions, and its interval where there are enough of them."""

    value: float
    interval: Interval | None

    @classmethod
    def of(cls, values: Sequence[float], weights: Sequence[float] | None = None, seed: int = 0) -> Mean:
        """Of one value a question; with ``weights``, sum of values over sum of weights."""
        totals, counts = np.array(values, float), np.ones(len(values)) if weights is None else np.array(weights, float)
        return cls(float(totals.sum() / counts.sum()), bootstrap(totals, counts, seed))

    def __str__(self) -> str:
        """With four digits."""
        return f"{self.value:.4f}" if self.interval is None else f"{self.value:.4f} ({self.interval})"

    def as_json(self) -> dict[str, Any]:
        """``value`` and ``interval``."""
        return {"value": self.value, "interval": None if self.interval is None else self.interval.as_json()}


def choice_scores(model: Decoder, tokenizer: Tokenizer, questions: Sequence[Question]) -> dict[str, Mean]:
    """``acc``, ``acc_norm``, ``bits_per_byte`` of the right choices, and ``chance``.

    Raises:
        TextError: a choice is longer than the context, or has a character that the tokenizer does not know.
    """
    requests = [request(tokenizer, each.text, f" {choice}") for each in questions for choice in each.choices]
    found = iter(likelihoods(model, requests))
    right, normed, bits, sizes = [], [], [], []
    for each in questions:
        totals = np.array([next(found).total for _ in each.choices])
        lengths = np.array([max(len(choice), 1) for choice in each.choices])
        right.append(float(totals.argmax() == each.answer))
        normed.append(float((totals / lengths).argmax() == each.answer))
        bits.append(-totals[each.answer] / math.log(2))
        sizes.append(float(len(f" {each.choices[each.answer]}".encode())))
    return {
        "acc": Mean.of(right),
        "acc_norm": Mean.of(normed),
        "bits_per_byte": Mean.of(bits, sizes),
        "chance": Mean(sum(1 / len(each.choices) for each in questions) / len(questions), None),
    }


NUMBER = re.compile(r"-?\$?\d[\d,]*(?:\.\d+)?|-?\$?\.\d+")
MARK = "####"
"""Before the answer, in GSM8K."""


def number_in(text: str) -> str | None:
    """The answer in a text by GSM8K's rule: what follows ``####``, otherwise the last number; without commas and $.

    ``1,000.00`` and ``1000`` are one number; ``None`` where there is none (Cobbe et al. 2021).
    """
    marked = NUMBER.search(text.rpartition(MARK)[2]) if MARK in text else None
    found = marked.group() if marked else next(iter(NUMBER.findall(text)[::-1]), None)
    if found is None:
        return None
    plain = found.replace(",", "").replace("$", "")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def is_right(written: str, answer: str) -> bool:
    """Whether what was written gives the answer.

    An answer with ``####`` in it is a number, found in both by ``number_in``. Any other has to be what was written up
    to the first line's end, whatever its case and the stop behind it.
    """
    if MARK in answer:
        return number_in(answer) is not None and number_in(written) == number_in(answer)
    return bare(written) == bare(answer)


def bare(text: str) -> str:
    """The first line, in small letters, without blanks around it and the stop behind it."""
    return text.strip().partition("\n")[0].strip().rstrip(".").casefold()


ROUNDED = 1e-4
"""Nats by which the same text may differ from itself: on some processors, rounding depends on its place in a batch."""


def pair_scores(model: Decoder, tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]]) -> dict[str, Mean]:
    """``prefers_first``: the share of pairs whose first sentence is likelier (0.5: no preference; equal ones count
    half), and ``log_ratio``: mean ln p(first) - ln p(second), nats.

    Raises:
        TextError: a sentence is longer than the context, or has a character that the tokenizer does not know.
    """
    found = likelihoods(model, [request(tokenizer, "", sentence) for pair in pairs for sentence in pair])
    ratios = [first.total - second.total for first, second in zip(found[::2], found[1::2], strict=True)]
    return {
        "prefers_first": Mean.of([(1 + float(np.sign(ratio)) * (abs(ratio) > ROUNDED)) / 2 for ratio in ratios]),
        "log_ratio": Mean.of(ratios),
    }
