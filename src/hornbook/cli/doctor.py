"""``hornbook doctor``: is this machine ready, and what would training choose on it?"""

from __future__ import annotations

from typing import Annotated

import cyclopts

app = cyclopts.App(name="doctor")


@app.default
def doctor(
    run: str | None = None, /, *, as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False
) -> None:
    """Check this machine: Python, PyTorch, cores, compiler, memory, disk, extras, and how fast it multiplies.

    Takes about two seconds and needs no network. Exits with 4 when something keeps Hornbook from working. Given a run,
    it says which path that run took instead.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest: in which arithmetic it ran, compiled or not, with which
        attention kernel and loss.
    as_json
        Print one JSON object instead of the table.
    """
    if run is not None:
        print_path(run, as_json)
        return
    import dataclasses
    import json
    import sys

    from rich.console import Console
    from rich.markup import escape

    from hornbook.errors import CheckError

    try:
        from hornbook.workflows.environment import examine
    except (ImportError, OSError) as error:  # OSError: a library that torch needs is not there
        raise CheckError(
            f"PyTorch cannot be imported: {error}; install it anew: pip install --force-reinstall torch"
        ) from error

    environment = examine()
    if as_json:
        result = {"schema": 1, "ok": not environment.failed, **dataclasses.asdict(environment)}
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    else:
        console = Console(highlight=False, soft_wrap=True)
        colours = {"ok": "green", "warn": "yellow", "fail": "bold red"}
        for finding in environment.findings:
            state = f"[{colours[finding.state]}]{finding.state:>4}[/]"
            console.print(f"{state}  {finding.name:<20} {escape(finding.found)}")
            if finding.advice:
                console.print(f"      {'':<20} [dim]-> {escape(finding.advice)}[/]")
    if environment.failed:
        names = ", ".join(finding.name for finding in environment.failed)
        raise CheckError(f"this machine is not ready: {names}; the lines marked 'fail' say what to do")


def print_path(run: str, as_json: bool) -> None:
    """Which path a run took."""
    from hornbook.cli.output import print_json
    from hornbook.workflows.paths import path_of

    rows = path_of(run)
    if as_json:
        print_json({"schema": 1, "run": run, "path": dict(rows)})
        return
    for name, found in rows:
        print(f"{name:<12} {found}")
