"""How several processes share one training: what each holds, which rows it reads, when they exchange gradients.

A batch of B rows over n processes is n batches of B/n rows. Losses are sums (objectives.py), and so are gradients: the
gradient of the whole batch is the sum of what the processes found, and one division by the number of *all* targets
gives the mean, whatever the rows have of padding. That is why the losses are those of one process.

``STRATEGIES`` maps a choice in the recipe to a function that puts it on a model, and the loop is handed the ``Share``
that comes out. How the exchange works inside stands in by_hand.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from jaxtyping import Shaped
from torch import Tensor, nn

from hornbook.errors import SettingError
from hornbook.model.blocks import Block
from hornbook.model.experts import Mixture
from hornbook.training.config import DataParallel, DistributionConfig, FullySharded, TensorParallel
from hornbook.training.objectives import Loss, Objective
from hornbook.training.tensor_parallel import deal_out
from hornbook.training.world import ALONE, World

Batch = TypeVar("Batch")


class Learner(nn.Module):
    """A model under whatever objective, as one module: what wraps it sees one pass from a batch to its loss."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, objective: Objective, batch: Any) -> Loss:
        """The loss of a batch."""
        return objective(self.model, batch)


@dataclass(frozen=True)
class Share:
    """One process's part in a training.

    ``learn`` is objective and batch to loss; ``accumulating(last)`` surrounds every micro-batch of a step, so that
    gradients travel once, after the ``last``; ``sum`` adds up numbers over the processes that read other rows; ``part``
    picks this process's rows; ``draws`` makes its dropout another than its neighbours'.
    """

    learn: Callable[[Objective, Any], Loss]
    world: World = ALONE
    accumulating: Callable[[bool], AbstractContextManager[Any]] = lambda last: nullcontext()
    sum: Callable[[Shaped[Tensor, "*_"]], Shaped[Tensor, "*_"]] = lambda values: values
    part: Callable[[Any], Any] = lambda batch: batch
    draws: tuple[int, ...] = ()


def alone(model: nn.Module) -> Share:
    """One process that does everything."""
    return Share(Learner(model))


def data_parallel(model: nn.Module, config: DataParallel, world: World, dtype: torch.dtype) -> Share:
    """The whole model everywhere; every process reads its rows, and gradients are summed while they are computed."""
    learner = nn.parallel.DistributedDataParallel(
        Learner(model),
        forward_sync_buffers=False,
        bucket_cap_mb=config.bucket_megabytes,
        gradient_as_bucket_view=True,
        find_unused_parameters=any(isinstance(module, Mixture) for module in model.modules()),
    )
    learner.register_comm_hook(None, lambda state, bucket: summed(bucket))
    return Share(
        learner,
        world,
        accumulating=lambda last: nullcontext() if last else learner.no_sync(),
        sum=world.sum,
        part=lambda batch: rows_of(batch, world),
        draws=(world.rank,),
    )


def summed(bucket: Any) -> Any:
    """Add a bucket of gradients up over all processes, without the division by their number that is usual here.

    ``bucket`` is PyTorch's ``GradBucket``; what is returned is the future of its sum."""
    sent = dist.all_reduce(bucket.buffer(), async_op=True).get_future()
    return sent.then(lambda future: future.value()[0])


def fully_sharded(model: nn.Module, config: FullySharded, world: World, dtype: torch.dtype) -> Share:
    """A slice of every weight everywhere; a block's weights are whole only while it runs.

    In bfloat16 the weights of blocks travel as such, half the bytes, and gradients are summed in float32; what is
    between the blocks stays in float32, as without slices.
    """
    from torch.distributed.fsdp import CPUOffloadPolicy, FSDPModule, MixedPrecisionPolicy, OffloadPolicy, fully_shard

    narrow = MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32, cast_forward_inputs=False)
    plain = MixedPrecisionPolicy(cast_forward_inputs=False)
    more: dict[str, Any] = {"offload_policy": CPUOffloadPolicy() if config.offload else OffloadPolicy()}
    for block in [module for module in model.modules() if isinstance(module, Block)]:
        fully_shard(block, mp_policy=plain if dtype == torch.float32 else narrow, **more)
    learner: Any = fully_shard(Learner(model), mp_policy=plain, **more)
    for module in [each for each in learner.modules() if isinstance(each, FSDPModule)]:
        module.set_force_sum_reduction_for_comms(True)  # a sum, as all losses here are, and not the usual mean
        module.set_gradient_divide_factor(1.0)

    def accumulating(last: bool) -> AbstractContextManager[Any]:
        learner.set_requires_gradient_sync(last)
        return nullcontext()

    return Share(learner, world, accumulating, world.sum, lambda batch: rows_of(batch, world), (world.rank,))


def tensor_parallel(model: nn.Module, config: TensorParallel, world: World, dtype: torch.dtype) -> Share:
    """Some heads and hidden features of every block everywhere; all processes read the same rows and find one loss."""
    from torch.distributed.device_mesh import init_device_mesh

    deal_out(model, init_device_mesh(next(model.parameters()).device.type, (world.size,)))
    return Share(Learner(model), world)


STRATEGIES: dict[type, Callable[[nn.Module, Any, World, torch.dtype], Share]] = {
    DataParallel: data_parallel,
    FullySharded: fully_sharded,
    TensorParallel: tensor_parallel,
}
"""What each choice in a recipe does to a model."""


def shared_out(model: nn.Module, config: DistributionConfig, world: World, dtype: torch.dtype = torch.float32) -> Share:
    """This process's share of a training; call it before the optimizer is made, whose parameters it may change.

    ``dtype`` is that of the run's multiplications.
    """
    return alone(model) if world.size == 1 else STRATEGIES[type(config)](model, config, world, dtype)


def check_rows(rows: int, config: DistributionConfig, world: World) -> None:
    """Refuse a batch that would leave a process without a row.

    Raises:
        SettingError: with what to change.
    """
    if rows < world.size and not isinstance(config, TensorParallel):
        raise SettingError(
            f"batch: {rows} rows at a time are too few for {world.size} processes; make training.batch larger or "
            "training.micro_batches smaller"
        )


def rows_of(batch: Batch, world: World) -> Batch:
    """This process's rows of a batch (a dataclass of tensors with rows first, possibly nested), in order.

    Where the rows cannot be divided evenly, the numbers differ by one.
    """
    if not dataclasses.is_dataclass(batch) or isinstance(batch, type):
        return batch
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(batch):
        value = getattr(batch, field.name)
        if isinstance(value, Tensor) and value.dim():
            rows = len(value)
            changes[field.name] = value[rows * world.rank // world.size : rows * (world.rank + 1) // world.size]
        elif not isinstance(value, Tensor):
            changes[field.name] = rows_of(value, world)
    return dataclasses.replace(batch, **changes)
