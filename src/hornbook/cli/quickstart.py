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
    minutes: float = 1.5,
    seed: int = 1,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Make up a world of small stories, train a tokenizer and a GPT on them, and see how good it is.

    Needs no network and no data: the stories come from a grammar, so the entropy of the source is known and the model's
    distance from the best possible one is a real number.

    Parameters
    ----------
    out
        The run's folder; by default the next free one under runs/.
    minutes
        How long to train.
    seed
        Decides everything that is random.
    as_json
        Print one JSON object instead of the screen.
    """
    from hornbook.cli.train import begin, finish, show_samples
    from hornbook.workflows.recipe import load_recipe

    recipe = load_recipe("quickstart", [f"training.minutes={minutes}", f"seed={seed}"])
    outcome = begin(recipe, out, None, None)
    if not as_json and not outcome.exit_code:
        show_samples(outcome.run)
    finish(outcome, as_json)
