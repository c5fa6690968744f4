"""The learning rate at the steps that matter, exactly, and never 0."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.training.config import Constant, Cosine, Linear, Trapezoid
from hornbook.training.schedules import FALLS, LOWEST_RISE, SHAPES, factor, fall_begins

STEPS = 211


def at(schedule, step, steps=STEPS):
    """The factor at a step of a run of so many steps."""
    return factor(schedule, step, step / steps, steps)


@pytest.mark.parametrize("schedule", [Cosine(warmup=10), Linear(warmup=10), Constant(warmup=10), Trapezoid(warmup=10)])
def test_warm_up_rises_by_equal_steps_from_above_zero_to_the_peak(schedule):
    assert [at(schedule, step) for step in range(11)] == pytest.approx([(step + 1) / 11 for step in range(11)])
    assert at(schedule, 0) == 1 / 11
    assert at(schedule, 10) == 1.0


def test_the_cosine_is_half_way_down_in_the_middle_and_final_at_the_end():
    schedule = Cosine(warmup=11, final=0.1)
    assert at(schedule, 11) == 1.0
    assert at(schedule, 111) == pytest.approx(0.55, abs=1e-12)  # half way from 11 to 211
    assert at(schedule, 61) == pytest.approx(0.1 + 0.9 * (1 + math.cos(math.pi / 4)) / 2, abs=1e-12)
    assert at(schedule, STEPS) == pytest.approx(0.1, abs=1e-12)
    assert at(schedule, STEPS - 1) == pytest.approx(0.1, abs=1e-3)


def test_the_line_falls_evenly_to_nothing_which_no_step_reaches():
    schedule = Linear(warmup=11)
    assert at(schedule, 111) == pytest.approx(0.5, abs=1e-12)
    assert at(schedule, STEPS) == 0.0
    assert at(schedule, STEPS - 1) == pytest.approx(1 / 200, abs=1e-12)
    assert at(Linear(warmup=11, final=0.3), STEPS) == 0.3


def test_the_trapezoid_stays_up_and_falls_at_the_end():
    schedule = Trapezoid(warmup=11, decay=0.25)
    assert [at(schedule, step) for step in (11, 100, 160)] == [1.0, 1.0, 1.0]
    assert at(schedule, 161) == pytest.approx(1.0, abs=1e-12)
    assert at(schedule, 186) == pytest.approx(0.5, abs=1e-12)
    assert at(schedule, STEPS) == 0.0


def test_constant_stays_at_the_peak():
    assert {at(Constant(warmup=3), step) for step in range(3, STEPS + 1)} == {1.0}


def test_a_part_of_the_run_is_the_same_as_that_number_of_steps():
    assert [at(Cosine(warmup=10 / STEPS), step) for step in range(STEPS)] == [
        at(Cosine(warmup=10), step) for step in range(STEPS)
    ]


def test_by_time_a_warm_up_in_parts_follows_the_time_and_one_in_steps_the_steps():
    by_part, by_steps = Linear(warmup=0.2), Linear(warmup=4)
    assert [factor(by_part, 999, fraction) for fraction in (0.1, 0.2, 0.6, 1.0)] == pytest.approx([0.5, 1.0, 0.5, 0.0])
    assert factor(by_part, 0, 0.0) == LOWEST_RISE
    assert factor(by_steps, 1, 0.9) == pytest.approx(2 / 5)
    assert factor(by_steps, 4, 0.25) == pytest.approx(0.75)


schedules = st.one_of(
    st.builds(kind, warmup=st.one_of(st.integers(0, 50), st.floats(0, 0.99)))
    for kind in (Linear, Constant, Trapezoid, Cosine)
)


@given(schedules, st.integers(1, 10**6), st.data())
def test_no_step_ever_has_a_learning_rate_of_zero_or_above_the_peak(schedule, steps, data):
    step = data.draw(st.integers(0, steps - 1))
    assert 0 < at(schedule, step, steps) <= 1
    assert 0 < factor(schedule, step, data.draw(st.floats(0, 1, exclude_max=True))) <= 1


@pytest.mark.parametrize("final", [0.0, 0.1])
def test_after_warm_up_it_never_rises(final):
    for schedule in (Cosine(warmup=7, final=final), Linear(warmup=7, final=final), Trapezoid(warmup=7, final=final)):
        values = [at(schedule, step) for step in range(7, STEPS)]
        assert values == sorted(values, reverse=True)


def test_a_cosine_to_nothing_does_not_round_to_zero_before_the_end():
    assert factor(Cosine(warmup=0, final=0.0), 10**9, 1 - 1e-9) > 0


def test_every_schedule_has_a_shape():
    assert set(SHAPES) == {Cosine, Linear, Constant, Trapezoid}


@pytest.mark.parametrize("schedule", [Cosine(warmup=0), Linear(warmup=0), Constant(warmup=0), Trapezoid(warmup=0)])
def test_a_schedule_falls_behind_the_place_that_is_named_and_nowhere_before_it(schedule):
    assert set(FALLS) == set(SHAPES)
    begins = fall_begins(schedule)
    for step in range(STEPS):
        falling = begins is not None and step / STEPS > begins
        assert (at(schedule, step) < 1.0) == falling
