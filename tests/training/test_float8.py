"""Products in 8 bits: the hardware's own operation, which PyTorch also has for processors, beside the formula."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from hornbook.model.config import BlockConfig, Dense
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.training.config import AdamW
from hornbook.training.float8 import BACKWARD, FORWARD, Float8Product, Float8Products, product, rounded
from hornbook.training.loop import training_steps
from hornbook.training.objectives import next_token
from hornbook.training.optimizers import build_optimizer
from hornbook.training.precision import Precision
from tests.training.small import SEED, a_batch, config


def some(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def as_numbers(matrix: Tensor, kind: torch.dtype) -> Tensor:
    """What is left of a matrix, in float64."""
    narrow, scale = rounded(matrix, kind)
    return narrow.double() * scale.double()


@pytest.mark.parametrize(("kind", "bits"), [(FORWARD, 3), (BACKWARD, 2)])
def test_rounding_keeps_the_largest_number_and_so_many_bits_of_each(kind, bits):
    matrix = some(64, 48) * 1e-3
    kept, scale = rounded(matrix, kind)
    assert float(kept.float().abs().max()) == torch.finfo(kind).max
    large = matrix.abs() > 100 * scale * torch.finfo(kind).tiny  # below that fewer bits are left
    error = (kept.float() * scale - matrix).abs() / matrix.abs()
    assert float(error[large].max()) <= 2.0 ** -(bits + 1) * 1.001


def test_nothing_but_zeros_stays_nothing_but_zeros():
    kept, scale = rounded(torch.zeros(16, 16), FORWARD)
    assert float(scale) > 0
    assert not kept.float().any()


def test_a_product_is_that_of_the_rounded_matrices():
    left, right = some(32, 64), some(48, 64, seed=1)
    expected = as_numbers(left, FORWARD) @ as_numbers(right, FORWARD).T
    found = product(rounded(left, FORWARD), rounded(right, FORWARD))
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.double(), expected, rtol=2**-8, atol=1e-3)


def test_both_gradients_are_the_products_of_the_rounded_matrices():
    hidden, weight = some(32, 64).requires_grad_(), some(48, 64, seed=1).requires_grad_()
    upstream = some(32, 48, seed=2).bfloat16()
    Float8Product.apply(hidden, weight).backward(upstream)
    narrow, table, gradient = as_numbers(hidden, FORWARD), as_numbers(weight, FORWARD), as_numbers(upstream, BACKWARD)
    torch.testing.assert_close(hidden.grad.double(), gradient @ table, rtol=2**-7, atol=1e-2)
    torch.testing.assert_close(weight.grad.double(), gradient.T @ narrow, rtol=2**-7, atol=1e-2)


def of_linear(layer: nn.Linear, hidden: Tensor, precision: str) -> Tensor:
    with Precision(precision).autocast():
        return layer(hidden)


def test_a_linear_layer_is_near_what_it_is_in_float32_and_nowhere_equal_to_bfloat16():
    layer, hidden = nn.Linear(64, 32), some(2, 16, 64)
    exact, narrow = of_linear(layer, hidden, "float32"), of_linear(layer, hidden, "float8")
    assert narrow.dtype == torch.bfloat16
    assert float(((narrow - exact).norm() / exact.norm()).detach()) < 0.05
    assert (narrow != of_linear(layer, hidden, "bfloat16")).float().mean() > 0.5


@pytest.mark.parametrize(("inputs", "outputs", "rows"), [(60, 32, 32), (64, 31, 32), (64, 32, 31)])
def test_sides_that_the_hardware_does_not_take_are_multiplied_in_bfloat16(inputs, outputs, rows):
    layer, hidden = nn.Linear(inputs, outputs), some(rows, inputs)
    assert torch.equal(of_linear(layer, hidden, "float8"), of_linear(layer, hidden, "bfloat16"))


def test_where_autocast_is_off_nothing_changes():
    layer, hidden = nn.Linear(64, 32), some(32, 64)
    expected = layer(hidden)
    with Precision("float8").autocast(), torch.autocast("cpu", enabled=False):
        assert torch.equal(layer(hidden), expected)
    with Float8Products():
        assert torch.equal(layer(hidden), expected)


def losses(precision: str, count: int) -> list[float]:
    block = BlockConfig(feed_forward=Dense(hidden=48))
    sizes = replace(config(), width=32, pattern=(block,))
    model = Decoder(sizes)
    initialise(model, sizes, SEED)
    steps = training_steps(
        model,
        ([a_batch(0, rows=16)] for _ in range(count)),
        next_token,
        build_optimizer(AdamW(learning_rate=3e-3), model),
        precision=Precision(precision),
    )
    return [each.loss for each in steps]


def test_a_model_learns_as_in_float32():
    exact, narrow = losses("float32", 30), losses("float8", 30)
    assert narrow != exact
    assert exact[-1] < 0.9 * exact[0]
    assert narrow == pytest.approx(exact, rel=0.02)
