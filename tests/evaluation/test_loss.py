"""Loss over a whole split: one sum, every target once, nothing disturbed."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hornbook.data.token_file import TokenFile
from hornbook.errors import SettingError, TextError
from hornbook.evaluation import loss as loss_module
from hornbook.evaluation.loss import Measured, evaluate_loss

VOCABULARY = 11
Make = Callable[..., TokenFile]


class Recurrent(nn.Module):
    """A small causal model: what it says depends on everything before, so on where windows begin; dropout inside."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.embedding = nn.Embedding(VOCABULARY, 13)
            self.recurrence = nn.GRU(13, 17, batch_first=True)
            self.dropout = nn.Dropout(0.5)
            self.head = nn.Linear(17, VOCABULARY)

    def hidden(self, tokens: Tensor, positions: object = None) -> Tensor:
        return self.dropout(self.recurrence(self.embedding(tokens))[0])

    def write(self, hidden: Tensor) -> Tensor:
        return self.head(hidden) * 5


def ids(count: int, seed: int = 1) -> list[int]:
    return torch.randint(0, VOCABULARY, (count,), generator=torch.Generator().manual_seed(seed)).tolist()


def by_hand(model: Recurrent, tokens: list[int], context: int) -> list[float]:
    """-ln p of every token but the first, one window after another, one at a time."""
    model.eval()
    losses = []
    with torch.no_grad():
        for start in range(0, len(tokens) - 1, context):
            window = torch.tensor(tokens[start : start + context + 1])
            logits = model.write(model.hidden(window[None, :-1]))[0].double()
            losses += F.cross_entropy(logits, window[1:], reduction="none").tolist()
    model.train()
    return losses


@pytest.mark.parametrize("length", [2, 7, 8, 9, 103])
@pytest.mark.parametrize("batch", [1, 3, 64])
def test_every_token_but_the_first_is_scored_once(token_file: Make, length: int, batch: int) -> None:
    model, tokens = Recurrent(), ids(length)
    measured = evaluate_loss(model, token_file([tokens], VOCABULARY), context=7, batch=batch)
    assert measured.tokens == length - 1
    assert measured.bytes == 2 * length
    assert measured.total == pytest.approx(sum(by_hand(model, tokens, 7)), rel=1e-6)


def test_the_loss_is_weighted_by_tokens_and_not_by_batches(token_file: Make) -> None:
    # 29 targets that are hard, and in the last, short batch one that is easy: the mean of the two means is far off.
    class Constant(Recurrent):
        def write(self, hidden: Tensor) -> Tensor:
            return torch.tensor([0.0] + [-9.0] * (VOCABULARY - 1)).expand(*hidden.shape[:-1], VOCABULARY)

    tokens = [3] * 30 + [0]
    measured = evaluate_loss(Constant(), token_file([tokens], VOCABULARY), context=29, batch=1)
    easy = math.log(1 + 10 * math.exp(-9))
    assert measured.loss == pytest.approx((29 * (9 + easy) + easy) / 30, rel=1e-6)
    assert abs(measured.loss - (9 + easy + easy) / 2) > 4


def test_perplexity_and_bits_per_byte_come_from_the_same_sum() -> None:
    measured = Measured(total=30.0, tokens=15, bytes=40)
    assert measured.loss == 2.0
    assert measured.perplexity == math.exp(measured.loss) == pytest.approx(7.389, abs=1e-3)
    assert measured.bits_per_byte == 30 / math.log(2) / 40
    assert measured.as_json() == {
        "val_loss": 2.0,
        "perplexity": measured.perplexity,
        "bits_per_byte": measured.bits_per_byte,
        "tokens": 15,
    }


def test_the_loss_does_not_depend_on_batch_or_on_pieces_of_logits(
    token_file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, model = token_file([ids(211)], VOCABULARY), Recurrent()
    whole = evaluate_loss(model, file, context=13, batch=17)
    monkeypatch.setattr(loss_module, "LOGITS_AT_ONCE", 3)
    for batch in (1, 5, 17):
        assert evaluate_loss(model, file, context=13, batch=batch).total == pytest.approx(whole.total, rel=1e-6)


def test_logits_exist_for_a_few_tokens_at_a_time(token_file: Make) -> None:
    sizes = []

    class Watched(Recurrent):
        def write(self, hidden: Tensor) -> Tensor:
            sizes.append(hidden.shape[:-1].numel())
            return super().write(hidden)

    evaluate_loss(Watched(), token_file([ids(2003)], VOCABULARY), context=101, batch=19)
    assert sum(sizes) >= 2002
    assert max(sizes) == loss_module.LOGITS_AT_ONCE


def test_evaluation_draws_no_random_number_and_leaves_every_mode_as_it_was(token_file: Make) -> None:
    model = Recurrent().train()
    model.recurrence.eval()  # one part frozen by its owner
    modes = [module.training for module in model.modules()]
    torch.manual_seed(7)
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    file = token_file([ids(53)], VOCABULARY)
    first, second = (evaluate_loss(model, file, context=7) for _ in range(2))
    assert first == second  # no dropout
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002
    assert [module.training for module in model.modules()] == modes
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_modes_come_back_after_an_error(token_file: Make) -> None:
    class Failing(Recurrent):
        def write(self, hidden: Tensor) -> Tensor:
            raise RuntimeError("out of memory")

    model = Failing().train()
    with pytest.raises(RuntimeError):
        evaluate_loss(model, token_file([ids(13)], VOCABULARY), context=5)
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize("end", [None, 0])
def test_losses_by_document_add_up_to_the_whole(token_file: Make, end: int | None) -> None:
    lengths = (5, 1, 23, 2, 7)
    documents = [ids(length, seed) for seed, length in enumerate(lengths)]
    model, file = Recurrent(), token_file(documents, VOCABULARY, end)
    measured = evaluate_loss(model, file, context=7, batch=2, per_document=True)
    assert measured.documents is not None
    tokens = file.tokens.tolist()
    losses = [math.nan, *by_hand(model, tokens, 7)]  # of every token of the file
    expected = [sum(losses[file.document_starts[n] : file.document_stop(n)]) for n in range(len(lengths))]
    assert measured.documents == pytest.approx(np.array(expected), rel=1e-6, nan_ok=True)
    assert np.isnan(measured.documents).tolist() == [end is None, False, False, False, False]
    if end is not None:
        assert measured.documents.sum() == pytest.approx(measured.total)


def test_bfloat16_is_close_to_float32_and_not_the_same(token_file: Make) -> None:
    file, model = token_file([ids(211)], VOCABULARY), Recurrent()
    exact, rounded = (evaluate_loss(model, file, 13, autocast=dtype) for dtype in (torch.float32, torch.bfloat16))
    assert rounded.loss != exact.loss
    assert rounded.loss == pytest.approx(exact.loss, rel=0.01)


def test_what_cannot_be_evaluated_is_refused(token_file: Make) -> None:
    with pytest.raises(SettingError, match="context"):
        evaluate_loss(Recurrent(), token_file([ids(5)], VOCABULARY), context=0)
    with pytest.raises(TextError, match="nothing to predict"):
        evaluate_loss(Recurrent(), token_file([ids(1)], VOCABULARY, name="single"), context=3)
