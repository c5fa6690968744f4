"""``hornbook draw``: pictures of the parts of models and of runs, as SVG and PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts

from hornbook.cli.output import print_json, print_table, say

AsJson = Annotated[bool, cyclopts.Parameter(name="--json", negative=())]

app = cyclopts.App(name="draw")


@app.default
def draw(
    name: str, run: str | None = None, /, *, out: Path | None = None, text: str | None = None, as_json: AsJson = False
) -> None:
    """Draw one picture, or all: parts of models, computed by the code that models use, and what is in a run.

    Parameters
    ----------
    name
        A picture, or all of them; hornbook draw list names them.
    run
        A run folder, the name of one under runs/, or latest, for the pictures that need one.
    out
        The folder to write to: else that of the run's figures, or without a run one named figures, here.
    text
        The text to look at, for pictures of what a model makes of one; else the beginning of the run's held-out text.
    as_json
        Print one JSON object.
    """
    from hornbook.workflows.drawings import draw as drawn

    found = []
    for each in drawn(name, run, out, text):
        found.append(each.as_json())
        if each.path is None:
            say(f"no {each.drawing.name}: {each.reason}")
        elif not as_json:
            print(f"{each.path}.png", flush=True)
    if as_json:
        print_json({"schema": 1, "pictures": found})


@app.command(name="list")
def list_pictures(*, as_json: AsJson = False) -> None:
    """List all pictures, and what each of them needs.

    Parameters
    ----------
    as_json
        Print one JSON object.
    """
    from hornbook.workflows.drawings import DRAWINGS

    if as_json:
        rows = [{"name": row.name, "needs": row.needs, "sentence": row.sentence} for row in DRAWINGS]
        print_json({"schema": 1, "pictures": rows})
    else:
        print_table(("picture", "needs"), [(f"{row.name}: {row.sentence}", row.needs) for row in DRAWINGS])
