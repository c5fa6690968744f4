"""What happened in a training, step by step: what stands at the foot of its curves, with its meaning and what to do.

Nothing is kept for this alone: a run's folder has checkpoints, the journal, ``spikes/`` (workflows/spikes.py), and in
``run.json`` the steps from which it went on and those that were left out; the phases of the learning rate follow from
the recipe. Steps are counted as curves count them: updates made. Start reading at ``markers_of``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hornbook.files import read_json
from hornbook.training.checkpoints import checkpoints_in
from hornbook.training.run_folder import Run
from hornbook.training.schedules import fall_begins, warmth
from hornbook.workflows.recipe import Recipe, read_recipe
from hornbook.workflows.runs import summary
from hornbook.workflows.spikes import LEFT_OUT, spikes_of
from hornbook.workflows.train import RESUMED
from hornbook.workflows.watching.listing import entries, is_live, name_in_commands

ROWS = 8
"""So many rows of a spike are told, the worst first; the file has all."""


@dataclass(frozen=True)
class Kind:
    """What a kind of event means, and what to do about it."""

    means: str
    advice: str


KINDS = {
    "checkpoint": Kind(
        "Weights, optimizer and counts were written to the disk, and are still there.",
        "Ask the model at this point of its training, or go on from here if something goes wrong later.",
    ),
    "best": Kind(
        "The validation loss was the lowest of all evaluations.",
        "This is the checkpoint that is used unless you ask for another. Where the curve rises again behind it while "
        "the training loss falls, the model learns by heart: use more data, more dropout or fewer steps.",
    ),
    "resumed": Kind(
        "The training had been stopped, and went on from its last checkpoint.",
        "Nothing: batches and random numbers depend on the step alone, so the curve goes on as if nothing had been.",
    ),
    "spike": Kind(
        "The loss of one batch lay far above what was usual.",
        "Look at the rows: one that stands out is often noise, another language, or a text that repeats. If the curve "
        "does not come back, lower the learning rate, warm up longer, or set training.on_spike to skip or roll_back.",
    ),
    "skipped": Kind(
        "The loss of this batch jumped or was no number, and nothing was learned from it.",
        "Nothing, if it is one batch in thousands; if there are many, lower the learning rate or look at the data.",
    ),
    "rolled_back": Kind(
        "The loss jumped, so the training went back to its last checkpoint and left out all that it had read since.",
        "Nothing, if it happens once; if it happens again, lower the learning rate or look at the data.",
    ),
    "warmup_end": Kind(
        "The learning rate has reached its peak.",
        "A loss that jumps just here asks for a longer warm-up or a lower learning rate.",
    ),
    "decay_begin": Kind(
        "From here on the learning rate falls, and the loss with it, because steps wander less.",
        "Do not judge a run before this phase is over: the last part of the fall comes from it.",
    ),
    "stopped": Kind(
        "The run has not reached its end, and nobody is writing it.",
        "hornbook train --resume goes on with it.",
    ),
    "finished": Kind(
        "The run has come to the end of its recipe.",
        "Compare the loss with the dashed lines: what it has to beat, and what it cannot go below.",
    ),
}
"""Every kind of event there is."""


def markers_of(run: Run) -> list[dict[str, Any]]:
    """All that happened in a run, in order: ``step``, ``kind``, ``what``, ``means``, ``advice``, ``checkpoint`` (its
    name, if there is one at this step), and of a jump of the loss ``spike``: its batch and the worst of its rows."""
    journal, recipe = entries(run), read_recipe(run.folder / "config.toml")
    found = [
        *phases(recipe, journal),
        *saved(run),
        *best(journal),
        *jumps(run),
        *left_out(run, journal),
        *went_on(run, journal),
        *end(run, journal),
    ]
    names = {int(path.name.removeprefix("step-")): path.name for path in checkpoints_in(run.checkpoints)}
    shown = sorted(found, key=lambda marker: marker["step"])
    return [{"spike": None, **marker, "checkpoint": names.get(marker["step"])} for marker in shown]


def marker(step: int, kind: str, what: str, **more: Any) -> dict[str, Any]:
    """One event, with what its kind means."""
    return {"step": step, "kind": kind, "what": what, "means": KINDS[kind].means, "advice": KINDS[kind].advice, **more}


# Where each kind comes from -------------------------------------------------------------------------------------------


def phases(recipe: Recipe, journal: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Where warm-up ended and where the learning rate began to fall, at the first step that was made so."""
    schedule = recipe.training.schedule
    steps = [entry for entry in journal if "fraction" in entry]
    count = steps_of(recipe, steps)
    risen = [warmth(schedule.warmup, entry["step"], entry["fraction"], count) for entry in steps]
    if schedule.warmup:
        peak = next((entry["step"] for entry, (rise, _) in zip(steps, risen, strict=True) if rise >= 1), None)
        if peak is not None:
            yield marker(peak + 1, "warmup_end", "warm-up is over: the learning rate is at its peak")
    begins = fall_begins(schedule)
    for entry, (rise, end_of_warmup) in zip(steps, risen, strict=True):
        passed = (entry["fraction"] - end_of_warmup) / (1 - end_of_warmup)
        if begins is not None and rise >= 1 and passed > begins:
            yield marker(entry["step"] + 1, "decay_begin", "the learning rate begins to fall")
            return


def steps_of(recipe: Recipe, steps: Sequence[dict[str, Any]]) -> int | None:
    """How many steps the whole run has; ``None`` where only time tells: then a step's fraction is one of the time."""
    if recipe.training.minutes is not None:
        return None
    counted = (round(entry["step"] / entry["fraction"]) for entry in steps if entry["fraction"])
    return recipe.training.steps or next(counted, None)


def saved(run: Run) -> Iterator[dict[str, Any]]:
    """The checkpoints that are still there."""
    for path in checkpoints_in(run.checkpoints):
        yield marker(int(path.name.removeprefix("step-")), "checkpoint", f"checkpoint {path.name} saved")


def best(journal: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The evaluation with the lowest loss."""
    scores = [entry for entry in journal if entry["kind"] == "evaluation" and entry.get("val_loss") is not None]
    if scores:
        lowest = min(scores, key=lambda entry: float(entry["val_loss"]))
        yield marker(lowest["step"], "best", f"the best evaluation: validation loss {lowest['val_loss']:.4f}")


def jumps(run: Run) -> Iterator[dict[str, Any]]:
    """The jumps of the loss, with the worst of their rows."""
    for path in spikes_of(run.folder):
        found = read_json(path)
        usual = "" if found["usual"] is None else f" (usual: {found['usual']:.3f})"
        loss = "became no number" if found["loss"] is None else f"jumped to {found['loss']:.3f}"
        worst = sorted(found["rows"], key=lambda row: -(row["loss"] if row["loss"] is not None else float("inf")))
        told = {
            "batch": found["step"],
            "loss": found["loss"],
            "usual": found["usual"],
            "cause": found["cause"],
            "rows": [row_of(row) for row in worst[:ROWS]],
            "command": f"hornbook runs batch {name_in_commands(run)} {found['step']}",
        }
        yield marker(found["step"] + 1, "spike", f"the loss {loss}{usual}", spike=told)


def row_of(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a spike: which it is, its loss, where its text is from and how it begins."""
    told = row.get("documents") or [row]  # windows of several documents, or a row that is a table's own
    names = [each["name"] for each in told if each.get("name")]
    text = row.get("text") or next(iter(row.get("texts", {}).values()), None)
    return {
        "row": row["row"],
        "loss": row["loss"],
        "documents": names,
        "text": text if isinstance(text, str) else json.dumps(text, ensure_ascii=False) if text else "",
    }


def left_out(run: Run, journal: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The ways back, and the single batches from which nothing was learned."""
    ranges = [(int(first), int(behind)) for first, behind in run.info.get(LEFT_OUT, [])]
    for first, behind in ranges:
        yield marker(behind, "rolled_back", f"back to the checkpoint after {first} updates; {behind - first} left out")
    for entry in journal:
        step = entry["step"]
        if entry["kind"] == "skipped" and not any(first <= step < behind for first, behind in ranges):
            yield marker(step + 1, "skipped", f"batch {step} was left out")


def went_on(run: Run, journal: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Where the training was taken up again, and something was made of it."""
    made = max((entry["step"] + 1 for entry in journal if entry["kind"] in ("update", "skipped")), default=0)
    for step in dict.fromkeys(map(int, run.info.get(RESUMED, []))):  # killed twice after the same checkpoint
        if 0 < step < made:
            yield marker(step, "resumed", f"went on after {step} updates")


def end(run: Run, journal: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """How it ended, where it has ended."""
    made = [entry["step"] + 1 for entry in journal if entry["kind"] in ("update", "skipped")]
    if not made or is_live(run):
        return
    finished = summary(run)["state"] == "finished"
    what = "the run is finished" if finished else f"stopped: hornbook train --resume {name_in_commands(run)}"
    yield marker(made[-1], "finished" if finished else "stopped", what)
