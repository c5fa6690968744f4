"""Figures: the data are in them, the labels do not overlap, and matplotlib is left as it was."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hornbook.figures.baseline_ladder import Rung, baseline_ladder
from hornbook.figures.calibration import calibration_curve
from hornbook.figures.loss_curve import Series, loss_curve, round_numbers, running_mean
from hornbook.figures.schedule import schedule_figure
from hornbook.figures.style import save, short, spread, svg
from hornbook.figures.watched import watched_curve

STEPS = list(range(1, 301))
LOSSES = [1.3 + 7 / (1 + step / 17) for step in STEPS]


def texts(figure: Figure) -> list[str]:
    """What is written anywhere in a figure."""
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text()]


def example() -> Figure:
    return loss_curve(
        Series(STEPS, LOSSES),
        Series(STEPS[49::50], LOSSES[49::50]),
        baselines={"uniform": 8.318, "a rather long name for Kneser-Ney": 1.71},
        floor=1.29,
        title="Loss of a run",
    )


def test_the_loss_curve_shows_its_data_and_names_its_lines() -> None:
    figure = example()
    lines = {tuple(np.round(line.get_ydata(), 9)) for line in figure.axes[0].lines}
    assert tuple(np.round(LOSSES[49::50], 9)) in lines
    for height in (8.318, 1.71, 1.29):
        assert (height, height) in lines
    last = LOSSES[-1]
    for text in ("Loss of a run", "uniform 8.318", "floor 1.290", f"validation {last:.3f}", "nats per token", "step"):
        assert text in texts(figure)


def test_labels_stay_inside_and_do_not_overlap() -> None:
    figure = example()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [text.get_window_extent() for text in figure.texts]
    width, height = canvas.get_width_height()
    for box in boxes:
        assert 0 <= box.x0 < box.x1 <= width
        assert 0 <= box.y0 < box.y1 <= height
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])


def test_the_ladder_is_sorted_and_carries_its_values() -> None:
    rungs = [Rung("this model", 0.655, "model"), Rung("uniform", 3.55), Rung("the floor of the source", 0.6, "floor")]
    figure = baseline_ladder(rungs)
    assert [patch.get_width() for patch in figure.axes[0].patches] == [3.55, 0.655, 0.6]
    assert {"3.550", "0.655", "0.600", "uniform", "the floor of the source"} <= set(texts(figure))


def test_the_schedule_shows_each_group_and_its_marks() -> None:
    rates = [min(step / 30, 1) * 3e-4 for step in STEPS]
    figure = schedule_figure({"AdamW": Series(STEPS, rates), "Muon": Series(STEPS, rates)}, marks={"warm-up ends": 30})
    assert {"AdamW, peak 0.0003", "Muon, peak 0.0003", "warm-up ends", "learning rate"} <= set(texts(figure))


@pytest.mark.parametrize(
    "losses",
    [[], [2.0], [2.0, 2.0], [0.0, 0.0], [float("nan"), 2.0], [float("inf"), 2.0, 1.0], [1e-5, 30.0], [1.81, 1.80]],
)
def test_any_series_can_be_drawn(losses: list[float]) -> None:
    series = Series(list(range(len(losses))), losses)
    assert "<svg" in svg(loss_curve(series, series))
    assert "<svg" in svg(loss_curve(series, Series()))
    assert "<svg" in svg(schedule_figure({"a": series}))


def test_a_training_loss_that_falls_below_zero_is_none_and_is_not_drawn() -> None:
    figure = loss_curve(Series([1, 2, 3], [0.2, -0.1, 0.3]), Series([1, 3], [0.9, 0.5]))
    assert not any(text.startswith("training") for text in texts(figure))
    assert "validation 0.500" in texts(figure)


def test_nothing_at_all_can_be_drawn() -> None:
    assert "nothing measured yet" in texts(loss_curve(Series(), Series()))
    assert "<svg" in svg(baseline_ladder([]))
    assert "<svg" in svg(schedule_figure({}))


def test_names_are_no_formulas_and_no_markup() -> None:
    name = "$x_1$ <b> & \\frac"
    written = svg(loss_curve(Series([1, 2], [3.0, 2.0]), Series(), baselines={name: 2.5}, title=name, x_label=name))
    assert written.count("$x_1$ &lt;b&gt; &amp; \\frac") == 3


def test_the_same_data_make_the_same_file(tmp_path: Path) -> None:
    assert svg(example()) == svg(example())
    assert "Date" not in svg(example())
    save(example(), tmp_path / "loss")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loss.png", "loss.svg"]
    assert (tmp_path / "loss.svg").read_text() == svg(example())
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_letters_stay_letters() -> None:
    assert re.search(r"<text[^>]*>Loss of a run</text>", svg(example()))


def test_matplotlib_is_left_as_it_was() -> None:
    before = dict(mpl.rcParams)
    svg(example())
    assert dict(mpl.rcParams) == before


def test_no_figure_needs_pyplot() -> None:
    program = (
        "import sys, hornbook.figures.loss_curve, hornbook.figures.schedule, hornbook.figures.baseline_ladder as b;"
        "from hornbook.figures.style import png; png(b.baseline_ladder([b.Rung('a', 1.0)]));"
        "assert 'matplotlib.pyplot' not in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=9), st.integers(1, 9))
def test_names_are_moved_apart_and_no_further_than_needed(places: list[int], gap: int) -> None:
    moved = spread(places, float(gap))
    assert all(later - earlier >= gap - 1e-9 for earlier, later in pairwise(sorted(moved)))
    assert np.mean(moved) == pytest.approx(np.mean(places))
    order = sorted(range(len(places)), key=places.__getitem__)
    if all(places[b] - places[a] >= gap for a, b in pairwise(order)):
        assert moved == pytest.approx(places)


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=303))
def test_a_running_mean_stays_between_its_values_and_keeps_a_constant(values: list[float]) -> None:
    means = running_mean(values)
    assert len(means) == len(values)
    assert min(values) - 1e-9 <= means.min() <= means.max() <= max(values) + 1e-9
    assert running_mean([values[0]] * 211) == pytest.approx([values[0]] * 211)


def test_a_running_mean_is_centred() -> None:
    line = [3.0 * place for place in range(499)]
    assert running_mean(line)[10:-10] == pytest.approx(line[10:-10])


def test_few_points_are_all_drawn_and_of_many_the_ends() -> None:
    few, many = Series(list(range(7)), [2.0] * 7), Series(range(100_003), range(100_003))
    assert few.thinned() == few
    assert Series().thinned() == Series([], [])
    assert (len(many.thinned().y), many.thinned().x[0], many.thinned().y[-1]) == (1000, 0, 100_002)


@pytest.mark.parametrize(("low", "high"), [(1.2, 8.9), (1.49, 1.92), (0.01, 11.0), (1e-5, 40.0), (2.0, 4.9)])
def test_ticks_are_few_and_inside(low: float, high: float) -> None:
    ticks = round_numbers(low, high)
    assert 3 <= len(ticks) <= 9
    assert all(low <= tick <= high for tick in ticks)


def test_large_numbers_are_written_short() -> None:
    assert [short(value) for value in (0, 0.25, 999, 1500, 3e6, 2.5e9)] == ["0", "0.25", "999", "1.5k", "3M", "2.5B"]


def test_calibration_has_a_point_for_each_bin_beside_the_diagonal() -> None:
    figure = calibration_curve([(0.56, 0.4, 5), (0.74, 0.5, 2), (0.99, 0.98, 1017)])
    FigureCanvasAgg(figure).draw()
    diagonal, curve = figure.axes[0].lines
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [0, 1]
    assert list(curve.get_xdata()) == [0.56, 0.74, 0.99]
    assert list(curve.get_ydata()) == [0.4, 0.5, 0.98]
    assert {"how sure", "how often right", "5", "2", "1,017"} <= set(texts(figure))
    assert texts(figure).count("100%") == 2, "both axes are shares"


def test_what_is_watched_is_drawn_as_it_was_and_smoothed_where_it_is_long() -> None:
    few = watched_curve("reward", Series([1, 2, 3], [0.1, 0.2, 0.4]))
    [line] = few.axes[0].lines
    assert list(line.get_ydata()) == [0.1, 0.2, 0.4]
    assert {"reward", "0.4", "step"} <= set(texts(few))
    many = watched_curve("entropy", Series(STEPS, LOSSES))
    raw, smooth = many.axes[0].lines
    assert list(raw.get_ydata()) == LOSSES
    assert np.abs(np.diff(smooth.get_ydata())).max() < np.abs(np.diff(LOSSES)).max()
    assert min(LOSSES) <= min(smooth.get_ydata()) <= max(smooth.get_ydata()) <= max(LOSSES)
