"""The attention map: every weight is in it, every token is named once, nothing leaves the page."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from hornbook.figures.attention_map import attention_map

ASKING, ANSWERING = ["one", "thousand", "two"], ["en", ":", "1", "0", "0", "2", "$x_1$"]


def drawn(maps: int = 5):
    weights = np.random.default_rng(1).dirichlet(np.ones(7), (maps, 3))
    names = [f"head {number}" for number in range(maps)]
    return weights, attention_map(weights, ASKING, ANSWERING, names=names, title="Looking", remark="at the source")


def test_every_map_holds_its_weights_on_one_scale() -> None:
    weights, figure = drawn()
    assert len(figure.axes) == 5
    for weight, axes in zip(weights, figure.axes, strict=True):
        [image] = axes.images
        np.testing.assert_allclose(image.get_array(), weight)
        assert image.get_clim() == (0.0, 1.0)
        assert axes.get_title(loc="left").startswith("head")


@pytest.mark.parametrize("maps", [1, 4, 5])
def test_rows_are_named_at_the_left_and_columns_below_the_lowest(maps: int) -> None:
    _, figure = drawn(maps)
    rows = [[label.get_text() for label in axes.get_yticklabels()] for axes in figure.axes]
    columns = [[label.get_text() for label in axes.get_xticklabels()] for axes in figure.axes]
    assert [row == ASKING for row in rows] == [number % 4 == 0 for number in range(maps)]
    assert [column == ANSWERING for column in columns] == [number + 4 >= maps for number in range(maps)]


def test_nothing_is_drawn_outside_the_page() -> None:
    _, figure = drawn()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    for axes in figure.axes:
        box = axes.get_tightbbox(canvas.get_renderer())
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
