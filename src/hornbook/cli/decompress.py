"""``hornbook decompress``: what ``hornbook compress`` wrote, byte for byte as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts

app = cyclopts.App(name="decompress")


@app.default
def decompress(
    run: str,
    file: Path,
    /,
    *,
    out: Path | None = None,
    checkpoint: str = "best",
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Restore a file with the run that compressed it; its checksum is compared before it is written.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    file
        What hornbook compress wrote.
    out
        Where to write; the name without .hb, where nothing is said.
    checkpoint
        best, latest, or one by name such as step-000200.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.output import print_json
    from hornbook.cli.progress import counting
    from hornbook.workflows.compress import decompress as restore
    from hornbook.workflows.load import load_run

    loaded = load_run(run, checkpoint)
    with counting("restoring") as told:
        path = restore(loaded, file, out, told)
    size = path.stat().st_size
    if as_json:
        print_json({"schema": 1, "run": str(loaded.run.folder), "out": str(path), "bytes": size})
        return
    print(f"{path}: {size:,} bytes, its checksum is that of the file that was compressed")
