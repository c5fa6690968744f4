"""Our own FlashAttention: as little memory as it promises, numbers that do not overflow, and models that learn alike.

That it equals the formula in every case is proven in test_kernels.py.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from hornbook.batches import Positions, Texts
from hornbook.model import flash as flash_module
from hornbook.model.config import (
    AttentionConfig,
    Bidirectional,
    BlockConfig,
    BlockSparse,
    Causal,
    ModelConfig,
    Rotary,
    SlidingWindow,
)
from hornbook.model.flash import Table, flash, tiles
from hornbook.model.initialise import initialise
from hornbook.model.kernels import KERNELS, KeysValues, Scoring
from hornbook.model.masks import Mask
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.training.loop import training_steps
from hornbook.training.objectives import next_token
from tests.model.kernel_cases import identity, run_apart, small_tiles

CONTEXT, VOCABULARY = 13, 17


def drawn(*shape, seed=0, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


class Largest(TorchDispatchMode):
    """Remembers the size of the largest tensor that any operation makes."""

    def __init__(self):
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for each in made if isinstance(made, tuple | list) else (made,):
            if isinstance(each, torch.Tensor):
                self.numbers = max(self.numbers, each.untyped_storage().nbytes() // each.element_size())
        return made


def largest(kernel, time, rule=Causal()):
    """Numbers in the largest tensor of both passes, of one head 8 wide."""
    query, keys, values = (drawn(1, 1, time, 8, seed=seed).requires_grad_() for seed in range(3))
    positions = Positions.counting(1, time)
    with Largest() as watcher:
        seen = KeysValues(keys, values, positions)
        out = KERNELS[kernel](query, seen, Mask(rule, positions, positions), None, Scoring(0.4, 3.0), identity)
        out.square().sum().backward()
    return watcher.numbers


@pytest.mark.slow
@pytest.mark.parametrize("rule", [Causal(), Bidirectional(), SlidingWindow(70), BlockSparse()], ids=str)
def test_no_table_of_all_scores_is_ever_made(rule):
    with small_tiles(16):
        assert largest("flash", 256, rule) == 256 * 8  # queries, keys and values themselves
        assert largest("flash", 512, rule) == 512 * 8
    assert largest("explicit", 256, rule) >= 256 * 256


def test_tiles_cover_every_place_once():
    for length in (1, 127, 128, 129, 300):
        places = torch.arange(length)
        assert torch.cat([places[tile] for tile in tiles(length)]).tolist() == places.tolist()


@pytest.mark.parametrize(
    ("rule", "visited"),
    [(Causal(), 10), (Bidirectional(), 16), (SlidingWindow(3), 7), (BlockSparse(block=5, near=0, first=1), 7)],
    ids=str,
)
def test_tiles_in_which_nobody_sees_anybody_cost_no_product(rule, visited, monkeypatch):
    made, positions = [], Positions.counting(1, 20)
    whole = Table.tile
    monkeypatch.setattr(Table, "tile", lambda self, *where: made.append(where) or whole(self, *where))
    query = drawn(1, 1, 20, 3)
    with small_tiles(5):
        flash(
            query, KeysValues(query, query, positions), Mask(rule, positions, positions), None, Scoring(1.0), identity
        )
    assert len(made) == visited


def test_scores_far_beyond_what_exp_can_hold_are_no_trouble_in_any_order():
    query = torch.ones(1, 1, 1, 1, dtype=torch.float64, requires_grad=True)
    for order in ([1000.0, -1000.0, 990.0, 3.0], [-1000.0, 3.0, 990.0, 1000.0]):
        keys = torch.tensor(order, dtype=torch.float64).view(1, 1, 4, 1)
        here, there = Positions.counting(1, 1), Positions.counting(1, 4)
        seen, mask = KeysValues(keys, (keys == 1000.0).double(), there), Mask(Bidirectional(), here, there)
        with small_tiles(1):
            out = flash(query, seen, mask, None, Scoring(1.0), identity)
        (slope,) = torch.autograd.grad(out.sum(), query)
        weight = 1 / (1 + math.exp(-10))
        assert out.item() == pytest.approx(weight, rel=1e-12)
        assert slope.item() == pytest.approx(10 * weight * (1 - weight), rel=1e-6)


@pytest.mark.slow
def test_gradients_are_those_of_finite_differences():
    positions, sources = Positions.lengths(torch.tensor([4, 2]), 4), Positions.counting(2, 5)
    leaves = [drawn(2, 4, 4, 3), drawn(2, 2, 5, 3, seed=1), drawn(2, 2, 5, 3, seed=2), drawn(1, 4, 4, 5), drawn(4)]

    def attend(query, keys, values, bias, sinks):
        seen, mask = KeysValues(keys, values, sources), Mask(SlidingWindow(3), positions, sources)
        return flash(query, seen, mask, bias, Scoring(0.7, 1.5, sinks), identity)

    with small_tiles(2):
        assert torch.autograd.gradcheck(attend, [leaf.double().requires_grad_() for leaf in leaves])


def test_autocast_does_not_round_the_sums():
    query, positions = drawn(2, 2, 31, 8), Positions.counting(2, 31)
    mask, results = Mask(Causal(), positions, positions), []
    for narrow in (True, False):
        leaf = query.clone().requires_grad_()
        with small_tiles(7), torch.autocast("cpu", torch.bfloat16, enabled=narrow):
            out = flash(leaf, KeysValues(leaf, leaf, positions), mask, None, Scoring(0.3), identity)
        results.append((out, *torch.autograd.grad(out.sum(), leaf)))
    for narrow, wide in zip(*results, strict=True):
        assert torch.equal(narrow, wide)


BLOCK = BlockConfig(attention=AttentionConfig(softcap=5.0, sinks=True))


def counting_texts(steps):
    """Texts that count on by 1, 2 or 3: who looks back knows what follows."""
    for step in range(steps):
        first, by = torch.randint(1, 4, (2, 5, 1), generator=torch_generator(3, "counting", step))
        tokens = (first + by * torch.arange(CONTEXT + 1)) % VOCABULARY
        yield [Texts(tokens[:, :-1], tokens[:, 1:])]


def losses(kernel, dtype, steps):
    """The losses of so many steps of the real loop, of a small decoder with grouped heads and a window."""
    attention = replace(BLOCK.attention, kernel=kernel)
    local = replace(attention, mask=SlidingWindow(3))
    pattern = (replace(BLOCK, attention=local), replace(BLOCK, attention=attention))
    config = ModelConfig(
        vocabulary=VOCABULARY,
        context=CONTEXT,
        width=24,
        heads=4,
        kv_heads=2,
        depth=2,
        pattern=pattern,
        position_encoding=Rotary(),
    )
    model = Decoder(config)
    initialise(model, config, 3)
    model.to(dtype)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    return [update.loss for update in training_steps(model, counting_texts(steps), next_token, optimizer)]


@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "apart"), [(torch.float32, 1e-3), (torch.float64, 1e-8)], ids=str)
def test_a_model_learns_alike_with_flash_and_with_the_formula(dtype, apart):
    with small_tiles(3):
        ours, formula = losses("flash", dtype, 60), losses("explicit", dtype, 60)
    assert len(ours) == 60
    assert formula[-1] < 0.5 * formula[0]
    assert max(abs(one - other) for one, other in zip(ours, formula, strict=True)) < apart


COMPILED = """
import torch
from hornbook.batches import Texts
from hornbook.model.config import *
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.training.objectives import next_token

torch.set_num_threads(1)
attention = AttentionConfig(kernel="flash", softcap=5.0, sinks=True)
config = ModelConfig(vocabulary=31, context=16, width=32, heads=4, kv_heads=2, depth=3,
                     pattern=(BlockConfig(attention=attention),), position_encoding=Rotary())
model, tokens = Decoder(config), torch.randint(31, (2, 10))
initialise(model, config, 0)
batch, results = Texts(tokens[:, :-1], tokens[:, 1:]), []
for objective in (next_token, torch.compile(next_token, backend="{backend}", dynamic=False)):
    model.zero_grad()
    loss = objective(model, batch).total
    loss.backward()
    results.append([loss.detach(), *[parameter.grad for parameter in model.parameters()]])
torch.testing.assert_close(results[0], results[1], atol=1e-5, rtol=1e-4)
assert torch._dynamo.utils.counters["stats"]["unique_graphs"] > 1, "nothing was compiled"
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", [pytest.param("aot_eager", marks=pytest.mark.broad), "inductor"])
def test_a_compiled_training_step_means_the_same(backend):
    run_apart(COMPILED.replace("{backend}", backend))


def test_tiles_are_large_enough_to_be_quick():
    assert flash_module.TILE >= 64
