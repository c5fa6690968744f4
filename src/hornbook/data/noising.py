"""Noise on what is read, and doubt about what was seen once: the smoothing of Kneser and Ney for a neural model.

A short text is read many times, and soon known by heart. What an n-gram model does against that is done here to the
batches (Xie et al. 2017, "Data noising as smoothing in neural network language models"), with one discount
``d`` and counts of the training text alone:

    read        a token x becomes another with probability  d * N(x *) / c(x):  of c(x) times x was read, N(x *)
                different tokens followed, and the more of them, the less the last one tells; in its place stands y
                with probability N(* y) / N(* *), by how many different tokens y follows
    asked for   a token that the text has once becomes, with probability d, one that it never has, each as likely as
                any: what was seen once was, a moment before, never seen (Good 1953). A share d * N_1 / N of what is
                asked goes to new tokens. (That paper changes what is asked for in another way.)

Every step draws anew; measuring is never noised. Next: tokenizing.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Float, Int

from hornbook.batches import IGNORED, Texts
from hornbook.data.batches import Batches, in_parts
from hornbook.data.remade import RemadeBatches
from hornbook.seeds import numpy_generator

COUNTED = 20_000_000
"""Tokens that are counted at most, from the first on: of a longer text, that is enough to know it by."""


@dataclass(frozen=True, eq=False)
class Noise:
    """What becomes of each of V tokens; special tokens stay, and nothing becomes one."""

    replaced: Float[np.ndarray, " V"]
    """How likely a token that is read is to become another."""
    proposal: Float[np.ndarray, " V"]
    """Which one then: the cumulated distribution, from above 0 to 1."""
    doubted: Float[np.ndarray, " V"]
    """How likely a token that is asked for is to become one that is new."""
    new: Int[np.ndarray, " _"]
    """The tokens that the text never has."""

    @classmethod
    def counted(
        cls, tokens: npt.NDArray[np.integer], vocabulary: int, discount: float, special: Int[np.ndarray, " _"]
    ) -> Noise:
        """The noise of a training text ``tokens`` [N]; with ``discount`` 0 there would be none."""
        ids = np.asarray(tokens[:COUNTED], dtype=np.int64)
        count = np.bincount(ids, minlength=vocabulary)
        before, after = np.divmod(np.unique(ids[:-1] * vocabulary + ids[1:]), vocabulary)
        followed, follows = (np.bincount(side, minlength=vocabulary).astype(np.float64) for side in (before, after))
        replaced = discount * followed / np.maximum(count, 1)
        doubted = np.where(count == 1, discount, 0.0)
        for of_each in (replaced, doubted, follows):
            of_each[special] = 0.0
        new = np.setdiff1d(np.flatnonzero(count == 0), special)
        cumulated = np.cumsum(follows)
        return cls(replaced, cumulated / max(cumulated[-1], 1.0), doubted if len(new) else np.zeros(vocabulary), new)

    def on(self, texts: Texts, generator: np.random.Generator) -> Texts:
        """The same texts with noise; tokens that stand nowhere and targets that are not asked stay as they are."""
        tokens, targets = texts.tokens.numpy(), texts.targets.numpy()
        drawn = np.searchsorted(self.proposal, generator.random(tokens.shape), side="right")
        read = np.where(generator.random(tokens.shape) < self.replaced[tokens], drawn, tokens)
        chance = np.where(targets == IGNORED, 0.0, self.doubted[np.maximum(targets, 0)])
        hit = generator.random(targets.shape) < chance
        asked = targets.copy()
        asked[hit] = self.new[generator.integers(max(len(self.new), 1), size=int(hit.sum()))]
        return Texts(torch.from_numpy(read), torch.from_numpy(asked), texts.positions, texts.places)


class NoisedBatches(RemadeBatches[Texts]):
    """The texts of ``batches`` with noise: which is a function of (seed, step), as the texts are."""

    def __init__(self, batches: Batches, noise: Noise) -> None:
        super().__init__(batches)
        self.noise = noise

    def remade(self, texts: Texts, step: int) -> list[Texts]:
        """The micro-batches of a step; tokens and targets [batch / micro_batches, context]."""
        return in_parts(self.noise.on(texts, numpy_generator(self.seed, "noise", step)), self.micro_batches)
