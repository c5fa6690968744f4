"""The one loop: splitting, clipping, the learning rate, randomness, and stopping before harm is done."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

from hornbook.batches import IGNORED, Texts
from hornbook.errors import HornbookError
from hornbook.model.models import Decoder
from hornbook.training.config import AdamW, Cosine, Linear
from hornbook.training.loop import Update, due, training_steps
from hornbook.training.objectives import Loss, next_token
from hornbook.training.optimizers import build_optimizer
from hornbook.training.precision import LossScale, Precision
from hornbook.training.schedules import factor
from hornbook.training.timer import BySteps, ByTime, Clock
from tests.training.small import a_batch, a_model, batches, farthest, same, train


def sgd(model: nn.Module, learning_rate: float = 0.5) -> torch.optim.Optimizer:
    """The optimizer whose step is proportional to the gradient, so that a wrong scale shows."""
    return torch.optim.SGD(model.parameters(), learning_rate)


def in_unequal_parts(batch: Texts) -> list[Texts]:
    """One row, then the others."""
    return [Texts(batch.tokens[:1], batch.targets[:1]), Texts(batch.tokens[1:], batch.targets[1:])]


def whole_and_parts() -> tuple[list[list[Texts]], list[list[Texts]]]:
    """Three batches of 5 rows, of whose first row only 2 of 7 targets are asked; the same in unequal parts."""
    whole = [a_batch(step, rows=5, unasked=5) for step in range(3)]
    return [[batch] for batch in whole], [in_unequal_parts(batch) for batch in whole]


def run_split(objective, parts):
    """A model trained on ``parts`` with ``objective``; clipping is off, because it would hide a wrong scale."""
    model = a_model()
    updates = list(training_steps(model, parts, objective, sgd(model), clip=0.0))
    return model, updates


@pytest.mark.slow
def test_a_split_batch_equals_the_whole_even_with_unequal_token_counts():
    whole, parts = whole_and_parts()
    one, updates = run_split(next_token, whole)
    other, split_updates = run_split(next_token, parts)
    assert farthest(one, other) <= 1e-6
    assert [u.loss for u in updates] == pytest.approx([u.loss for u in split_updates], abs=1e-6)
    assert [u.gradient_norm for u in updates] == pytest.approx([u.gradient_norm for u in split_updates], rel=1e-5)
    assert [u.tokens for u in updates] == [u.tokens for u in split_updates] == [30, 30, 30]


@pytest.mark.slow
def test_averaging_the_parts_means_instead_would_be_noticed():
    """The mistake of many loops: each part's mean, divided by the number of parts."""

    def mean_of_means(model, batch):
        loss = next_token(model, batch)
        return Loss(loss.total / loss.count, torch.tensor(1))

    whole, parts = whole_and_parts()
    one, updates = run_split(next_token, whole)
    other, wrong_updates = run_split(mean_of_means, parts)
    assert farthest(one, other) > 1e-3
    assert abs(updates[0].loss - wrong_updates[0].loss) > 1e-4


@pytest.mark.slow
def test_a_step_with_fewer_parts_than_others_is_made_and_not_dropped():
    model = a_model()
    before = copy.deepcopy(model)
    steps = [in_unequal_parts(a_batch(0)), in_unequal_parts(a_batch(1))[:1]]
    updates = list(training_steps(model, steps, next_token, sgd(model)))
    assert [update.tokens for update in updates] == [21, 7]
    assert not same(before, model)
    whole = a_model()
    list(training_steps(whole, steps[:1], next_token, sgd(whole)))
    assert not same(whole, model), "the second step changed nothing"


@pytest.mark.slow
def test_gradients_do_not_leak_into_the_next_step():
    model, again = a_model(), a_model()
    list(training_steps(model, [[a_batch(0)], [a_batch(1)]], next_token, sgd(model), clip=0.0))
    list(training_steps(again, [[a_batch(0)]], next_token, sgd(again), clip=0.0))
    again.zero_grad()
    list(training_steps(again, [[a_batch(1)]], next_token, sgd(again), clip=0.0, first=1))
    assert same(model, again)


@pytest.mark.slow
def test_clipping_shortens_the_gradient_to_its_bound_and_reports_what_it_was():
    model, clipped = a_model(), a_model()
    [update] = training_steps(model, [[a_batch(0)]], next_token, sgd(model, 1.0), clip=0.0)
    [short] = training_steps(clipped, [[a_batch(0)]], next_token, sgd(clipped, 1.0), clip=0.01)
    assert update.gradient_norm == short.gradient_norm > 0.01
    start = a_model()
    pairs = zip(start.parameters(), clipped.parameters(), strict=True)
    moved = math.sqrt(sum((a - b).pow(2).sum().item() for a, b in pairs))
    assert moved == pytest.approx(0.01, rel=1e-4)
    loose = a_model()
    list(training_steps(loose, [[a_batch(0)]], next_token, sgd(loose, 1.0), clip=1e9))
    assert same(loose, model), "a gradient under the bound is left alone"


@pytest.mark.slow
def test_the_reported_norm_is_that_of_the_mean_losss_gradient():
    model = a_model()
    loss = next_token(model, a_batch(0))
    (loss.total / loss.count).backward()
    norm = math.sqrt(sum(p.grad.pow(2).sum().item() for p in model.parameters()))
    fresh = a_model()
    [update] = training_steps(fresh, [in_unequal_parts(a_batch(0))], next_token, sgd(fresh))
    assert update.gradient_norm == pytest.approx(norm, rel=1e-5)


@pytest.mark.slow
def test_every_step_is_made_with_the_learning_rate_of_that_very_step():
    """A schedule asked after the step gives the first steps 1e-4, 0, 8e-6: here the rate is read while stepping."""
    model = a_model()
    used: list[list[float]] = []

    class Watched(torch.optim.SGD):
        def step(self, closure=None):
            used.append([group["lr"] for group in self.param_groups])
            super().step()

    parameters = list(model.parameters())
    optimizer = Watched([{"params": parameters[:2], "lr": 0.3}, {"params": parameters[2:], "lr": 0.05}])
    updates = train(model, optimizer, steps=11)
    factors = [factor(Cosine(warmup=2), step, step / 11, 11) for step in range(11)]
    assert [rates[0] for rates in used] == pytest.approx([0.3 * f for f in factors], rel=1e-12)
    assert [rates[1] for rates in used] == pytest.approx([0.05 * f for f in factors], rel=1e-12)
    assert [update.learning_rate for update in updates] == [rates[0] for rates in used]
    assert all(rate > 0 for rates in used for rate in rates)


@pytest.mark.slow
def test_a_second_loop_over_the_same_optimizer_starts_from_the_same_peak():
    model = a_model()
    optimizer = sgd(model, 0.5)
    first = train(model, optimizer, steps=11)
    second = train(model, optimizer, steps=11)
    assert [u.learning_rate for u in first] == [u.learning_rate for u in second]


@pytest.mark.slow
def test_the_run_ends_with_its_length_or_with_its_batches():
    model = a_model()
    assert [u.step for u in train(model, sgd(model), steps=5)] == [0, 1, 2, 3, 4]
    assert [u.step for u in train(model, sgd(model), steps=5, first=3)] == [3, 4]
    assert train(model, sgd(model), steps=5, first=5) == []
    updates = list(training_steps(model, [[a_batch(0)], [a_batch(1)]], next_token, sgd(model)))
    assert [u.last for u in updates] == [False, False]
    assert [(u.fraction, u.done) for u in train(model, sgd(model), steps=2)] == [(0.0, 0.5), (0.5, 1.0)]


@pytest.mark.slow
def test_dropout_is_a_function_of_seed_and_step_and_of_nothing_else():
    def losses(disturb: bool, seed: int = 5) -> list[float]:
        model = a_model(dropout=0.5)
        found = []
        for update in training_steps(model, batches(), next_token, sgd(model), length=BySteps(4), seed=seed):
            found.append(update.loss)
            if disturb:
                torch.rand(update.step + 3)  # as sampling, evaluating and whatever else would
                model.eval()
        return found

    assert losses(disturb=False) == losses(disturb=True)
    assert losses(disturb=False, seed=6) != losses(disturb=False)


@pytest.mark.slow
def test_dropout_differs_from_step_to_step():
    model = a_model(dropout=0.5)
    same_batch = [[a_batch(0)]] * 3
    updates = list(training_steps(model, same_batch, next_token, sgd(model, 1e-12)))
    assert len({round(update.loss, 6) for update in updates}) == 3


class Ticking:
    """Time that passes only when it is looked at (a hundredth of a second each time), or is said to pass."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        self.seconds += 0.01
        return self.seconds


def test_the_clock_counts_training_only():
    model, time = a_model(), Ticking()
    clock = Clock(now=time)
    for update in training_steps(model, batches(), next_token, sgd(model), length=BySteps(3), clock=clock):
        shown = clock.seconds
        time.seconds += 5.0  # evaluating
        assert clock.seconds == shown
        assert 0 < update.seconds <= shown
    assert 0 < clock.seconds < 1


@pytest.mark.slow
def test_a_run_by_the_clock_ends_near_its_limit():
    model, clock = a_model(), Clock(now=Ticking())
    updates = list(training_steps(model, batches(), next_token, sgd(model), length=ByTime(0.9, clock), clock=clock,
                                  schedule=lambda step, fraction: factor(Linear(), step, fraction)))  # fmt: skip
    assert updates[-1].last
    assert clock.seconds == pytest.approx(0.9, abs=0.1)
    assert updates[-1].learning_rate < 0.2 * max(update.learning_rate for update in updates), (
        "the schedule ends on time"
    )


@pytest.mark.slow
def test_a_guard_decides_whether_a_step_moves_the_weights_and_is_told_loss_and_norm():
    model, told = a_model(), []

    def guard(step, loss, norm):
        told.append((step, loss, norm))
        return step != 1

    kept = []
    for update in training_steps(model, batches(), next_token, sgd(model), length=BySteps(3), guard=guard):
        kept.append(copy.deepcopy(model))
        assert told[-1] == (update.step, update.loss, update.gradient_norm)
        assert update.made == (update.step != 1)
    assert same(kept[0], kept[1]) and not same(kept[1], kept[2])


class Poisoned(Decoder):
    """A decoder that says NaN from its third batch on."""

    def __init__(self, value: float = math.nan) -> None:
        super().__init__(a_model().config)
        self.load_state_dict(a_model().state_dict())
        self.value, self.seen = value, 0

    def hidden(self, tokens, positions=None, cache=None):
        self.seen += 1
        return super().hidden(tokens, positions, cache) * (self.value if self.seen > 2 else 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_with_step_batch_and_advice_before_the_weights_are_spoilt(value):
    model = Poisoned(value)
    steps = training_steps(model, batches(), next_token, sgd(model), describe=lambda step: f"rows 3, 1 and 4 of {step}")
    next(steps), next(steps)
    before = copy.deepcopy(model)
    with pytest.raises(HornbookError) as error:
        next(steps)
    assert str(error.value).startswith("step 2: the loss became ")
    assert "rows 3, 1 and 4 of 2" in str(error.value)
    assert "lower learning rate" in str(error.value)
    assert same(before, model)


def test_a_gradient_that_is_no_number_stops_too():
    model = a_model()

    def objective(model, batch):
        loss = next_token(model, batch)
        zero = (model.embedding.tokens.weight.sum() * 0).abs()
        return Loss(loss.total + zero.sqrt(), loss.count)  # the root has an infinite slope at 0

    with pytest.raises(HornbookError, match="step 0: the gradient's norm became nan"):
        next(training_steps(model, batches(), objective, sgd(model)))


def test_a_batch_that_asks_for_nothing_is_an_error():
    batch = a_batch(0)
    model = a_model()
    nothing = Texts(batch.tokens, torch.full_like(batch.targets, IGNORED))
    with pytest.raises(HornbookError, match="asks for nothing"):
        next(training_steps(model, [[nothing]], next_token, sgd(model)))


@pytest.mark.slow
def test_a_scaled_loss_gives_the_same_step():
    plain, scaled = a_model(), a_model()
    updates = list(training_steps(plain, [[a_batch(0)]], next_token, sgd(plain)))
    scale = LossScale(1024.0, moving=True)
    scaled_updates = list(training_steps(scaled, [[a_batch(0)]], next_token, sgd(scaled), scale=scale))
    assert farthest(plain, scaled) <= 1e-6
    assert updates[0].loss == scaled_updates[0].loss
    assert updates[0].gradient_norm == pytest.approx(scaled_updates[0].gradient_norm, rel=1e-5)


@pytest.mark.slow
def test_an_overflow_leaves_the_step_out_and_halves_the_scale():
    model = a_model()
    before, scale = copy.deepcopy(model), LossScale(2.0**127, moving=True)
    steps = training_steps(model, batches(), next_token, sgd(model), scale=scale)
    update = next(steps)
    assert not math.isfinite(update.gradient_norm)
    assert math.isfinite(update.loss)
    assert same(before, model)
    assert scale.value == 2.0**126
    for update in steps:
        if math.isfinite(update.gradient_norm):
            break
    assert not same(before, model)


@pytest.mark.slow
def test_an_overflow_at_a_scale_of_one_is_an_error():
    model = a_model()

    def objective(model, batch):
        loss = next_token(model, batch)
        return Loss(loss.total + (model.embedding.tokens.weight.sum() * 0).abs().sqrt(), loss.count)

    with pytest.raises(HornbookError, match="gradient's norm"):
        list(training_steps(model, batches(), objective, sgd(model), scale=LossScale(4.0, moving=True)))


@pytest.mark.slow
def test_training_learns_and_in_bfloat16_too():
    for precision in (Precision("float32"), Precision("bfloat16")):
        model = a_model()
        optimizer = build_optimizer(AdamW(learning_rate=1e-2), model)
        repeated = ([a_batch(step % 2)] for step in range(60))
        updates = list(training_steps(model, repeated, next_token, optimizer, precision=precision))
        assert updates[-1].loss < 0.3 * updates[0].loss
        assert all(p.dtype == torch.float32 for p in model.parameters())


@pytest.mark.slow
def test_bfloat16_is_really_used():
    seen = []
    model = a_model()
    model.stack.blocks[0].feed_forward.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    list(training_steps(model, [[a_batch(0)]], next_token, sgd(model), precision=Precision("bfloat16")))
    assert seen == [torch.bfloat16]


def update(step: int, fraction: float, done: float) -> Update:
    return Update(step, 1.0, 1e-3, 1.0, 7, 0.1, fraction, done)


def test_every_so_many_steps_is_counted_in_updates_made():
    assert [step for step in range(10) if due(3, update(step, step / 10, (step + 1) / 10))] == [2, 5, 8]
    assert not any(due(0, update(step, 0.0, 0.1)) for step in range(10))


def test_every_part_of_a_run_happens_once_for_each_part_whatever_the_steps():
    for steps in (10, 11, 13, 97, 100):
        happened = [step for step in range(steps) if due(0.1, update(step, step / steps, (step + 1) / steps))]
        assert len(happened) == 10
        assert happened[-1] == steps - 1
    assert not due(0.0, update(3, 0.0, 1.0))
    assert due(0.25, update(3, 0.2, 0.8)), "a long step may pass two marks"


def test_the_last_update_knows_that_it_is():
    assert [update(step, step / 3, (step + 1) / 3).last for step in range(3)] == [False, False, True]
