"""``hornbook compare``: runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts

from hornbook.cli.output import print_json, print_table, say

app = cyclopts.App(name="compare")


@app.default
def compare(
    *runs: str,
    html: Path | None = None,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Put runs side by side: sizes, losses, bits per byte, the settings that differ, their last texts.

    No verdict is given: that takes several seeds of each (hornbook study ab).

    Parameters
    ----------
    runs
        Run folders, names of runs under runs/, or latest; two or more.
    html
        Also write it, with the curves, as one page that needs nothing else.
    as_json
        Print one JSON object.
    """
    from hornbook.files import write_text
    from hornbook.workflows.compare import compare as look

    found = look(runs)
    if html is not None:
        write_text(html, found.page().html())
        say(f"wrote {html}")
    if as_json:
        print_json({"schema": 1, **found.as_json()})
        return
    for table in (found.table(), found.settings()):
        if table.rows:
            print_table(table.headings, table.rows)
    for prompt in dict.fromkeys(prompt for run in found.runs for prompt in run.texts):
        print(f"after {prompt!r}:")
        for run in found.runs:
            print(f"  {run.line.name}: {run.texts.get(prompt, '-')!r}")
    for line in found.remarks():
        print(line)
