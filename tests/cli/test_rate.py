"""``hornbook rate`` as a person uses it: a study made of real runs, answers from a pipe, a process that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # every command is a process of its own

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["training.minutes=none", "training.steps=4", "training.precision=float32", "training.threads=1"]
TINY = ["model.width=20", "model.heads=2", "model.depth=1", "tokenizer.vocabulary=300", "training.compile=never"]


@pytest.fixture(scope="module")
def talks(tmp_path_factory) -> Path:
    """A run that answers, after four steps: what it says is junk, and that is enough."""
    from hornbook.workflows.recipe import load_recipe
    from hornbook.workflows.train import train

    folder = tmp_path_factory.mktemp("rated")
    asked = [{"instruction": f"Say {n}.", "input": "", "output": f"{n}!"} for n in range(40)]
    (folder / "asked.json").write_text(json.dumps(asked))
    settings = [f"data.text=['{folder / 'asked.json'}']", "training.batch=4", *SMALL, *TINY]
    train(load_recipe("instruct", settings), folder / "talks")
    return folder


@pytest.fixture
def study(talks, tmp_path) -> dict[str, str]:
    """The environment, with a study of two checkpoints' texts to ten prompts in it."""
    from hornbook.evaluation.rating.study import write_study
    from tests.evaluation.rating.studies import study_of

    write_study(study_of(2, 9), tmp_path / "studies" / "birds")
    return {"HORNBOOK_STUDIES": str(tmp_path / "studies")}


def test_runs_write_once_and_the_texts_are_frozen(hornbook, talks, tmp_path):
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "Say 7.", "reference": "7!"}\n{"prompt": "Say 8."}\n')
    command = ("rate", "new", "numbers", "--run", talks / "talks", "--run", f"{talks / 'talks'}@latest")
    command += ("--prompts", "prompts.jsonl", "--samples", "2", "--max-tokens", "5", "--seed", "3")
    assert hornbook(*command).stdout.strip() == str(Path("studies") / "numbers" / "study.json")
    path = tmp_path / "studies" / "numbers" / "study.json"
    made = json.loads(path.read_text())
    assert len(made["texts"]) == 2 * 2 * 2
    assert [model["name"] for model in made["models"]] == ["talks@step-000004-1", "talks@step-000004-2"]
    assert all(len(model["weights_sha256"]) == 64 for model in made["models"])
    assert made["prompts"][0] == {"prompt": "Say 7.", "reference": "7!"}
    one, two = ([text["text"] for text in made["texts"] if text["model"] == model] for model in (0, 1))
    assert one == two  # the same weights and seeds
    assert one[0] != one[1]
    assert all(text["nats"] > 0 for text in made["texts"])
    before = path.read_bytes()
    assert "stays as it is" in hornbook(*command, expect=2).stderr
    assert path.read_bytes() == before


def test_answers_to_held_out_questions_are_prompts_of_a_study(hornbook, talks, tmp_path):
    hornbook("rate", "answers", talks / "talks", "--out", "answers.jsonl", "--max-tokens", "5")
    lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert lines
    for line in lines:
        number = line["reference"].removesuffix("!")
        assert line["prompt"] == f"Say {number}."
        assert isinstance(line["answer"], str)
    assert "is there already" in hornbook("rate", "answers", talks / "talks", "--out", "answers.jsonl", expect=2).stderr
    done = hornbook("rate", "new", "held", "--run", talks / "talks", "--prompts", "answers.jsonl", "--max-tokens", "3")
    assert "held" in done.stdout
    made = json.loads((tmp_path / "studies" / "held" / "study.json").read_text())
    assert made["mode"] == "scales"
    assert [prompt["reference"] for prompt in made["prompts"]] == [line["reference"] for line in lines]


def test_a_study_is_rated_from_a_pipe_in_parts_and_reported(hornbook, study):
    first = hornbook("rate", "go", "birds", "--rater", "ann", env=study, stdin="4\n9\n3\n2\ns\nu\n5\n5\n5\nq\n")
    assert "'9' is none of 1, 2, 3, 4, 5" in first.stdout
    assert "2 of 30 answered" in first.stdout  # the skip was taken back, and its item answered
    assert "1  no connected meaning" in first.stdout
    assert not any(name in first.stdout for name in ("crane", "heron", "stork"))
    rest = hornbook("rate", "go", "birds", "--rater", "ann", env=study, stdin="3\n3\n3\n" * 20 + "a\n" * 20)
    assert "All items are answered" in rest.stdout
    done = hornbook("rate", "report", "birds", env=study)
    assert "Scores by 1 person" in done.stdout
    assert "crane" in done.stdout
    assert "too few ratings" in done.stdout  # one rater agrees with nobody
    found = json.loads(hornbook("rate", "report", "birds", "--json", env=study).stdout)
    assert found["raters"][0]["rater"] == "ann"
    assert found["agreement"]["coherence"]["alpha"] is None


def test_a_rater_whose_process_is_killed_loses_nothing_that_was_answered(hornbook, study, tmp_path):
    environment = {**os.environ, **study, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "hornbook", "rate", "go", "birds", "--rater", "bo"]
    rater = subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    rater.stdin.write("4\n4\n4\n2\n2\n2\n5\n5\n")  # two answers and a half
    rater.stdin.flush()
    for line in rater.stdout:
        if line.startswith("--- 3 of"):
            break
    rater.send_signal(signal.SIGKILL)
    rater.communicate()
    done = hornbook("rate", "go", "birds", "--rater", "bo", env=study, stdin="q\n")
    assert "--- 3 of" in done.stdout
    assert "2 of" in done.stdout.splitlines()[-1]


def test_what_cannot_be_is_said(hornbook, study):
    assert "did you mean 'birds'" in hornbook("rate", "report", "bird", env=study, expect=3).stderr
    assert "rater: expected" in hornbook("rate", "go", "birds", "--rater", "../x", env=study, expect=2).stderr
    assert "no ratings yet" in hornbook("rate", "report", "birds", env=study).stdout
