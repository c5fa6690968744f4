"""``hornbook plan``: what a training will take and bring, before it is paid for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts

from hornbook.cli.output import print_json, say
from hornbook.errors import SettingError

app = cyclopts.App(name="plan")


@app.default
def plan(
    *words: Annotated[str, cyclopts.Parameter(allow_leading_hyphen=False)],
    text: Annotated[tuple[str, ...], cyclopts.Parameter(negative=())] = (),
    corpus: str | None = None,
    data: Path | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    law: Path | None = None,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Parameters by part, operations, memory and time of a training here, and its loss where a law was fitted.

    A few steps are made, in a process of their own, and thrown away. hornbook train RECIPE --predict does the same
    first, and its report shows the prediction beside what came.

    Parameters
    ----------
    words
        RECIPE, the name of one that ships with the package or a TOML file, and settings to change: model.depth=8
    text
        These files, folders or globs instead of the recipe's text.
    corpus
        This corpus instead.
    data
        A folder that hornbook prepare made.
    minutes
        Train for so long, whatever the recipe says.
    steps
        Train so many steps, whatever the recipe says.
    law
        The folder of a scaling study; by default the newest one of this text, tokenizer and context under runs/.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.train import chosen, length_of
    from hornbook.workflows.plan import as_json as plain
    from hornbook.workflows.plan import plan as planned

    if not words:
        raise SettingError("which recipe? hornbook plan RECIPE")
    recipe = chosen(words, text, corpus, length_of(minutes, steps), None)
    say("preparing the text and making a few steps")
    found = planned(recipe, data, trying=True, law=law)
    if as_json:
        print_json({"recipe": recipe.name, **plain(found)})
        return
    for what, much in found.lines():
        print(f"{what:<20} {much}")
