"""The loss looked at closely: how sure it is, where in the window and on which tokens it arises, and whether the model
knows its doubt.

The same pass over the text as loss.py and the same sum; what comes on top is counted batch by batch, in memory that
does not grow with the text. In: a model, a token file, how often training had each token. Out: ``Closely``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from hornbook.batches import IGNORED, Texts
from hornbook.data.token_file import TokenFile
from hornbook.data.windows import consecutive_windows
from hornbook.errors import SettingError
from hornbook.evaluation.classes import Calibration
from hornbook.evaluation.intervals import Interval, bootstrap
from hornbook.evaluation.loss import LOGITS_AT_ONCE, LanguageModel, Measured, reading, still
from hornbook.training.devices import moved

DOCUMENTS = 20
"""With so many documents or more, documents are drawn for the interval; with fewer, blocks of the text."""

UNITS = 1000
"""More units than this are drawn in groups of neighbours."""

FREQUENCIES = (
    "0 times",
    "1 to 9 times",
    "10 to 99 times",
    "100 to 999 times",
    "1,000 to 9,999 times",
    "10,000 times +",
)
"""How often training had a token."""


@dataclass(frozen=True)
class Share:
    """Some of the targets: their name, how many there are, and the nats lost on them."""

    name: str
    tokens: int
    total: float

    @property
    def loss(self) -> float:
        """Mean cross-entropy in nats per token."""
        return self.total / self.tokens

    def as_json(self) -> dict[str, Any]:
        """``name``, ``tokens`` and ``loss``."""
        return {"name": self.name, "tokens": self.tokens, "loss": self.loss}


@dataclass(frozen=True)
class Closely:
    """What a model loses on a text, taken apart; shares of which there are no targets are left out."""

    measured: Measured
    loss: Interval | None
    bits_per_byte: Interval | None
    units: str
    """What was drawn for the intervals, in words."""
    positions: tuple[Share, ...]
    """By the number of tokens that the model had seen in its window."""
    frequencies: tuple[Share, ...]
    """By how often training had the target."""
    calibration: Calibration
    """Of the likeliest token at every place: how sure the model was of it, and how often it came."""

    def as_json(self) -> dict[str, Any]:
        """Everything beside the loss itself."""
        return {
            "interval": {
                "level": 0.95,
                "units": self.units,
                "val_loss": None if self.loss is None else self.loss.as_json(),
                "bits_per_byte": None if self.bits_per_byte is None else self.bits_per_byte.as_json(),
            },
            "by_position": [share.as_json() for share in self.positions],
            "by_frequency": [share.as_json() for share in self.frequencies],
            "calibration": self.calibration.as_json(),
        }

    def rows(self) -> list[tuple[str, ...]]:
        """The shares as rows of a table: name, part of all targets, nats per token, part of the whole loss."""
        named = [(f"after {share.name} tokens", share) for share in self.positions]
        named += [(f"on tokens known {share.name}", share) for share in self.frequencies]
        whole = self.measured
        return [
            (name, f"{share.tokens / whole.tokens:.1%}", f"{share.loss:.4f}", f"{share.total / whole.total:.1%}")
            for name, share in named
        ]

    def sentences(self) -> list[str]:
        """The interval and the calibration, each in one sentence."""
        if self.loss is None or self.bits_per_byte is None:
            said = f"No interval: {self.units} are too few to draw from."
        else:
            said = f"95 % interval: {self.loss} nats/token, {self.bits_per_byte} bits/byte ({self.units} drawn again)."
        error, right = self.calibration.error, self.calibration.right.sum() / self.measured.tokens
        sure = self.calibration.confidence.sum() / self.measured.tokens
        doubt = f"Its likeliest token is right {right:.1%} of the time, and it is {sure:.1%} sure of it"
        return [said, f"{doubt} (calibration error {error:.2%})."]


class Sums:
    """Targets and nats, added up group by group."""

    def __init__(self, groups: int) -> None:
        self.tokens, self.total = np.zeros(groups), np.zeros(groups)

    def add(self, group: Int[np.ndarray, " N"], losses: Float[np.ndarray, " N"]) -> None:
        """Add the losses of some targets to the groups they belong to."""
        self.tokens += np.bincount(group, minlength=len(self.tokens))
        self.total += np.bincount(group, weights=losses, minlength=len(self.total))

    def shares(self, names: list[str] | tuple[str, ...]) -> tuple[Share, ...]:
        """The groups that have any target."""
        found = zip(names, self.tokens, self.total, strict=True)
        return tuple(Share(name, int(tokens), float(total)) for name, tokens, total in found if tokens)


def evaluate_closely(
    model: LanguageModel,
    file: TokenFile,
    context: int,
    seen: Int[np.ndarray, " V"],
    batch: int = 32,
    *,
    autocast: torch.dtype = torch.float32,
    lengths: Int[np.ndarray, " V"] | None = None,
    seed: int = 0,
) -> Closely:
    """``evaluate_loss`` with everything taken apart; ``measured`` is what that gives, documents included.

    Args:
        seen: how often training had each token.
        lengths: the bytes of each token, for the interval of bits per byte; without them all tokens count alike.
        seed: of what is drawn for the intervals.

    Raises:
        TextError: a single token leaves nothing to predict.
        SettingError: ``context`` or ``batch`` is not positive.
    """
    if context < 1 or batch < 1:
        raise SettingError(f"context: a window of {context} tokens, {batch} at a time, cannot be read; give 1 or more")
    unit_of, units, described = units_of(file, context)
    names = position_names(context)
    positions, frequencies, by_unit = Sums(len(names)), Sums(len(FREQUENCIES)), Sums(units)
    documents, calibration = np.zeros(file.documents), Calibration.of(np.zeros(0), np.zeros(0, dtype=bool))
    unit_bytes, total, at = np.zeros(units), 0.0, 1  # ``at``: the index in the file of the next target
    starts = np.asarray(file.document_starts, dtype=np.int64)
    for targets, losses, sure, right in _guesses(model, file, context, batch, autocast):
        where = np.arange(at, at + len(targets))
        unit = unit_of(where)
        total += float(losses.sum())
        by_unit.add(unit, losses)
        unit_bytes += np.bincount(unit, weights=None if lengths is None else lengths[targets], minlength=units)
        positions.add(powers(1 + (where - 1) % context), losses)
        frequencies.add(np.minimum(decades(seen[targets]), len(FREQUENCIES) - 1), losses)
        documents += np.bincount(document_of(starts, where), weights=losses, minlength=len(documents))
        calibration += Calibration.of(sure, right)
        at += len(targets)
    if starts[0] == 0:
        documents[0] = math.nan
    measured = Measured(total, at - 1, int(file.bytes), documents)
    unit_bytes *= measured.bytes / max(unit_bytes.sum(), 1)
    bits = bootstrap(by_unit.total, unit_bytes, seed)
    return Closely(
        measured,
        bootstrap(by_unit.total, by_unit.tokens, seed),
        None if bits is None else bits.times(1 / math.log(2)),
        described,
        positions.shares(names),
        frequencies.shares(FREQUENCIES),
        calibration,
    )


def units_of(file: TokenFile, context: int) -> tuple[Any, int, str]:
    """What is drawn for an interval: a function from places in the file to units, how many there are, and in words."""
    starts = np.asarray(file.document_starts, dtype=np.int64)
    if file.documents >= DOCUMENTS:
        together = -(-file.documents // UNITS)
        words = f"{file.documents:,} documents" + (f", {together} at a time" if together > 1 else "")
        return lambda where: document_of(starts, where) // together, -(-file.documents // together), words
    targets = len(file) - 1
    length = max(context, -(-targets // UNITS))
    count = -(-targets // length)
    return lambda where: (where - 1) // length, max(count, 1), f"{count:,} blocks of {length:,} tokens"


def document_of(starts: Int[np.ndarray, " documents"], where: Int[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
    """Which document each place belongs to; what stands before the first counts to the first."""
    return np.maximum(np.searchsorted(starts, where, side="right") - 1, 0)


def powers(numbers: Int[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
    """0 for 1, 1 for 2, 2 for 3 and 4, 3 for 5 to 8...: the logarithm to base 2, rounded up."""
    return np.frexp(numbers - 0.5)[1].astype(np.int64)


def position_names(context: int) -> list[str]:
    """The groups of ``powers`` up to a window of ``context`` tokens, in words."""
    ends = [0, *(2**power for power in range(int(powers(np.array([context]))[0]))), context]
    return [str(high) if high == low + 1 else f"{low + 1:,} to {high:,}" for low, high in itertools.pairwise(ends)]


def decades(counts: Int[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
    """0 for 0, 1 for 1 to 9, 2 for 10 to 99...: how many digits a count has."""
    return np.searchsorted(10 ** np.arange(len(FREQUENCIES)), counts, side="right")


def _guesses(
    model: LanguageModel, file: TokenFile, context: int, batch: int, autocast: torch.dtype
) -> Iterator[tuple[Int[np.ndarray, " N"], Float[np.ndarray, " N"], Float[np.ndarray, " N"], Bool[np.ndarray, " N"]]]:
    """Batch by batch, in the order of the text: targets, losses, and of the likeliest tokens probability and truth."""
    device = next(model.parameters()).device
    with still(model.modules()):
        for texts in consecutive_windows(file, context, batch):
            with reading(device, autocast):
                losses, sure, right = guesses(model, moved(texts, device))
            asked = texts.targets != IGNORED
            exact = losses[asked].numpy().astype(np.float64)
            yield texts.targets[asked].numpy(), exact, sure[asked].double().numpy(), right[asked].numpy()


def guesses(
    model: LanguageModel, texts: Texts
) -> tuple[Float[Tensor, "B T"], Float[Tensor, "B T"], Bool[Tensor, "B T"]]:
    """``token_losses`` of loss.py, the probability of the likeliest token, and whether that was the target."""
    found = []
    hidden = torch.split(model.hidden(texts.tokens, texts.positions).flatten(0, 1), LOGITS_AT_ONCE)
    for some, wanted in zip(hidden, torch.split(texts.targets.flatten(), LOGITS_AT_ONCE), strict=True):
        logits = model.write(some[None])[0].float()
        losses = F.cross_entropy(logits, wanted, ignore_index=IGNORED, reduction="none")
        best, choice = logits.max(dim=-1)
        own = logits.gather(-1, wanted.clamp(min=0)[:, None])[:, 0]
        found.append((losses, (best - own - losses).exp().clamp(max=1), choice == wanted))  # loss = ln sum - own
    losses, sure, right = (torch.cat(each).view(texts.targets.shape).cpu() for each in zip(*found, strict=True))
    return losses, sure, right
