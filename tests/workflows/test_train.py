"""A training as a whole: what it leaves, that it can be stopped anywhere, that it learns what it should."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
import shutil
from pathlib import Path

import pytest
import torch

from hornbook.errors import HornbookError, SettingError, TextError
from hornbook.model.presets import PRESETS
from hornbook.training.checkpoints import load_checkpoint
from hornbook.training.journal import read_journal
from hornbook.training.run_folder import Run
from hornbook.workflows.evaluate import evaluate
from hornbook.workflows.load import load_prepared, load_run
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.report import finish
from hornbook.workflows.train import resume, train
from hornbook.workflows.watchers import Silent, Status


def weights(run: Run) -> str:
    """The hash of the last checkpoint's weights."""
    assert run.latest is not None
    return hashlib.sha256((run.latest / "model.safetensors").read_bytes()).hexdigest()


def journal(run: Run) -> list[dict[str, object]]:
    """The metrics without the times."""
    return [{k: v for k, v in entry.items() if k not in ("time", "seconds")} for entry in read_journal(run.metrics)]


LARGE = {"gpt2", "gpt-real", "gpt-demo", "gpt-deep", "gpt-balanced", "stories-2", "stories-4"}
"""Presets of which three steps take about a minute or more."""


class Interrupted(Exception):
    """Stands for whatever ends a process between two steps."""


@dataclasses.dataclass
class StopsAfter(Silent):
    """A watcher that breaks the training off at a step."""

    step: int

    def updated(self, status: Status) -> None:
        """Break off."""
        if status.step + 1 == self.step:
            raise Interrupted


class Listens(Silent):
    """A watcher that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def said(self, line: str) -> None:
        """Keep a line."""
        self.lines.append(line)


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_a_run_leaves_all_that_evaluation_and_generation_need() -> None:
    outcome = train(load_recipe("small.toml"), Path("run"))
    assert (outcome.step, outcome.exit_code) == (37, 0)
    run, result = outcome.run, finish(outcome.run)
    names = {path.name for path in run.folder.iterdir()}
    assert names >= {
        "config.toml",
        "run.json",
        "metrics.jsonl",
        "samples.jsonl",
        "tokenizer",
        "figures",
        "report.html",
        "latest",
        "best",
    }
    assert "steps = 37" in run.config and run.info["seed"] == 1
    kinds = [entry["kind"] for entry in read_journal(run.metrics)]
    assert kinds.count("update") == 37 and kinds.count("evaluation") == 4  # after 11, 22, 33 and 37
    assert len(read_journal(run.samples)) == 4
    elsewhere = shutil.copytree(run.folder, "moved/away")  # a run folder can be moved
    again = load_run(elsewhere)
    assert evaluate(again, load_prepared(again.run)).measured.loss == result.measured.loss
    assert result.measured.perplexity == pytest.approx(math.exp(result.measured.loss))
    assert result.measured.loss < result.baselines.uniform


@pytest.mark.slow
@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("stop", [1, 11, 36])
def test_a_run_that_was_cut_off_anywhere_ends_with_the_same_weights_and_journal(stop: int) -> None:
    recipe = load_recipe("small.toml")
    whole = train(recipe, Path("whole")).run
    with pytest.raises(Interrupted):
        train(recipe, Path("cut"), StopsAfter(stop))
    cut = resume("cut").run
    assert weights(cut) == weights(whole)
    assert journal(cut) == journal(whole)
    assert (cut.folder / "samples.jsonl").read_bytes() == (whole.folder / "samples.jsonl").read_bytes()
    assert cut.best == cut.checkpoint(int(str(whole.best)[-6:]))


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_evaluating_more_often_changes_no_weight() -> None:
    often = train(load_recipe("small.toml", ["training.evaluate_every=2", "training.save_every=3"]), Path("often")).run
    never = train(load_recipe("small.toml", ["training.evaluate_every=0", "training.save_every=0"]), Path("never")).run
    assert weights(often) == weights(never)


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_another_seed_gives_another_model_and_the_same_seed_the_same() -> None:
    runs = [train(load_recipe("small.toml", [f"seed={seed}", "training.steps=3"]), Path(f"run-{i}")).run
            for i, seed in enumerate((1, 1, 2))]  # fmt: skip
    assert weights(runs[0]) == weights(runs[1]) != weights(runs[2])


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_a_run_by_the_clock_ends_its_schedule_and_says_where_it_was() -> None:
    recipe = load_recipe("small.toml", ["training.steps=none", "training.minutes=0.02"])
    run = train(recipe, Path("run")).run
    updates = [entry for entry in read_journal(run.metrics) if entry["kind"] == "update"]
    assert len(updates) > 2 and updates[-1]["fraction"] > 0.5
    assert updates[-1]["learning_rate"] < 0.6 * max(update["learning_rate"] for update in updates)


@pytest.mark.usefixtures("place")
def test_a_training_that_cannot_begin_leaves_no_folder() -> None:
    with pytest.raises(TextError, match="context"):
        train(load_recipe("small.toml", ["model.context=50000"]), Path("run"))
    assert not Path("run").exists()


@pytest.mark.usefixtures("place")
def test_a_folder_that_holds_something_is_not_trained_into() -> None:
    train(load_recipe("small.toml", ["training.steps=1"]), Path("run"))
    with pytest.raises(SettingError, match="--resume"):
        train(load_recipe("small.toml"), Path("run"))


BESIDE_A_PROMPT = ["training.steps=5", "training.evaluate_every=0", "samples.sampling.max_tokens=7"]


@pytest.mark.slow
@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("tokenizer", ["'characters'", "'words'", "{kind = 'bytepair', vocabulary = 300}"])
def test_a_text_of_one_line_is_trained_on_with_the_empty_prompt_of_the_defaults(tokenizer: str) -> None:
    Path("text.txt").write_text("the cat sat on a mat and saw the rat that ate the bat " * 50, encoding="utf-8")
    settings = [f"tokenizer={tokenizer}", "samples.prompts=['']", *BESIDE_A_PROMPT]
    watcher = Listens()
    run = train(load_recipe("small.toml", settings), Path("run"), watcher).run
    assert [sample["prompt"] for sample in read_journal(run.samples)] == [""]
    assert not [line for line in watcher.lines if "sample" in line]


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_a_prompt_that_cannot_be_asked_is_told_and_stops_no_training() -> None:
    watcher, prompts = Listens(), "samples.prompts=['the ', 'Zebra', 'the cat']"
    outcome = train(load_recipe("small.toml", [prompts, *BESIDE_A_PROMPT]), Path("run"), watcher)
    assert (outcome.step, outcome.exit_code) == (5, 0)
    assert [sample["prompt"] for sample in read_journal(outcome.run.samples)] == ["the ", "the cat"]
    [said] = [line for line in watcher.lines if "Zebra" in line]
    assert said.startswith("no sample of samples.prompts='Zebra': the character 'Z' at position 0")
    assert finish(outcome.run).measured.loss > 0


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_changed_data_are_noticed_on_resume() -> None:
    train(load_recipe("small.toml", ["training.steps=2"]), Path("run"))
    Path("text.txt").write_text("quite another text " * 200)
    shutil.rmtree("run/data")
    with pytest.raises(HornbookError, match="not those"):
        resume("run")


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_a_finished_run_stays_what_it_is_when_resumed() -> None:
    run = train(load_recipe("small.toml", ["training.steps=4"]), Path("run")).run
    before = weights(run)
    assert resume("run").step == 4
    assert weights(run) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.broad] * (name in LARGE)) for name in sorted(PRESETS)]
)
def test_every_preset_trains_three_steps_and_survives_saving(
    place: Path, shared: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if PRESETS[name].width > 768:
        pytest.skip("more memory than a laptop has: its parameters are counted in tests/model")
    monkeypatch.setenv("HORNBOOK_GPT2", str(shared / "gpt2/r50k_base.tiktoken"))
    (place / "text.txt").write_text((shared / "corpora/the_verdict.txt").read_text(encoding="utf-8"), encoding="utf-8")
    overrides = [
        f"model={{preset='{name}', context=29, vocabulary=0}}",
        "tokenizer=gpt2",
        "training.steps=3",
        "training.batch=2",
        "samples.sampling.max_tokens=3",
    ]
    run = train(load_recipe("small.toml", overrides), place / "run").run
    losses = [entry["loss"] for entry in read_journal(run.metrics) if entry["kind"] == "update"]
    assert len(losses) == 3 and losses[0] == pytest.approx(math.log(50257), rel=0.05)
    loaded = load_run(run.folder, "latest")
    loaded.model.requires_grad_(False)
    before = [parameter.clone() for parameter in loaded.model.parameters()]
    for parameter in loaded.model.parameters():
        parameter.fill_(torch.nan)
    load_checkpoint(loaded.checkpoint, loaded.model)
    assert all(torch.equal(a, b) for a, b in zip(before, loaded.model.parameters(), strict=True))


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_a_model_that_sees_what_it_should_predict_is_caught_below_the_floor() -> None:
    block = "{norm='rms', attention={mask='bidirectional', query_key_norm='rms'}}"
    overrides = [
        "data={corpus='stories', documents=100, split='document'}",
        "tokenizer={kind='bytepair', vocabulary=400}",
        f"model={{context=64, width=64, heads=2, depth=2, position_encoding='rotary', pattern=[{block}]}}",
        "training={steps=300, batch=8, evaluate_every=0}",
        "training.optimizer={kind='muon', learning_rate=0.03, adamw={learning_rate=0.01}}",
    ]
    run = train(load_recipe("small.toml", overrides), Path("run")).run
    loaded = load_run(run.folder)
    verdict = evaluate(loaded, load_prepared(run)).verdict
    assert verdict is not None and verdict.leak and "leak" in str(verdict)
    assert json.loads(json.dumps(verdict.as_json()))["leak"] is True


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_a_training_says_how_much_of_the_machine_it_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hornbook.workflows.train.WORTH_MEASURING", 0.0)
    listener = Listens()
    train(load_recipe("small.toml"), Path("run"), listener)
    [line] = [each for each in listener.lines if "tokens/s" in each]
    assert re.fullmatch(r"[\d,]+ tokens/s, \d+% of what the best matrix product reaches here in \w+", line)


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_a_training_that_would_not_fit_computes_twice_and_remembers_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hornbook.workflows.choices.free_memory", lambda device: 1000)
    listener = Listens()
    run = train(load_recipe("small.toml"), Path("run"), listener).run
    assert any(line.startswith("gradient checkpointing: yes (about 0.0 GB would be needed") for line in listener.lines)
    assert run.info["choices"]["recomputed"] is True
    plain = train(load_recipe("small.toml", ["training.gradient_checkpointing='never'"]), Path("plain")).run
    losses = [[entry["loss"] for entry in journal(each) if entry["kind"] == "update"] for each in (run, plain)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_a_run_that_saves_beside_its_steps_is_the_same_run() -> None:
    sizes = ["training.steps=12", "training.save_every=2", "training.evaluate_every=5"]
    between = train(load_recipe("small.toml", sizes), Path("between")).run
    aside = [*sizes, "training.saving=beside_steps"]
    beside = train(load_recipe("small.toml", aside), Path("beside")).run
    assert weights(beside) == weights(between)
    assert (beside.folder / "best").read_text() == (between.folder / "best").read_text()
    names = sorted(path.name for path in beside.checkpoints.iterdir())
    assert names == sorted(path.name for path in between.checkpoints.iterdir())
