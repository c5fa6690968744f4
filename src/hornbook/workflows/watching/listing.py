"""What runs there are: their models and checkpoints with what each has learned, and whether they are being written.

Nothing is loaded: all of it stands in the run's folder. Next: curves.py.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hornbook.data.config import Classify, Instruct, Prefer, Reinforce, Reward
from hornbook.errors import HornbookError, MissingError, nearest
from hornbook.files import read_text
from hornbook.model.config import KINDS as SHAPES
from hornbook.training.checkpoints import checkpoints_in, read_progress
from hornbook.training.journal import read_journal
from hornbook.training.run_folder import Run, runs_in, runs_root
from hornbook.workflows.recipe import KINDS, Recipe, read_recipe, resolved
from hornbook.workflows.recorded import read_evaluation, recorded_baselines
from hornbook.workflows.runs import summary

CHATS = (Instruct, Prefer, Reinforce)
JUDGES = (Classify, Reward)


def runs_by_name(root: Path, others: Mapping[str, Path]) -> dict[str, Path]:
    """The folders of the runs in ``root``, the newest last, and of ``others`` that lie elsewhere, by name."""
    inside = {folder.name: folder for folder in runs_in(root)}
    return {name: folder for name, folder in others.items() if name not in inside} | inside


def find_run(name: str, runs: Mapping[str, Path]) -> Run:
    """The run of a name; nothing but a name, so that nobody reads what is no run of these.

    Raises:
        MissingError: there is none.
    """
    if name not in runs:
        raise MissingError(f"there is no run {name[:100]!r}{nearest(name[:100], runs)}; there are {', '.join(runs)}")
    return Run.open(runs[name])


def about_model(run: Run) -> dict[str, Any]:
    """What kind of model a run has, its sizes, and its checkpoints; what is wrong with it where it cannot be read."""
    try:
        recipe, info = read_recipe(run.folder / "config.toml"), run.info
        config = recipe.model
        kind = SHAPES[type(config.architecture)].replace("-", "_")
        return {
            "model": run.name,
            "kind": "classifier" if isinstance(recipe.task, JUDGES) else kind,
            "task": KINDS[type(recipe.task)],
            "chat": bool(info.get("template")) and isinstance(recipe.task, CHATS),
            "parameters": info.get("parameters"),
            "layers": config.depth,
            "heads": config.heads,
            "width": config.width,
            "context": config.context,
            "vocabulary": config.vocabulary or vocabulary_of(run),
            "checkpoints": checkpoints_of(run),
        }
    except HornbookError as error:
        return {"model": run.name, "kind": None, "error": str(error), "checkpoints": []}


def vocabulary_of(run: Run) -> int | None:
    """How many tokens the run's tokenizer has, as its newest checkpoint remembers."""
    return None if run.latest is None else int(read_progress(run.latest)["vocabulary"]["size"])


def checkpoints_of(run: Run) -> list[dict[str, Any]]:
    """Every checkpoint in order, with its validation loss where it was evaluated."""
    scores = {entry["step"]: entry for entry in entries(run) if entry["kind"] == "evaluation"}
    rows = []
    for path in checkpoints_in(run.checkpoints):
        step = int(path.name.removeprefix("step-"))
        score = scores.get(step, {})
        rows.append(
            {
                "name": path.name,
                "step": step,
                "val_loss": score.get("val_loss"),
                "bits_per_byte": score.get("bits_per_byte"),
                "best": path == run.best,
                "latest": path == run.latest,
            }
        )
    return rows


def entries(run: Run) -> list[dict[str, Any]]:
    """The lines of a run's journal; none before there is one."""
    return read_journal(run.metrics) if run.metrics.exists() else []


def name_in_commands(run: Run) -> str:
    """What a person types: the name of one among the runs, the folder of any other."""
    among = run.folder.resolve().parent == runs_root().resolve()
    return shlex.quote(run.name if among else str(run.folder))


def is_live(run: Run) -> bool:
    """Whether a process writes this run now: the one named in its lock, if it still holds it.

    The lock is looked at and never tried: whoever tries it holds it for a moment, and a training that begins in this
    moment would find it taken.
    """
    path = run.folder / ".lock"
    try:
        process = int(json.loads(path.read_text(encoding="utf-8"))["process"])
        os.kill(process, 0)
        held = Path("/proc/locks").read_text(encoding="utf-8").split("\n") if Path("/proc/locks").exists() else None
        inode = path.stat().st_ino
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return held is None or any(" FLOCK " in line and line.split()[-3].endswith(f":{inode}") for line in held)


def about_run(run: Run) -> dict[str, Any]:
    """A line of the list of runs."""
    found = summary(run)
    live = is_live(run)
    damaged = str(found["state"]).startswith("damaged")
    finished = found["state"] == "finished"
    row = {
        "run": run.name,
        "state": "damaged" if damaged else "training" if live else "finished" if finished else "stopped",
        "live": live,
        "recipe": None,
        "begun": None,
        "steps": found["steps"],
        "parameters": None,
        "val_loss": found["val_loss"],
        "bits_per_byte": found["bits_per_byte"],
        "accuracy": found["accuracy"],
        "error": found["state"].removeprefix("damaged: ") if damaged else None,
    }
    try:
        row |= {"begun": run.info["begun"], "parameters": run.info.get("parameters")}
        row["recipe"] = read_recipe(run.folder / "config.toml").name
    except HornbookError as error:
        row |= {"state": "damaged", "error": str(error)}
    return row if row["val_loss"] is not None else row | last_score(run)


def last_score(run: Run) -> dict[str, Any]:
    """What was measured last, for a run that has not come to its end."""
    try:
        scores = [entry for entry in entries(run) if entry["kind"] == "evaluation"]
    except HornbookError:
        return {}
    names = ("val_loss", "bits_per_byte", "accuracy")
    return {name: scores[-1].get(name) for name in names} if scores else {}


def details_of(run: Run) -> dict[str, Any]:
    """All that a run says of itself, with the lines that its loss must beat."""
    recipe, info = read_recipe(run.folder / "config.toml"), run.info
    baselines, floor = recorded_baselines(run)
    return about_run(run) | {
        "about": recipe.about,
        "seed": recipe.seed,
        "config": run.config,
        "choices": info.get("choices", {}),
        "versions": info["versions"],
        "machine": info["machine"],
        "baselines": baselines,
        "floor": floor,
        "nats_per_bit_per_byte": ratio_of(run),
        "command": command_of(recipe),
    }


def ratio_of(run: Run) -> float | None:
    """By what a loss is divided to give bits per byte: the same for every model that reads these tokens."""
    measured = [read_evaluation(run) or {}, *reversed(entries(run))]
    found = next((each for each in measured if each.get("bits_per_byte") and each.get("val_loss")), None)
    return None if found is None else float(found["val_loss"]) / float(found["bits_per_byte"])


def command_of(recipe: Recipe) -> str:
    """What trains it again."""
    return f"hornbook train {recipe.name}.toml  # its config.toml, saved under this name"


def settings_of(run: Run) -> dict[str, Any]:
    """The resolved recipe as plain data."""
    return resolved(read_recipe(run.folder / "config.toml"))


def written_so_far(run: Run) -> str:
    """The text of ``latest``: it changes when a checkpoint was saved."""
    path = run.folder / "latest"
    return read_text(path).strip() if path.exists() else ""
