"""``hornbook trace``: one pass through a model, tensor by tensor."""

from __future__ import annotations

from typing import Annotated, Any

import cyclopts

from hornbook.cli.output import print_json, print_table

app = cyclopts.App(name="trace")


@app.default
def trace(
    run: str,
    prompt: Annotated[str, cyclopts.Parameter(allow_leading_hyphen=True)],
    /,
    *,
    lens: Annotated[bool, cyclopts.Parameter(negative=())] = False,
    every: Annotated[bool, cyclopts.Parameter(negative=())] = False,
    ablate: str | None = None,
    fill: str = "zero",
    checkpoint: str = "best",
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Follow a prompt through a run: every tensor, the line of code that made it, and what the model would say next.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    prompt
        What the model reads.
    lens
        Also show what each layer would answer if it were the last.
    every
        Show all tensors that a line of code makes on its way, and not only the last of them.
    ablate
        Also show the answer without a part: head:2.1 (layer 2, head 1), mlp:2 or layer:2, counted from 0.
    fill
        What stands in for the part: zero, or the mean of its answers in this text.
    checkpoint
        best, latest, or one by name such as step-000200.
    as_json
        Print one JSON object, with the lengths of the stream and hints at what each head does.
    """
    from hornbook.workflows.inside import Asked, condensed, follow
    from hornbook.workflows.load import load_run

    told = follow(load_run(run, checkpoint), prompt, Asked(lens, ablate, fill))
    if as_json:
        print_json(told)
        return
    print_tensors(told["tensors"] if every else condensed(told["tensors"]))
    print("read:", *(f"{token['text']}" for token in told["tokens"]))
    print_next("next", told["next"])
    if lens:
        print_lens(told["lens"])
    if ablate:
        print_next(f"without {ablate}", told["ablated"]["next"])
        print(f"KL(with || without): {told['ablated']['kl_bits']:.4f} bits")


def print_tensors(rows: list[dict[str, Any]]) -> None:
    """A line for each tensor, in the order they were made."""
    lines = [
        (
            (row["module"] or "model").removeprefix("stack.").removeprefix("blocks."),
            row["function"],
            "×".join(map(str, row["shape"])),
            *(f"{row[name]:.3g}" for name in ("std", "low", "high")),
            f"{row['file'].removeprefix('model/')}:{row['line']}",
        )
        for row in rows
    ]
    print_table(("module", "made by", "shape", "std", "min", "max", "line of code"), lines)


def print_next(heading: str, rows: list[dict[str, Any]]) -> None:
    """The likeliest tokens."""
    print_table((heading, "id", "p"), [(row["text"], str(row["id"]), f"{row['p']:.2%}") for row in rows])


def print_lens(rows: list[dict[str, Any]]) -> None:
    """A line for each layer."""
    lines = [
        (
            str(row["layer"]),
            row["top"],
            f"{row['p']:.2%}",
            str(row["rank_of_answer"]),
            f"{row['p_of_answer']:.2%}",
            f"{row['entropy_bits']:.3f}",
            f"{row['kl_bits']:.3f}",
        )
        for row in rows
    ]
    print_table(("after layer", "would say", "p", "rank of answer", "p of answer", "entropy, bits", "KL, bits"), lines)
