"""The LSTM is PyTorch's, the bigram model a table; both are as large as they are asked to be."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from hornbook.batches import Positions
from hornbook.model.recurrent import LSTM, NEURAL_BASELINES, Bigram, of_about
from hornbook.seeds import torch_generator


@pytest.fixture
def lstm():
    """An LSTM of width 7."""
    return of_about(LSTM, 11, LSTM.parameters_at(11, 7), torch_generator(1, "lstm"))


def test_the_lstm_is_that_of_pytorch_in_value_and_gradient(lstm):
    oracle = nn.LSTM(7, 7, batch_first=True)
    with torch.no_grad():
        oracle.weight_ih_l0.copy_(lstm.reads.weight)
        oracle.weight_hh_l0.copy_(lstm.remembers.weight)
        oracle.bias_ih_l0.copy_(lstm.reads.bias)
        oracle.bias_hh_l0.zero_()
    tokens = torch.randint(11, (3, 13), generator=torch.Generator().manual_seed(2))
    ours, theirs = lstm.hidden(tokens), oracle(lstm.tokens(tokens))[0]
    torch.testing.assert_close(ours, theirs)
    ours.square().sum().backward()
    theirs.square().sum().backward()
    torch.testing.assert_close(lstm.remembers.weight.grad, oracle.weight_hh_l0.grad)


def test_the_lstm_knows_nothing_of_another_document(lstm):
    tokens = torch.tensor([[1, 2, 3, 4, 5, 6, 7]])
    packed = Positions(torch.tensor([[0, 1, 2, 0, 1, 2, 3]]), torch.tensor([[0, 0, 0, 1, 1, 1, 1]]))
    torch.testing.assert_close(lstm.hidden(tokens, packed)[:, 3:], lstm.hidden(tokens[:, 3:]))
    assert not torch.allclose(lstm.hidden(tokens)[:, 3:], lstm.hidden(tokens[:, 3:]))


def test_the_bigram_model_sees_the_last_token_only():
    model = of_about(Bigram, 11, Bigram.parameters_at(11, 5), torch_generator(1, "bigram"))
    one, other = torch.tensor([[1, 2, 3]]), torch.tensor([[4, 5, 3]])
    torch.testing.assert_close(model.hidden(one)[:, -1], model.hidden(other)[:, -1])


@pytest.mark.parametrize("kind", NEURAL_BASELINES.values())
def test_a_baseline_is_the_widest_that_fits_and_its_parameters_are_counted_right(kind):
    model = of_about(kind, 11, 5003, torch_generator(1, "size"))
    size, width = sum(each.numel() for each in model.parameters()), model.tokens.embedding_dim
    assert size == kind.parameters_at(11, width) <= 5003 < kind.parameters_at(11, width + 1)
