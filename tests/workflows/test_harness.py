"""EleutherAI's harness runs our models, and finds what our own scorer finds. Nothing is downloaded."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from hornbook.evaluation.questions.files import read_choices
from hornbook.evaluation.questions.likelihood import likelihoods, request, rolling
from hornbook.evaluation.questions.scores import choice_scores
from hornbook.generation.config import Sampling
from hornbook.generation.text import complete
from hornbook.workflows.load import Loaded, load_run
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.train import train
from tests.workflows.harness_tasks import choices, task

ROLLING = {
    "output_type": "loglikelihood_rolling",
    "doc_to_text": "",
    "doc_to_target": "{{question}}",
    "metric_list": [{"metric": "bits_per_byte"}],
}
WRITING = {
    "output_type": "generate_until",
    "doc_to_target": "{{choices[0]}}",
    "generation_kwargs": {"until": ["."], "max_gen_toks": 7},
    "metric_list": [{"metric": "exact_match"}],
}


@pytest.fixture
def loaded(tmp_path: Path, small_recipe: str, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    """A run of a second, a file of questions and three tasks about it, in the folder where the test is; no network."""
    for name, value in {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(small_recipe, encoding="utf-8")
    Path("text.txt").write_text("the cat sat on the mat.\na rat ate the hat. " * 200, encoding="utf-8")
    train(load_recipe("small.toml", ["training.steps=37"]), Path("run"))
    words = ["the", "cat", "sat", "on", "the", "mat", "a", "rat", "ate", "the", "hat"]
    rows = [
        {"question": f"the {words[n]} {words[n + 1]}", "choices": [words[n + 2], words[-n], "a hat"], "answer": n % 3}
        for n in range(1, 9)
    ]
    Path("q.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    file, both = tmp_path / "q.jsonl", [{"metric": "acc"}, {"metric": "acc_norm"}]
    tasks = {
        "choices": choices("ours", file, metric_list=both),
        "rolling": task("ours_rolling", file, **ROLLING),
        "writing": task("ours_writing", file, **WRITING),
    }
    Path("tasks").mkdir()
    for name, said in tasks.items():
        Path(f"tasks/{name}.yaml").write_text(said, encoding="utf-8")
    return load_run("run")


@pytest.mark.slow
def test_the_harness_finds_what_our_own_scorer_finds(loaded: Loaded) -> None:
    lm_eval = pytest.importorskip("lm_eval")
    from lm_eval.tasks import TaskManager

    from hornbook.workflows.harness import HarnessModel

    found = lm_eval.simple_evaluate(
        model=HarnessModel(loaded),
        tasks=["ours", "ours_rolling", "ours_writing"],
        task_manager=TaskManager(include_path=str(Path("tasks").resolve()), include_defaults=False),
        bootstrap_iters=0,
    )
    questions, results, samples = read_choices(Path("q.jsonl")), found["results"], found["samples"]
    scores = choice_scores(loaded.model, loaded.tokenizer, questions)
    for name in ("acc", "acc_norm"):
        assert results["ours"][f"{name},none"] == pytest.approx(scores[name].value, abs=1e-5)
    for sample, each in zip(samples["ours"], questions, strict=True):
        requests = [request(loaded.tokenizer, each.text, f" {choice}") for choice in each.choices]
        ours = likelihoods(loaded.model, requests)
        theirs = [(float(total), greedy in (True, "True")) for [(total, greedy)] in sample["resps"]]
        assert [total for total, _ in theirs] == pytest.approx([one.total for one in ours], abs=1e-5)
        assert [greedy for _, greedy in theirs] == [one.greedy for one in ours]

    context = loaded.model.config.context
    parts = [part for each in questions for part in rolling(loaded.tokenizer, each.text, context)]
    total = sum(one.total for one in likelihoods(loaded.model, parts))
    bits = -total / math.log(2) / sum(len(each.text.encode()) for each in questions)
    assert results["ours_rolling"]["bits_per_byte,none"] == pytest.approx(bits, abs=1e-5)

    sampling = Sampling(max_tokens=7, temperature=0.0, stop=(".",))
    for sample, each in zip(samples["ours_writing"], questions, strict=True):
        assert sample["resps"] == [[complete(loaded.model, loaded.tokenizer, each.text, sampling)[0].text]]
