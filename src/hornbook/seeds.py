"""One seed for a whole run, and a generator of its own for everything that is random.

A generator is made from the seed *and the name of what it is for*: ``torch_generator(seed, "dropout", step)``. Nothing
has to be carried along or saved: the same names give the same numbers, so whatever happens at a step is a pure function
of (seed, step), and asking for one more random number in one place never changes those of another.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def derive(seed: int, *names: str | int) -> int:
    """A seed of 63 bits for what ``names`` describe, by SHA-256: the same on every platform."""
    text = "\x1f".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def torch_generator(seed: int, *names: str | int) -> torch.Generator:
    """A fresh PyTorch generator (on the CPU) for what ``names`` describe."""
    import torch  # here, so that texts can be made up and numbers drawn where there is none

    return torch.Generator().manual_seed(derive(seed, *names))


def numpy_generator(seed: int, *names: str | int) -> np.random.Generator:
    """A fresh NumPy generator for what ``names`` describe."""
    return np.random.Generator(np.random.PCG64(derive(seed, *names)))
