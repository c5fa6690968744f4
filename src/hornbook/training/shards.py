"""Tensors of which every process holds a slice: the slice, the whole, and the way between the two.

PyTorch's ``DTensor`` knows its whole shape, and along which axis which process has what. An axis of N over n processes
is cut into slices of ceil(N / n), the last ones shorter or empty. Everything here takes ordinary tensors too, for which
slice and whole are one, so that nobody who saves, loads or updates has to ask.

Checkpoints hold whole tensors by name in safetensors files: the first process gathers one after another and writes
them, and whoever resumes reads its slices. The same files therefore serve any number of processes, one included, and
any program. ``torch.distributed.checkpoint`` would write in parallel, but its index is a pickle, and nothing here is
loaded by executing it; what it costs is that the first process has room for the whole state in its ordinary memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn


def is_sharded(tensor: Shaped[Tensor, "*_"]) -> bool:
    """Whether other processes have other parts of it (asked without loading what only they need)."""
    return hasattr(tensor, "placements")


@torch.no_grad()
def local_of(tensor: Shaped[Tensor, "*_"]) -> Shaped[Tensor, "*_"]:
    """The part that this process holds; writing into it writes into ``tensor``."""
    held: Any = tensor
    local: Tensor = held.to_local() if is_sharded(tensor) else tensor
    return local


def whole_of(tensor: Shaped[Tensor, "*_"]) -> Shaped[Tensor, "*_"]:
    """All of it, in every process; all of them have to ask at the same time."""
    held: Any = tensor
    whole: Tensor = held.full_tensor() if is_sharded(tensor) else tensor
    return whole


def own_part(whole: Shaped[Tensor, "*_"], like: Shaped[Tensor, "*_"]) -> Shaped[Tensor, "*_"]:
    """Of a ``whole`` tensor the part that this process holds of ``like``, which has the same shape."""
    layout: Any = like
    if not is_sharded(like) or not layout.placements[0].is_shard():
        return whole
    axis, rank, size = layout.placements[0].dim, layout.device_mesh.get_local_rank(), layout.device_mesh.size()
    each = -(-whole.shape[axis] // size)
    start = min(rank * each, whole.shape[axis])
    return whole.narrow(axis, start, min(each, whole.shape[axis] - start))


def sharded_like(part: Shaped[Tensor, "*_"], like: Shaped[Tensor, "*_"]) -> Shaped[Tensor, "*_"]:
    """This process's ``part`` of a tensor that is laid out like another."""
    if not is_sharded(like):
        return part
    from torch.distributed.tensor import DTensor

    layout: Any = like
    result: Tensor = DTensor.from_local(
        part, layout.device_mesh, layout.placements, run_check=False, shape=like.shape, stride=like.stride()
    )
    return result


def norm_of(gradients: Sequence[Float[Tensor, "*_"]]) -> Float[Tensor, ""]:
    """The norm of all of them together, those that lie in slices among them; every process has to ask."""
    kinds = [[g for g in gradients if is_sharded(g) == sharded] for sharded in (False, True)]
    norms = [whole_of(nn.utils.get_total_norm(kind)) for kind in kinds if kind]
    return norms[0] if len(norms) == 1 else nn.utils.get_total_norm(norms)
