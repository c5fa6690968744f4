"""Letters whose next one depends on the last few and on nothing else: text whose entropy is known exactly.

The rows of the table of probabilities are drawn once from the seed. The first letters come from the stationary
distribution, so every stretch of the text looks the same, and the chain rule gives its probability exactly (Shannon,
"A Mathematical Theory of Communication", 1948, sections 4 to 7; Cover and Thomas, "Elements of Information Theory",
section 4.2).
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

import numpy as np
from jaxtyping import Float, Integer

from hornbook.errors import SettingError
from hornbook.seeds import numpy_generator

LARGEST = 1_000_000  # entries of the table of probabilities
CONCENTRATION = 0.3  # of the Dirichlet distribution that the rows come from: below 1 a few letters are much likelier


class MarkovSource:
    """A source of order ``order`` over the first ``symbols`` letters of the alphabet; ``seed`` decides its
    probabilities.

    Raises:
        SettingError: an order below 0, symbols not from 2 to 26, or a table of more than a million entries.
    """

    def __init__(self, order: int, symbols: int, seed: int) -> None:
        if order < 0:
            raise SettingError(f"order: expected 0 or more, found {order}")
        if not 2 <= symbols <= 26:
            raise SettingError(f"symbols: expected 2 to 26 letters, found {symbols}")
        if symbols ** (order + 1) > LARGEST:
            raise SettingError(f"order: {symbols} symbols and order {order} make a table of {symbols ** (order + 1):,} "
                               f"entries; at most {LARGEST:,} are supported, so lower one of them")  # fmt: skip
        self.order, self.symbols = order, symbols
        generator = numpy_generator(seed, "markov source", order, symbols)
        rows = generator.dirichlet([CONCENTRATION] * symbols, size=symbols**order)
        floor = 0.01 / symbols  # every letter can follow everything, so the chain forgets where it began
        self.transitions = rows * (1 - symbols * floor) + floor

    transitions: Float[np.ndarray, "contexts symbols"]
    """How likely each symbol is after each context; a context is its symbols read as a number, the oldest first."""

    @cached_property
    def stationary(self) -> Float[np.ndarray, " contexts"]:
        """How often each context comes in the long run, by iterating until nothing changes."""
        contexts = len(self.transitions)
        following = np.arange(contexts * self.symbols) % contexts
        now = np.full(contexts, 1 / contexts)
        for _ in range(100_000):
            joint = (now[:, None] * self.transitions).ravel()
            after = np.bincount(following, joint, contexts)
            if np.abs(after - now).sum() < 1e-14:
                break
            now = after / after.sum()
        return now

    @cached_property
    def entropy_rate(self) -> float:
        """Nats per symbol in the long run: the entropy of each row, weighted with how often its context comes."""
        return float(-(self.stationary[:, None] * self.transitions * np.log(self.transitions)).sum())

    @cached_property
    def cumulative(self) -> list[list[float]]:
        """For every context, how likely it is that a symbol or one before it comes next."""
        rows = np.cumsum(self.transitions, axis=1)
        rows[:, -1] = 1.0
        found: list[list[float]] = rows.tolist()
        return found

    def following(self, history: str) -> Float[np.ndarray, " symbols"]:
        """How likely each symbol is after these letters, the first of a text; none of them may be one it never
        writes. Before ``order`` letters are known, over all contexts that begin like them."""
        symbols = [ord(letter) - ord("a") for letter in history]
        known = 0
        for symbol in symbols[max(0, len(symbols) - self.order) :]:
            known = known * self.symbols + symbol
        block = self.symbols ** max(0, self.order - len(symbols))
        begins = self.stationary[known * block : (known + 1) * block]
        found: Float[np.ndarray, " symbols"] = (
            self.transitions[known] if block == 1 else begins.reshape(self.symbols, -1).sum(1) / begins.sum()
        )
        return found

    def sample(self, count: int, generator: np.random.Generator) -> Integer[np.ndarray, " count"]:
        """``count`` symbols as numbers from 0 to ``symbols`` - 1."""
        contexts = len(self.transitions)
        context = int(np.searchsorted(np.cumsum(self.stationary), generator.random() * (1 - 1e-12)))
        digits = [context // self.symbols ** (self.order - 1 - place) % self.symbols for place in range(self.order)]
        found = digits[:count]
        rows = self.cumulative
        for number in generator.random(max(count - self.order, 0)).tolist():
            symbol = bisect_right(rows[context], number)
            found.append(symbol)
            context = (context * self.symbols + symbol) % contexts
        return np.array(found, dtype=np.uint8)

    def letters(self, symbols: Integer[np.ndarray, " count"]) -> str:
        """Symbols as text: 0 is a, 1 is b."""
        return (symbols.astype(np.uint8) + ord("a")).tobytes().decode("ascii")

    def log_probability(self, text: Integer[np.ndarray, " count"] | str) -> float:
        """The logarithm of the probability (nats) of symbols or their letters; ``-inf`` for letters it never writes."""
        symbols = np.frombuffer(text.encode(), np.uint8).astype(np.int64) - ord("a") if isinstance(text, str) else text
        symbols = symbols.astype(np.int64)
        if len(symbols) and not (symbols.min() >= 0 and symbols.max() < self.symbols):
            return -np.inf
        head = symbols[: self.order]
        known = int(sum(int(symbol) * self.symbols ** (len(head) - 1 - place) for place, symbol in enumerate(head)))
        # the contexts that begin like the head, where the text is shorter than a context
        block = self.symbols ** (self.order - len(head))
        first = float(np.log(self.stationary[known * block : (known + 1) * block].sum()))
        if len(symbols) <= self.order:
            return first
        steps = len(symbols) - self.order
        contexts = np.zeros(steps, dtype=np.int64)
        for place in range(self.order):
            contexts = contexts * self.symbols + symbols[place : place + steps]
        return first + float(np.log(self.transitions[contexts, symbols[self.order :]]).sum())
