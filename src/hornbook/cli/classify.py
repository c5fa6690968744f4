"""``hornbook classify``: to which class a text belongs."""

from __future__ import annotations

from typing import Annotated

import cyclopts

from hornbook.cli.output import print_json

app = cyclopts.App(name="classify")


@app.default
def classify(
    run: str,
    /,
    *texts: Annotated[str, cyclopts.Parameter(allow_leading_hyphen=True)],
    checkpoint: str = "best",
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Ask a run that was trained to classify about one text or several; without one, about each line of stdin.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    texts
        What is to be judged.
    checkpoint
        best, latest, or one by name such as step-000200.
    as_json
        Print one JSON object with the probability of every class.
    """
    import sys

    from hornbook.workflows.classify import classify as judge
    from hornbook.workflows.load import load_run

    loaded = load_run(run, checkpoint)
    asked = texts or tuple(line.rstrip("\n") for line in sys.stdin if line.strip())
    answers = judge(loaded, asked)
    if as_json:
        print_json(
            {"schema": 1, "texts": [{"text": text, "answers": said} for text, said in zip(asked, answers, strict=True)]}
        )
        return
    for text, said in zip(asked, answers, strict=True):
        for question, chances in said.items():
            best = max(chances, key=lambda name: chances[name])
            label = f"{question}: {best}" if len(said) > 1 else best
            print(f"{label}\t{chances[best]:.1%}" + (f"\t{text}" if len(asked) > 1 else ""))
