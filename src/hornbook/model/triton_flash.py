"""FlashAttention as a kernel for GPUs, written in Triton: flash.py once more, its tiles side by side.

The kernels stand in triton_kernels.py; here they are launched, one program for each tile of each head. They compute the
mask from the positions, so that nothing of T x S numbers exists at all. Without a GPU, ``TRITON_INTERPRET=1``, set
before Python starts, runs them on a processor with NumPy: slowly, to be stepped through and tested.
Next: attention.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from hornbook.errors import MissingError, SettingError
from hornbook.model.config import Bidirectional, Causal, SlidingWindow
from hornbook.model.masks import Mask
from hornbook.model.scoring import KeysValues, Scoring, Watch
from hornbook.model.uncompiled import uncompiled

TILE = {torch.bfloat16: 64, torch.float16: 64, torch.float32: 32}
"""Queries, and keys, of one program: what fits into the memory beside one processor of a GPU (up to 128 features)."""

FAR = 2**30
"""A window that reaches back to the first token of any text."""

OTHERS = "'auto', 'flash' and 'flexible'"

WINDOWS: dict[type, Callable[[Any], int | None]] = {
    Bidirectional: lambda rule: None,
    Causal: lambda rule: FAR,
    SlidingWindow: lambda rule: rule.size,
}
"""How many tokens each rule sees, itself included; ``None``: all, both ways."""


class Launch:
    """What all three kernels are told alike: positions, numbers, and what is fixed when they are compiled."""

    def __init__(
        self, query: Float[Tensor, "B H T D"], keys: Float[Tensor, "B G S D"], mask: Mask, scoring: Scoring
    ) -> None:
        (self.batch, self.heads, self.time, self.width), (_, self.groups, self.length, _) = query.shape, keys.shape
        self.tile = TILE[query.dtype]
        self.kernels, window = load_kernels(), WINDOWS[type(mask.rule)](mask.rule)
        packed = mask.query.document is not None and mask.key.document is not None
        places = [mask.query.index, mask.key.index]  # the documents where there are none: never looked at
        places += [mask.query.document, mask.key.document] if packed else places  # type: ignore[list-item]
        self.places = [each.contiguous() for each in places]
        self.numbers = scoring.scale, scoring.softcap or 1.0, window or FAR, self.time, self.length
        self.sharing = self.heads // self.groups
        self.fixed = {
            "D": self.width,
            "WIDTH": max(16, 1 << (self.width - 1).bit_length()),  # Triton multiplies no smaller tiles
            "ROWS": self.tile,
            "COLUMNS": self.tile,
            "BOTH_WAYS": window is None,
            "PACKED": packed,
            "CAPPED": scoring.softcap is not None,
        }

    @property
    def queries(self) -> tuple[int, int]:
        """One program for each tile of queries of each head of each text."""
        return -(-self.time // self.tile), self.batch * self.heads

    @property
    def keys(self) -> tuple[int, int]:
        """One program for each tile of keys of each key/value head of each text."""
        return -(-self.length // self.tile), self.batch * self.groups


class TritonAttention(torch.autograd.Function):
    """The kernels as an operation that can be differentiated."""

    @staticmethod
    def forward(
        ctx: Any,
        query: Float[Tensor, "B H T D"],
        keys: Float[Tensor, "B G S D"],
        values: Float[Tensor, "B G S D"],
        sinks: Float[Tensor, " H"] | None,
        mask: Mask,
        scoring: Scoring,
    ) -> Float[Tensor, "B H T D"]:
        """The answers; they and the log-sum-exp of each query are kept."""
        launch = Launch(query, keys, mask, scoring)
        matrices = [each.contiguous() for each in (query, keys, values)]
        answers = torch.empty_like(matrices[0])
        log_sums = query.new_empty(query.shape[:-1], dtype=torch.float32)
        launch.kernels.forward[launch.queries](
            *matrices, *launch.places, log_sums if sinks is None else sinks, answers, log_sums, *launch.numbers,
            launch.heads, launch.sharing, **launch.fixed, SINKS=sinks is not None,
        )  # fmt: skip
        ctx.save_for_backward(*matrices, sinks, answers, log_sums)
        ctx.launch = launch
        return answers

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Float[Tensor, "B H T D"]) -> tuple[Float[Tensor, "*_"] | None, ...]:
        """Two kernels: one for the queries, one for keys and values, so that no two programs write to one place."""
        query, keys, values, sinks, answers, log_sums = ctx.saved_tensors
        launch, upstream = ctx.launch, upstream.contiguous()
        agreement = (upstream.float() * answers.float()).sum(dim=-1)  # dO · O
        to_query, to_keys, to_values = (torch.empty_like(each) for each in (query, keys, values))
        given = query, keys, values, *launch.places, upstream, log_sums, agreement
        launch.kernels.query_backward[launch.queries](
            *given, to_query, *launch.numbers, launch.heads, launch.sharing, **launch.fixed
        )
        launch.kernels.keys_backward[launch.keys](
            *given, to_keys, to_values, *launch.numbers, launch.groups, launch.sharing, **launch.fixed
        )
        to_sinks = None
        if sinks is not None:  # as in flash.py: a key whose value is 0
            weights = (sinks.float()[:, None] - log_sums).exp()
            to_sinks = -(weights * agreement).sum(dim=(0, 2)).to(sinks.dtype)
        return to_query, to_keys, to_values, to_sinks, None, None


@uncompiled
def triton_flash(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scoring: Scoring,
    watch: Watch,
) -> Float[Tensor, "B H T D"]:
    """``explicit`` by our own Triton kernels, for rules that are a window; nothing to ``watch``.

    Sums are kept in 32 bits, inputs have 16 or 32. A compiler leaves it as it is: it is compiled already.

    Raises:
        SettingError: a bias, dropout, a rule that is no window, 64 bits, or a processor where a GPU is needed.
        MissingError: triton is not installed.
    """
    refuse(query, mask, bias, scoring)
    matrices = [query, seen.keys, seen.values]
    if query.device.type == "cpu":  # Triton's interpreter multiplies 16 bits as if they were whole numbers
        matrices = [each.float() for each in matrices]
    answers: Tensor = TritonAttention.apply(*matrices, scoring.sinks, mask, scoring)  # type: ignore[no-untyped-call]
    return answers.to(query.dtype)


def refuse(
    query: Float[Tensor, "B H T D"], mask: Mask, bias: Float[Tensor, "#B #H T S"] | None, scoring: Scoring
) -> None:
    """Say what cannot be done here, and which kernels can."""
    if bias is not None or scoring.dropout > 0 or type(mask.rule) not in WINDOWS:
        what = "dropout" if scoring.dropout > 0 else "bias" if bias is not None else "block-sparse masks"
        able = "'auto' and 'explicit'" if scoring.dropout > 0 else OTHERS
        raise SettingError(f"kernel: 'triton' cannot do {what}; {able} can")
    if query.dtype not in TILE:
        raise SettingError(f"kernel: 'triton' computes in 32 bits, and the numbers have 64; {OTHERS} can do it")
    if query.device.type == "cpu" and os.environ.get("TRITON_INTERPRET") != "1":
        raise SettingError(
            "kernel: 'triton' needs a GPU, and the model is on cpu; 'auto' and 'flash' run here (to step through it "
            "on a processor, set TRITON_INTERPRET=1 before Python starts)"
        )


def load_kernels() -> ModuleType:
    """triton_kernels.py, which only those need who have Triton."""
    try:
        from hornbook.model import triton_kernels
    except ImportError as error:
        raise MissingError(
            "kernel: 'triton' needs the package of that name: pip install triton; "
            "without it 'auto', 'flash' and 'flexible' compute the same"
        ) from error
    return triton_kernels
