"""What DistributedDataParallel and a sharded optimizer do, written out with nothing but messages between neighbours.

*All-reduce in a ring* (Patarasu & Yuan 2009). The vector is cut into n slices. In n - 1 rounds every process passes one
slice on to its right, who adds its own: then each holds one slice of the sum (reduce-scatter). In n - 1 more rounds the
finished slices go round (all-gather). Every process has sent 2 (n - 1) slices of size S / n::

    bytes = 2 (n - 1) / n * S        whatever n is, less than twice the gradients

*Buckets* (Li et al. 2020, section 3.2): gradients are ready in about the reverse order of the layers, and those that
are ready can travel while others are still computed. A few large messages cost less than many small ones.

*A sharded optimizer* (ZeRO-1, Rajbhandari et al. 2020, section 5.1): between the two halves of the ring each process
has one slice of the summed gradient. It updates that slice of the weights alone, and passes weights round instead of
gradients. The bytes are the same, and of the optimizer's memory each has 1/n.

Tests prove both equal to PyTorch's; ``benchmarks/exchange.py`` prints the bytes beside the formula.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.training.world import World

Vector = Float[Tensor, " N"]
Slice = Float[Tensor, " M"]


@dataclass
class Ring:
    """This process between its two neighbours; ``sent`` counts the bytes it has given to the right."""

    world: World
    sent: int = 0

    def pass_on(self, slices: Sequence[Slice], give: int, take: int, into: Slice) -> None:
        """Give one slice to the right while taking another from the left."""
        right, left = (self.world.rank + 1) % self.world.size, (self.world.rank - 1) % self.world.size
        gone, come = dist.isend(slices[give], right), dist.irecv(into, left)
        assert gone is not None and come is not None
        come.wait()
        gone.wait()
        self.sent += slices[give].numel() * slices[give].element_size()

    def reduce_scatter(self, vector: Vector) -> Slice:
        """Sum ``vector`` (a multiple of n long) over all processes; the slice whose sum this process holds then.

        It is slice ``rank``. In round r a process gives slice rank - 1 - r, to which all before it have added.
        """
        n, rank = self.world.size, self.world.rank
        slices, into = vector.chunk(n), torch.empty_like(vector.chunk(n)[0])
        for turn in range(n - 1):
            take = (rank - 2 - turn) % n
            self.pass_on(slices, (rank - 1 - turn) % n, take, into)
            slices[take].add_(into)
        return slices[rank]

    def all_gather(self, vector: Vector) -> None:
        """Every process has slice ``rank`` of ``vector``; afterwards all have all of it."""
        n, rank = self.world.size, self.world.rank
        slices = vector.chunk(n)
        for turn in range(n - 1):
            take = (rank - 1 - turn) % n
            self.pass_on(slices, (rank - turn) % n, take, slices[take])

    def all_reduce(self, vector: Vector) -> None:
        """Sum ``vector`` over all processes, in place."""
        self.reduce_scatter(vector)
        self.all_gather(vector)


def flat(tensors: Iterable[Float[Tensor, "*_"]], multiple: int) -> Vector:
    """Tensors as one vector, with zeros behind so that its length is a multiple of ``multiple``."""
    vector = torch.cat([tensor.flatten() for tensor in tensors])
    return nn.functional.pad(vector, (0, -len(vector) % multiple))


def laid_back(vector: Vector, tensors: Sequence[Float[Tensor, "*_"]]) -> None:
    """Copy a vector back into the tensors it was made of."""
    pieces = torch.split(vector, [*(t.numel() for t in tensors), len(vector) - sum(t.numel() for t in tensors)])
    for tensor, piece in zip(tensors, pieces, strict=False):
        tensor.copy_(piece.view_as(tensor))


@dataclass
class Buckets:
    """Gradients are summed over the processes bucket by bucket, as soon as the backward pass has made a bucketful.

    Buckets are filled in the reverse order of the parameters and hold at most ``most`` bytes (or one larger tensor).
    Nothing is sent while ``holding``.
    """

    ring: Ring
    parameters: Sequence[nn.Parameter]
    most: int
    holding: bool = False
    buckets: list[list[nn.Parameter]] = field(default_factory=list)
    missing: list[set[nn.Parameter]] = field(default_factory=list)
    next: int = 0

    def __post_init__(self) -> None:
        size = self.most + 1
        for parameter in reversed(self.parameters):
            bytes_of = parameter.numel() * parameter.element_size()
            if size + bytes_of > self.most:
                self.buckets.append([])
                size = 0
            self.buckets[-1].append(parameter)
            size += bytes_of
        self.missing = [set(bucket) for bucket in self.buckets]
        where = {parameter: place for place, bucket in enumerate(self.buckets) for parameter in bucket}
        for parameter in self.parameters:
            parameter.register_post_accumulate_grad_hook(  # type: ignore[no-untyped-call]
                self.hook(where[parameter])
            )

    def hook(self, place: int) -> Callable[[Float[Tensor, "*_"]], None]:
        """What happens when a gradient of this bucket is ready: nothing, until it is the last one."""

        def ready(parameter: Tensor) -> None:
            if self.holding:
                return
            assert isinstance(parameter, nn.Parameter)
            self.missing[place].discard(parameter)
            while self.next < len(self.buckets) and not self.missing[self.next]:  # all send in the same order
                self.send(self.buckets[self.next])
                self.next += 1
            if self.next == len(self.buckets):
                self.next, self.missing = 0, [set(bucket) for bucket in self.buckets]

        return ready

    def send(self, bucket: Sequence[nn.Parameter]) -> None:
        """Sum a bucket's gradients over all processes."""
        gradients = [parameter.grad for parameter in bucket if parameter.grad is not None]
        vector = flat(gradients, self.ring.world.size)
        self.ring.all_reduce(vector)
        laid_back(vector, gradients)


class ShardedOptimizer:
    """An optimizer that moves numbers one by one (AdamW), of whose memory every process has its n-th part.

    ``make`` builds it over one parameter, this process's slice of all weights. Before ``step`` the gradients are those
    of this process alone; ``scale`` multiplies their sum.
    """

    def __init__(
        self,
        ring: Ring,
        parameters: Sequence[nn.Parameter],
        make: Callable[[list[nn.Parameter]], torch.optim.Optimizer],
    ) -> None:
        self.ring, self.parameters = ring, list(parameters)
        self.own = nn.Parameter(self.slice_of(flat([p.detach() for p in self.parameters], ring.world.size)).clone())
        self.optimizer = make([self.own])

    def slice_of(self, vector: Vector) -> Slice:
        """The slice of this process."""
        return vector.chunk(self.ring.world.size)[self.ring.world.rank]

    @torch.no_grad()
    def step(self, scale: float = 1.0) -> None:
        """Sum the gradients, half of a ring; update the own slice; pass the weights round, the other half."""
        gradients = flat([p.grad for p in self.parameters if p.grad is not None], self.ring.world.size)
        self.own.grad = self.ring.reduce_scatter(gradients) * scale
        self.optimizer.step()
        weights = flat(self.parameters, self.ring.world.size)
        self.slice_of(weights).copy_(self.own)
        self.ring.all_gather(weights)
        laid_back(weights, self.parameters)

    @property
    def remembered(self) -> int:
        """Bytes of the optimizer's memory in this process."""
        states = self.optimizer.state[self.own].values()
        return sum(value.numel() * value.element_size() for value in states if isinstance(value, Tensor))


def bytes_by_formula(size: int, processes: int) -> float:
    """2 (n - 1) / n times ``size`` bytes: what each of n processes sends."""
    return 2 * (processes - 1) / processes * size
