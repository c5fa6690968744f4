"""The fast way to write says what the readable one says: compiled or not, in every format, at any length."""

from __future__ import annotations

import pytest
import torch

from hornbook.files import home
from hornbook.generation import ahead
from hornbook.generation.config import Sampling
from hornbook.generation.fast import Fast, Step, compile_step
from hornbook.generation.generate import generate
from hornbook.model.config import (
    RMS,
    AttentionConfig,
    BlockConfig,
    Causal,
    Dense,
    Experts,
    Layer,
    Learned,
    ModelConfig,
    NormConfig,
    PositionEncodingConfig,
    Rotary,
    SlidingWindow,
)
from hornbook.model.models import Decoder
from hornbook.model.weight_formats import WEIGHT_FORMATS, with_weights
from hornbook.training.compiling import missing_compiler

GREEDY = Sampling(temperature=0.0, max_tokens=40)
needs_compiler = pytest.mark.skipif(bool(missing_compiler(torch.device("cpu"))), reason="no C++ compiler")


def model(encoding: PositionEncodingConfig = Learned(), rule=Causal(), norm: NormConfig = Layer(), **changes):
    block = BlockConfig(attention=AttentionConfig(mask=rule), feed_forward=Dense(44), norm=norm)
    asked = {"vocabulary": 31, "context": 24, "width": 40, "heads": 4, "kv_heads": 2, "depth": 2, "pattern": (block,)}
    torch.manual_seed(0)
    made = Decoder(ModelConfig(**(asked | {"position_encoding": encoding} | changes)))
    draw = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=draw) * 0.2)
    return made.eval()


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("prompt", [[3], [3, 1, 4, 1, 5], list(range(30))], ids=len)
@pytest.mark.parametrize("encoding", [Learned(), Rotary(100.0)], ids=str)
@pytest.mark.parametrize("sampling", [GREEDY, Sampling(max_tokens=40, seed=3)], ids=["greedy", "drawn"])
def test_uncompiled_it_writes_what_generate_writes_beyond_the_context_too(samples, prompt, encoding, sampling):
    writer = model(encoding)
    fast = Fast.of(writer, rows=samples, compiled=False)
    plain = list(generate(writer, prompt, sampling, samples=samples))
    assert list(fast.generate(prompt, sampling, samples=samples)) == plain


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("weights", WEIGHT_FORMATS)
def test_compiled_it_writes_what_its_weights_write_uncompiled(weights):
    writer = model(Rotary(100.0), SlidingWindow(7), RMS(), width=64)
    fast = Fast.of(writer, weights)
    assert fast.path == f"{weights} weights, compiled"
    slow = Fast.of(writer, "float32", compiled=False)
    rounded = with_weights(writer, weights)  # width 64: whole groups for int4
    if weights == "float32":
        assert list(fast.generate([3, 1], GREEDY)) == list(slow.generate([3, 1], GREEDY))
    text = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6]])
    with torch.no_grad():
        logits = fast.reading(writer, 30)
        logits(text[:, :7])
        torch.testing.assert_close(logits(text), rounded(text)[:, -1], atol=0.2, rtol=0.05)  # of about 25


@needs_compiler
@pytest.mark.slow
def test_several_rows_are_compiled_too_and_the_code_is_found_again():
    writer = model()
    fast = Fast.of(writer, rows=3)
    [kept] = (home() / "compiled").iterdir()
    made = kept.stat().st_mtime_ns
    drawn = Sampling(max_tokens=40, seed=5)
    assert list(fast.generate([3, 1], drawn, samples=3)) == list(generate(writer, [3, 1], drawn, samples=3))
    other = model(vocabulary=31)
    torch.nn.init.normal_(other.embedding.tokens.weight)
    again = Fast.of(other, rows=3)  # the same shapes, other weights: the same code
    assert [each.stat().st_mtime_ns for each in (home() / "compiled").iterdir()] == [made]
    assert list(again.generate([3, 1], drawn, samples=3)) == list(generate(other, [3, 1], drawn, samples=3))


def test_what_cannot_be_compiled_is_written_uncompiled_and_says_so(monkeypatch):
    def refuse(*given):
        raise RuntimeError("no compiler today\nand more")

    monkeypatch.setattr("hornbook.generation.fast.compile_step", refuse)
    fast = Fast.of(model())
    assert fast.path == "float32 weights, not compiled (RuntimeError: no compiler today)"
    assert len(list(fast.generate([1], GREEDY))) == 40


def test_code_is_named_after_everything_it_depends_on(monkeypatch):
    arguments = (torch.zeros(1, 1),)
    place = ahead.place_of(arguments, "a model")
    assert place.parent == home() / "compiled"
    assert place == ahead.place_of((torch.ones(1, 1),), "a model")
    assert place != ahead.place_of(arguments, "another model")
    assert place != ahead.place_of((torch.zeros(2, 1),), "a model")
    assert place != ahead.place_of((torch.zeros(1, 1).double(),), "a model")
    monkeypatch.setattr(ahead, "sources", lambda: "edited")
    assert place != ahead.place_of(arguments, "a model")


@needs_compiler
@pytest.mark.slow
def test_nothing_half_made_is_kept_when_compiling_fails(monkeypatch):
    def fail(*given, **named):
        raise OSError("the disk is full")

    monkeypatch.setattr(torch._inductor, "aoti_compile_and_package", fail)
    step = Step(with_weights(model(), "float32"))
    with pytest.raises(Exception, match="disk is full"):
        compile_step(step, "float32", 1)
    assert not list((home() / "compiled").iterdir())


@needs_compiler
@pytest.mark.slow
def test_code_that_says_something_else_is_not_kept(monkeypatch):
    monkeypatch.setattr(ahead, "TOLERANCE", 1e-12)
    fast = Fast.of(model())
    assert "not compiled (RuntimeError: compiled code is off by" in fast.path
    assert not list((home() / "compiled").iterdir())


@pytest.mark.slow
def test_experts_write_uncompiled_what_they_write():
    block = BlockConfig(feed_forward=Experts(experts=3, chosen=2))
    writer = model(pattern=(block,))
    assert list(Fast.of(writer, compiled=False).generate([1], GREEDY)) == list(generate(writer, [1], GREEDY))
