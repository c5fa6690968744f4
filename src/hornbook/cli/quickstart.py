"""``hornbook quickstart``: a first model, from nothing, on this machine, in about 90 seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts

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
            print(f"{entry.contender.recipe.removeprefix('numbers-')}: {prompt} -> {text}")
    rows = [
        (entry.contender.recipe.removeprefix("numbers-"), entry.contender.task, f"{entry.parameters:,}",
         f"{entry.seconds:.0f} s", f"{entry.accuracy:.1%}")
        for entry in entries
    ]  # fmt: skip
    print_table(("", "task", "parameters", "time", "right"), rows)
    for entry in entries:
        name = entry.contender.recipe.removeprefix("numbers-")
        print(f"the {name} {entry.contender.can}; it cannot {entry.contender.cannot}")
    print(f"\nruns    {folder}\npicture {folder / 'cross-attention.png'}\n")
    print(f'next    hornbook generate {folder / "numbers-translator"} "en: 31415926"')
