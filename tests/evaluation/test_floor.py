"""The floor: an honest model stays above it, one that sees what it should predict is caught."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hornbook.data.token_file import TokenFile
from hornbook.errors import CheckError
from hornbook.evaluation.floor import Floor, floor_of, leak
from hornbook.evaluation.loss import Measured, evaluate_loss

Make = Callable[..., TokenFile]


class Neighbours(nn.Module):
    """Sees a token, the one before it and, if ``masked`` is forgotten, the one after it."""

    def __init__(self, symbols: int, masked: bool) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.masked = masked
        self.embedding = nn.Embedding(symbols, 19)
        self.mix = nn.Conv1d(19, 31, 3)
        self.head = nn.Linear(31, symbols)

    def hidden(self, tokens: Tensor, positions: object = None) -> Tensor:
        padding = (2, 0) if self.masked else (1, 1)
        return torch.relu(self.mix(F.pad(self.embedding(tokens).mT, padding)).mT)

    def write(self, hidden: Tensor) -> Tensor:
        return self.head(hidden)


class Source(nn.Module):
    """Knows the chain itself."""

    def __init__(self, matrix: np.ndarray) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.tensor(matrix, dtype=torch.float32))

    def hidden(self, tokens: Tensor, positions: object = None) -> Tensor:
        return self.matrix[tokens]

    def write(self, hidden: Tensor) -> Tensor:
        return hidden.log()


def trained(model: Neighbours, documents: list[list[int]]) -> Neighbours:
    tokens = torch.tensor([0, *(token for document in documents for token in [*document, 0])])
    tokens = tokens[: len(tokens) // 37 * 37 + 1]
    inputs, targets = tokens[:-1].view(-1, 37), tokens[1:].view(-1, 37)
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(80):
        optimizer.zero_grad()
        F.cross_entropy(model.write(model.hidden(inputs)).flatten(0, 1), targets.flatten()).backward()
        optimizer.step()
    return model


@pytest.fixture
def validation(token_file: Make, chain: Any) -> TokenFile:
    documents, log_probabilities = chain.documents(301, "validation")
    return token_file(documents, chain.symbols, 0, log_probabilities)


def test_the_source_itself_stands_on_the_floor(validation: TokenFile, chain: Any) -> None:
    floor = floor_of(validation)
    assert floor is not None
    # A chain looks one token back, so where windows begin does not matter to it.
    measured = evaluate_loss(Source(chain.matrix), validation, context=23, per_document=True)
    assert measured.total == pytest.approx(floor.total, rel=1e-5)
    assert measured.documents == pytest.approx(floor.documents, rel=1e-4)
    assert measured.tokens == floor.tokens == len(validation) - 1
    assert floor.loss == floor.total / floor.tokens
    assert floor.bits_per_byte == floor.total / math.log(2) / validation.bytes
    verdict = leak(measured, floor)
    assert verdict.ratio == pytest.approx(1, rel=1e-5)


@pytest.mark.slow
def test_a_masked_model_is_honest_and_an_unmasked_one_is_caught(validation: TokenFile, chain: Any) -> None:
    documents, _ = chain.documents(401, "train")
    floor = floor_of(validation)
    assert floor is not None
    models = [trained(Neighbours(chain.symbols, masked), documents) for masked in (True, False)]
    for per_document in (True, False):
        honest, cheating = (
            leak(evaluate_loss(model, validation, context=23, per_document=per_document), floor) for model in models
        )
        assert not honest.leak
        assert 1 < honest.ratio < 1.1
        honest.check()
        assert cheating.leak
    assert "targets leak into its inputs" in str(cheating)
    with pytest.raises(CheckError, match="knows more than the source allows"):
        cheating.check()


def test_pairing_documents_sees_a_leak_that_the_sum_alone_cannot() -> None:
    generator = np.random.default_rng(0)
    own = generator.normal(50, 20, 401)
    floor = Floor(float(own.sum()), 4001, 9001, own)
    told = own - generator.normal(1, 1, 401)  # two in a hundred below, everywhere
    total = float(told.sum())
    assert leak(Measured(total, 4001, 9001, told), floor).leak
    assert not leak(Measured(total, 4001, 9001), floor).leak


def test_a_loss_a_little_below_the_floor_by_chance_is_no_leak() -> None:
    generator = np.random.default_rng(1)
    own = generator.normal(50, 20, 101)
    model = own + generator.normal(0, 3, 101)
    model -= (model - own).mean() + 2 * (model - own).std(ddof=1) / math.sqrt(101)  # two standard errors below
    verdict = leak(Measured(float(model.sum()), 1009, 3001, model), Floor(float(own.sum()), 1009, 3001, own))
    assert verdict.excess == pytest.approx(-2 * verdict.standard_error)
    assert not verdict.leak


def test_documents_that_were_not_scored_as_a_whole_are_left_out() -> None:
    own = np.array([10.0, 12.0, 9.0, 14.0])
    model = np.array([math.nan, 13.0, 11.0, 15.0])
    verdict = leak(Measured(48.0, 20, 60, model), Floor(45.0, 20, 60, own))
    assert verdict.documents == 3
    assert verdict.excess == pytest.approx(4 / 3)
    assert verdict.standard_error == pytest.approx(np.std([1, 2, 1], ddof=1) / math.sqrt(3))


def test_a_single_document_accuses_nobody() -> None:
    assert not leak(Measured(1.0, 10, 20, np.array([1.0])), Floor(30.0, 10, 20, np.array([30.0]))).leak


def test_a_text_of_unknown_source_has_no_floor(token_file: Make) -> None:
    assert floor_of(token_file([[1, 2, 3]], 5)) is None
