"""The published table: tuned on what is not scored, scored once, and honest about what was missed."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest

from hornbook.errors import MissingError, SettingError
from hornbook.workflows.published_rows import OF_GPT2, ROWS, chosen_rows
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.study_published import Asked, Found, measure, remarks, table, trained
from hornbook.workflows.watchers import Silent

TEXT = "\n".join(
    f"{number}. A king of {number % 19} lands went out and met a fool of {number % 23}." for number in range(400)
)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a text under the name of Shakespeare's."""
    folder = tmp_path_factory.mktemp("corpora")
    (folder / "tinyshakespeare.txt").write_text(TEXT, encoding="utf-8")
    return folder


def test_a_row_is_reached_where_all_that_it_asks_for_is() -> None:
    alone, after, moby, *_ = ROWS
    assert alone.reached(6.15, 5.7, 99.0) and not alone.reached(6.16, 9.0, 1.0)
    assert after.reached(5.4, 5.5, 9.0) and not after.reached(5.46, 5.5, 9.0) and not after.reached(5.4, 5.3, 9.0)
    assert moby.reached(5.54, 5.6, 10.01) and not moby.reached(5.55, 5.6, 9.0) and not moby.reached(5.54, 5.547, 10.2)
    assert not moby.reached(float("nan"), 5.547, 1.0)
    assert after.aim == "at most 5.45 and below Kneser-Ney (and 5.752) in 10 minutes"


def test_every_row_has_a_recipe_that_names_no_text_of_its_own() -> None:
    for row in (*ROWS, OF_GPT2):
        for name in filter(None, (row.recipe, row.pretrained)):
            assert load_recipe(name, ["data.corpus=none"]).training.minutes is not None
    assert all(row.text not in row.others for row in ROWS)
    assert [row.name for row in chosen_rows(("oz", "stories"))] == ["oz", "stories"] and chosen_rows(()) == ROWS
    with pytest.raises(SettingError, match="did you mean 'moby-dick'"):
        chosen_rows(("mobydick",))


def test_a_text_that_is_not_there_is_named_before_anything_is_trained(corpora: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"moby_dick\.txt does not exist"):
        measure(Asked(corpora, tmp_path / "out"), chosen_rows(("characters", "moby-dick")), Silent())
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_tuning_never_sees_the_last_tenth_and_a_score_is_made_once(corpora: Path, tmp_path: Path) -> None:
    rows, folder = chosen_rows(("characters",)), tmp_path / "out"
    [tuned] = measure(Asked(corpora, folder, minutes=0.002, tune=True), rows, Silent())
    read = (folder / "tuning/tinyshakespeare.txt").read_text(encoding="utf-8")
    assert TEXT.startswith(read) and len(read) == int(0.9 * len(TEXT)) and tuned.attempts == 0
    [attempt] = [json.loads(line) for line in (folder / "attempts.jsonl").read_text().splitlines()]
    assert attempt["loss"] == tuned.loss and "minutes = 0.002" in attempt["recipe"]
    asked = Asked(corpora, folder, minutes=0.002)
    [found] = measure(asked, rows, Silent())
    assert found.attempts == 1 and not found.reached and found.aim == "at most 1.52 in 10 minutes"
    targets = len(TEXT) - int(0.9 * len(TEXT)) - 1  # a token is a character
    assert found.tokens == targets
    metrics = folder / "characters/metrics.jsonl"
    before = metrics.stat().st_mtime_ns
    assert metrics.read_text().count('"evaluation"') == 1  # nothing was chosen by looking at what is scored
    assert measure(asked, rows, Silent()) == [found] and metrics.stat().st_mtime_ns == before
    assert "characters: missed after 1 logged attempts at tuning." in remarks([found], asked)
    assert "--seed 1 --rows characters" in (folder / "report.md").read_text()
    assert table([found]).rows[0][-1] == "MISSED" and f"{found.loss:.4f}" in (folder / "report.md").read_text()
    with pytest.raises(SettingError, match="scored once"):
        measure(Asked(corpora, folder, minutes=0.003), rows, Silent())


def test_what_was_not_run_for_want_of_weights_says_what_it_would_have_to_be(tmp_path: Path) -> None:
    oz = Found("oz", "below", "42.7", None, loss=4.0, bits_per_byte=1.5, kneser_ney=5.0, kneser_ney_windows=5.0,
               reached=True, minutes=1.0, parameters=1, tokens=1, run="run")  # fmt: skip
    said = remarks([oz], Asked(tmp_path, tmp_path))
    assert said[-1] == f"Its published perplexity 16.3 would be {math.log(16.3) / 4.0 * 1.5:.3f} bits/byte there."
    assert "was not run" in said[-2]
    gpt2 = dataclasses.replace(oz, row=OF_GPT2.name)
    assert not [each for each in remarks([oz, gpt2], Asked(tmp_path, tmp_path)) if "was not run" in each]


@pytest.mark.slow
def test_what_a_row_begins_with_is_trained_once_and_not_gone_on_with(corpora: Path, tmp_path: Path) -> None:
    asked = Asked(corpora, tmp_path, minutes=0.002)
    recipe = asked.recipe("published-characters", [corpora / "tinyshakespeare.txt"])
    before = (trained(asked, recipe, tmp_path / "run", Silent()).folder / "run.json").read_bytes()
    assert (trained(asked, recipe, tmp_path / "run", Silent()).folder / "run.json").read_bytes() == before
