"""Our Triton kernels: equal to the formula where Triton's interpreter runs them, and accepted by its compiler.

They run in a process of their own: Triton decides when it is imported whether it compiles or interprets.
"""

from __future__ import annotations

import importlib.util
import os
import sys

import pytest
import torch

from hornbook import model
from hornbook.batches import Positions
from hornbook.errors import MissingError, SettingError
from hornbook.model.config import BlockSparse, Causal
from hornbook.model.kernels import KeysValues, Scoring
from hornbook.model.masks import Mask
from hornbook.model.triton_flash import triton_flash
from tests.model.kernel_cases import identity, run_apart

with_triton = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None and os.environ.get("HORNBOOK_REQUIRE_ALL") != "1",
    reason="triton is not installed: pip install triton",
)

COMPILES = """
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, compile
from hornbook.model import triton_kernels

WHOLE = {"window", "time", "length", "heads", "groups", "sharing"}
PLACES = {"query_index", "key_index", "query_document", "key_document"}
NUMBERS = {"log_sums", "agreements", "sinks"}
fixed = {"D": 20, "WIDTH": 32, "ROWS": 64, "COLUMNS": 64, "BOTH_WAYS": False, "PACKED": True, "CAPPED": True}

def kind(name):
    if name in WHOLE or name in ("scale", "softcap"):
        return "i32" if name in WHOLE else "fp32"
    return "constexpr" if name.isupper() else "*i64" if name in PLACES else "*fp32" if name in NUMBERS else "*bf16"

for kernel in (triton_kernels.forward, triton_kernels.query_backward, triton_kernels.keys_backward):
    constants = fixed | ({"SINKS": True} if "SINKS" in kernel.arg_names else {})
    source = ASTSource(kernel, {name: kind(name) for name in kernel.arg_names}, constants)
    made = compile(source, target=GPUTarget("cuda", 80, 32))
    assert "mma" in made.asm["ptx"], "no products on tensor cores"
    assert made.metadata.shared <= 99 * 1024, "more memory than one processor of a consumer's GPU has"
"""


@with_triton
@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "examples"), [("float32", 2), pytest.param("bfloat16", 2, marks=pytest.mark.broad)])
def test_it_equals_the_formula_in_value_and_gradient(dtype, examples):
    program = f"from tests.model.kernel_cases import prove; prove('triton', {dtype!r}, {examples})"
    run_apart(program, TRITON_INTERPRET="1")


@with_triton
@pytest.mark.slow
def test_the_kernels_compile_for_a_gpu_that_need_not_be_there(tmp_path):
    run_apart(COMPILES, TRITON_CACHE_DIR=str(tmp_path), TRITON_INTERPRET="0")


def attend(rule=Causal(), bias=None, dtype=torch.float32, **how):
    query = torch.zeros(1, 2, 3, 5, dtype=dtype)
    positions = Positions.counting(1, 3)
    mask = Mask(rule, positions, positions)
    return triton_flash(query, KeysValues(query, query, positions), mask, bias, Scoring(1.0, **how), identity)


@pytest.mark.parametrize(
    ("asked", "what", "able"),
    [
        ({"rule": BlockSparse()}, "block-sparse masks", "'flash' and 'flexible'"),
        ({"bias": torch.zeros(1, 1, 3, 3)}, "bias", "'flash' and 'flexible'"),
        ({"dropout": 0.1}, "dropout", "'auto' and 'explicit'"),
        ({"dtype": torch.float64}, "64 bits", "'flash' and 'flexible'"),
        ({}, "on a processor", "'auto' and 'flash'"),
    ],
)
def test_what_it_cannot_do_is_refused_and_who_can_is_named(asked, what, able, monkeypatch):
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    with pytest.raises(SettingError) as refused:
        attend(**asked)
    said = str(refused.value)
    assert able in said
    assert what in said or {"64 bits": "the numbers have 64", "on a processor": "needs a GPU"}[what] in said


def test_without_triton_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    monkeypatch.setitem(sys.modules, "triton", None)
    monkeypatch.delitem(sys.modules, "hornbook.model.triton_kernels", raising=False)
    monkeypatch.delattr(model, "triton_kernels", raising=False)
    with pytest.raises(MissingError, match="pip install triton; without it 'auto', 'flash' and 'flexible'"):
        attend()
