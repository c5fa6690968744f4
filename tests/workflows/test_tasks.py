"""Every task through the one loop: it trains, it stops and goes on, its run is all that using the model needs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from hornbook.corpus.pair_sources import PAIR_CORPORA
from hornbook.data.config import KINDS as TASK_KINDS
from hornbook.data.config import TaskConfig
from hornbook.errors import SettingError
from hornbook.evaluation.accuracy import Answers, Guesses
from hornbook.generation.config import Beams, Sampling
from hornbook.training.journal import read_journal
from hornbook.workflows.examine import EXAMINERS, examine
from hornbook.workflows.load import load_prepared, load_run
from hornbook.workflows.plan import plan
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.report import finish
from hornbook.workflows.runs import batch_of, verified
from hornbook.workflows.tasks import TASKS
from hornbook.workflows.train import resume, train
from hornbook.workflows.write import WRITERS, written
from tests.workflows.test_train import Interrupted, StopsAfter, weights

RECIPE = """
name = "task"
task = {task}

[data]
{data}

[tokenizer]
kind = "bytepair"
vocabulary = 290
pattern = "digits"
special = ["<|mask|>", "<|span-0|>", "<|span-1|>"]

[model]
architecture = "{architecture}"
context = {context}
width = 24
heads = 3
depth = 2
dropout = 0.1
position_encoding = "rotary"

[training]
steps = 6
batch = 4
micro_batches = 2
precision = "float32"
compile = "never"
threads = 1
evaluate_every = 3
save_every = 2
optimizer = "adamw"

[samples]
prompts = ["{prompt}"]
sampling = {{max_tokens = 6, temperature = 0.0}}
"""
TEXT, PAIRS = 'text = ["text.txt"]', 'text = ["pairs.tsv"]'
TALK, LIKED = 'text = ["questions.json"]', 'text = ["liked.jsonl"]'
TASKS_HERE = {
    "next_token": ('"next_token"', TEXT, "decoder", 16, "the cat"),
    "masked_tokens": ('"masked_tokens"', TEXT, "encoder", 16, "the <|mask|> sat"),
    "whole_words": ('{kind = "masked_tokens", whole_words = true}', TEXT, "encoder", 16, "the <|mask|> sat"),
    "cut_spans": ('"cut_spans"', TEXT, "encoder_decoder", 16, "the <|span-0|> sat"),
    "translate": ('{kind = "translate", label_smoothing = 0.1}', PAIRS, "encoder_decoder", 48, "en: 12"),
    "continue": ('{kind = "continue", separator = " ="}', PAIRS, "decoder", 64, "en: 12"),
    "classify": ('"classify"', 'text = ["labels.csv"]', "encoder", 48, "twelve"),
    "classify_by_the_last": ('{kind = "classify", pooling = "last"}', 'text = ["labels.csv"]', "decoder", 48, "twelve"),
    "instruct": ('{kind = "instruct", template = "alpaca"}', TALK, "decoder", 250, "en: 12"),
    "unpacked": (
        '{kind = "instruct", template = "plain", packed = false, prompt_loss = true}',
        TALK,
        "decoder",
        96,
        "12",
    ),
    "prefer": ('{kind = "prefer", template = "plain", loss = "simpo"}', LIKED, "decoder", 64, "en: 12"),
    "reward": ('{kind = "reward", template = "plain"}', LIKED, "decoder", 64, "en: 12 => twelve"),
    "reinforce": ('{kind = "reinforce", group = 3, max_tokens = 4}', TALK, "decoder", 48, "en: 12"),
    "rewarded_twice": (
        '{kind = "reinforce", reward = "number", advantage = "centred", level = "sequence"}',
        TALK,
        "decoder",
        48,
        "en: 12",
    ),
}
every_task = pytest.mark.parametrize("name", TASKS_HERE)


@pytest.fixture
def desk(place: Path) -> Path:
    """A folder with a text, pairs and labelled texts."""
    corpus = PAIR_CORPORA["numbers-en"]
    pairs = list(corpus.training_pairs(1, 60))
    (place / "pairs.tsv").write_text("".join(f"{pair.source}\t{pair.target}\n" for pair in pairs))
    lines = [f'"{pair.target}",{"long" if len(pair.target) > 40 else "short"}' for pair in pairs]
    (place / "labels.csv").write_text("\n".join(["text,label", *lines]) + "\n")
    asked = [{"instruction": pair.source, "output": pair.target} for pair in pairs]
    (place / "questions.json").write_text(json.dumps(asked))
    liked = [{"instruction": pair.source, "chosen": pair.target, "rejected": "no"} for pair in pairs]
    (place / "liked.jsonl").write_text("".join(json.dumps(each) + "\n" for each in liked))
    return place


def recipe_of(name: str, *overrides: str):
    task, data, architecture, context, prompt = TASKS_HERE[name]
    Path("task.toml").write_text(
        RECIPE.format(task=task, data=data, architecture=architecture, context=context, prompt=prompt)
    )
    return load_recipe("task.toml", overrides)


def test_every_task_that_can_be_spelt_has_its_rows() -> None:
    kinds = {kind for kind in TASK_KINDS if kind in TaskConfig.__args__}
    assert kinds == set(TASKS) == set(WRITERS) == set(EXAMINERS) | {type(load_recipe("quickstart", [], {}).task)}


@pytest.mark.slow
@every_task
@pytest.mark.usefixtures("desk")
def test_a_training_stopped_half_way_ends_with_the_same_weights(name: str) -> None:
    whole = train(recipe_of(name), Path("whole"))
    with pytest.raises(Interrupted):
        train(recipe_of(name), Path("cut"), StopsAfter(3))
    again = resume("cut")
    assert again.step == whole.step == 6
    assert weights(again.run) == weights(whole.run)
    rates = [entry["learning_rate"] for entry in read_journal(whole.run.metrics) if entry["kind"] == "update"]
    assert min(rates) > 0, "a step is never taken at rate 0"


@pytest.mark.slow
@every_task
@pytest.mark.usefixtures("desk")
def test_a_run_folder_alone_is_enough_to_use_the_model(name: str) -> None:
    run = train(recipe_of(name), Path("run")).run
    result = finish(run)
    assert run.report.exists() and (run.folder / "evaluation.json").exists()
    assert result.sentence() and result.as_json()
    for file in ("text.txt", "pairs.tsv", "labels.csv", "questions.json", "liked.jsonl", "task.toml"):
        Path(file).unlink(missing_ok=True)
    loaded = load_run(run.folder)
    prompt = loaded.recipe.samples.prompts[0]
    [(sample, score)] = written(loaded, prompt, Sampling(max_tokens=5, temperature=0.0))
    assert score is None and isinstance(sample.text, str)
    if name.startswith("classify"):
        assert sample.text.startswith("label: ")
    assert set(verified(run.folder).values()) == {""}
    assert len(batch_of(run.folder, 0)) == 4


@pytest.mark.usefixtures("desk")
def test_a_step_in_which_the_model_writes_is_not_compiled_even_where_that_is_asked_for() -> None:
    run = train(recipe_of("reinforce", "training.compile=always", "training.steps=1"), Path("run")).run
    assert run.info["choices"]["compiled"] is False


@pytest.mark.slow
@every_task
@pytest.mark.usefixtures("desk")
def test_computing_twice_changes_no_loss(name: str) -> None:
    plain, twice = (
        train(recipe_of(name, f"training.gradient_checkpointing={on}", "training.steps=3"), Path(on)).run
        for on in ("never", "always")
    )
    losses = [
        [entry["loss"] for entry in read_journal(run.metrics) if entry["kind"] == "update"] for run in (plain, twice)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


@every_task
@pytest.mark.usefixtures("desk")
def test_a_plan_counts_what_a_training_would_be(name: str) -> None:
    planned = plan(recipe_of(name))
    assert planned.steps == 6 and planned.train_tokens > planned.validation_tokens > 0


@pytest.mark.parametrize(
    ("name", "found", "needs"),
    [
        ("translate", "decoder", '"encoder_decoder", found "decoder"'),
        ("masked_tokens", "decoder", '"encoder", found "decoder"'),
        ("next_token", "encoder", '"decoder", found "encoder"'),
        ("classify", "encoder_decoder", '"encoder" or "decoder", found "encoder_decoder"'),
    ],
)
@pytest.mark.usefixtures("desk")
def test_a_model_that_reads_in_another_way_is_refused_before_anything_is_written(name, found, needs) -> None:
    with pytest.raises(SettingError, match=rf"model\.architecture: this task needs {needs}"):
        train(recipe_of(name, f"model.architecture={found}"), Path("run"))
    assert not Path("run").exists()


@pytest.mark.usefixtures("desk")
def test_a_tokenizer_without_a_mask_is_told_the_line_that_gives_it_one() -> None:
    with pytest.raises(SettingError, match=r"special = \[.*<\|mask\|>"):
        train(recipe_of("masked_tokens", "tokenizer.special=[]"), Path("run"))


@pytest.mark.slow
@pytest.mark.usefixtures("desk")
def test_beams_are_ranked_and_an_encoder_has_none() -> None:
    loaded = load_run(train(recipe_of("translate"), Path("run")).run.folder)
    found = written(loaded, "en: 12", Beams(beams=4, best=3, max_tokens=8))
    scores = [score for _, score in found]
    assert len(found) == 3 and scores == sorted(scores, reverse=True)
    judge = load_run(train(recipe_of("classify"), Path("judge")).run.folder)
    with pytest.raises(SettingError, match="leave out --beams and --samples"):
        written(judge, "twelve", Beams())


@pytest.mark.slow
@pytest.mark.usefixtures("desk")
def test_answers_are_counted_beside_what_teacher_forcing_shows() -> None:
    loaded = load_run(train(recipe_of("translate"), Path("run")).run.folder)
    found = examine(loaded, load_prepared(loaded.run))
    assert isinstance(found.score, Guesses) and found.ways == ("greedy", "4 beams")
    assert found.groups[0].name == "all" and found.groups[0].asked == len(load_prepared(loaded.run).validation)
    assert found.as_json()["teacher_forced"] == found.score.accuracy
    judged = load_run(train(recipe_of("classify"), Path("judge")).run.folder)
    answers = examine(judged, load_prepared(judged.run))
    assert isinstance(answers.score, Answers) and [group.name for group in answers.groups] == ["label"]


def test_no_number_is_both_learned_and_asked() -> None:
    corpus = PAIR_CORPORA["numbers"]
    numbers = [
        {drawn.number for drawn in drawn_from}
        for drawn_from in (
            [drawn for drawn, _ in zip(corpus.training(3), range(20_000), strict=False)],
            corpus.held_out(3, 50),
        )
    ]
    assert numbers[1] and not numbers[0] & numbers[1]


@pytest.mark.slow
def test_three_architectures_are_trained_compared_and_drawn(hornbook, tmp_path: Path) -> None:
    done = hornbook("quickstart", "--all", "--minutes", "0.1", "--out", "three", timeout=560)
    for name in ("encoder", "decoder", "translator"):
        assert f"{name}\n  + " in done.stdout
    assert (tmp_path / "three" / "comparison.json").exists()
    assert (tmp_path / "three" / "cross-attention.png").read_bytes()[1:4] == b"PNG"
    assert max(map(len, done.stdout.splitlines())) <= 120
    assert dataclasses.is_dataclass(load_run(tmp_path / "three" / "numbers-translator"))
