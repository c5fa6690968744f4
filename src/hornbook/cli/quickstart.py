"""``hornbook quickstart``: a first model, from nothing, on this machine, in about 90 seconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts

if TYPE_CHECKING:
    from hornbook.workflows.three import Entry

app = cyclopts.App(name="quickstart")


@app.default
def quickstart(
    *,
    out: Path | None = None,
    minutes: float | None = None,
    seed: int = 1,
    all_: Annotated[bool, cyclopts.Parameter(name="--all", negative=())] = False,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Make up a world of small stories, train a tokenizer and a GPT on them, and see how good it is.

    Needs no network and no data: the stories come from a grammar, so the entropy of the source is known and the model's
    distance from the best possible one is a real number.

    With --all, train the three architectures instead, an encoder, a decoder and an encoder-decoder, on numbers in
    English words, and see what each can do and what it cannot.

    Parameters
    ----------
    out
        The run's folder (with --all: the folder of three runs); by default the next free one under runs/.
    minutes
        How long to train: by default 1.5, with --all 1.2 for each of the three.
    seed
        Decides everything that is random.
    all_
        Train all three architectures on one task and compare them.
    as_json
        Print one JSON object instead of the screen.
    """
    if all_:
        compare(out, 1.2 if minutes is None else minutes, seed, as_json)
        return
    from hornbook.cli.train import begin, finish, show_samples
    from hornbook.workflows.recipe import load_recipe

    recipe = load_recipe("quickstart", [f"training.minutes={1.5 if minutes is None else minutes}", f"seed={seed}"])
    outcome = begin(recipe, out, None, None)
    if not as_json and not outcome.exit_code:
        show_samples(outcome.run)
    finish(outcome, as_json)


def compare(out: Path | None, minutes: float, seed: int, as_json: bool) -> None:
    """Train the three architectures and print how they did."""
    from hornbook.cli.output import print_json, print_table
    from hornbook.cli.progress import TrainingProgress
    from hornbook.workflows.three import free_name, train_three

    folder = out or free_name()
    with TrainingProgress() as progress:
        entries = train_three(folder, minutes, seed, progress)
    if isinstance(entries, int):
        raise SystemExit(entries)
    if as_json:
        print_json({"schema": 1, "folder": str(folder), "entries": [entry.as_json() for entry in entries]})
        return
    for entry in entries:
        for prompt, text in entry.answers.items():
            print(f"{short_name(entry)}: {prompt} -> {text}")
    rows = [
        (
            short_name(entry),
            entry.contender.task,
            f"{entry.parameters:,}",
            f"{entry.seconds:.0f} s",
            f"{entry.accuracy:.1%}",
        )
        for entry in entries
    ]
    print_table(("", "task", "parameters", "time", "right"), rows)
    print("right: of 1,000 numbers that no training has seen, to the last token; time with preparing and scoring")
    for entry in entries:
        print(f"{short_name(entry)}\n  + {entry.contender.can}\n  - cannot {entry.contender.cannot}")
        if entry.questions:
            print("  " + ", ".join(f"{name}: {share:.1%} right" for name, share in entry.questions.items()))
    print(f"\nruns    {folder}\npicture {folder / 'cross-attention.png'}: where the last one looks while it writes\n")
    print(f'next    hornbook generate {folder / "numbers-translator"} "en: 31415926" --beams 4 -n 2')
    print(f'        hornbook generate {folder / "numbers-encoder"} "nine hundred thousand"')
    print("        hornbook train numbers      # three languages, both directions, in ten minutes")


def short_name(entry: Entry) -> str:
    """encoder, decoder or translator."""
    return entry.contender.recipe.removeprefix("numbers-")
