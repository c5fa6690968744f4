"""Muon: momentum whose update is made orthogonal, so that a matrix learns in all its directions alike.

A gradient matrix is dominated by a few directions. Replacing it by the nearest (semi-)orthogonal matrix, U V' of its
singular value decomposition U S V', gives every direction the same step (Jordan et al. 2024, "Muon: an optimizer for
hidden layers in neural networks"). Five rounds of a polynomial come near enough to U V' and need only multiplications.

The step exists twice: ``explicit``, matrix by matrix in float32, and ``batched``, all matrices of one shape at once
and in bfloat16 where that is quicker. In float32 a test proves them equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.training.shards import local_of, own_part, sharded_like, whole_of

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of a X + b (X X') X + c (X X')^2 X: singular values rise fast, and settle near 1, from 0.7 to 1.2."""

SCALES: dict[str, Callable[[int, int], float]] = {
    "rows": lambda rows, columns: max(1.0, rows / columns) ** 0.5,
    "rms": lambda rows, columns: 0.2 * max(rows, columns) ** 0.5,
}
"""How large the update of a matrix of this shape is."""


def orthogonalized(matrix: Float[Tensor, "rows columns"], iterations: int = 5) -> Float[Tensor, "rows columns"]:
    """A matrix near to U V', where ``matrix`` is U S V' (singular value decomposition), by Newton-Schulz rounds."""
    a, b, c = COEFFICIENTS
    x = matrix / (torch.linalg.matrix_norm(matrix) + 1e-7)  # no singular value is then above 1, as the rounds need
    wide: Tensor = x if x.shape[0] <= x.shape[1] else x.T  # the product with itself is then the smaller one
    for _ in range(iterations):
        gram = wide @ wide.T
        wide = a * wide + (b * gram + c * gram @ gram) @ wide
    return wide if x.shape[0] <= x.shape[1] else wide.T


def orthogonalized_together(
    matrices: Float[Tensor, "matrices rows columns"], iterations: int = 5
) -> Float[Tensor, "matrices rows columns"]:
    """The same for many wide matrices at once (rows <= columns), in the arithmetic that ``matrices`` come in."""
    a, b, c = COEFFICIENTS
    x: Tensor = matrices / (torch.linalg.matrix_norm(matrices, keepdim=True) + 1e-7)
    for _ in range(iterations):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x


Updates = Sequence[Float[Tensor, "_ _"]]


def explicit(updates: Updates, iterations: int, arithmetic: torch.dtype) -> list[Float[Tensor, "_ _"]]:
    """Every update [rows columns] made orthogonal on its own."""
    return [orthogonalized(update.to(arithmetic), iterations).to(update.dtype) for update in updates]


def batched(updates: Updates, iterations: int, arithmetic: torch.dtype) -> list[Float[Tensor, "_ _"]]:
    """Every update [rows columns] made orthogonal, those of one shape (on their side or not) in one go."""
    wide = [update if update.shape[0] <= update.shape[1] else update.mT for update in updates]
    alike: dict[torch.Size, list[int]] = {}
    for place, update in enumerate(wide):
        alike.setdefault(update.shape, []).append(place)
    done: list[Tensor] = list(updates)
    for places in alike.values():
        stack = torch.stack([wide[place] for place in places]).to(arithmetic)
        for place, result in zip(places, orthogonalized_together(stack, iterations).to(updates[0].dtype), strict=True):
            done[place] = result if wide[place] is updates[place] else result.mT
    return done


KERNELS: dict[str, Callable[[Updates, int, torch.dtype], list[Float[Tensor, "_ _"]]]] = {
    "explicit": explicit,
    "batched": batched,
}


class MuonOptimizer(torch.optim.Optimizer):
    """Muon over matrices; its state is one ``momentum`` per matrix.

    Arguments are those of ``config.Muon``; ``arithmetic`` is the type in which updates are made orthogonal.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.02,
        momentum: float = 0.95,
        nesterov: bool = True,
        weight_decay: float = 0.0,
        iterations: int = 5,
        scale: str = "rows",
        arithmetic: torch.dtype = torch.float32,
        kernel: str = "batched",
    ) -> None:
        settings = {"lr": lr, "momentum": momentum, "nesterov": nesterov, "weight_decay": weight_decay}
        how = {"iterations": iterations, "scale": scale, "arithmetic": arithmetic, "kernel": kernel}
        super().__init__(params, settings | how)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient; ``closure`` belongs to PyTorch's interface and is not called."""
        for group in self.param_groups:
            matrices = [parameter for parameter in group["params"] if parameter.grad is not None]
            if not matrices:
                continue
            momenta = []
            for matrix in matrices:
                state = self.state[matrix]
                if not state:
                    state["momentum"] = torch.zeros_like(matrix)
                momenta.append(local_of(state["momentum"]))
            gradients = [local_of(matrix.grad) for matrix in matrices]
            torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
            # Nesterov looks one step ahead: the gradient counts a little more than in the momentum itself
            updates = torch._foreach_lerp(gradients, momenta, group["momentum"]) if group["nesterov"] else momenta
            # a slice cannot be made orthogonal: where processes hold slices, each gathers the whole and keeps its own
            whole = [whole_of(sharded_like(u, matrix)) for u, matrix in zip(updates, matrices, strict=True)]
            directions = KERNELS[group["kernel"]](whole, group["iterations"], group["arithmetic"])
            if group["weight_decay"]:
                torch._foreach_mul_([local_of(matrix) for matrix in matrices], 1 - group["lr"] * group["weight_decay"])
            for matrix, direction in zip(matrices, directions, strict=True):
                size = group["lr"] * SCALES[group["scale"]](matrix.shape[0], matrix.shape[1])
                local_of(matrix).add_(own_part(direction, matrix), alpha=-size)
