"""``hornbook compress``: a file as small as a run finds it likely."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import cyclopts

app = cyclopts.App(name="compress")


@app.default
def compress(
    run: str,
    file: Path,
    /,
    *,
    out: Path | None = None,
    method: Annotated[Literal["model", "kneser-ney"], cyclopts.Parameter(name="--with")] = "model",
    streams: int = 64,
    checkpoint: str = "best",
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Compress a file with a run: an arithmetic coder makes every token as short as the model finds it likely.

    The size is the loss in bytes, so it is beside gzip, xz and zstd that a loss can be believed. Only the same run, at
    the same checkpoint, restores the file (hornbook decompress).

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    file
        Any file. What the run's tokenizer has no token for stays as it is.
    out
        Where to write; beside the file, with .hb at its end, where nothing is said.
    method
        model, or kneser-ney: the n-gram model of the run's training text.
    streams
        Cut the text into so many parts at most, that are read side by side: faster, and each begins with nothing.
    checkpoint
        best, latest, or one by name such as step-000200.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.output import print_json, print_table
    from hornbook.cli.progress import counting
    from hornbook.workflows.compress import compress as write
    from hornbook.workflows.load import load_run

    loaded = load_run(run, checkpoint)
    with counting("compressing") as told:
        found = write(loaded, file, out, method, streams, told)
    if as_json:
        print_json(
            {"schema": 1, "run": str(loaded.run.folder), "checkpoint": loaded.checkpoint.name, **found.as_json()}
        )
        return
    rows = [(name, f"{size:,}", f"{8 * size / max(found.size, 1):.3f}") for name, size in found.rows()]
    print_table(("", "bytes", "bits/byte"), rows, emphasised=f"this {found.method}")
    print(
        f"{found.out}: {found.tokens:,} tokens in {found.streams} streams. The loss says {found.bits:,.0f} bits; the "
        f"coder wrote {8 * found.coded:,}, and a head of {found.head} bytes."
    )
    if found.unsaid:
        print(f"{found.unsaid:,} bytes have no token and stand in it as they are.")
    print(f"To restore it one needs the {found.method} too: {found.model:,} bytes.")
