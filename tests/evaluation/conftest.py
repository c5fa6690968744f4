"""Token files made of given ids, and a source of text whose probabilities are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from hornbook.data.token_file import TokenFile, writing
from hornbook.seeds import numpy_generator

Documents = Sequence[Sequence[int]]


@pytest.fixture
def token_file(tmp_path: Path) -> Callable[..., TokenFile]:
    """``token_file(documents, vocab_size, end=None, log_probabilities=None)``; every token is two bytes of text."""

    def make(
        documents: Documents,
        vocab_size: int,
        end: int | None = None,
        log_probabilities: Sequence[float] | None = None,
        name: str = "validation",
    ) -> TokenFile:
        path = tmp_path / f"{name}.tokens"
        with writing(path, vocab_size, "0" * 64, end) as writer:
            for number, ids in enumerate(documents):
                known = None if log_probabilities is None else log_probabilities[number]
                writer.begin(f"document {number}", known)
                writer.extend(ids)
                writer.close(2 * len(ids))
        return TokenFile.open(path)

    return make


class Chain:
    """Documents from a first-order Markov chain over ``symbols`` tokens, of which 0 stands before and after each."""

    def __init__(self, symbols: int, seed: int) -> None:
        self.symbols, self.seed = symbols, seed
        matrix = numpy_generator(seed, "matrix").dirichlet(np.full(symbols, 0.5), symbols)
        matrix[:, 0], matrix[0, 0] = 0.07, 0  # documents of about 14 tokens, none of them empty
        self.matrix = matrix / matrix.sum(1, keepdims=True)

    def documents(self, count: int, *names: str | int) -> tuple[list[list[int]], list[float]]:
        """Documents without their ends, and the log-probability of each with its end."""
        generator = numpy_generator(self.seed, *names)
        documents, log_probabilities = [], []
        for _ in range(count):
            ids, last, total = [], 0, 0.0
            while True:
                token = int(generator.choice(self.symbols, p=self.matrix[last]))
                total += float(np.log(self.matrix[last, token]))
                if token == 0:
                    break
                ids.append(token)
                last = token
            documents.append(ids)
            log_probabilities.append(total)
        return documents, log_probabilities


@pytest.fixture
def chain() -> Chain:
    """A chain of 7 symbols."""
    return Chain(7, seed=5)
