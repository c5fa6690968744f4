"""Interpolated modified Kneser-Ney: the n-gram model a neural one has to beat.

    Stanley F. Chen and Joshua Goodman, "An empirical study of smoothing techniques for language modeling",
    Computer Speech & Language 13 (1999), sections 3 and 4.

A token follows its history as often as it was seen to, less a discount; what the discounts save goes to the same
question asked of a history one token shorter, down to the uniform distribution. Below the highest order a token is not
counted by how often it was seen but by how many different tokens it was seen after: "Francisco" is frequent, yet
follows little but "San".

Two of them: ``ReadableKneserNey`` is the definition, one probability at a time from dictionaries; ``KneserNey`` gives
the same numbers (a test holds them equal) for millions of tokens in seconds, all orders in one pass.

A history that is cut off, by the start of the text or of a window, is treated like one never seen: the distribution of
the order that fits is used, as any Kneser-Ney model does on its way down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Integer

from hornbook.errors import SettingError, TextError

UNKNOWN = -1
"""The number of an n-gram that the training text does not contain."""


@dataclass(frozen=True)
class Discounts:
    """What is taken from a count of one, of two, and of three or more."""

    one: float
    two: float
    more: float

    def __getitem__(self, count: int) -> float:
        """The discount of an n-gram with this count; nothing is taken from nothing."""
        return (0.0, self.one, self.two, self.more)[min(count, 3)]

    def table(self) -> Float[np.ndarray, " counts"]:
        """The discounts of the counts 0, 1, 2 and 3 or more."""
        return np.array([self[count] for count in range(4)])

    @classmethod
    def estimated(cls, ones: int, twos: int, threes: int, fours: int) -> Discounts:
        """From the numbers of n-grams counted exactly once to four times (Chen and Goodman 1999, equation 17).

        Where those are too few to tell (a small alphabet has no symbol seen only once) a discount becomes half its
        limit: 0.5, 1 and 1.5. None is 0, so every token keeps a probability.
        """
        counted = (ones, twos, threes, fours)
        share = ones / (ones + 2 * twos) if ones else 0.0
        found = [
            count - (count + 1) * share * above / here if here else 0.0
            for count, here, above in zip((1, 2, 3), counted, counted[1:], strict=False)
        ]
        return cls(*(value if 0 < value < count else count / 2 for count, value in enumerate(found, 1)))


class ReadableKneserNey:
    """The definition, made to be read; the arguments are those of ``KneserNey``."""

    def __init__(self, tokens: Sequence[int], vocab_size: int, order: int, discount: float | None = None) -> None:
        self.vocab_size, self.order = vocab_size, order
        seen = {
            length: Counter(tuple(tokens[at : at + length]) for at in range(len(tokens) - length + 1))
            for length in range(1, order + 1)
        }
        self.counts = {order: seen[order]}
        for length in range(1, order):  # each longer n-gram is one different token before its tail; so is the start
            self.counts[length] = Counter(ngram[1:] for ngram in seen[length + 1])
            self.counts[length][tuple(tokens[:length])] += 1
        self.discounts = {
            length: Discounts(discount, discount, discount)
            if discount is not None
            else Discounts.estimated(*(list(counts.values()).count(number) for number in (1, 2, 3, 4)))
            for length, counts in self.counts.items()
        }

    def probability(self, history: Sequence[int], token: int) -> float:
        """p(token | history), of which the last ``order - 1`` tokens count."""
        history = tuple(history)[max(len(history) - self.order + 1, 0) :]
        lower = self.probability(history[1:], token) if history else 1 / self.vocab_size
        counts, discounts = self.counts[len(history) + 1], self.discounts[len(history) + 1]
        following = {ngram[-1]: count for ngram, count in counts.items() if ngram[:-1] == history}
        if not following:
            return lower
        saved = sum(discounts[count] for count in following.values())
        count = following.get(token, 0)
        return (count - discounts[count] + saved * lower) / sum(following.values())


@dataclass(frozen=True)
class Interpolation:
    """One distribution over the next token for every context: ``discounted[ngram] + backoff[context] * lower``."""

    discounted: Float[np.ndarray, " ngrams"]
    backoff: Float[np.ndarray, " contexts"]

    @classmethod
    def of(
        cls,
        counts: Int[np.ndarray, " ngrams"],
        context: Int[np.ndarray, " ngrams"],
        contexts: int,
        discount: float | None,
    ) -> Interpolation:
        """From the count of every n-gram and the number of its context, all but its last token."""
        discounts = Discounts(discount, discount, discount) if discount is not None else _estimate(counts)
        taken = discounts.table()[np.minimum(counts, 3)]
        total = np.bincount(context, weights=counts, minlength=contexts)
        saved = np.bincount(context, weights=taken, minlength=contexts)
        backoff = np.divide(saved, total, out=np.ones(contexts), where=total > 0)  # nothing follows: all from below
        return cls((counts - taken) / np.maximum(total, 1)[context], backoff)

    def probabilities(
        self,
        ngrams: Int[np.ndarray, " N"],
        contexts: Int[np.ndarray, " N"],
        lower: Float[np.ndarray, " N"],
    ) -> Float[np.ndarray, " N"]:
        """The probability of each n-gram's last token, given the probabilities of the order below."""
        share = np.where(contexts >= 0, self.backoff[contexts], 1.0)
        total: Float[np.ndarray, " N"] = np.where(ngrams >= 0, self.discounted[ngrams], 0.0) + share * lower
        return total


@dataclass(frozen=True)
class Level:
    """The n-grams of one length, numbered in the order of ``keys`` = number of the context * vocab_size + token."""

    keys: Int[np.ndarray, " ngrams"]
    highest: Interpolation
    """Of counts: used where this order is the highest."""
    below: Interpolation
    """Of different tokens before: used where it is not."""


class KneserNey:
    """Modified Kneser-Ney models of every order up to ``order``, trained at once.

    Args:
        tokens: the training text, ids below ``vocab_size``.
        order: the longest n-gram: 1 (no history) and up.
        discount: take this from every count instead of three estimated discounts per order.

    Raises:
        TextError: fewer tokens than one n-gram needs.
        SettingError: an order below 1, or a token outside the vocabulary.
    """

    def __init__(
        self, tokens: Integer[np.ndarray, " N"], vocab_size: int, order: int = 7, discount: float | None = None
    ) -> None:
        if order < 1:
            raise SettingError(f"order: {order} is not the length of an n-gram; give 1 or more")
        if len(tokens) < order:
            raise TextError(f"{len(tokens)} training tokens make no n-gram of {order}; give more text")
        if int(tokens.max()) >= vocab_size:
            raise SettingError(f"vocab_size: token {int(tokens.max())} lies outside a vocabulary of {vocab_size}")
        self.vocab_size, self.order = vocab_size, order
        self.levels = list(_levels(np.asarray(tokens, dtype=np.int64), vocab_size, order, discount))

    def log_probabilities(
        self, tokens: Integer[np.ndarray, " N"], order: int | None = None, context: int | None = None
    ) -> Float[np.ndarray, " targets"]:
        """ln p of every token but the first, each given what lies before it in ``tokens``.

        Args:
            order: which of the models; the longest when not given.
            context: score as a model is that reads consecutive windows of this many tokens: the first target of a
                window sees one token, the last all ``context``. Without it the history is never cut.
        """
        for length, probabilities in enumerate(self._ladder(tokens, context), 1):
            if length == (order or self.order):
                logarithms: Float[np.ndarray, " targets"] = np.log(probabilities)
                return logarithms
        raise SettingError(f"order: {order} was not trained, only 1 to {self.order}")

    def losses(self, tokens: Integer[np.ndarray, " N"], context: int | None = None) -> dict[int, float]:
        """The mean of -ln p in nats per token, for every order; arguments as in ``log_probabilities``."""
        ladder = self._ladder(tokens, context)
        return {length: -float(np.log(probabilities).mean()) for length, probabilities in enumerate(ladder, 1)}

    def distribution(self, history: Sequence[int], order: int | None = None) -> Float[np.ndarray, " vocab"]:
        """The probability of every token after ``history``; they sum to 1."""
        order = order or self.order
        history = [int(token) for token in history][max(len(history) - order + 1, 0) :]
        probabilities = np.full(self.vocab_size, 1 / self.vocab_size)
        for length in range(1, len(history) + 2):
            level = self.levels[length - 1]
            context = self._number(history[len(history) - length + 1 :])
            if context == UNKNOWN:
                break
            first, last = np.searchsorted(level.keys, [context * self.vocab_size, (context + 1) * self.vocab_size])
            interpolation = level.highest if length == order else level.below
            probabilities = probabilities * interpolation.backoff[context]
            probabilities[level.keys[first:last] - context * self.vocab_size] += interpolation.discounted[first:last]
        return probabilities

    def _number(self, ngram: Sequence[int]) -> int:
        """The number of an n-gram among those of its length; the empty one is 0."""
        number = 0
        for level, token in zip(self.levels, ngram, strict=False):
            number = int(_find(level.keys, np.array([number * self.vocab_size + token]))[0])
            if number == UNKNOWN:
                break
        return number

    def _ladder(
        self, tokens: Integer[np.ndarray, " N"], context: int | None
    ) -> Iterator[Float[np.ndarray, " targets"]]:
        """The probabilities of tokens[1:] under the models of order 1, 2, ..."""
        tokens = np.asarray(tokens, dtype=np.int64)
        history = np.arange(1, len(tokens))  # how many tokens each target may look back on
        if context is not None:
            history = (history - 1) % context + 1
        contexts = np.zeros(len(tokens), dtype=np.int64)
        lower = np.full(len(history), 1 / self.vocab_size)
        for length, level in enumerate(self.levels, 1):
            keys = np.where(contexts >= 0, contexts * self.vocab_size + tokens, UNKNOWN)
            ngrams = _find(level.keys, keys)
            fits = history >= length - 1
            yield np.where(fits, level.highest.probabilities(ngrams[1:], contexts[1:], lower), lower)
            lower = np.where(fits, level.below.probabilities(ngrams[1:], contexts[1:], lower), lower)
            contexts = np.concatenate([[UNKNOWN], ngrams[:-1]])


def choose_order(
    tokens: Integer[np.ndarray, " N"],
    vocab_size: int,
    orders: Sequence[int] = (2, 3, 4, 5, 6, 7),
    context: int | None = None,
) -> int:
    """The order with the lowest loss on the last tenth of the training text, after training on the rest of it."""
    kept = len(tokens) - max(len(tokens) // 10, 2)
    possible = [order for order in orders if order <= kept]
    if not possible:
        raise TextError(f"{len(tokens)} training tokens are too few for n-grams of {min(orders)}; give more text")
    losses = KneserNey(tokens[:kept], vocab_size, max(possible)).losses(tokens[kept:], context)
    return min(possible, key=lambda order: losses[order])


def _levels(tokens: Int[np.ndarray, " N"], vocab_size: int, order: int, discount: float | None) -> Iterator[Level]:
    """Number the n-grams of each length; the next longer ones tell after how many different tokens each was seen."""
    contexts = 1
    keys, numbers, counts, _ = _numbered(tokens)
    for length in range(1, order + 1):
        context = keys // vocab_size
        highest = below = Interpolation.of(counts, context, contexts, discount)
        contexts, longer = len(keys), None
        if length < order:
            longer = _numbered(numbers[:-1] * vocab_size + tokens[length:])
            preceded = np.bincount(numbers[1:][longer[3]], minlength=len(keys))
            preceded[numbers[0]] += 1  # the start of the text counts like a token
            below = Interpolation.of(preceded, context, len(highest.backoff), discount)
        yield Level(keys, highest, below)
        if longer:
            keys, numbers, counts, _ = longer


def _numbered(
    keys: Int[np.ndarray, " N"],
) -> tuple[Int[np.ndarray, " D"], Int[np.ndarray, " N"], Int[np.ndarray, " D"], Int[np.ndarray, " D"]]:
    """The different keys in order, the number of each place's key among them, its count and one place of it."""
    order = np.argsort(keys)
    ranked = keys[order]
    first = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    counts = np.diff(first, append=len(keys))
    numbers = np.empty(len(keys), dtype=np.int64)
    numbers[order] = np.repeat(np.arange(len(first)), counts)
    return ranked[first], numbers, counts, order[first]


def _find(keys: Int[np.ndarray, " D"], wanted: Int[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
    """The number of each wanted key, ``UNKNOWN`` where it is not among them."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, place, UNKNOWN)


def _estimate(counts: Int[np.ndarray, " ngrams"]) -> Discounts:
    """The discounts of an order from its counts."""
    return Discounts.estimated(*np.bincount(np.minimum(counts, 5), minlength=6)[1:5].tolist())
