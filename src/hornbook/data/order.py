"""Which windows a step reads: a pure function of (seed, step), with nothing to save and nothing to fast-forward.

Both orders return the tokens at which the windows of a step begin. Whoever resumes at step 700 asks for step 700.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hornbook.seeds import derive, numpy_generator

Indices = npt.NDArray[np.int64]

ROUNDS = 8


@dataclass(frozen=True)
class RandomOrder:
    """Windows of ``context`` + 1 tokens that begin anywhere in ``tokens`` with equal chance, with replacement."""

    tokens: int
    context: int
    batch: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Steps after which as many targets were asked for as there are in the file."""
        return max(1, -(-(self.tokens - 1) // (self.context * self.batch)))

    def starts(self, step: int) -> Indices:
        """Where the ``batch`` windows of a step begin."""
        return numpy_generator(self.seed, "order", step).integers(0, self.tokens - self.context, self.batch)


@dataclass(frozen=True)
class ShuffledOrder:
    """Every window of a grid with this ``stride`` once per epoch, in another order and from another phase each time.

    Epochs follow one another without a gap: a batch that the end of one does not fill takes the rest from the next.
    """

    tokens: int
    context: int
    batch: int
    seed: int
    stride: int

    @property
    def windows(self) -> int:
        """Windows in an epoch: as many as fit whatever the phase."""
        return max(1, (self.tokens - self.context) // self.stride)

    @property
    def steps_per_epoch(self) -> int:
        """Steps after which every window was read."""
        return -(-self.windows // self.batch)

    def phase(self, epoch: int) -> int:
        """Where the grid begins in an epoch: anywhere between the first token and the last that leaves room for it."""
        room = self.tokens - self.context - (self.windows - 1) * self.stride
        return int(numpy_generator(self.seed, "phase", epoch).integers(0, room))

    def starts(self, step: int) -> Indices:
        """Where the ``batch`` windows of a step begin."""
        epochs, places = epochs_and_places(step, self.batch, self.windows, self.seed)
        phases = {epoch: self.phase(epoch) for epoch in set(epochs.tolist())}
        return np.array([phases[epoch] for epoch in epochs.tolist()], dtype=np.int64) + places * self.stride


def epochs_and_places(step: int, batch: int, size: int, seed: int) -> tuple[Indices, Indices]:
    """The epoch of every row of a step, and which of ``size`` things it is: each once per epoch, shuffled."""
    count = np.arange(step * batch, (step + 1) * batch, dtype=np.int64)
    epochs, places = count // size, count % size
    for epoch in set(epochs.tolist()):
        inside = epochs == epoch
        places[inside] = shuffled(places[inside], size, derive(seed, "epoch", epoch))
    return epochs, places


def shuffled(places: Indices, size: int, key: int) -> Indices:
    """Where a shuffle of 0..``size``-1 chosen by ``key`` puts these places, without laying out the shuffle.

    A Feistel network permutes the numbers of an even count of bits: each round adds to one half a hash of the other
    (Luby & Rackoff 1988). What falls outside ``size`` is sent through again until it does not, which keeps it a
    permutation (cycle-walking, Black & Rogaway 2002). Memory does not grow with ``size``.
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    keys = np.random.Generator(np.random.PCG64(key)).integers(0, 1 << 63, ROUNDS, dtype=np.uint64)
    result = places.astype(np.uint64)
    outside = np.ones(len(result), dtype=bool)
    while outside.any():
        result[outside] = feistel(result[outside], half, keys)
        outside = result >= size
    return result.astype(np.int64)


def feistel(values: npt.NDArray[np.uint64], half: int, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """One pass of the network over numbers of 2 x ``half`` bits."""
    shift, mask = np.uint64(half), np.uint64((1 << half) - 1)
    left, right = values >> shift, values & mask
    for key in keys:
        left, right = right, left ^ (mixed(right ^ key) & mask)
    return (left << shift) | right


def mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A hash of 64 bits to 64 bits (the finalizer of SplitMix64, Steele et al. 2014); overflow is meant."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
