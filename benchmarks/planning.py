"""Does hornbook plan tell the truth? Time, memory and loss of ten trainings, predicted first and compared after.

    python benchmarks/planning.py --text tinyshakespeare.txt --recipe tinyshakespeare-char --tokens 400000

First a law is fitted (hornbook study scaling --fit-only); then ten trainings of other sizes, lengths, depths and
batches are made with --predict, each in a process of its own. The aims, in 8 of 10: time within 15 %, memory within
10 %, the loss in an interval no wider than 8 % of it. Time can be foretold only where nothing else runs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from hornbook.files import read_json
from hornbook.training.run_folder import Run
from hornbook.workflows.foreseen import Foreseen, line_of, outcomes

WIDTHS = (56, 72, 96, 104, 136, 160)
"""Of the first six trainings; none is a width of the ladder: for a recipe of width 128 those are 128, 88, 64 and 48."""


def trainings(tokens: int) -> list[tuple[str, ...]]:
    """What the ten change in the recipe: sizes and lengths in and beyond the ladder, depths, batches."""
    sized = [(f"model.width={width}", f"training.tokens={tokens}") for width in WIDTHS]
    return [
        *sized,
        (f"training.tokens={tokens // 3}",),
        (f"training.tokens={3 * tokens // 2}",),
        ("model.depth=3", f"training.tokens={tokens}"),
        ("training.batch=8", f"training.tokens={tokens}"),
    ]


def hornbook(*words: str) -> None:
    """A command; where it fails, so does this."""
    done = subprocess.run([sys.executable, "-m", "hornbook", *words], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"hornbook {' '.join(words)} failed with {done.returncode}")


def foreseen(run: Path) -> list[Foreseen]:
    """The predictions of a run that is over."""
    opened, measured = Run.open(run), read_json(run / "evaluation.json")

    class Score:
        loss = float(measured["val_loss"])

    steps = sum('"update"' in line for line in opened.metrics.read_text(encoding="utf-8").splitlines())
    return outcomes(opened, steps, Score)


def main() -> None:
    """Fit, train, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="tinyshakespeare-char")
    parser.add_argument("--text", required=True)
    parser.add_argument("--tokens", type=int, default=400_000, help="of the longest run of the ladder")
    parser.add_argument("--seeds", type=int, default=2, help="with which each of the ladder's runs is made")
    parser.add_argument("--trainings", type=int, default=10)
    parser.add_argument("--set", nargs="*", default=[], help="settings for all runs")
    asked = parser.parse_args()
    law = Path("runs/planning-law")
    text = ("--text", asked.text)
    long = ("--tokens", str(asked.tokens), "--seeds", str(asked.seeds))
    hornbook("study", "scaling", asked.recipe, *asked.set, *text, *long, "--fit-only", "--out", str(law))
    print("| training | of | predicted | came | miss |\n|---|---|---|---|---|")
    good: dict[str, int] = {}
    for place, changes in enumerate(trainings(asked.tokens)[: asked.trainings]):
        run = Path(f"runs/planning-{place + 1}")
        if not (run / "evaluation.json").exists():
            hornbook("train", asked.recipe, "training.minutes=none", *changes, *asked.set, *text, "--run", str(run),
                     "--predict")  # fmt: skip
        for each in foreseen(run):
            print(f"| {' '.join(changes)} | {' | '.join(line_of(each))} |", flush=True)
            good[each.what] = good.get(each.what, 0) + kept(each)
    for what, count in good.items():
        print(f"{what}: {count} of {min(asked.trainings, 10)} within what was aimed at")


def kept(each: Foreseen) -> bool:
    """Whether a prediction is as good as it is meant to be."""
    if each.interval is not None:
        return bool(each.inside) and (each.interval[1] - each.interval[0]) <= 0.08 * each.found
    return abs(each.miss) <= {"training time": 0.15, "most memory": 0.1}.get(each.what, 0.0)


if __name__ == "__main__":
    main()
