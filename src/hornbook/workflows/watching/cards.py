"""What there is to know of a model before it is used: its card.

In: a run's folder. Out: plain data: what it is built of, its parameters by module, what it has read and under which
licence, its scores, its checkpoints, and the commands that write it for other programs. Nothing is loaded: parameters
are counted from the names and shapes in the checkpoint. What is not written down anywhere is ``None`` and never
guessed. Next: card_text.py.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hornbook.corpus.catalogue import CATALOGUE
from hornbook.corpus.sources import TITLES
from hornbook.data.config import Classify, Prefer, Reinforce, Reward
from hornbook.errors import DamagedError, HornbookError
from hornbook.files import read_json
from hornbook.finetuning.config import KINDS as ADAPTING
from hornbook.finetuning.config import Everything
from hornbook.formats.safetensors_files import open_tensors
from hornbook.model.modules import by_module
from hornbook.tokenizers.saved import load_tokenizer
from hornbook.training.run_folder import Run
from hornbook.workflows.compare import Line, seen
from hornbook.workflows.export_model import FORMATS
from hornbook.workflows.load import IMPORTED, with_vocabulary
from hornbook.workflows.recipe import Recipe, read_recipe
from hornbook.workflows.recorded import read_evaluation, recorded_baselines
from hornbook.workflows.watching.card_text import as_markdown
from hornbook.workflows.watching.described import architecture_in_words
from hornbook.workflows.watching.listing import about_model, checkpoints_of, entries, name_in_commands

WRAPPED = ("base", "inner")
"""What a module is called inside of what fine-tuning put around it (finetuning/low_rank.py, adapters.py)."""

NO_SCORES = frozenset(
    ["kind", "step", "seconds", "schema", "checkpoint", "tokens", "rows", "bytes", "floor", "asked", "labels", "texts"]
)
"""What stands beside the scores of an evaluation and is none."""

LOSSES: dict[type, str] = {
    Classify: "loss, nats per label",
    Prefer: "loss, nats per pair",
    Reward: "loss, nats per pair",
    Reinforce: "share of wrong answers",
}
"""What ``val_loss`` is, where it is not nats per token."""


def line_of(run: Run) -> dict[str, Any]:
    """A line of the list of models; what is wrong with a run that cannot be read."""
    try:
        return known_of(run) | {"error": None}
    except HornbookError as error:
        return {"model": run.name, "kind": None, "error": str(error)}


def known_of(run: Run) -> dict[str, Any]:
    """What the list says of a model.

    Raises:
        HornbookError: it has saved no checkpoint yet, or a file of it is damaged.
    """
    found = about_model(run)
    if found["kind"] is None:
        raise DamagedError(found["error"])
    tokenizer = load_tokenizer(run.tokenizer)
    return {
        **{name: found[name] for name in ("model", "kind", "task")},
        "parameters": sum(modules_of(run).values()),
        "tokenizer": tokenizer.kind,
        "vocabulary": tokenizer.vocab_size,
        **numbers_of(seen(run, run.name).line),
    }


def numbers_of(line: Line) -> dict[str, Any]:
    """What was made of it so far, and how good its best checkpoint is."""
    return {
        "steps": line.steps,
        "tokens": line.tokens,
        "seconds": line.seconds,
        "val_loss": line.loss,
        "bits_per_byte": line.bits_per_byte,
    }


def card_of(run: Run) -> dict[str, Any]:
    """Everything that is known of a run's model, and the same as a text (``markdown``).

    Raises:
        HornbookError: as ``known_of`` says.
    """
    recipe, tokenizer = read_recipe(run.folder / "config.toml"), load_tokenizer(run.tokenizer)
    config = with_vocabulary(recipe.model, tokenizer)
    modules, called = modules_of(run), name_in_commands(run)
    card = known_of(run) | {
        "about": recipe.about,
        "begun": run.info["begun"],
        "checkpoint": read_from(run).name,
        "architecture": [{"name": name, "value": value} for name, value in architecture_in_words(config)],
        "modules": [{"module": module, "parameters": size} for module, size in modules.items()],
        "data": data_of(run, recipe),
        **scores_of(run),
        "loss": LOSSES.get(type(recipe.task), "loss, nats per token"),
        "checkpoints": checkpoints_of(run),
        "exports": [
            {
                "to": to,
                "words": each.words,
                "command": f"hornbook export {called} --to {to} --out {shlex.quote(run.name + each.ending)}",
                "refusal": each.refusal(recipe, config, tokenizer),
            }
            for to, each in FORMATS.items()
        ],
        "doctor": f"hornbook doctor {called}",
        "evaluate": f"hornbook evaluate {called}",
    }
    return card | {"markdown": as_markdown(card)}


def read_from(run: Run) -> Path:
    """The checkpoint that the card is about: the best, or where nothing was evaluated the latest.

    Raises:
        MissingError: there is none yet.
    """
    return run.chosen("latest" if run.best is None else "best")


def modules_of(run: Run) -> dict[str, int]:
    """Module -> parameters, as the checkpoint holds them; together they are all that it holds."""
    shapes = open_tensors(read_from(run)).shapes
    return by_module(shapes, added_among(shapes))


def added_among(names: Iterable[str]) -> set[str]:
    """Those that stand beside what they were put around: ``query.down`` beside ``query.base.weight`` is LoRA's."""
    every = list(names)
    around = {name.partition(f".{word}.")[0] for name in every for word in WRAPPED if f".{word}." in name}
    return {
        name
        for name in every
        for place in around
        if name.startswith(f"{place}.") and name[len(place) + 1 :].partition(".")[0] not in WRAPPED
    }


def data_of(run: Run, recipe: Recipe) -> dict[str, Any]:
    """What it has read, as far as it is on record: names, sizes, and the licence of a corpus of the catalogue."""
    file = run.folder / str(run.info.get("data", "data")) / "data.json"
    said = read_json(file) if file.exists() else {}
    corpus = said["config"]["corpus"] if said else recipe.data.corpus
    texts = said["config"]["text"] if said else recipe.data.text
    corpus = None if corpus == "none" else corpus  # how settings that are not given are spelt
    entry = CATALOGUE.get(corpus or "")
    return {
        "names": [corpus] if corpus else [Path(text).name for text in texts],
        "title": entry.title if entry else TITLES.get(corpus or ""),
        "licence": entry.licence if entry else None,
        "train_tokens": tokens_in(said.get("train")),
        "validation_tokens": tokens_in(said.get("validation")),
        "base": None if recipe.base is None else Path(recipe.base).name,
        "adapting": None if isinstance(recipe.adapting, Everything) else ADAPTING[type(recipe.adapting)],
        "imported": run.info.get(IMPORTED),
    }


def tokens_in(part: Mapping[str, Any] | None) -> int | None:
    """Tokens of a part of the data: one number, or one for each column of a table."""
    if part is None:
        return None
    columns = [part] if "tokens" in part else list(part.values())
    return sum(int(column["tokens"]) for column in columns)


def scores_of(run: Run) -> dict[str, Any]:
    """What was measured on the text held out: at the end, or else the best on the way; and what it has to beat."""
    measured = read_evaluation(run)
    journal = [entry for entry in entries(run) if entry["kind"] == "evaluation"]
    found = measured or min(journal, key=lambda entry: float(entry["val_loss"]), default={})
    baselines, floor = recorded_baselines(run)
    return {
        "scored": "at the end" if measured else "while it learned" if found else None,
        "scores": [
            {"name": name, "value": value}
            for name, value in found.items()
            if name not in NO_SCORES and isinstance(value, int | float) and not isinstance(value, bool)
        ],
        "baselines": [{"name": name, "loss": loss} for name, loss in baselines.items()],
        "floor": floor,
    }
