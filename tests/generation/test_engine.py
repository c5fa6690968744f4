"""The engine gives every request the tokens that ``generate`` gives it alone, whoever else is being served."""

from __future__ import annotations

import pytest
import torch

from hornbook.errors import SettingError, TextError
from hornbook.generation import engine as module
from hornbook.generation.config import Sampling
from hornbook.generation.engine import Engine, Request
from hornbook.generation.generate import generate
from hornbook.model.config import (
    Alibi,
    AttentionConfig,
    BlockConfig,
    Causal,
    Dense,
    Learned,
    ModelConfig,
    Rotary,
    SlidingWindow,
)
from hornbook.model.models import Decoder
from hornbook.training.compiling import missing_compiler

PROMPTS = [(3, 1, 4), (1,), (5, 9, 2, 6, 5, 3, 5), (3, 1, 4, 1, 5), (2, 7)]


def model(encoding=Learned(), rule=Causal(), context=40, width=40):
    block = BlockConfig(attention=AttentionConfig(mask=rule), feed_forward=Dense(44))
    made = Decoder(
        ModelConfig(
            vocabulary=31,
            context=context,
            width=width,
            heads=4,
            kv_heads=2,
            depth=2,
            pattern=(block,),
            position_encoding=encoding,
        )
    )
    draw = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=draw) * 0.2)
    return made.eval()


def requests(greedy=True, end=None):
    return [
        Request(
            prompt=prompt, sampling=Sampling(max_tokens=9 + 4 * n, temperature=0.0 if greedy else 0.8, seed=n), end=end
        )
        for n, prompt in enumerate(PROMPTS)
    ]


def alone(writer, request):
    steps = generate(writer, request.prompt, request.sampling, end=request.end)
    return [token for [token] in steps if token != request.end]


@pytest.mark.slow
@pytest.mark.parametrize("rows", [2, 5])
@pytest.mark.parametrize("greedy", [True, False], ids=["greedy", "drawn"])
@pytest.mark.parametrize("encoding", [Learned(), Rotary(100.0), Alibi()], ids=str)
@pytest.mark.parametrize("rule", [Causal(), SlidingWindow(3)], ids=str)
def test_every_request_gets_what_it_would_get_alone(rows, greedy, encoding, rule):
    writer = model(encoding, rule)
    found = Engine(writer, rows=rows, page=4).run(requests(greedy))
    assert found == [alone(writer, request) for request in requests(greedy)]


def test_a_request_ends_with_its_end_and_its_row_goes_to_the_next():
    writer = model()
    ends = [alone(writer, request)[3] for request in requests()]
    asked = [Request(prompt=r.prompt, sampling=r.sampling, end=end) for r, end in zip(requests(), ends, strict=True)]
    engine = Engine(writer, rows=2, page=4)
    assert engine.run(asked) == [alone(writer, request) for request in asked]
    assert engine.pages.free == engine.pages.count


@pytest.mark.slow
@pytest.mark.parametrize("pages", [7, 8, 11])
def test_where_memory_is_short_the_youngest_waits_and_nothing_changes(pages):
    writer = model()
    engine = Engine(writer, rows=5, page=4, pages=pages)
    assert engine.run(requests(greedy=False)) == [alone(writer, request) for request in requests(greedy=False)]
    assert engine.pages.free == pages


def test_requests_may_come_at_any_time_and_be_taken_back():
    writer = model()
    engine, asked = Engine(writer, rows=2, page=4), requests()
    written: dict[int, list[int]] = {}

    def step():
        for event in engine.step():
            written.setdefault(event.ticket, []).append(event.token)

    first = engine.submit(asked[0])
    step()
    second, third = engine.submit(asked[1]), engine.submit(asked[2])
    step()
    assert engine.cancel(second)
    assert not engine.cancel(second)
    fourth = engine.submit(asked[3])
    assert engine.cancel(fourth)  # while it waits
    while engine.busy:
        step()
    assert written[first] == alone(writer, asked[0])
    assert written[third] == alone(writer, asked[2])
    assert fourth not in written
    assert engine.pages.free == engine.pages.count


def test_a_list_of_requests_may_be_run_while_others_are_being_served():
    writer, asked = model(), requests()
    engine = Engine(writer, rows=2, page=4)
    before = engine.submit(asked[4])
    engine.step()
    assert engine.run(asked[:2]) == [alone(writer, request) for request in asked[:2]]
    while engine.busy:
        rest = [event for event in engine.step() if event.ticket == before]
    assert rest[-1].token == alone(writer, asked[4])[-1]


def test_a_common_beginning_is_read_once():
    writer = model()
    common = tuple(range(1, 18))
    asked = [Request(prompt=(*common, last), sampling=Sampling(max_tokens=5, temperature=0.0)) for last in (20, 21, 22)]
    engine = Engine(writer, rows=3, page=4)
    assert engine.run(asked) == [alone(writer, request) for request in asked]
    assert engine.prompt_tokens == 18 + 2 * (18 - 16)
    assert engine.run(asked) == [alone(writer, request) for request in asked]  # still there when all are over
    assert engine.prompt_tokens == 18 + 5 * (18 - 16)


def test_what_lies_in_pages_that_nobody_owns_reaches_nobody():
    writer = model()
    engine = Engine(writer, rows=4, page=4)
    for each in (*engine.keys, *engine.values):
        each.fill_(1e4)
    assert engine.run(requests()) == [alone(writer, request) for request in requests()]


def test_a_step_reads_no_more_prompts_than_it_is_allowed_beyond_the_first():
    engine = Engine(model(), rows=5, page=4, prefill=6)
    for request in requests():
        engine.submit(request)
    assert len(engine.step()) == 3  # 3 + 1 tokens are below the bound, the next prompt goes beyond it
    assert len(engine.running) == 3


def test_what_can_never_fit_is_refused_with_numbers():
    engine = Engine(model(), rows=2, page=4)
    with pytest.raises(
        SettingError, match=r"a prompt of 3 tokens and 38 more are 41, and there is room for 40.*at most 37"
    ):
        engine.submit(Request(prompt=(1, 2, 3), sampling=Sampling(max_tokens=38)))
    with pytest.raises(TextError, match="empty"):
        engine.submit(Request(prompt=()))
    with pytest.raises(TextError, match="token 31"):
        engine.submit(Request(prompt=(31,), sampling=Sampling(max_tokens=3)))


@pytest.mark.slow
@pytest.mark.parametrize("weights", ["bfloat16", "int8"])
def test_narrow_weights_serve_many_as_they_serve_one(weights):
    writer = model(width=64)
    together = Engine(writer, rows=5, page=4, weights=weights).run(requests())
    one = [Engine(writer, rows=1, page=4, weights=weights).run([request])[0] for request in requests()]
    same = sum(a == b for x, y in zip(together, one, strict=True) for a, b in zip(x, y, strict=True))
    assert same >= 0.9 * sum(map(len, one))  # products of one row are rounded otherwise than those of five


@pytest.mark.slow
@pytest.mark.skipif(bool(missing_compiler(torch.device("cpu"))), reason="no C++ compiler")
def test_a_compiled_step_writes_the_same_and_is_called_once_for_all_rows():
    writer = model(Rotary(100.0), SlidingWindow(7))
    engine = Engine(writer, rows=3, page=4, compiled=True)
    assert not isinstance(engine.step_of, module.PagedStep)
    assert engine.run(requests()) == [alone(writer, request) for request in requests()]
