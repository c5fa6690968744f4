"""``hornbook finetune``: from a run that continues texts to one that is useful."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import cyclopts

from hornbook.errors import SettingError

if TYPE_CHECKING:
    from hornbook.workflows.recipe import Recipe

app = cyclopts.App(name="finetune")

Kind = Literal["classify", "instruct", "prefer", "reward", "reinforce"]


@app.default
def finetune(
    kind: Kind,
    *words: Annotated[str, cyclopts.Parameter(allow_leading_hyphen=False)],
    base: str | None = None,
    text: tuple[str, ...] = (),
    columns: Annotated[tuple[str, ...], cyclopts.Parameter(negative=())] = (),
    corpus: str | None = None,
    data: Path | None = None,
    adapting: str | None = None,
    run: Path | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    seed: int | None = None,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Go on with a model of yours, or with an imported one, until it does what it is wanted for.

    The result is a run like any other, with a report that says what the model can do now and what it has forgotten.
    `hornbook train --resume RUN` goes on with one that was stopped.

    Parameters
    ----------
    kind
        classify: which label a text has. instruct: what an assistant answers. prefer: of two answers the better one.
        reward: a number for an answer. reinforce: whatever earns a reward, from answers of its own.
    words
        RECIPE, one that ships with the package or a TOML file (by default one named like the kind), and settings to
        change: training.batch=16
    base
        The run whose model and tokenizer it begins with; without one the model begins with random weights.
    text
        Tables to learn from: .csv, .tsv or .jsonl files.
    columns
        The names of the columns that are read, in the order that the task reads them (a text, its labels).
    corpus
        Learn from this corpus instead (hornbook corpus list).
    data
        Learn from a folder that was prepared before.
    adapting
        What of the model learns: everything, head, last_blocks, biases, low_rank, adapters, prefix or prompt.
    run
        The new run's folder; by default the next free one under runs/.
    minutes
        Train for so long, whatever the recipe says.
    steps
        Train so many steps, whatever the recipe says.
    seed
        Decides everything that is random.
    as_json
        Print the result as one JSON object.
    """
    from hornbook.cli.train import begin, chosen, finish, length_of

    recipe_name, settings = (kind, words) if not words or "=" in words[0] else (words[0], words[1:])
    given = {"base": base, "adapting": adapting, "data.columns": list(columns) or None}
    flags = (f"{name}={value}" for name, value in given.items() if value is not None)
    words = (recipe_name, *flags, *settings)  # what learns, then which of it: a kind given last would begin anew
    recipe = chosen(words, text, corpus, length_of(minutes, steps), seed)
    check_kind(kind, recipe)
    finish(begin(recipe, run, data, None), as_json)


def check_kind(kind: Kind, recipe: Recipe) -> None:
    """Refuse a recipe that was made for something else (``SettingError``)."""
    from hornbook.data.config import KINDS

    if KINDS[type(recipe.task)] != kind:
        found = KINDS[type(recipe.task)]
        raise SettingError(
            f'task: the recipe {recipe.name} has "{found}", and `hornbook finetune {kind}` needs "{kind}"'
        )
