"""Solutions of lesson 12."""

from __future__ import annotations

import json


def training_curve(lines: list[str]) -> list[float]:
    """The training losses in the order of steps, from the lines of a ``metrics.jsonl``."""
    updates = [entry for entry in map(json.loads, lines) if entry["kind"] == "update"]
    return [entry["loss"] for entry in sorted(updates, key=lambda entry: entry["step"])]


def best_step(validation: dict[int, float]) -> int:
    """The step with the lowest validation loss; of equal ones the earliest."""
    return min(validation, key=lambda step: (validation[step], step))


def learning_by_heart(training: list[float], validation: list[float]) -> int:
    """From where to the end validation only rises and training only falls; -1 if nowhere."""
    place = len(validation) - 1
    while place > 0 and validation[place - 1] < validation[place] and training[place - 1] > training[place]:
        place -= 1
    return place if place < len(validation) - 1 else -1
