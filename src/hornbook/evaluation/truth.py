"""Model probability beside true probability: what only a source that is known makes possible.

On natural text nobody knows how likely the next word was, so a model is judged by what happened to come. The story
world and the Markov sources know: for every beginning of a text, how likely each next token is. So the divergence of
the model from the truth is computed, not estimated (Cover and Thomas, "Elements of Information Theory", section 2.3):

    KL(p || q) = sum over tokens of p (ln p - ln q)        p: the source's, q: the model's

It is what the model loses beyond the entropy of the source, at every place. Next: the floor of a whole text (floor.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.corpus.markov import MarkovSource
from hornbook.corpus.sources import MARKOV_SYMBOLS
from hornbook.corpus.story_world.continuing import continuations
from hornbook.corpus.story_world.world import WORLD, World
from hornbook.errors import SettingError
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.characters import CharacterTokenizer
from hornbook.tokenizers.patterns import pieces
from hornbook.tokenizers.protocol import Tokenizer

Truth = Callable[[Sequence[int]], Float[np.ndarray, " V"]]
"""Given the tokens of a text from its first one on: the probability of every token that may follow."""


# The sources ---------------------------------------------------------------------------------------------------------


def truth_of_markov(tokenizer: Tokenizer, order: int) -> Truth:
    """The Markov source of this order, for a tokenizer of its letters.

    Raises:
        SettingError: the tokenizer has tokens of several letters.
    """
    if not isinstance(tokenizer, CharacterTokenizer):
        raise SettingError("the truth of a Markov source is known for letters; train with the tokenizer `characters`")
    source = MarkovSource(order, MARKOV_SYMBOLS, seed=0)
    letters = source.letters(np.arange(MARKOV_SYMBOLS))
    places = [tokenizer.ids.get(letter, -1) for letter in letters]

    def truth(before: Sequence[int]) -> Float[np.ndarray, " V"]:
        found = np.zeros(tokenizer.vocab_size + 1)  # one more for letters that the tokenizer has never met
        found[places] = source.following(tokenizer.decode(before))
        known: Float[np.ndarray, " V"] = found[:-1] / found[:-1].sum()
        return known

    return truth


def truth_of_stories(tokenizer: Tokenizer, world: World = WORLD) -> Truth:
    """The story world, for a tokenizer of bytes or characters: every way to tell on is told until its next token is
    settled, and put down to that token; after a story's last word comes the end of the text.

    A way that would have been cut into other tokens so far is left out: it cannot follow these.

    Raises:
        SettingError: another tokenizer, whose tokens no beginning of a text settles.
    """
    if not isinstance(tokenizer, BytePairTokenizer | CharacterTokenizer):
        raise SettingError(
            f"the truth of the story world is known for tokens of bytes and characters, and this run has tokens of "
            f"{tokenizer.kind}"
        )
    pattern = tokenizer.pattern if isinstance(tokenizer, BytePairTokenizer) else None
    end = tokenizer.roles.end

    def settled(text: str) -> str:
        """The part of a text whose tokens are those whatever follows: all but its last piece, which may grow."""
        return text if pattern is None else "".join(pieces(text, pattern)[:-1])

    def truth(before: Sequence[int]) -> Float[np.ndarray, " V"]:
        said = tokenizer.decode(before)
        sure = settled(said)
        known = len(tokenizer.encode(sure))
        given = list(before[known:])

        def enough(text: str) -> bool:
            return len(tokenizer.encode(settled(text[len(sure) :]))) > len(given)

        found: Float[np.ndarray, " V"] = np.zeros(tokenizer.vocab_size)
        for telling in continuations(said, enough, world):
            tokens = tokenizer.encode(telling.text[len(sure) :])
            if tokens[: len(given)] == given:
                token = tokens[len(given)] if len(tokens) > len(given) else end
                found[token] += np.exp(telling.log_probability)
        found /= found.sum()
        return found

    return truth


TRUTHS: dict[str, Callable[[Tokenizer], Truth]] = {
    "stories": truth_of_stories,
    "markov-1": lambda tokenizer: truth_of_markov(tokenizer, 1),
    "markov-2": lambda tokenizer: truth_of_markov(tokenizer, 2),
    "markov-3": lambda tokenizer: truth_of_markov(tokenizer, 3),
}
"""The corpora whose source is known."""


# The comparison ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stretch:
    """Places with ``first`` to ``last`` tokens of their text before them; nats per token."""

    first: int
    last: int
    places: int
    entropy: float
    divergence: float


@dataclass(frozen=True)
class AgainstTruth:
    """A model beside the source of its text at ``places`` places; nats per token."""

    places: int
    entropy: float
    divergence: float
    stretches: list[Stretch]
    curve: list[tuple[float, float, int]]
    """For tokens of about one model probability: its mean, the mean of the true probability, how many."""
    temperature: float
    """By which the logits would have to be divided for the least divergence ..."""
    divergence_then: float
    """... which would be this."""

    def as_json(self) -> dict[str, Any]:
        """Everything as numbers; ``loss`` is what is to be expected: entropy and divergence."""
        return asdict(self) | {"loss": self.entropy + self.divergence}


EDGES = (0.0, 0.001, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 1.0)
"""Between these model probabilities lie the points of the curve."""


def against_truth(
    truth: Float[np.ndarray, "N V"], logits: Float[Tensor, "N V"], seen: Int[np.ndarray, " N"]
) -> AgainstTruth:
    """Compare N distributions with the true ones; ``seen``: how many tokens of its text stood before each."""
    true = torch.from_numpy(truth)
    entropies = -torch.special.xlogy(true, true).sum(-1).numpy()
    by_place = divergences(true, logits.double())
    stretches, first = [], 0
    while first <= seen.max():
        last = 2 * first if first else 0
        here = (seen >= first) & (seen <= last)
        if here.any():
            stretches.append(
                Stretch(first, last, int(here.sum()), float(entropies[here].mean()), float(by_place[here].mean()))
            )
        first = last + 1
    temperature = best_temperature(true, logits.double())
    then = float(divergences(true, logits.double() / temperature).mean())
    curve = curve_of(truth, logits.double().softmax(-1).numpy())
    return AgainstTruth(
        len(truth), float(entropies.mean()), float(by_place.mean()), stretches, curve, temperature, then
    )


def divergences(true: Float[Tensor, "N V"], logits: Float[Tensor, "N V"]) -> Float[np.ndarray, " N"]:
    """KL(true || softmax(logits)) of every row, in nats; what never comes costs nothing."""
    terms = torch.special.xlogy(true, true) - true * logits.log_softmax(-1)
    found: Float[np.ndarray, " N"] = torch.where(true > 0, terms, 0.0).sum(-1).numpy()
    return found


def best_temperature(true: Float[Tensor, "N V"], logits: Float[Tensor, "N V"]) -> float:
    """The temperature of the least divergence, from 0.05 to 20: it is convex in 1/temperature, so thirds will do."""
    low, high = 0.05, 20.0
    while high - low > 1e-4 * low:
        left, right = (2 * low + high) / 3, (low + 2 * high) / 3
        if divergences(true, logits * left).mean() < divergences(true, logits * right).mean():
            high = right
        else:
            low = left
    return 2 / (low + high)


def curve_of(truth: Float[np.ndarray, "N V"], model: Float[np.ndarray, "N V"]) -> list[tuple[float, float, int]]:
    """What is true of the tokens to which the model gives about one probability; an oracle lies on the diagonal."""
    where = np.digitize(model.ravel(), EDGES[1:-1])
    count = np.bincount(where, minlength=len(EDGES) - 1)
    said, is_true = (np.bincount(where, each.ravel(), len(EDGES) - 1) for each in (model, truth))
    return [(float(said[b] / n), float(is_true[b] / n), int(n)) for b, n in enumerate(count) if n]
