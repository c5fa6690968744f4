"""Looking at run folders without changing them: lists, details, checksums, and the batch of any step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hornbook.data.batches import Batches, describe
from hornbook.data.conversation_batches import ConversationBatches, describe_conversations
from hornbook.data.pair_batches import PairBatches, describe_rows
from hornbook.data.remade import RemadeBatches
from hornbook.errors import DamagedError, HornbookError, SettingError
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.training.checkpoints import checkpoints_in, read_progress, verify_checkpoint
from hornbook.training.run_folder import Run, runs_in, runs_root
from hornbook.workflows.load import IMPORTED, load_prepared, with_vocabulary
from hornbook.workflows.recipe import read_recipe
from hornbook.workflows.recorded import read_evaluation
from hornbook.workflows.reinforce_tasks import QuestionBatches, describe_questions
from hornbook.workflows.tasks import task_of


def summaries(root: Path | None = None) -> list[dict[str, Any]]:
    """One line for each run in ``root`` (by default where runs are kept), the newest last."""
    return [summary(Run(folder)) for folder in runs_in(root or runs_root())]


def summary(run: Run) -> dict[str, Any]:
    """Name, steps made, losses where they were measured, and whether the run is finished."""
    try:
        measured, latest = read_evaluation(run), run.latest
        progress = read_progress(latest) if latest else {"step": 0, "done": 0.0}
        state = "finished" if progress["done"] >= 1 else f"stopped at {progress['done']:.0%}"
    except HornbookError as error:
        measured, progress, state = None, {"step": 0}, f"damaged: {error}"
    return {
        "name": run.name,
        "folder": str(run.folder),
        "steps": progress["step"],
        "val_loss": (measured or {}).get("val_loss"),
        "bits_per_byte": (measured or {}).get("bits_per_byte"),  # of running text only
        "accuracy": (measured or {}).get("accuracy"),
        "state": state,
    }


def details(name: str | Path) -> dict[str, Any]:
    """All that a run says of itself, in one table."""
    run = Run.open(name)
    info, recipe = run.info, read_recipe(run.folder / "config.toml")
    pointers = {which: path.name if path else None for which, path in (("latest", run.latest), ("best", run.best))}
    return summary(run) | {
        "recipe": recipe.name,
        "about": recipe.about,
        "seed": recipe.seed,
        "begun": info["begun"],
        "choices": info.get("choices", {}),
        "checkpoints": [path.name for path in checkpoints_in(run.checkpoints)],
        "pointers": pointers,
        "versions": info["versions"],
        "machine": info["machine"],
        "data_sha256": info.get("data_sha256", {}),
    }


def verified(name: str | Path) -> dict[str, str]:
    """For every checkpoint and token file of a run, what is wrong with it (nothing: an empty text)."""
    run = Run.open(name)
    found: dict[str, str] = {}
    for path in checkpoints_in(run.checkpoints):
        found[path.name] = wrong_with(lambda path=path: verify_checkpoint(path))
    if IMPORTED not in run.info:
        found["data"] = wrong_with(lambda: load_prepared(run).verify())
    return found


def wrong_with(check: Any) -> str:
    """What a check complains about, or nothing."""
    try:
        check()
    except DamagedError as error:
        return str(error)
    return ""


def batch_of(name: str | Path, step: int) -> list[dict[str, Any]]:
    """The rows of any step of a run: where each begins and ends, its documents and bytes, how its text begins.

    Of pairs and labelled texts: their names and texts.
    """
    if step < 0:
        raise SettingError(f"step: expected 0 or more, found {step}")
    run = Run.open(name)
    recipe, prepared = read_recipe(run.folder / "config.toml"), load_prepared(run)
    batches = task_of(recipe).batches(recipe, with_vocabulary(recipe.model, prepared.tokenizer), prepared)
    return rows_of_step(batches, step, prepared.tokenizer)


def rows_of_step(batches: Any, step: int, tokenizer: Tokenizer) -> list[dict[str, Any]]:
    """The rows of a step of whatever kind of batches, as ``batch_of`` tells them; none where the batches of a training
    were exchanged for others (breaking/), whose rows stand nowhere in the text."""
    if isinstance(batches, PairBatches):
        return describe_rows(batches, step, tokenizer)
    if isinstance(batches, ConversationBatches):
        return describe_conversations(batches, step, tokenizer)
    if isinstance(batches, QuestionBatches):
        return describe_questions(batches, step, tokenizer)
    windows = batches.batches if isinstance(batches, RemadeBatches) else batches
    return describe(windows, step, tokenizer) if isinstance(windows, Batches) else []
