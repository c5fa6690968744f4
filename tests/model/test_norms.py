"""Norms equal PyTorch's and their own formulas; residuals pass the stream through."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from hornbook.model.config import RMS, Layer
from hornbook.model.norms import PLACEMENTS, LayerNorm, Residual, RMSNorm, layer_norm, rms_norm


def generator():
    return torch.Generator().manual_seed(5)


def layer(width, epsilon=1e-5):
    return LayerNorm(Layer(epsilon), width)


def rms(width, epsilon=1e-6):
    return RMSNorm(RMS(epsilon), width)


def offset(*shape):
    return torch.randn(*shape, generator=generator()) * 3 + 2


def test_layer_norm_by_formula_and_by_module_equals_pytorch():
    hidden, scale, shift = offset(3, 5, 7), offset(7), offset(7) - 1
    expected = F.layer_norm(hidden, (7,), scale, shift, 1e-5)
    torch.testing.assert_close(layer_norm(hidden, scale, shift, 1e-5), expected, atol=1e-6, rtol=1e-6)
    norm = LayerNorm(Layer(), 7)
    with torch.no_grad():
        norm.scale.copy_(scale)
        norm.shift.copy_(shift)
    torch.testing.assert_close(norm(hidden), expected, atol=1e-6, rtol=1e-6)


def test_rms_norm_by_formula_and_by_module_equals_pytorch():
    hidden, scale = offset(3, 5, 7), offset(7)
    expected = F.rms_norm(hidden, (7,), scale, 1e-6)
    torch.testing.assert_close(rms_norm(hidden, scale, 1e-6), expected, atol=1e-6, rtol=1e-6)
    norm = RMSNorm(RMS(), 7)
    with torch.no_grad():
        norm.scale.copy_(scale)
    torch.testing.assert_close(norm(hidden), expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("make", [layer, rms])
def test_fused_norms_have_the_gradients_of_the_formula(make):
    norm, hidden = make(7).double(), offset(3, 7).double().requires_grad_()
    parameters = list(norm.parameters())
    with torch.no_grad():
        for parameter in parameters:
            parameter.add_(torch.randn(7, generator=generator()))
    formula = layer_norm if make is layer else rms_norm
    ours = torch.autograd.grad(formula(hidden, *parameters, norm.epsilon).square().sum(), [hidden, *parameters])
    fused = torch.autograd.grad(norm(hidden).square().sum(), [hidden, *parameters])
    torch.testing.assert_close(ours, fused)


def test_layer_norm_uses_the_biased_variance_and_is_the_same_in_evaluation():
    norm, hidden = LayerNorm(Layer(), 5), offset(11, 5)
    out = norm(hidden)
    torch.testing.assert_close(out.mean(-1), torch.zeros(11), atol=1e-5, rtol=0.0)
    torch.testing.assert_close(out.square().mean(-1), torch.ones(11), atol=1e-4, rtol=0.0)
    assert torch.equal(norm.eval()(hidden), out)


@pytest.mark.parametrize("make", [layer, rms])
def test_sixteen_bits_are_normalised_in_thirty_two(make):
    hidden = (offset(3, 101) * 100).bfloat16()
    out = make(101)(hidden)
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out, make(101)(hidden.float()).bfloat16(), atol=0.0, rtol=0.0)


@pytest.mark.parametrize("placement", ["pre", "sandwich", "inside"])
def test_a_branch_of_zeros_leaves_the_stream_as_it_is(placement):
    residual, hidden = Residual(7, Layer(), placement, 0.0), offset(2, 3, 7)
    assert torch.equal(residual(hidden, torch.zeros_like), hidden)


@pytest.mark.parametrize(
    ("placement", "formula"),
    [
        ("pre", lambda x, norm, f: x + f(norm(x))),
        ("post", lambda x, norm, f: norm(x + f(x))),
        ("sandwich", lambda x, norm, f: x + norm(f(norm(x)))),
        ("inside", lambda x, norm, f: x + norm(f(x))),
    ],
)
def test_placements_are_the_formulas_of_their_papers(placement, formula):
    hidden, norm = offset(2, 3, 7), LayerNorm(Layer(), 7)
    residual = Residual(7, Layer(), placement, 0.0)
    torch.testing.assert_close(residual(hidden, torch.sin), formula(hidden, norm, torch.sin))


def test_placements_of_the_table_are_all_tested():
    assert set(PLACEMENTS) == {"pre", "post", "sandwich", "inside"}


@pytest.mark.parametrize("make", [layer, rms])
def test_epsilon_is_the_one_that_was_asked_for(make):
    hidden = offset(3, 7) * 0.1
    formula = layer_norm if make is layer else rms_norm
    norm = make(7, 0.25)
    torch.testing.assert_close(norm(hidden), formula(hidden, *norm.parameters(), 0.25), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("placement", ["pre", "sandwich", "inside"])
def test_dropout_falls_on_the_branch_and_never_on_the_stream(placement):
    residual, hidden = Residual(7, Layer(), placement, dropout=0.5), offset(2, 3, 7)
    assert torch.equal(residual.train()(hidden, torch.zeros_like), hidden)
