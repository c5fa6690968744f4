"""What a training reads and what it asks for. Next: in_model.py."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Integer

from hornbook.batches import IGNORED, Texts
from hornbook.evaluation.diagnosis.case import Case, Finding

PREFIX = 24
"""By so many of its first tokens a row is looked for in a text."""


def targets(case: Case) -> Finding | None:
    """What is asked for at a token is the token after it."""
    shares = {shift: np.mean([agreement(texts, shift) for texts in case.read]) for shift in (0, 1, 2)}
    if shares[1] > 0.98:
        return None
    other = max((0, 2), key=lambda shift: shares[shift])
    what = {0: "the token itself: targets are not shifted", 2: "the token after the next: shifted once too often"}
    meaning = (
        f"what is asked for is {what[other]}" if shares[other] > 0.9 else "targets and tokens do not belong together"
    )
    return Finding(
        "targets",
        f"{shares[1]:.0%} of the targets are the next token, {shares[0]:.0%} the token itself, {shares[2]:.0%} the one "
        "after the next",
        meaning,
        "targets are tokens[1:] where inputs are tokens[:-1], both cut from the same window",
    )


def agreement(texts: Texts, shift: int) -> float:
    """The share of targets that equal the token so many places further on in their row."""
    length = texts.tokens.shape[1] - shift
    asked = texts.targets[:, :length]
    there, inside = texts.tokens[:, shift:], asked != IGNORED
    if texts.positions is not None:  # a row of several texts: the token further on has to be of the same
        index = texts.positions.index
        inside = inside & (index[:, shift:] == index[:, :length] + shift)
    return float((asked == there)[inside].float().mean()) if inside.any() else 1.0


def padding(case: Case) -> Finding | None:
    """Nothing is asked of what only fills a row."""
    shares = []
    for texts in case.read:
        last = texts.targets[:, -1:]
        same = (texts.targets == last) & (last != IGNORED)
        run = same.flip(1).int().cumprod(1).sum(1)
        shares.append(float((run * (run >= 5)).float().mean()) / texts.targets.shape[1])
    share = float(np.mean(shares))
    if share < 0.03:
        return None
    return Finding(
        "padding is asked for",
        f"{share:.0%} of all targets are one token, again and again at the end of rows",
        "the loss is low because padding is easy, and the model learns to write it",
        f"set targets that only fill a row to {IGNORED}; ask for the end of a text once",
    )


def repetition(case: Case) -> Finding | None:
    """Rows of a batch differ, and so do batches."""
    batches = {texts.tokens.numpy().tobytes() for texts in case.read}
    rows = [len({row.numpy().tobytes() for row in texts.tokens}) / len(texts.tokens) for texts in case.read]
    if len(batches) <= len(case.read) // 2:
        text = f"{len(batches)} different batches in {len(case.read)} steps"
        return Finding(
            "repeated batches", text, "the same rows are read again and again", "draw new rows for each step"
        )
    if len(case.read[0].tokens) > 1 and np.mean(rows) < 0.6:
        text = f"{np.mean(rows):.0%} of the rows of a batch differ from each other"
        meaning = "a batch of copies is as noisy as one row and costs as much as many"
        return Finding("rows alike", text, meaning, "draw every row of a batch for itself")
    return None


def shuffling(case: Case) -> Finding | None:
    """The row after a row is not what follows it in the text."""
    follows = [
        float((texts.tokens[1:, 0] == texts.targets[:-1, -1]).float().mean())
        for texts in case.read
        if len(texts.tokens) > 2 and texts.positions is None
    ]
    if not follows or np.mean(follows) < 0.8 or repetition(case) is not None:
        return None
    return Finding(
        "no shuffling",
        f"{np.mean(follows):.0%} of all rows begin where the row before them ended",
        "all rows of a step are about the same thing, and the next step is about another",
        "draw windows at random, or shuffle them once an epoch",
    )


def coverage(case: Case) -> Finding | None:
    """Rows come from all over the training text, and from nowhere else."""
    rows = [row for texts in case.read for row in first_runs(texts)][:200]
    places = [find(case.tokens, row) for row in rows]
    held_out = np.asarray(case.validation.tokens)
    leaked = [row for row, found in zip(rows, places, strict=True) if not len(found) and len(find(held_out, row))]
    if len(leaked) > 0.1 * len(rows):
        return Finding(
            "validation is trained on",
            f"{len(leaked)} of {len(rows)} rows stand in the validation text and not in the training text",
            "the validation loss measures memory",
            "look at which file the batches are made of",
        )
    there = np.array([found[0] for found in places if len(found) == 1])  # where a text repeats itself, who can say
    if len(there) < 24 or len(there) < 0.5 * len(rows) or repetition(case) is not None or shuffling(case) is not None:
        return None
    reached = float(np.ptp(there)) / max(1, len(case.tokens) - case.record.config.context)
    if reached > 0.5:
        return None
    return Finding(
        "little of the text is read",
        f"{len(there)} rows of {len(case.read)} steps come from {reached:.1%} of the training text",
        "the model learns a page by heart",
        "look at where windows may begin",
    )


def first_runs(texts: Texts) -> list[Integer[np.ndarray, " run"]]:
    """The beginning of each row, as far as it is one text."""
    ids = texts.tokens.numpy()
    if texts.positions is None:
        return [row[:PREFIX] for row in ids]
    index = texts.positions.index
    breaks = (index[:, 1:] != index[:, :-1] + 1).int()
    ends = torch.where(breaks.any(1), breaks.argmax(1) + 1, index.shape[1]).tolist()
    return [row[: min(PREFIX, end)] for row, end in zip(ids, ends, strict=True)]


def find(text: Integer[np.ndarray, " tokens"], row: Integer[np.ndarray, " run"]) -> Integer[np.ndarray, " places"]:
    """Where a row stands in a text: every place."""
    places = np.flatnonzero(text[: max(0, len(text) - len(row) + 1)] == row[0])
    for ahead, token in enumerate(row[1:].tolist(), start=1):
        places = places[text[places + ahead] == token]
    return places
