"""What a run says of itself as it goes: a line for every update, how fast it is, and TensorBoard for those who ask."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.errors import MissingError
from hornbook.training.loop import Update


def update_entry(update: Update) -> dict[str, Any]:
    """An update as a line of ``metrics.jsonl``: times stand apart under ``time``, all else is a function of the run.

    One that a guard has left out is of another kind: nobody who draws or compares losses wants it among them.
    """
    return {
        "kind": "update" if update.made else "skipped",
        "step": update.step,
        "loss": update.loss if math.isfinite(update.loss) else None,
        "learning_rate": update.learning_rate,
        "gradient_norm": update.gradient_norm if math.isfinite(update.gradient_norm) else None,
        "tokens": update.tokens,
        "fraction": update.fraction,
        **({"notes": update.notes} if update.notes else {}),
        "time": {"seconds": update.seconds, "tokens_per_second": update.tokens / max(update.seconds, 1e-9)},
    }


@dataclass
class Throughput:
    """Tokens per second, smoothed over about ``memory`` seconds and without the first step."""

    memory: float = 5.0
    tokens: float = 0.0
    seconds: float = 0.0
    seen: int = 0

    def add(self, update: Update) -> None:
        """Take note of an update; a first step, in which compiling falls, is forgotten with the second."""
        keep = 0.0 if self.seen == 1 else math.exp(-max(0.0, update.seconds) / self.memory)
        self.tokens = keep * self.tokens + update.tokens
        self.seconds = keep * self.seconds + update.seconds
        self.seen += 1

    @property
    def tokens_per_second(self) -> float:
        """The smoothed rate; 0 before the first update."""
        return self.tokens / self.seconds if self.seconds else 0.0


def seconds_left(update: Update, spent: float) -> float:
    """The seconds of training that remain after ``spent``, judged by the part of the run that is done."""
    return max(0.0, spent * (1 - update.done) / update.done) if update.done > 0 else math.inf


def tensorboard(folder: Path) -> Any:
    """A TensorBoard ``SummaryWriter`` into ``folder``.

    Raises:
        MissingError: the extra is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise MissingError("TensorBoard is not installed; pip install 'hornbook[tensorboard]' brings it") from None
    return SummaryWriter(str(folder))
