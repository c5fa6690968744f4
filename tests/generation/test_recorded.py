"""A step that is played back says what it says when it is called, for every cache; on a GPU it is a graph."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from hornbook.generation.config import Sampling
from hornbook.generation.fast import Fast, Step
from hornbook.generation.generate import generate
from hornbook.generation.recorded import Recorded
from hornbook.model.models import Decoder
from hornbook.model.static_cache import make_static_cache
from hornbook.model.weight_formats import with_weights
from tests.generation.test_fast import model

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU: nothing can be recorded here")


class Tape:
    """Records as a CUDA graph does: the answer lies in one place, and what is read is the memory of the recording."""

    def __init__(self) -> None:
        self.recorded, self.played = 0, 0

    def __call__(self, action: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        self.recorded += 1
        answer = action().clone()

        def play() -> None:
            self.played += 1
            answer.copy_(action())

        return play, answer


def called(step, writer: Decoder, texts: list[list[int]]) -> list[Tensor]:
    """The logits after every token of a text, and then of another in a cache of its own."""
    found = []
    for text in texts:
        cache = make_static_cache(writer.config, 1, len(text), torch.device("cpu"), torch.float32)
        for place, token in enumerate(text):
            keys, values = [each.keys for each in cache], [each.values for each in cache]
            found.append(step(torch.tensor([[token]]), torch.tensor([[place]]), keys, values))
    return found


@torch.no_grad()
def test_played_back_it_says_what_the_step_says():
    writer, tape = with_weights(model(), "float32"), Tape()
    step, texts = Step(writer), [[3, 1, 4, 1, 5], [9, 2, 6]]
    expected, found = called(step, writer, texts), called(Recorded(step, tape), writer, texts)
    assert len(found) == 8
    for one, other in zip(expected, found, strict=True):
        assert torch.equal(one, other)  # those of earlier tokens too: no answer lies where the next one will
    assert (tape.recorded, tape.played) == (2, 8)  # once for each cache


@torch.no_grad()
def test_a_step_that_cannot_be_recorded_goes_on_as_it_was():
    def refuses(action: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        raise RuntimeError("operation not permitted when stream is capturing\nand more")

    writer = with_weights(model(), "float32")
    step, texts = Step(writer), [[3, 1, 4]]
    with pytest.warns(RuntimeWarning, match="not played back from a recording: operation not permitted .* capturing$"):
        found = called(Recorded(step, refuses), writer, texts)
    assert all(torch.equal(one, other) for one, other in zip(found, called(step, writer, texts), strict=True))


@needs_gpu
@pytest.mark.parametrize("weights", ["float32", "bfloat16", "int8"])
@pytest.mark.parametrize("compiled", [False, True])
def test_on_a_gpu_it_writes_what_generate_writes(weights, compiled):
    writer = model().to("cuda")
    fast = Fast.of(writer, weights, compiled=compiled)
    assert isinstance(fast.step, Recorded)
    sampling = Sampling(temperature=0.0, max_tokens=20)
    found = list(fast.generate([3, 1, 4], sampling))
    assert fast.step.play is not None
    if weights == "float32":
        assert found == list(generate(writer, [3, 1, 4], sampling))
    assert found == list(Fast.of(writer, weights, compiled=False, recorded=False).generate([3, 1, 4], sampling))
