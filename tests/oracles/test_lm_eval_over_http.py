"""EleutherAI's harness asks the server as any program does, and finds what our own scorer finds."""

from __future__ import annotations

import json

import pytest

from hornbook.evaluation.questions.likelihood import likelihoods, request
from hornbook.workflows.load import load_run
from tests.server.conftest import TEXT, writer
from tests.server.serving import serving
from tests.workflows.harness_tasks import choices

__all__ = ["TEXT", "writer"]

ITEMS = [
    {"question": "The café was", "choices": [" near", " a small bird", " naïve"], "answer": 0},
    {"question": "A small bird", "choices": [" sang", " the mill", ": naïve!"], "answer": 0},
    {"question": "the old", "choices": [" mill.", " 🎈", " café"], "answer": 0},
]


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 8])
def test_every_choice_costs_over_http_what_it_costs_in_process(writer, tmp_path, monkeypatch, batch) -> None:
    for name, value in {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")}.items():
        monkeypatch.setenv(name, value)
    import lm_eval
    from lm_eval.tasks import TaskManager

    (tmp_path / "items.jsonl").write_text("".join(json.dumps(each) + "\n" for each in ITEMS), encoding="utf-8")
    task = choices("ours", tmp_path / "items.jsonl", target_delimiter="")
    (tmp_path / "ours.yaml").write_text(task, encoding="utf-8")
    with serving([writer]) as server:
        arguments = f"model=writer,base_url={server.url}/v1/completions,tokenizer_backend=remote,num_concurrent=1"
        found = lm_eval.simple_evaluate(
            model="local-completions",
            model_args=arguments,
            tasks=["ours"],
            batch_size=batch,
            task_manager=TaskManager(include_path=str(tmp_path), include_defaults=False),
            bootstrap_iters=0,
            log_samples=True,
        )
    loaded = load_run(writer)
    for sample, item in zip(found["samples"]["ours"], ITEMS, strict=True):
        asked = [request(loaded.tokenizer, item["question"], choice) for choice in item["choices"]]
        ours = likelihoods(loaded.model, asked)
        theirs = [(float(total), greedy in (True, "True")) for [(total, greedy)] in sample["resps"]]
        assert [total for total, _ in theirs] == pytest.approx([each.total for each in ours], abs=1e-5)
        assert [greedy for _, greedy in theirs] == [each.greedy for each in ours]
