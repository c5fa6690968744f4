"""What each of several processes does in the tests of test_together.py: one training after another, then the end.

python -m tests.workflows.together train RECIPE RUN...      one run for each way to share it
python -m tests.workflows.together resume RUN...
"""

from __future__ import annotations

import sys
from pathlib import Path

from hornbook.errors import HornbookError
from hornbook.training.world import joined
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.train import resume, train


def main(what: str, *names: str) -> None:
    """Train or resume every run; a run is called like the way in which it is shared out."""
    if what == "resume":
        for name in names:
            resume(Path(name))
        return
    recipe, *runs = names
    for name in runs:
        train(load_recipe(recipe, [f"training.distribution={Path(name).name}"]), Path(name))


if __name__ == "__main__":
    try:
        with joined(600, "cpu"):
            main(*sys.argv[1:])
    except HornbookError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
