"""A loss that jumps: looked into before anything is learned from it, told, and left out where the recipe says so.

The loop asks a guard before every update. Where the loss is far above what was usual, or no number, ``Guard`` keeps
what the step was made of under ``spikes/`` in the run: its rows with the loss of each and their documents, and the norm
of the gradient layer by layer. Then ``training.on_spike`` decides: ``report`` learns from it all the same; ``skip``
leaves this one batch out; ``roll_back`` takes up the last checkpoint and leaves out all that was read since, which is
what helps where the damage was done before it showed (Chowdhery et al. 2022, "PaLM", section 5.1).

Batches are a function of seed and step, so whatever is left out stays left out when a run goes on. Next: train.py.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hornbook.batches import Texts
from hornbook.errors import DivergedError
from hornbook.files import write_json
from hornbook.training.distribution import rows_of
from hornbook.training.guards import Spike
from hornbook.training.journal import read_journal
from hornbook.training.shards import norm_of
from hornbook.training.world import World
from hornbook.workflows.runs import rows_of_step
from hornbook.workflows.setting_up import Training, set_up

LEFT_OUT = "left_out"
"""What ``run.json`` calls the steps that are left out, as pairs (first, the one behind the last)."""
IN_A_ROW = 10
"""So many batches left out one after the other, or so many ways back, are no accident of the data."""
STANDS_OUT = 1.5
"""A row whose loss is so many times the middle one of its batch is named as the cause."""


class RolledBack(Exception):
    """A loss jumped at ``step``, and the recipe wants the last checkpoint back."""

    def __init__(self, step: int) -> None:
        super().__init__(f"the loss jumped at step {step}")
        self.step = step


@dataclass
class Guard:
    """Asked before every update whether it may be made; ``micro_batches`` are those of the step that is asked about."""

    training: Training
    micro_batches: Sequence[Any] = ()
    in_a_row: int = 0
    left_out: list[list[int]] = field(default_factory=list)

    @classmethod
    def of(cls, training: Training) -> Guard:
        """With what the run has on record: the losses that were usual, and what was left out before."""
        guard = cls(training, left_out=training.run.info.get(LEFT_OUT, []))
        for entry in read_journal(training.run.metrics) if training.step else []:
            if entry["kind"] == "update" or (entry["kind"] == "skipped" and not guard.leaves_out(entry["step"])):
                broken = entry["loss"] is None or (entry["kind"] == "skipped" and entry["gradient_norm"] is None)
                training.spikes.offer(entry["step"], math.inf if broken else entry["loss"])
                guard.in_a_row = 0 if entry["kind"] == "update" else guard.in_a_row + 1
        return guard

    def leaves_out(self, step: int) -> bool:
        """Whether a step was left out by a way back."""
        return any(first <= step < behind for first, behind in self.left_out)

    def __call__(self, step: int, loss: float, norm: float) -> bool:
        """Whether the update of a step is made, of this mean loss and this norm of the gradient."""
        if self.leaves_out(step):
            return False
        spike = self.training.spikes.offer(step, loss if math.isfinite(norm) else math.inf)
        if spike is None:
            self.in_a_row = 0
            return True
        reaction = self.training.recipe.training.on_spike
        found = self.looked_into(spike, norm)
        self.training.watcher.said(f"{in_words(spike, found)}; {DONE[reaction]}")
        if reaction == "roll_back":
            raise RolledBack(step)
        self.in_a_row += 1
        if reaction == "skip" and self.in_a_row > IN_A_ROW:
            raise DivergedError(
                f"step {step}: {IN_A_ROW} batches in a row were left out, and the loss is still {loss:.3g} (usual: "
                f"{spike.usual:.3g}); single batches are not to blame. Try a lower learning rate or a longer warm-up"
            )
        return reaction == "report"

    def looked_into(self, spike: Spike, norm: float) -> dict[str, Any]:
        """Keep what the step was made of in ``spikes/``; the row that stands out is its ``cause``."""
        training = self.training
        if training.share.world.size > 1:  # every process has some of the rows, and some of the weights
            return {"rows": [], "cause": None, "path": ""}
        losses, rows = list[float](), list[dict[str, Any]]()
        if all(isinstance(batch, Texts) for batch in self.micro_batches):  # others have no loss row by row
            losses = row_losses(training, self.micro_batches)
            told = rows_of_step(training.batches, spike.step, training.prepared.tokenizer)
            named = told if len(told) == len(losses) else [{"row": row} for row in range(len(losses))]  # packed rows
            rows = [{**row, "loss": number(loss)} for row, loss in zip(named, losses, strict=True)]
        path = training.run.folder / "spikes" / f"step-{spike.step:06d}.json"
        found = {
            "step": spike.step,
            "loss": number(spike.loss),
            "usual": number(spike.usual),
            "deviations": number(spike.score),
            "gradient_norm": number(norm),
            "layers": layer_norms(training.model, norm),
            "cause": cause(losses),
            "rows": rows,
        }
        path.parent.mkdir(exist_ok=True)
        write_json(path, found)
        return {**found, "path": str(path)}


DONE = {
    "report": "learned from all the same",
    "skip": "left out",
    "roll_back": "going back to the last checkpoint, and leaving out all that was read since",
}
"""What ``training.on_spike`` may be, and what is said of it."""


def number(value: float) -> float | None:
    """A number as JSON has it; none for what is no number."""
    return value if math.isfinite(value) else None


def in_words(spike: Spike, found: dict[str, Any]) -> str:
    """A jump in a sentence: how far, which row, and where the rest stands."""
    text = f"step {spike.step}: the loss jumped to {spike.loss:.3f} (usual: {spike.usual:.3f})"
    if found["cause"] is not None:
        row = found["rows"][found["cause"]]
        names = ", ".join(each["name"] for each in row.get("documents", []) if "name" in each)
        text += f"; row {found['cause']} stands out" + (f", from {names}" if names else "")
    return text + (f" ({found['path']})" if found["path"] else "")


def row_losses(training: Training, micro_batches: Sequence[Texts]) -> list[float]:
    """The loss of every row by itself, in nats per target, under the weights that the step began with.

    Without dropout, and uncompiled: one row is a shape that the compiled step does not know.
    """
    objective = training.task.objective(training.recipe, training.prepared)
    training.model.eval()
    losses = []
    with torch.no_grad(), training.precision.autocast(), torch.compiler.set_stance("force_eager"):
        for batch in micro_batches:
            rows = len(batch.tokens)
            for row in range(rows):
                loss = objective(training.model, rows_of(batch, World(row, rows)))
                losses.append(float(loss.total / loss.count) if loss.count else 0.0)
    training.model.train()
    return losses


def cause(losses: Sequence[float]) -> int | None:
    """The row that is far worse than the middle one, or no number; none where all are alike."""
    broken = [row for row, loss in enumerate(losses) if not math.isfinite(loss)]
    if broken:
        return broken[0]
    if not losses:
        return None
    worst = max(range(len(losses)), key=losses.__getitem__)
    return worst if losses[worst] > STANDS_OUT * statistics.median(losses) else None


def layer_norms(model: nn.Module, norm: float) -> dict[str, float | None]:
    """The norm of the gradient of every block, and of what stands before and behind them, as it was before clipping."""
    layers: dict[str, list[torch.Tensor]] = {}
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            layers.setdefault(layer_of(name), []).append(parameter.grad)
    norms = {layer: float(norm_of(gradients)) for layer, gradients in layers.items()}
    clipped = math.sqrt(sum(each**2 for each in norms.values()))
    return {layer: number(each * norm / clipped if clipped else each) for layer, each in norms.items()}


def layer_of(name: str) -> str:
    """``stack.blocks.3.attention.query.weight`` is of ``stack.blocks.3``, ``embedding.tokens`` of ``embedding``."""
    parts = name.split(".")
    numbered = next((place for place, part in enumerate(parts) if part.isdigit()), 0)
    return ".".join(parts[: numbered + 1])


def rolled_back(training: Training, step: int) -> Training:
    """The same training at its last checkpoint, with all that was read since then left out.

    Raises:
        DivergedError: it has gone back too often for that to be the fault of the data.
    """
    run = training.run
    first = 0 if run.latest is None else int(run.latest.name.rpartition("-")[2])
    left_out = [*run.info.get(LEFT_OUT, []), [first, step + 1]]
    if len(left_out) > IN_A_ROW:
        raise DivergedError(
            f"step {step}: the loss jumped again after {IN_A_ROW} ways back; "
            "try a lower learning rate or a longer warm-up"
        )
    run.add_info(**{LEFT_OUT: left_out})
    again = set_up(run, training.recipe, training.watcher, training.share.world)
    again.clock.spent = max(again.clock.spent, training.clock.seconds)  # what was in vain took its time, too
    return again


def spikes_of(folder: Path) -> list[Path]:
    """What a run has kept of its jumps, the first first."""
    return sorted((folder / "spikes").glob("step-*.json"))
