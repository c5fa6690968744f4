"""Parts that a learner writes: right ones pass and train as ours do, each classic mistake is named."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from hornbook.batches import IGNORED, Texts
from hornbook.course.answers import WrongAnswer
from hornbook.course.own.parts import PARTS, at_work, find_part, graded, read_part
from hornbook.errors import SettingError
from hornbook.finetuning.adapting import adapt
from hornbook.finetuning.config import LowRank
from hornbook.generation.config import Sampling
from hornbook.generation.generate import generate
from hornbook.model.config import Learned, ModelConfig, Rotary
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair
from hornbook.training.config import AdamW
from hornbook.training.loop import training_steps
from hornbook.training.objectives import next_token
from hornbook.training.optimizers import build_optimizer
from hornbook.workflows.check import imported
from tests.course.own.wrong_parts import MISTAKES

RIGHT = Path(__file__).with_name("right.py")
each_part = pytest.mark.parametrize("name", PARTS)


@pytest.fixture(scope="module")
def right() -> ModuleType:
    return imported(RIGHT)


@each_part
def test_a_part_that_is_right_passes_and_is_called_as_the_table_says(name: str, right: ModuleType) -> None:
    graded(PARTS[name], getattr(right, name))
    told = ", ".join(inspect.signature(getattr(right, name)).parameters)
    assert f"({told})" == PARTS[name].signature


@pytest.mark.parametrize(("name", "text", "wrong", "hint"), MISTAKES, ids=[f"{m[0]}: {m[3]}" for m in MISTAKES])
def test_a_classic_mistake_is_named(name: str, text: str, wrong: str, hint: str, tmp_path: Path) -> None:
    source = RIGHT.read_text(encoding="utf-8")
    assert source.count(text) == 1
    file = tmp_path / "mine.py"
    file.write_text(source.replace(text, wrong), encoding="utf-8")
    with pytest.raises(WrongAnswer) as found:
        read_part(PARTS[name], f"{file}:{name}")
    assert hint in found.value.hint, f"{found.value}: {found.value.hint}"


def test_what_stops_with_an_error_is_told_with_its_line_and_unknown_names_with_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def lora(x, weight, down, up, scale):\n    return x @ weight\n", encoding="utf-8")
    with pytest.raises(WrongAnswer, match=r"line 2: return x @ weight") as found:
        read_part(PARTS["lora"], f"{file}:lora")
    assert "lora(x, weight, down, up, scale)" in found.value.hint
    with pytest.raises(SettingError, match="did you mean 'attention'"):
        find_part("atention")


# At work ------------------------------------------------------------------------------------------------------------


def losses(parts: dict[str, Any], encoding: Any) -> list[float]:
    """Five steps of a small model in which these parts stand in for ours."""
    tokens = torch.tensor([[1, 3, 3, 1, 0, 10], [10, 5, 4, 4, 2, 7]])
    targets = torch.tensor([[3, 3, 1, 0, 10, 2], [5, IGNORED, 4, 2, 7, 9]])
    config = ModelConfig(vocabulary=11, context=8, width=16, heads=4, kv_heads=2, depth=2, position_encoding=encoding)
    with at_work(parts):
        model = Decoder(config)
        initialise(model, config, seed=0)
        optimizer = build_optimizer(AdamW(learning_rate=1e-2), model)
        batches = ([Texts(tokens, targets)] for _ in range(5))
        return [update.loss for update in training_steps(model, batches, next_token, optimizer)]


def counting(function: Any, calls: list[str], name: str) -> Any:
    def called(*given: Any) -> Any:
        calls.append(name)
        return function(*given)

    return called


@pytest.fixture
def written(right: ModuleType) -> Iterator[tuple[dict[str, Any], list[str]]]:
    calls: list[str] = []
    yield {name: counting(getattr(right, name), calls, name) for name in PARTS}, calls


@pytest.mark.slow
def test_a_model_trains_with_the_parts_as_with_ours(written: tuple[dict[str, Any], list[str]]) -> None:
    parts, calls = written
    for encoding, names in (
        (Learned(), ("attention", "positions", "block", "cross_entropy", "adamw")),
        (Rotary(), ("attention", "rotary")),
    ):
        calls.clear()
        ours = losses({}, encoding)
        assert losses({name: parts[name] for name in names}, encoding) == pytest.approx(ours, abs=1e-4)
        assert set(calls) == set(names)
        assert ours[-1] < ours[0]
        calls.clear()
        assert losses({}, encoding) == ours and not calls, "ours are back"


def test_lora_dropout_sampling_and_merges_are_put_to_work(written: tuple[dict[str, Any], list[str]]) -> None:
    parts, calls = written
    config = ModelConfig(vocabulary=11, context=8, width=16, heads=2, depth=1, dropout=0.2)
    with at_work({name: parts[name] for name in ("lora", "dropout", "top_p", "merges")}):
        model = Decoder(config)
        initialise(model, config, seed=0)
        adapt(model, LowRank(rank=2))
        model.train()(torch.tensor([[1, 2]])).sum().backward()
        list(generate(model, [1, 2], Sampling(max_tokens=2, top_p=0.9)))
        tokenizer = build_tokenizer(BytePair(vocabulary=262), ["aab aab aab"])
    assert set(calls) == {"lora", "dropout", "top_p", "merges"}
    assert tokenizer.vocab_size == build_tokenizer(BytePair(vocabulary=262), ["aab aab aab"]).vocab_size
