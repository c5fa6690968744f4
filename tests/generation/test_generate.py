"""Writing token by token: with a memory or without, one sample or many, within the context or beyond."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hornbook.errors import HornbookError, SettingError, TextError
from hornbook.generation.config import Sampling
from hornbook.generation.generate import generate, reading_only, recomputed, remembered, window_start
from hornbook.model.config import (
    AttentionConfig,
    BlockConfig,
    Causal,
    Dense,
    Learned,
    ModelConfig,
    Rotary,
    Sinusoidal,
    SlidingWindow,
)
from hornbook.model.models import Decoder

GREEDY = Sampling(temperature=0.0, max_tokens=29)


def model(rule=Causal(), encoding=Learned(), context=11, dropout=0.0):
    pattern = (BlockConfig(attention=AttentionConfig(mask=rule), feed_forward=Dense(44)), BlockConfig())
    made = Decoder(
        ModelConfig(
            vocabulary=31,
            context=context,
            width=40,
            heads=4,
            kv_heads=2,
            depth=3,
            position_encoding=encoding,
            pattern=pattern,
            dropout=dropout,
            tied=False,
        )
    )
    draw = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in made.parameters():  # large enough that every token makes a difference
            parameter.add_(torch.randn(parameter.shape, generator=draw) * 0.2)
    return made.eval()


def tokens_of(steps, sample=0):
    return [step[sample] for step in steps]


@pytest.mark.parametrize("rule", [Causal(), SlidingWindow(3)], ids=str)
@pytest.mark.parametrize("encoding", [Learned(), Sinusoidal(), Rotary(100.0)], ids=str)
@pytest.mark.parametrize("prompt", [[3], list(range(11)), list(range(12)), list(range(31))], ids=len)
@pytest.mark.parametrize("sampling", [GREEDY, Sampling(max_tokens=29, top_p=0.9, seed=7)], ids=["greedy", "sampled"])
def test_a_memory_changes_no_token_within_the_context_and_beyond(rule, encoding, prompt, sampling):
    writer = model(rule, encoding)
    plain = list(generate(writer, prompt, sampling, samples=3, reading=recomputed))
    cached = list(generate(writer, prompt, sampling, samples=3, reading=remembered))
    assert plain == cached
    assert len(plain) == 29


@pytest.mark.parametrize("context", [1, 2, 3, 8])
@torch.no_grad()
def test_a_memory_changes_no_logits_at_any_length(context):
    writer = model(context=context)
    text = torch.randint(31, (2, 19), generator=torch.Generator().manual_seed(0))
    plain, cached = recomputed(writer, 19), remembered(writer, 19)
    for length in range(1, 20):
        torch.testing.assert_close(cached(text[:, :length]), plain(text[:, :length]), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_a_memory_reads_each_token_once_and_everything_again_when_the_window_jumps():
    writer, read = model(context=8), []
    handle = writer.stack.register_forward_pre_hook(lambda module, inputs: read.append(inputs[0].shape[:2]))
    list(generate(writer, [1, 2, 3], Sampling(max_tokens=11), samples=5))
    handle.remove()
    assert read == [(1, 3)] + [(5, 1)] * 5 + [(5, 5)] + [(5, 1)] * 3 + [(5, 5)]


@given(st.integers(1, 300), st.integers(1, 40))
def test_the_window_fits_and_always_shows_at_least_half_a_context(length, context):
    start = window_start(length, context)
    seen = length - start
    assert 1 <= seen <= context
    assert seen >= min(length, context - max(1, context // 2) + 1)
    assert start == 0 or length > context
    assert window_start(length + 1, context) >= start


def test_greedy_is_the_loop_of_argmax():
    writer, text = model(context=40), [3, 1, 4]
    for _ in range(29):
        with torch.no_grad():
            text.append(writer(torch.tensor([text]))[0, -1].argmax().item())
    for reading in (remembered, recomputed):
        assert tokens_of(generate(writer, [3, 1, 4], GREEDY, reading=reading)) == text[3:]


def test_every_sample_is_its_own_whether_drawn_together_or_not():
    writer, sampling = model(), Sampling(max_tokens=17, seed=3)
    five = list(generate(writer, [1, 2], sampling, samples=5))
    two = list(generate(writer, [1, 2], sampling, samples=2))
    assert [step[:2] for step in five] == two
    assert len({tuple(tokens_of(five, sample)) for sample in range(5)}) == 5


def test_a_seed_repeats_itself_and_another_does_not():
    writer = model()
    runs = [list(generate(writer, [1], Sampling(max_tokens=17, seed=seed))) for seed in (4, 4, 5)]
    assert runs[0] == runs[1] != runs[2]


def test_global_randomness_is_neither_used_nor_moved():
    writer, sampling = model(), Sampling(max_tokens=7)
    torch.manual_seed(0)
    first = list(generate(writer, [1], sampling))
    number = torch.rand(())
    torch.manual_seed(0)
    assert torch.equal(number, torch.rand(()))
    assert first == list(generate(writer, [1], sampling))


def test_a_sample_that_ended_is_over_and_the_others_go_on():
    writer, sampling = model(), Sampling(max_tokens=40, seed=1)
    free = list(generate(writer, [1, 2], sampling, samples=3))
    end = free[4][1]
    ended = list(generate(writer, [1, 2], sampling, samples=3, end=end))
    for sample in range(3):
        tokens = tokens_of(free, sample)
        whole = tokens[: tokens.index(end) + 1] if end in tokens else tokens
        assert [token for token in tokens_of(ended, sample) if token is not None] == whole
    assert len(ended) == max(len([t for t in tokens_of(ended, s) if t is not None]) for s in range(3))


def test_between_tokens_the_model_is_as_it_was_and_gradients_are_on():
    writer = model(dropout=0.5).train()
    writer.stack.blocks[1].eval()  # frozen on purpose
    modes = [module.training for module in writer.modules()]
    steps = generate(writer, [1, 2], GREEDY)
    first = next(steps)
    assert torch.is_grad_enabled()
    assert [module.training for module in writer.modules()] == modes
    rest = list(steps)
    assert [module.training for module in writer.modules()] == modes
    assert [first, *rest] == list(generate(writer.eval(), [1, 2], GREEDY))  # dropout was off while it wrote


def test_the_mode_comes_back_even_when_reading_fails():
    writer = model().train()
    with pytest.raises(ZeroDivisionError), reading_only(writer):
        assert not writer.training
        assert not torch.is_grad_enabled()
        _ = 1 / 0
    assert writer.training
    assert torch.is_grad_enabled()


def test_repetition_is_punished_in_what_was_written_and_in_the_prompt():
    writer = model(context=40)
    strict = Sampling(temperature=0.0, max_tokens=25, repetition_penalty=1e6)
    with torch.no_grad():
        writer.embedding.head.weight.mul_(5)  # logits far from 0, on both sides
    text = [1, 2, 3, *tokens_of(generate(writer, [1, 2, 3], strict))]
    free = [1, 2, 3, *tokens_of(generate(writer, [1, 2, 3], GREEDY))]
    assert len(set(text)) > len(set(free))


def test_what_cannot_be_continued_is_refused_clearly():
    writer = model()
    with pytest.raises(TextError, match="the prompt is empty"):
        next(generate(writer, [], GREEDY))
    with pytest.raises(TextError, match="token 31, but the model knows tokens 0 to 30"):
        next(generate(writer, [3, 31], GREEDY))
    with pytest.raises(SettingError, match="samples: expected"):
        next(generate(writer, [3], GREEDY, samples=0))
    with torch.no_grad():
        writer.stack.norm.scale.fill_(float("nan"))
    with pytest.raises(HornbookError, match="not finite numbers"):
        next(generate(writer, [3], GREEDY))
