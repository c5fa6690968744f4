"""``hornbook doctor``: is this machine ready, and what is wrong with a run?"""

from __future__ import annotations

from typing import Annotated

import cyclopts

app = cyclopts.App(name="doctor")


@app.default
def doctor(
    run: str | None = None,
    /,
    *,
    reveal: Annotated[bool, cyclopts.Parameter(negative=())] = False,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Check this machine: Python, PyTorch, cores, compiler, memory, disk, extras, and how fast it multiplies.

    Takes about two seconds and needs no network. Exits with 4 when something keeps Hornbook from working. Given a run,
    it says which path that run took, looks for what is wrong with its training, and exits with 4 when it finds
    something.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    reveal
        Say which mistake was made in a run on purpose (hornbook train --break).
    as_json
        Print one JSON object instead of the table.
    """
    if reveal:
        print_fault(run or "latest", as_json)
        return
    if run is not None:
        examine_run(run, as_json)
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


def examine_run(run: str, as_json: bool) -> None:
    """Which path a run took, and what is wrong with it (``CheckError``)."""
    import dataclasses

    from hornbook.cli.output import print_json
    from hornbook.errors import CheckError
    from hornbook.workflows.diagnose import diagnosis_of
    from hornbook.workflows.paths import path_of

    rows, diagnosis = path_of(run), diagnosis_of(run)
    findings = () if diagnosis is None else diagnosis.findings
    if as_json:
        found = [dataclasses.asdict(finding) for finding in findings]
        print_json({"schema": 1, "run": run, "path": dict(rows), "findings": found})
    else:
        for name, value in rows:
            print(f"{name:<12} {value}")
        for finding in findings:
            print(f"\n{finding.name}\n    found   {finding.evidence}")
            print(f"    means   {finding.meaning}\n    do      {finding.advice}")
        if diagnosis is not None and not findings:
            print(f"\nNothing wrong was found by {diagnosis.checks} checks.")
    if findings:
        raise CheckError(f"{run}: {len(findings)} found: {', '.join(finding.name for finding in findings)}")


def print_fault(run: str, as_json: bool) -> None:
    """Which mistake was made in a run on purpose."""
    from hornbook.cli.output import print_json
    from hornbook.workflows.diagnose import revealed

    fault = revealed(run)
    if as_json:
        print_json({"schema": 1, "run": run, "fault": fault.name, "what": fault.what, "symptom": fault.symptom})
    else:
        print(f"{fault.name}: {fault.what}\nOne notices: {fault.symptom}")
