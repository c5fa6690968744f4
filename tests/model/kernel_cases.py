"""Attention in all its cases, and what it means for a kernel to agree with ``explicit``.

``prove`` runs the same comparison in a process of its own, for kernels that cannot run under the wrappers that check
shapes in tests, or that have to be told something before they are imported.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import torch
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from torch import Tensor

from hornbook.batches import NOTHING, Positions
from hornbook.model import flash, flexible, masks, triton_flash
from hornbook.model.config import Bidirectional, BlockSparse, Causal, SlidingWindow
from hornbook.model.kernels import ABILITIES, KERNELS, KeysValues, Scoring
from hornbook.model.masks import Mask

ROOT = Path(__file__).resolve().parents[2]
IN_PROCESS = ["auto", "direct", "fused", "flash"]


def identity(weights):
    return weights


@dataclass
class Case:
    """One question to a kernel: leaf tensors in 64 bits, who sees whom, and how scores become weights."""

    leaves: dict[str, Tensor]  # query, keys, values, and where asked for bias and sinks
    direction: Tensor  # the gradient that arrives at the answers
    mask: Mask
    scale: float
    softcap: float | None

    def answer(self, kernel: str, dtype: torch.dtype) -> dict[str, Tensor]:
        """What the kernel answers, and the gradient of every leaf."""
        leaves = {name: leaf.to(dtype).requires_grad_() for name, leaf in self.leaves.items()}
        scoring = Scoring(self.scale, self.softcap, leaves.get("sinks"))
        seen = KeysValues(leaves["keys"], leaves["values"], self.mask.key)
        out = KERNELS[kernel](leaves["query"], seen, self.mask, leaves.get("bias"), scoring, identity)
        assert out.dtype == dtype
        gradients = torch.autograd.grad((out * self.direction.to(dtype)).sum(), list(leaves.values()))
        return {"answer": out.detach(), **dict(zip(leaves, gradients, strict=True))}


def padded(lengths: list[int], time: int, left: bool) -> Positions:
    """Rows of these lengths, with nothing on one side."""
    rows = [[NOTHING] * (time - n) * left + list(range(n)) + [NOTHING] * (time - n) * (not left) for n in lengths]
    return Positions(torch.tensor(rows))


def packed(cuts: list[int], time: int) -> Positions:
    """Rows of two texts each, the second from ``cut`` on."""
    rows = [[*range(cut), *range(time - cut)] for cut in cuts]
    return Positions(torch.tensor(rows), torch.tensor([[5 + (at >= cut) for at in range(time)] for cut in cuts]))


def half_filled(lengths: list[int], time: int, slots: int) -> tuple[Positions, Positions]:
    """The last ``time`` tokens ask a cache in which the slots of ``lengths`` are filled, in any order."""
    keys = [[(slot * 2 + 1) % slots if slots % 2 else slot for slot in range(slots)] for _ in lengths]
    held = [[index if index < length else NOTHING for index in row] for row, length in zip(keys, lengths, strict=True)]
    asking = [[max(length - time + at, NOTHING) for at in range(time)] for length in lengths]
    return Positions(torch.tensor(asking)), Positions(torch.tensor(held))


STANDS = ["plain", "left", "right", "packed", "cross", "cache"]


@st.composite
def places(draw, stand: str, batch: int, time: int, length: int) -> tuple[Positions, Positions]:
    """Where queries and keys stand."""
    if stand == "cross":
        source = Positions.counting(batch, length)
        return Positions.counting(batch, time), source if draw(st.booleans()) else padded(
            draw(st.lists(st.integers(1, length), min_size=batch, max_size=batch)), length, False
        )
    if stand == "cache":
        return half_filled(
            draw(st.lists(st.integers(1, length), min_size=batch, max_size=batch)), min(time, length), length
        )
    inside = draw(st.lists(st.integers(0, time), min_size=batch, max_size=batch))
    alone = {
        "plain": lambda: Positions.counting(batch, time),
        "left": lambda: padded(inside, time, True),
        "right": lambda: padded(inside, time, False),
        "packed": lambda: packed(inside, time),
    }[stand]()
    return alone, alone


RULES = {
    "bidirectional": st.just(Bidirectional()),
    "causal": st.just(Causal()),
    "window": st.builds(SlidingWindow, st.integers(1, 6)),
    "blocks": st.builds(
        BlockSparse, st.integers(1, 4), st.integers(0, 2), st.integers(0, 2), st.integers(0, 3), st.just(False)
    ),
    "blocks both ways": st.builds(
        BlockSparse, st.integers(1, 4), st.integers(0, 2), st.integers(0, 2), st.integers(0, 3), st.just(True)
    ),
}


@st.composite
def cases(draw, able: frozenset[str], rule: str, stand: str, large: bool) -> Case:
    """Every layout of heads, shape and way of scoring that a kernel with these abilities can do.

    ``large``: enough queries and keys for errors of rounding to average out.
    """
    batch, groups, shared = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    time, length, width = draw(st.integers(1, 9)), draw(st.integers(1, 11)), draw(st.sampled_from([1, 3, 5, 8]))
    if large:
        batch, time, length, width = 2, 23, 29, 11
    query, key = draw(places(stand, batch, time, length))
    time, length, heads = query.index.shape[1], key.index.shape[1], groups * shared
    random = torch.Generator().manual_seed(draw(st.integers(0, 999)))

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random, dtype=torch.float64)

    leaves = {"query": normal(batch, heads, time, width), "keys": normal(batch, groups, length, width)}
    leaves["values"] = normal(batch, groups, length, width)
    if "bias" in able and draw(st.booleans()):
        leaves["bias"] = normal(draw(st.sampled_from([1, batch])), draw(st.sampled_from([1, heads])), time, length)
    if "sinks" in able and draw(st.booleans()):
        leaves["sinks"] = normal(heads)
    softcap = draw(st.sampled_from([None, 0.7, 30.0])) if "softcap" in able else None
    scale = draw(st.sampled_from([width**-0.5, 0.3, 2.0]))
    mask = Mask(draw(RULES[rule]), query, key)
    return Case(leaves, normal(batch, heads, time, width), mask, scale, softcap)


def rounded(case: Case, dtype: torch.dtype) -> Case:
    """The case with numbers that ``dtype`` can hold, still in 64 bits."""
    leaves = {name: leaf.to(dtype).double() for name, leaf in case.leaves.items()}
    return replace(case, leaves=leaves, direction=case.direction.to(dtype).double())


def check_agreement(kernel: str, case: Case, dtype: torch.dtype) -> None:
    """The kernel answers what ``explicit`` answers in 64 bits, as nearly as ``dtype`` allows, with its gradients."""
    expected, found = rounded(case, dtype).answer("explicit", torch.float64), case.answer(kernel, dtype)
    near = {"atol": 1e-10, "rtol": 1e-8} if dtype == torch.float64 else {"atol": 3e-5, "rtol": 1e-4}
    for name, tensor in found.items():
        assert tensor.isfinite().all()
        torch.testing.assert_close(tensor.double(), expected[name], msg=lambda m, name=name: f"{name}: {m}", **near)


class Errors:
    """Squared errors in 16 bits, of a kernel and of ``explicit``, summed over many cases.

    What a single number loses by rounding is a matter of luck, and where gradients cancel ``explicit`` may lose nothing
    at all. Over many cases luck evens out, and two ways to compute the same in 16 bits should lose about the same:
    every input of a product has been rounded to 8 bits in both.
    """

    def __init__(self) -> None:
        self.sums: dict[str, dict[str, float]] = {}

    def add(self, kernel: str, case: Case) -> None:
        """Measure one case against 64 bits."""
        expected = rounded(case, torch.bfloat16).answer("explicit", torch.float64)
        for name in (kernel, "explicit"):
            for part, tensor in case.answer(name, torch.bfloat16).items():
                assert tensor.isfinite().all()
                total = self.sums.setdefault(part, {kernel: 0.0, "explicit": 0.0})
                total[name] += (tensor.double() - expected[part]).square().sum().item()

    def check(self, kernel: str) -> None:
        """The kernel's error is at most twice that of ``explicit``, in value and in every gradient."""
        for part, total in self.sums.items():
            ours, usual = total[kernel] ** 0.5, total["explicit"] ** 0.5
            assert 0 < ours <= 2 * usual, f"{part}: off by {ours:.3g}, where explicit is off by {usual:.3g}"


@contextlib.contextmanager
def small_tiles(size: int):
    """Flash cuts into tiles so small that there are many."""
    with mock.patch.object(flash, "TILE", size):
        yield


@contextlib.contextmanager
def prepared(kernel: str):
    """What a kernel needs to be proven on a processor."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(small_tiles(3))
        stack.enter_context(mock.patch.object(masks, "SHORTEST", 2))
        if kernel == "flexible":  # PyTorch refuses the gradient on processors, though its plain formula has one
            stack.enter_context(mock.patch.object(flexible, "ON_GPU_ALONE", ()))
            stack.enter_context(mock.patch("torch.nn.attention.flex_attention._validate_device"))
        if kernel == "triton":
            tiles = dict.fromkeys(triton_flash.TILE, 4)
            stack.enter_context(mock.patch.object(triton_flash, "TILE", tiles))
        yield


def prove(kernel: str, dtype: str, examples: int) -> None:
    """Compare the kernel with ``explicit``, in so many cases for each rule and each way tokens can stand."""
    quiet = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
    errors, able = Errors(), ABILITIES[kernel]

    def agree(case: Case) -> None:
        torch._dynamo.reset()  # every case would be another graph to remember
        if dtype == "bfloat16":
            errors.add(kernel, case)
        else:
            check_agreement(kernel, case, getattr(torch, dtype))

    torch.set_num_threads(1)
    rules = [name for name in RULES if "block-sparse" in able or not name.startswith("blocks")]
    with prepared(kernel):
        for number, (rule, stand) in enumerate(itertools.product(rules, STANDS)):
            every = given(cases(able, rule, stand, dtype == "bfloat16"))
            seed(number)(settings(max_examples=examples, **quiet)(every(agree)))()  # other shapes for every pair
    errors.check(kernel)


def run_apart(program: str, **environment: str) -> None:
    """Run a program of these tests in a process of its own."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, **environment},
    )
    assert done.returncode == 0, done.stderr[-4000:]
