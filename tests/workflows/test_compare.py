"""Runs side by side: the numbers of their folders, the settings that differ, and no verdict."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hornbook.cli.app import run
from hornbook.errors import MissingError, SettingError
from hornbook.workflows.compare import compare, differences, flattened
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.train import train

QUICK = ["training.steps=7", "model.depth=1", "samples.sampling.max_tokens=5"]


@pytest.fixture
def runs(place: Path) -> list[Path]:
    """Two runs of the small recipe, one wider, and one on another text."""
    (place / "other.txt").write_text("quite another text " * 300)
    changes = {"narrow": [], "wide": ["model.width=34"], "other": ["data.text=['other.txt']"]}
    return [train(load_recipe("small.toml", [*QUICK, *more]), Path(name)).run.folder for name, more in changes.items()]


def test_the_numbers_are_those_of_the_runs_and_only_what_differs_is_listed(
    runs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    found = compare(runs[:2])
    assert found.differences == {"model.width": {"narrow": 22, "wide": 34}}
    assert found.same_text
    narrow, wide = (run.line for run in found.runs)
    assert narrow.steps == wide.steps == 7 and narrow.tokens == 7 * 6 * 13
    assert narrow.parameters is not None and wide.parameters is not None and narrow.parameters < wide.parameters
    entries = [json.loads(line) for line in (runs[0] / "metrics.jsonl").read_text().splitlines()]
    best = min(entry["bits_per_byte"] for entry in entries if entry["kind"] == "evaluation")
    assert narrow.bits_per_byte == best
    assert set(found.runs[0].texts) == {"the "}
    assert run(["compare", *map(str, runs[:2]), "--html", "page.html"]) == 0
    said = capsys.readouterr().out
    assert f"{best:.4f}" in said and "model.width" in said and "study ab" in said
    page = Path("page.html").read_text()
    assert page.count("<svg") == 1 and f"{best:.4f}" in page and "34" in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert run(["compare", *map(str, runs[:2]), "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert plain["runs"][0]["bits_per_byte"] == best and plain["same_validation_text"] is True
    other = compare([runs[0], runs[2]])
    assert not other.same_text and "different texts" in other.remarks()[0]
    with pytest.raises(SettingError, match="at least two"):
        compare([runs[0], runs[0].resolve()])
    with pytest.raises(MissingError, match="does not exist"):
        compare([runs[0], "nowhere"])


def test_settings_are_compared_by_their_path_and_lists_of_tables_by_place() -> None:
    left = {"a": {"b": 1, "c": [1, 2]}, "pattern": [{"norm": "rms"}, {"norm": "rms"}]}
    right = {"a": {"b": 1, "c": [1, 3]}, "pattern": [{"norm": "layer"}]}
    assert flattened(right) == {"a.b": 1, "a.c": [1, 3], "pattern.0.norm": "layer"}
    assert differences({"left": left, "right": right}) == {
        "a.c": {"left": [1, 2], "right": [1, 3]},
        "pattern.0.norm": {"left": "rms", "right": "layer"},
        "pattern.1.norm": {"left": "rms", "right": None},
    }
