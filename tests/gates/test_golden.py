"""What people have come to rely on, kept as text: the help of commands, the recipes resolved, the presets counted.

A difference is no mistake, but it has to be meant: `make golden` writes the files anew, and the diff is read.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
RECIPES = sorted(path.stem for path in (ROOT / "src" / "hornbook" / "recipes").glob("*.toml"))
HELPS = """
import io, json
from rich.console import Console
from hornbook.cli.app import app

def walk(command, path):
    yield path
    for name in command:
        if not name.startswith("-"):
            yield from walk(command[name], [*path, name])

helps = {}
for path in walk(app, []):
    text = io.StringIO()
    app.help_print(path, console=Console(file=text, width=110, no_color=True, force_terminal=False))
    helps["-".join(["hornbook", *path])] = "\\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\\n"
print(json.dumps(helps))
"""
Agree = Callable[[str, str], None]


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """The help of every command by its name, from a fresh process."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "110"}
    done = subprocess.run([sys.executable, "-c", HELPS], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_help_of_every_command_is_what_it_was(helps: dict[str, str], golden: Agree) -> None:
    for name, text in helps.items():
        golden(f"commands/{name}.txt", text)


def test_no_golden_help_is_left_of_a_command_that_is_gone(helps: dict[str, str]) -> None:
    kept = {path.stem for path in (GOLDEN / "commands").glob("*.txt")}
    assert kept <= helps.keys()


def test_every_command_says_what_it_does(helps: dict[str, str]) -> None:
    assert len(helps) > 10
    for name, text in helps.items():
        usage, _, rest = text.strip().partition("\n")
        assert usage.startswith("Usage: hornbook"), name
        described = rest.strip() and not rest.strip().startswith(("╭", "Commands", "Parameters"))
        assert described, f"{name} has no description"


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_resolves_to_what_it_was(name: str, golden: Agree) -> None:
    from hornbook.workflows.recipe import load_recipe, to_toml

    golden(f"recipes/{name}.toml", to_toml(load_recipe(name, environment={})))


def test_no_golden_recipe_is_left_of_a_recipe_that_is_gone() -> None:
    assert {path.stem for path in (GOLDEN / "recipes").glob("*.toml")} <= set(RECIPES)


def test_every_preset_has_the_parameters_it_had(golden: Agree) -> None:
    from hornbook.model.count import count
    from hornbook.model.presets import PRESETS

    lines = []
    for name, config in PRESETS.items():
        counted = count(config)
        sizes = f"depth {config.depth}, width {config.width}, heads {config.heads}, context {config.context}"
        parameters = f"{counted.parameters:,} parameters ({counted.embedding_parameters:,} in embeddings)"
        lines.append(f"{name}: {parameters}, {sizes}\n")
    golden("presets.txt", "".join(lines))
