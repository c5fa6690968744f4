"""The loss straight from the stream: no table of all logits is ever made, and no product is made twice.

With 50,257 tokens the logits of 1,024 places are 50 million numbers; the usual way keeps them, their widened copy and
their gradient. Here the rows pass in chunks, and while a chunk's logits are at hand its gradients are made as well, for

    d loss / d logits = softmax(logits) - target                (a distribution minus the wanted one)

needs nothing that comes later, as the loss is a sum. The backward pass has only to multiply by its own gradient (Hsu et
al. 2024, Liger kernel, section 3.2). ``token_loss`` in objectives.py is the readable way; a test holds the two
together. Next: optimizers.py.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.batches import IGNORED
from hornbook.model.arithmetic import product

ENTRIES = 1 << 26
"""Logits that exist at once: 128 MiB of them in 16 bits. Fewer would make the products slow."""

MULTIPLE = 64
"""The table is filled up to a multiple of this many tokens while it is multiplied with: odd numbers are slow."""


def rows_at_once(rows: int, vocabulary: int) -> int:
    """How many rows make a chunk: as few chunks as ``ENTRIES`` allows, all of about one size."""
    chunks = -(-rows * vocabulary // ENTRIES)
    return -(-rows // max(1, chunks))


def chunk_loss(
    logits: Float[Tensor, "N V"], targets: Int[Tensor, " N"], vocabulary: int, label_smoothing: float
) -> tuple[Float[Tensor, ""], Float[Tensor, "N V"]]:
    """The summed loss of a chunk in nats, and its gradient with respect to the logits, in their number format.

    Columns from ``vocabulary`` on are filling: no probability, no gradient.
    """
    token, target = torch.arange(logits.shape[1], device=logits.device), targets.clamp(min=0)[:, None]
    real, asked, smooth = token < vocabulary, targets != IGNORED, label_smoothing / vocabulary
    exact = logits.to(torch.promote_types(logits.dtype, torch.float32))
    wide = torch.where(real, exact, -torch.inf)
    highest = wide.amax(-1, keepdim=True)
    raised = (wide - highest).exp()
    total = raised.sum(-1, keepdim=True)
    loss = (total.log() + highest)[:, 0] - (1 - label_smoothing) * wide.gather(1, target)[:, 0]
    gradient = raised / total - (token == target) * (1 - label_smoothing)
    if label_smoothing:
        loss = loss - smooth * torch.where(real, exact, 0.0).sum(-1)
        gradient = gradient - smooth * real
    gradient = torch.where(asked[:, None], gradient, 0.0)
    return torch.where(asked, loss, 0.0).sum(), gradient.to(logits.dtype)


class LinearCrossEntropy(torch.autograd.Function):
    """hidden [N, C], table [V, C], targets [N] -> the summed loss; multiplies in the format of ``hidden``."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Float[Tensor, "N C"],
        table: Float[Tensor, "V C"],
        targets: Int[Tensor, " N"],
        label_smoothing: float,
    ) -> Float[Tensor, ""]:
        """The loss; its gradients are made along with it, and kept."""
        vocabulary = len(table)
        narrow = F.pad(table.to(hidden.dtype), (0, 0, 0, -vocabulary % MULTIPLE))
        size = rows_at_once(len(hidden), len(narrow))
        total, of_hidden, of_table = table.new_zeros(()), [], None
        for rows, wanted in zip(torch.split(hidden, size), torch.split(targets, size), strict=True):
            loss, of_logits = chunk_loss(product(rows, narrow), wanted, vocabulary, label_smoothing)
            total = total + loss
            of_hidden.append(product(of_logits, narrow.T))
            piece = product(of_logits.T, rows.T)[:vocabulary]
            of_table = piece if of_table is None else of_table.to(table.dtype) + piece
        assert of_table is not None
        ctx.save_for_backward(torch.cat(of_hidden), of_table)
        ctx.table_dtype = table.dtype
        return total

    @staticmethod
    def backward(
        ctx: Any, *gradients: Float[Tensor, ""]
    ) -> tuple[Float[Tensor, "N C"], Float[Tensor, "V C"], None, None]:
        """The gradients made before, times that of the loss."""
        of_hidden, of_table = ctx.saved_tensors
        (scale,) = gradients
        return (of_hidden * scale).to(of_hidden.dtype), (of_table * scale).to(ctx.table_dtype), None, None


def linear_cross_entropy(
    hidden: Float[Tensor, "B T C"],
    table: Float[Tensor, "V C"],
    targets: Int[Tensor, "B T"],
    label_smoothing: float = 0.0,
) -> Float[Tensor, ""]:
    """The cross-entropy of ``hidden @ table.T`` at every target that is not ``IGNORED``, summed, in nats.

    Multiplied is in the format that autocast asks for, or else in that of ``hidden``.
    """
    device = hidden.device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else hidden.dtype
    rows = hidden.flatten(0, 1).to(dtype)
    with torch.autocast(device, enabled=False):
        loss: Tensor = LinearCrossEntropy.apply(  # type: ignore[no-untyped-call]
            rows, table, targets.flatten(), label_smoothing
        )
    return loss
