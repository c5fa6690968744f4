"""The loss taken apart adds up to the loss, and the interval covers what it promises."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hornbook.data.token_file import TokenFile
from hornbook.errors import SettingError
from hornbook.evaluation.closely import decades, evaluate_closely, position_names, powers
from hornbook.evaluation.intervals import bootstrap
from hornbook.evaluation.loss import evaluate_loss
from hornbook.seeds import numpy_generator, torch_generator

VOCABULARY = 11
Make = Callable[..., TokenFile]


class Averaging(nn.Module):
    """A small causal model: it looks at the mean of what it has read, so it says more the more it has read."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch_generator(3, "averaging")
        self.table = nn.Parameter(torch.empty(VOCABULARY, VOCABULARY).normal_(std=1.5, generator=generator))

    def hidden(self, tokens: Tensor, positions: object = None) -> Tensor:
        counting = torch.arange(1, tokens.shape[1] + 1)[:, None]
        return F.one_hot(tokens, VOCABULARY).float().cumsum(dim=1) / counting

    def write(self, hidden: Tensor) -> Tensor:
        return hidden @ self.table


def ids(count: int, seed: int = 1) -> list[int]:
    return numpy_generator(seed, "ids").integers(0, VOCABULARY, count).tolist()


def one_by_one(model: Averaging, tokens: list[int], context: int) -> list[tuple[float, float, bool, int]]:
    """Of every target: loss, confidence of the first choice, whether it came, tokens seen; the readable way."""
    found = []
    for place in range(1, len(tokens)):
        start = (place - 1) // context * context
        seen = torch.tensor([tokens[start:place]])
        p = model.write(model.hidden(seen))[0, -1].detach().double().softmax(dim=-1)
        found.append((-math.log(p[tokens[place]]), float(p.max()), int(p.argmax()) == tokens[place], place - start))
    return found


def test_every_part_equals_what_is_counted_token_by_token(token_file: Make) -> None:
    context, tokens, model = 7, ids(211), Averaging()
    seen = np.array([0, 1, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 10**6])
    closely = evaluate_closely(model, token_file([tokens], VOCABULARY), context, seen, batch=3)
    expected = one_by_one(model, tokens, context)

    assert closely.measured.total == pytest.approx(sum(loss for loss, *_ in expected), rel=1e-6)
    for name, low, high in [("1", 1, 1), ("2", 2, 2), ("3 to 4", 3, 4), ("5 to 7", 5, 7)]:
        here = [loss for loss, _, _, position in expected if low <= position <= high]
        [share] = [share for share in closely.positions if share.name == name]
        assert (share.tokens, share.loss) == (len(here), pytest.approx(np.mean(here), rel=1e-6))
    assert len(closely.positions) == 4

    groups = [(0,), (1, 2), (3, 4), (5, 6), (7, 8), (9, 10)]
    for share, group in zip(closely.frequencies, groups, strict=True):
        here = [loss for (loss, *_), token in zip(expected, tokens[1:], strict=True) if token in group]
        assert (share.tokens, share.loss) == (len(here), pytest.approx(np.mean(here), rel=1e-6))

    gaps = np.zeros(10)
    for _, sure, right, _ in expected:
        gaps[int(sure * 10)] += sure - right
    assert closely.calibration.error == pytest.approx(np.abs(gaps).sum() / len(expected), rel=1e-5)
    assert closely.calibration.right.sum() == sum(right for _, _, right, _ in expected)


@pytest.mark.parametrize("end", [None, 0])
def test_the_same_loss_as_the_plain_way_document_by_document(token_file: Make, end: int | None) -> None:
    file = token_file([ids(1 + 3 * length, length) for length in range(23)], VOCABULARY, end)
    plain = evaluate_loss(Averaging(), file, 7, batch=5, per_document=True)
    closely = evaluate_closely(Averaging(), file, 7, np.ones(VOCABULARY, dtype=np.int64), batch=5)
    assert closely.measured == plain
    assert np.array_equal(closely.measured.documents, plain.documents, equal_nan=True)
    assert closely.units == "23 documents"


def test_the_interval_is_around_the_loss_and_narrows_with_the_text(token_file: Make) -> None:
    seen = np.ones(VOCABULARY, dtype=np.int64)
    widths = []
    for length in (503, 5003):
        file = token_file([ids(length)], VOCABULARY, name=f"of {length}")
        closely = evaluate_closely(Averaging(), file, 13, seen, lengths=np.full(VOCABULARY, 2))
        assert closely.loss is not None and closely.bits_per_byte is not None
        assert closely.loss.low < closely.measured.loss < closely.loss.high
        assert closely.bits_per_byte.low < closely.measured.bits_per_byte < closely.bits_per_byte.high
        widths.append(closely.loss.high - closely.loss.low)
    assert widths[1] < 0.5 * widths[0]
    assert closely.units == "385 blocks of 13 tokens"


@pytest.mark.slow
def test_95_of_100_intervals_hold_the_true_mean() -> None:
    generator, inside = numpy_generator(1, "many texts"), 0
    for text in range(200):
        counts = generator.integers(1, 50, size=53).astype(float)
        totals = generator.gamma(counts, 2.0)  # two nats for each token
        interval = bootstrap(totals, counts, seed=text)
        assert interval is not None
        inside += interval.low < 2.0 < interval.high
    assert 0.90 < inside / 200 < 0.985


def test_a_few_units_give_no_interval_and_empty_ones_do_not_count() -> None:
    assert bootstrap(np.ones(7), np.ones(7)) is None
    assert bootstrap(np.ones(9), np.array([1.0] * 7 + [0.0] * 2)) is None
    assert bootstrap(np.ones(8), np.ones(8)) is not None


def test_one_seed_one_interval() -> None:
    totals = numpy_generator(2, "totals").gamma(2.0, size=19)
    first, second, other = (bootstrap(totals, np.ones(19), seed) for seed in (5, 5, 6))
    assert first == second != other


def test_places_and_counts_are_grouped_by_their_size() -> None:
    assert powers(np.array([1, 2, 3, 4, 5, 8, 9, 64, 65])).tolist() == [0, 1, 2, 2, 3, 3, 4, 6, 7]
    assert position_names(1) == ["1"]
    assert position_names(64) == ["1", "2", "3 to 4", "5 to 8", "9 to 16", "17 to 32", "33 to 64"]
    assert position_names(65)[-1] == "65"
    assert decades(np.array([0, 1, 9, 10, 9_999, 10_000, 99_999])).tolist() == [0, 1, 1, 2, 4, 5, 5]


def test_a_window_of_nothing_is_refused(token_file: Make) -> None:
    with pytest.raises(SettingError, match="context"):
        evaluate_closely(Averaging(), token_file([ids(5)], VOCABULARY), 0, np.ones(VOCABULARY, dtype=np.int64))
