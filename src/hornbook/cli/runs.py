"""``hornbook runs``: what is in the run folders."""

from __future__ import annotations

from typing import Annotated

import cyclopts

from hornbook.cli.output import print_json, print_table

Json = Annotated[bool, cyclopts.Parameter(name="--json", negative=())]

app = cyclopts.App(name="runs")


@app.command(name="list")
def list_runs(*, as_json: Json = False) -> None:
    """List the runs under runs/ (or HORNBOOK_RUNS), the newest last.

    Parameters
    ----------
    as_json
        Print one JSON object.
    """
    from hornbook.workflows.runs import summaries

    found = summaries()
    if as_json:
        print_json({"runs": found})
    elif not found:
        print("no runs yet; hornbook quickstart makes one")
    else:
        rows = [
            (
                run["name"],
                f"{run['steps']:,}",
                *(shown(run[name]) for name in ("val_loss", "bits_per_byte", "accuracy")),
                run["state"],
            )
            for run in found
        ]
        print_table(("run", "steps", "nats/token", "bits/byte", "right", "state"), rows)


@app.command
def show(run: str, *, as_json: Json = False) -> None:
    """Show one run: its recipe, its choices, its checkpoints, how good it is.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    as_json
        Print one JSON object.
    """
    from hornbook.workflows.runs import details

    found = details(run)
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {inner}" for key, inner in value.items() if inner not in (None, []))
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        print(f"{name:<14} {value}")


@app.command
def verify(run: str, *, as_json: Json = False) -> None:
    """Compare every checkpoint and token file of a run with its checksums; exits with 4 if one is damaged.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    as_json
        Print one JSON object.
    """
    from hornbook.errors import CheckError
    from hornbook.workflows.runs import verified

    found = verified(run)
    if as_json:
        print_json({"files": found})
    else:
        for name, wrong in found.items():
            print(f"{'whole  ' if not wrong else 'DAMAGED'}  {name}{': ' + wrong if wrong else ''}")
    damaged = [name for name, wrong in found.items() if wrong]
    if damaged:
        raise CheckError(f"{len(damaged)} of {len(found)} are damaged: {', '.join(damaged)}")


@app.command
def batch(run: str, step: int, *, as_json: Json = False) -> None:
    """Show the exact batch of any step, past or future: its rows, their documents, and the bytes they are.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    step
        The step, counted from 0.
    as_json
        Print one JSON object.
    """
    from hornbook.workflows.runs import batch_of

    rows = batch_of(run, step)
    if as_json:
        print_json({"step": step, "rows": rows})
        return
    for row in rows:
        if "texts" in row:
            print(f"row {row['row']}  {row['name']}")
            for name, text in row["texts"].items():
                print(f"    {name}: {text!r}")
            continue
        documents = ", ".join(str(document["name"]) for document in row["documents"])
        tokens, data = f"{row['start']:,}-{row['stop']:,}", f"{row['byte_start']:,}-{row['byte_stop']:,}"
        print(f"row {row['row']}  tokens {tokens}  bytes {data}")
        print(f"    {documents}\n    {row['text']!r}")


def shown(value: float | None) -> str:
    """Four decimals, or a dash."""
    return "-" if value is None else f"{value:.4f}"
