"""``hornbook runs``: what is in the run folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts

from hornbook.cli.output import print_json, print_table

if TYPE_CHECKING:
    from hornbook.workflows.reproducing import Comparison

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
def verify(run: str, *, retrain: int = 0, as_json: Json = False) -> None:
    """Compare every checkpoint and token file of a run with its checksums; exits with 4 if one is damaged.

    With --retrain the first steps are made again, and have to give the same losses and weights.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    retrain
        Make so many steps again.
    as_json
        Print one JSON object.
    """
    from hornbook.errors import CheckError
    from hornbook.workflows.runs import verified

    found = verified(run)
    again = retraced_steps(run, retrain) if retrain and not any(found.values()) else None
    if as_json:
        print_json({"files": found, **({"retrained": again.as_json()} if again else {})})
    else:
        for name, wrong in found.items():
            print(f"{'whole  ' if not wrong else 'DAMAGED'}  {name}{': ' + wrong if wrong else ''}")
        if again:
            print(again.sentence())
    if again and not again.passed:
        raise CheckError(f"trained again, it comes out otherwise: {again.sentence()}")
    damaged = [name for name, wrong in found.items() if wrong]
    if damaged:
        raise CheckError(f"{len(damaged)} of {len(found)} are damaged: {', '.join(damaged)}")


def retraced_steps(run: str, steps: int) -> Comparison:
    """The first steps, made again."""
    from hornbook.workflows.reproducing import retraced

    return retraced(run, steps)


@app.command
def export(run: str, out: Path) -> None:
    """Write a capsule: a zip from which a run can be trained again and compared, on this machine or another.

    It holds the recipe, the tokens, the tokenizer, the journal and the SHA-256 of the weights, but no weights.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    out
        The zip to write.
    """
    from hornbook.workflows.reproducing import export_capsule

    size = export_capsule(run, out)
    print(f"{out}  {size:,} bytes; hornbook runs reproduce {out} trains it again")


@app.command
def reproduce(capsule: Path, *, run: Path, as_json: Json = False) -> None:
    """Train a capsule again and compare: the same weights on the same kind of machine, else the same curve.

    Exits with 4 where it comes out otherwise.

    Parameters
    ----------
    capsule
        A zip that hornbook runs export wrote.
    run
        The new run's folder.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.progress import TrainingProgress
    from hornbook.errors import CheckError
    from hornbook.workflows.reproducing import reproduced

    with TrainingProgress() as progress:
        found = reproduced(capsule, run, progress)
    if as_json:
        print_json(found.as_json())
    else:
        print(found.sentence())
    if not found.passed:
        raise CheckError(f"trained again, it comes out otherwise: {found.sentence()}")


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
