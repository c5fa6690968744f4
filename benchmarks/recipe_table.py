"""A table of recipes: each trained once as it stands, its loss beside Kneser-Ney's, and what it writes.

    python benchmarks/recipe_table.py --corpora FOLDER [--only quickstart]

A row costs the minutes of its recipe, preparing and evaluating besides. Results appear as they come, as Markdown; the
sample is the first that ``hornbook generate`` gives, seed 1, not chosen.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.training.checkpoints import read_progress
from hornbook.training.run_folder import Run
from hornbook.workflows.load import load_run


@dataclass(frozen=True)
class Recipe:
    """A row: the recipe, what its text is called in the table, its file among the corpora, and how a sample begins."""

    name: str
    text: str
    file: str
    prompt: str


ROWS = (
    Recipe("quickstart", "made-up stories, 9 MB", "", "Once upon a time"),
    Recipe("tinyshakespeare-char", "tinyshakespeare, by character", "tinyshakespeare.txt", "KING"),
    Recipe("moby-dick", "Moby Dick", "moby_dick.txt", "The whale"),
    Recipe("own-text", "The Wonderful Wizard of Oz", "wonderful_wizard_of_oz.txt", "Dorothy"),
)
WORDS = 16
"""How many words of a sample are shown."""


def told(words: list[str], folder: Path) -> dict[str, Any]:
    """What a command of hornbook says with ``--json``; ends here with its error where it fails."""
    environment = os.environ | {"TORCHINDUCTOR_CACHE_DIR": str(folder / "compiled")}
    command = [sys.executable, "-m", "hornbook", *words, "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def row(recipe: Recipe, corpora: Path, folder: Path) -> str:
    """Train, and say in a line of Markdown what came of it."""
    text = ["--text", str((corpora / recipe.file).resolve())] if recipe.file else []
    result = told(["train", recipe.name, "--run", recipe.name, *text], folder)
    run = Run.open(folder / recipe.name)
    progress = read_progress(run.latest) if run.latest else {}
    model = load_run(run.folder).model
    writing = ["generate", recipe.name, recipe.prompt, "--max-tokens", "80", "--seed", "1"]
    written = told(writing, folder)["samples"][0]["text"]
    sample = " ".join(f"{recipe.prompt}{written.removeprefix(recipe.prompt)}".split()[:WORDS])
    bits = result["bits_per_byte"] / result["val_loss"]
    peer = result["baselines"]["kneser_ney"]
    cells = [
        f"`{recipe.name}`: {recipe.text}",
        f"{sum(each.numel() for each in model.parameters()) / 1e6:.2f} M",
        f"{progress['seconds'] / 60:.1f} min",
        f"{result['val_loss']:.3f}",
        f"{result['bits_per_byte']:.3f}",
        f"{bits * peer['loss']:.3f}, {bits * peer['windows']['loss']:.3f}",
        f"{sample} ...",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Train every recipe and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--corpora", type=Path, required=True, help="folder with the texts, as `corpus fetch` names them"
    )
    parser.add_argument("--only", choices=[each.name for each in ROWS])
    arguments = parser.parse_args()
    print("| recipe | parameters | training | nats/token | bits/byte | Kneser-Ney, bits/byte (full, window) | sample |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="hornbook-") as folder:
        for recipe in ROWS:
            if arguments.only in (None, recipe.name):
                print(row(recipe, arguments.corpora, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
