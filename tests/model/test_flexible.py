"""PyTorch's FlexAttention, told our rules: equal to the formula, and clear about where it has no gradient.

It compiles what it is given, and no compiler can trace the wrappers that check shapes in tests: so everything that
computes runs in a process of its own. There the gradient is proven too, with PyTorch's refusal on processors taken out
of the way.
"""

from __future__ import annotations

import pytest
import torch

from hornbook.batches import Positions
from hornbook.errors import SettingError
from hornbook.model.config import Causal
from hornbook.model.flexible import flexible
from hornbook.model.kernels import KeysValues, Scoring
from hornbook.model.masks import Mask
from tests.model.kernel_cases import identity, run_apart

COMPILED = """
import torch
from dataclasses import replace
from hornbook.batches import Positions
from hornbook.model.config import *
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder

torch.set_num_threads(1)
attention = AttentionConfig(kernel="flexible", softcap=5.0, mask=SlidingWindow(40))
config = ModelConfig(vocabulary=31, context=128, width=32, heads=2, kv_heads=1, depth=1,
                     pattern=(BlockConfig(attention=attention),), position_encoding=Rotary())
plain = replace(config, pattern=(BlockConfig(attention=replace(attention, kernel="explicit")),))
model, formula, tokens = Decoder(config), Decoder(plain), torch.randint(31, (2, 100))
initialise(model, config, 0)
formula.load_state_dict(model.state_dict())
compiled = torch.compile(model, fullgraph=True)
with torch.no_grad():
    for positions in (None, Positions.lengths(torch.tensor([100, 61]), 100)):
        found, expected = compiled(tokens, positions), formula(tokens, positions)
        torch.testing.assert_close(found[1, :61], expected[1, :61], atol=1e-5, rtol=1e-4)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dtype", "examples"),
    [
        pytest.param("float64", 3, marks=pytest.mark.broad),
        ("float32", 2),
        pytest.param("bfloat16", 2, marks=pytest.mark.broad),
    ],
)
def test_it_equals_the_formula_in_value_and_gradient(dtype, examples):
    run_apart(f"from tests.model.kernel_cases import prove; prove('flexible', {dtype!r}, {examples})")


@pytest.mark.slow
def test_a_compiled_model_is_one_graph_and_means_the_same():
    run_apart(COMPILED)


@pytest.mark.parametrize("learning", [0, 1, 2], ids=["query", "keys", "values"])
def test_a_gradient_on_a_processor_is_refused_and_who_has_one_is_named(learning):
    leaves = [torch.zeros(1, 2, 3, 5) for _ in range(3)]
    leaves[learning].requires_grad_()
    positions = Positions.counting(1, 3)
    seen, mask = KeysValues(leaves[1], leaves[2], positions), Mask(Causal(), positions, positions)
    with pytest.raises(SettingError, match=r"'flexible' has no gradient on cpu; .*'auto', 'direct' or 'flash'"):
        flexible(leaves[0], seen, mask, None, Scoring(1.0), identity)
