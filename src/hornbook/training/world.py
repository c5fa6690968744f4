"""The processes that share one training: which of them this is, and the few things they tell each other.

``torchrun``, ``hornbook train --nproc`` and cluster schedulers say it the same way, in the environment: ``RANK`` (this
process), ``WORLD_SIZE`` (how many), ``LOCAL_RANK`` (which of this machine), ``MASTER_ADDR`` and ``MASTER_PORT`` (where
to meet). What travels is tensors and JSON, never an object that has to be executed. Next: distribution.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from jaxtyping import Shaped
from torch import Tensor

from hornbook.errors import NeighbourError, SettingError

T = TypeVar("T")

LOST = ("gloo", "nccl", "connection closed", "connection reset", "timed out", "timeout", "socket", "store")
"""Words by which PyTorch's errors about other processes are known."""


@dataclass(frozen=True)
class World:
    """This process among ``size``: ``rank`` counts from 0, and 0 is the one that writes files and talks."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and talks."""
        return self.rank == 0

    def sum(self, values: Shaped[Tensor, "*_"]) -> Shaped[Tensor, "*_"]:
        """``values`` added up over all processes, in place."""
        if self.size > 1:
            dist.all_reduce(values)
        return values

    def highest(self, number: int) -> int:
        """The largest of what the processes say."""
        if self.size == 1:
            return number
        value = torch.tensor(number)
        dist.all_reduce(value, dist.ReduceOp.MAX)
        return int(value)

    def from_first(self, value: T) -> T:
        """What the first process says, as plain data (JSON); what the others say is not looked at."""
        if self.size == 1:
            return value
        text = json.dumps(value).encode() if self.first else b""
        length = torch.tensor(len(text))
        dist.broadcast(length, 0)
        buffer = torch.zeros(int(length), dtype=torch.uint8)
        if self.first:
            buffer.copy_(torch.frombuffer(bytearray(text), dtype=torch.uint8))
        dist.broadcast(buffer, 0)
        said: T = json.loads(bytes(buffer.tolist()))
        return said

    def in_turn(self, action: Callable[[], T]) -> T:
        """``action``, in the first process before the others begin with it: they find made what it makes.

        Raises:
            NeighbourError: it failed in the first process, which says why.
        """
        if self.first:
            done = False
            try:
                result = action()
                done = True
            finally:
                self.from_first(done)
            return result
        if not self.from_first(False):
            raise NeighbourError("the first process of this training could not go on; it says why")
        return action()

    def led(self, length: Callable[[int], float]) -> Callable[[int], float]:
        """How far a run has come, by the first process's clock: all have to make the same steps."""
        if self.size == 1:
            return length
        return lambda step: self.from_first(length(step))


ALONE = World()
"""One process that does everything."""


def world_size() -> int:
    """How many processes share what this one was started for."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def restarted() -> bool:
    """Whether these processes take the place of others that failed (``--max-restarts``)."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0


@contextmanager
def joined(patience: float, device: str = "auto") -> Iterator[World]:
    """Meet the other processes, for as long as the block takes; alone where nobody else was started.

    Inside another such block they have met already: it is a race to part and meet again at the same address.
    ``patience`` is the seconds after which one that does not answer is taken for hung.

    Raises:
        SettingError: the environment says how many there are and not which this is.
        NeighbourError: another process ended, or did not answer in time.
    """
    if world_size() == 1:
        yield ALONE
        return
    if dist.is_initialized():
        yield World(dist.get_rank(), dist.get_world_size(), int(os.environ.get("LOCAL_RANK", "0")))
        return
    if missing := [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]:
        raise SettingError(f"WORLD_SIZE is {world_size()}, and {', '.join(missing)} not set; start it with torchrun")
    world = World(int(os.environ["RANK"]), world_size(), int(os.environ.get("LOCAL_RANK", "0")))
    gpus = device != "cpu" and torch.cuda.is_available()
    if gpus:
        if world.local_rank >= torch.cuda.device_count():
            found = torch.cuda.device_count()
            raise SettingError(f"process {world.local_rank} of this machine has no GPU of its own: there are {found}")
        torch.cuda.set_device(world.local_rank)
    with neighbours_explained(world, patience):
        dist.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo", timeout=timedelta(seconds=patience))
        try:
            world.highest(0)  # nobody goes on, or fails, before all are there
            yield world
        finally:
            dist.destroy_process_group()


@contextmanager
def neighbours_explained(world: World, patience: float) -> Iterator[None]:
    """Turn PyTorch's errors about other processes into one sentence; all other errors pass."""
    try:
        yield
    except RuntimeError as error:
        first = str(error).strip().partition("\n")[0]
        if not isinstance(error, dist.DistError) and not any(word in first.lower() for word in LOST):
            raise
        raise NeighbourError(
            f"process {world.rank} lost another of the {world.size} of this training: it ended, or did not answer for "
            f"{patience:g} s ({first[:160]}); hornbook train --resume goes on from the last checkpoint"
        ) from error
