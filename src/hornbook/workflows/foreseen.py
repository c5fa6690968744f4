"""What was predicted of a run before it was trained, beside what came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hornbook.training.checkpoints import read_progress
from hornbook.training.run_folder import Run


@dataclass(frozen=True)
class Foreseen:
    """One prediction: of what, the number, and the number that came. ``interval`` only where one was given."""

    what: str
    unit: str
    predicted: float
    found: float
    interval: tuple[float, float] | None = None

    @property
    def miss(self) -> float:
        """By how much what came lies above the prediction, as a part of what came."""
        return (self.found - self.predicted) / self.found

    @property
    def inside(self) -> bool | None:
        """Whether it lies in the interval, where there is one."""
        return None if self.interval is None else self.interval[0] <= self.found <= self.interval[1]


def outcomes(run: Run, steps: int, score: Any) -> list[Foreseen]:
    """Everything that was predicted of a run that is over; nothing where nothing was."""
    told = run.info.get("prediction")
    if told is None or run.latest is None:
        return []
    seconds = float(read_progress(run.latest)["seconds"])
    found = [
        Foreseen("training time", "s", float(told["seconds"]), seconds),
        Foreseen("steps", "", float(told["steps"]), float(steps)),
        Foreseen("most memory", "MB", told["peak_bytes"] / 1e6, run.info.get("peak_bytes", 0) / 1e6),
    ]
    if told["loss"] is not None:
        loss = told["loss"]
        found.append(Foreseen("loss", "nats/token", loss["loss"], score.loss, (loss["low"], loss["high"])))
    return [each for each in found if each.found]


def line_of(each: Foreseen) -> tuple[str, str, str, str]:
    """For a table."""
    form = ".4f" if each.interval else ",.1f" if each.unit else ",.0f"
    predicted, found = (f"{value:{form}} {each.unit}".strip() for value in (each.predicted, each.found))
    if each.interval:
        low, high = each.interval
        predicted += f" ({low:.4f} to {high:.4f})"
    where = "" if each.inside is None else ", inside" if each.inside else ", outside"
    return each.what, predicted, found, f"{each.miss:+.1%}{where}"
