"""A loss is a sum and a count."""

from __future__ import annotations

import math

import torch

from hornbook.batches import IGNORED, Positions, Texts
from hornbook.training.objectives import next_token, token_loss
from tests.training.small import VOCABULARY, a_batch, a_model


def test_the_loss_is_the_sum_of_minus_log_probability_over_what_is_asked():
    logits = torch.randn(3, 5, 7, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[0, 1, 2, 3, 4], [IGNORED, IGNORED, 6, 5, 4], [IGNORED] * 5])
    chances = logits.softmax(-1)
    expected = -sum(
        math.log(chances[row, place, targets[row, place]])
        for row in range(3) for place in range(5) if targets[row, place] != IGNORED
    )  # fmt: skip
    loss = token_loss(logits, targets)
    assert abs(loss.total.item() - expected) < 1e-4
    assert loss.count.item() == 8


def test_what_is_ignored_has_no_gradient():
    logits = torch.randn(2, 3, 7, generator=torch.Generator().manual_seed(0), requires_grad=True)
    targets = torch.tensor([[0, IGNORED, 2], [IGNORED, IGNORED, IGNORED]])
    token_loss(logits, targets).total.backward()
    assert logits.grad is not None
    assert (logits.grad.abs().sum(-1) > 0).tolist() == [[True, False, True], [False, False, False]]


def test_the_loss_is_summed_in_float32_whatever_the_logits_are():
    logits = torch.randn(3, 5, 7, generator=torch.Generator().manual_seed(0)).bfloat16()
    targets = torch.randint(7, (3, 5), generator=torch.Generator().manual_seed(1))
    half, full = token_loss(logits, targets), token_loss(logits.float(), targets)
    assert half.total.dtype == torch.float32
    assert torch.equal(half.total, full.total)


def test_a_mean_over_tokens_is_not_a_mean_over_batches():
    """Perplexity of 1 token at loss 4 and 9 at loss 2 is e^2.2, not e^3."""
    easy, hard = torch.zeros(1, 9, 2), torch.zeros(1, 1, 2)
    easy[..., 1] = math.log(math.exp(2.0) - 1)
    hard[..., 1] = math.log(math.exp(4.0) - 1)
    losses = [
        token_loss(easy, torch.zeros(1, 9, dtype=torch.long)),
        token_loss(hard, torch.zeros(1, 1, dtype=torch.long)),
    ]
    mean = sum(loss.total.item() for loss in losses) / sum(loss.count.item() for loss in losses)
    assert abs(math.exp(mean) - math.exp(2.2)) < 1e-4


def test_next_token_starts_near_the_logarithm_of_the_vocabulary():
    loss = next_token(a_model(), a_batch(0))
    assert abs((loss.total / loss.count).item() / math.log(VOCABULARY) - 1) < 0.05


def test_packed_texts_are_kept_apart_by_their_positions():
    batch = a_batch(0)
    index = torch.tensor([0, 1, 2, 0, 1, 2, 3]).expand(3, -1)
    document = torch.tensor([0, 0, 0, 1, 1, 1, 1]).expand(3, -1)
    packed = Texts(batch.tokens, batch.targets, Positions(index, document))
    first, second = (Texts(batch.tokens[:, part], batch.targets[:, part]) for part in (slice(3), slice(3, None)))
    model = a_model()
    alone = next_token(model, first).total + next_token(model, second).total
    assert torch.allclose(next_token(model, packed).total, alone, atol=1e-5)
    assert not torch.allclose(next_token(model, batch).total, alone, atol=1e-5)
