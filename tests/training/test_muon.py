"""Muon: nearly orthogonal updates, one by one or all together, and PyTorch's path."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from hornbook.seeds import torch_generator
from hornbook.training.muon import KERNELS, SCALES, MuonOptimizer, batched, explicit, orthogonalized
from tests.training.descent import apart, descend, tensors


@pytest.mark.parametrize("shape", [(13, 7), (7, 13), (11, 11)])
def test_the_rounds_make_a_matrix_nearly_orthogonal_along_its_own_directions(shape):
    matrix = torch.randn(shape, generator=torch_generator(2, "matrix", *shape))
    result = orthogonalized(matrix)
    values = torch.linalg.svdvals(result)
    assert result.shape == matrix.shape
    assert values.max() < 1.3
    assert values.min() > 0.3
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    inside = u.mT @ result @ v.mT  # diagonal, where the singular vectors are the same
    assert (inside - torch.diag(inside.diagonal())).abs().max() < 1e-4


def test_the_size_of_a_gradient_makes_no_difference_to_its_orthogonal_form():
    matrix = torch.randn(13, 7, generator=torch_generator(2, "matrix"))
    assert torch.allclose(orthogonalized(matrix), orthogonalized(1000 * matrix), atol=1e-4)
    assert torch.equal(orthogonalized(torch.zeros(3, 5)), torch.zeros(3, 5))


def test_a_matrix_on_its_side_gives_the_result_on_its_side():
    matrix = torch.randn(13, 7, generator=torch_generator(2, "matrix"))
    assert torch.allclose(orthogonalized(matrix.mT), orthogonalized(matrix).mT, atol=1e-6)


def test_all_matrices_together_equal_one_after_another():
    matrices = [value for value in tensors("start") if value.dim() == 2]
    together, alone = batched(matrices, 5, torch.float32), explicit(matrices, 5, torch.float32)
    assert [t.shape for t in together] == [m.shape for m in matrices]
    assert apart(together, alone) <= 1e-5


def test_bfloat16_makes_nearly_the_same_matrix():
    matrices = [value for value in tensors("start") if value.dim() == 2]
    quick, exact = batched(matrices, 5, torch.bfloat16), explicit(matrices, 5, torch.float32)
    assert all(q.dtype == torch.float32 for q in quick)
    for q, e in zip(quick, exact, strict=True):
        assert torch.nn.functional.cosine_similarity(q.flatten(), e.flatten(), dim=0) > 0.99


@pytest.mark.parametrize("scale", sorted(SCALES))
@pytest.mark.parametrize("nesterov", [True, False])
def test_every_kernel_of_muon_takes_the_same_path(scale, nesterov):
    how = {"lr": 0.02, "momentum": 0.9, "nesterov": nesterov, "weight_decay": 0.05, "scale": scale}
    finals = [
        descend(lambda p, k=kernel: MuonOptimizer(p, **how, kernel=k), 20, only_matrices=True) for kernel in KERNELS
    ]
    assert apart(finals[0], finals[1]) <= 1e-4


@pytest.mark.parametrize("scale", sorted(SCALES))
@pytest.mark.parametrize("nesterov", [True, False])
def test_muon_takes_the_path_of_pytorchs(scale, nesterov):
    """PyTorch's has the rounds in bfloat16, so ours does here too; one step, because tiny differences are amplified."""
    if not hasattr(torch.optim, "Muon"):
        pytest.skip("this PyTorch has no Muon")
    how = {"lr": 0.02, "momentum": 0.9, "nesterov": nesterov, "weight_decay": 0.05}
    theirs = {"rows": "original", "rms": "match_rms_adamw"}[scale]
    for steps in (1, 3):
        mine = descend(
            lambda p: MuonOptimizer(p, **how, scale=scale, arithmetic=torch.bfloat16, kernel="explicit"),
            steps,
            only_matrices=True,
        )
        other = descend(lambda p: torch.optim.Muon(p, **how, adjust_lr_fn=theirs), steps, only_matrices=True)
        start = [value for value in tensors("start") if value.dim() == 2]
        for m, o, s in zip(mine, other, start, strict=True):
            assert (m - o).norm() < 0.05 * (m - s).norm()


def test_an_update_has_the_size_that_its_scale_promises():
    matrix = nn.Parameter(torch.zeros(13, 7))
    sizes = {}
    for scale in SCALES:
        matrix.grad = torch.randn(13, 7, generator=torch_generator(3, "gradient"))
        MuonOptimizer([matrix], lr=1.0, scale=scale).step()
        sizes[scale] = matrix.detach().pow(2).mean().sqrt().item()
        nn.init.zeros_(matrix)
    assert sizes["rms"] / sizes["rows"] == pytest.approx(0.2 * 13**0.5 / (13 / 7) ** 0.5, rel=1e-5)
    assert 0.1 < sizes["rms"] < 0.3
