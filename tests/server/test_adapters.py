"""A LoRA is a model of its own beside its base: each answers as it does alone."""

from __future__ import annotations

import pytest
import torch

from hornbook.finetuning.adapting import adapt
from hornbook.finetuning.config import LowRank
from hornbook.finetuning.low_rank import merge
from hornbook.finetuning.peft_files import read_adapter, write_adapter
from hornbook.generation.config import Sampling
from hornbook.generation.text import complete
from hornbook.workflows.load import load_run
from tests.server.asking import ask
from tests.server.serving import serving


@pytest.fixture(scope="module")
def adapter(writer, tmp_path_factory):
    """Products beside the writer's matrices that have been moved far from nothing."""
    model = load_run(writer).model
    adapt(model, LowRank(rank=2))
    with torch.no_grad():
        for number, parameter in enumerate(each for each in model.parameters() if each.requires_grad):
            parameter.copy_(torch.linspace(-1, 1, parameter.numel()).mul(7 + number).sin().view_as(parameter))
    folder = tmp_path_factory.mktemp("adapter")
    write_adapter(folder, model, LowRank(rank=2), "writer")
    return folder


@pytest.mark.slow
def test_the_adapter_and_its_base_answer_as_they_do_alone(writer, adapter) -> None:
    base, tuned = load_run(writer), load_run(writer)
    read_adapter(adapter, tuned.model)
    merge(tuned.model)
    how = Sampling(max_tokens=20, temperature=0.0)
    alone = {
        name: complete(each.model, each.tokenizer, "The old", how)[0].text
        for name, each in (("writer", base), ("tuned", tuned))
    }
    assert alone["writer"] != alone["tuned"]
    asked = {"prompt": "The old", "max_tokens": 20, "temperature": 0}
    with serving([writer], adapters={"tuned": adapter}) as server:
        assert [each["id"] for each in ask(server, "GET", "/v1/models")[1]["data"]] == ["writer", "tuned"]
        for name in ("writer", "tuned", "writer"):
            answer = ask(server, "POST", "/v1/completions", {"model": name, **asked})[1]
            assert answer["choices"][0]["text"] == alone[name], name
