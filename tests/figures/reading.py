"""Reading a figure: what is written in it, and whether something is cut off or written over."""

from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def texts(figure: Figure) -> list[str]:
    """What is written anywhere in a figure."""
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text()]


def boxes(figure: Figure) -> dict[int, tuple[str, mpl.transforms.Bbox]]:
    """Every visible text with the place it takes, in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    found = {}
    for text in figure.findobj(mpl.text.Text):
        if text.get_visible() and text.get_text().strip() and within(figure, text):
            found[id(text)] = (text.get_text(), text.get_window_extent(canvas.get_renderer()))
    return found


def within(figure: Figure, text: mpl.text.Text) -> bool:
    """Whether a text is drawn at all: names of ticks beyond the limits of an axis are not."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            shown = [label for tick in axis._update_ticks() for label in (tick.label1, tick.label2)]
            own = [label for tick in (*axis.majorTicks, *axis.minorTicks) for label in (tick.label1, tick.label2)]
            if text in own:
                return axes.axison and text in shown
            if text in (axis.label, axis.offsetText):
                return bool(axes.axison)
    return True


def assert_well_set(figure: Figure, touching: float = 1.0) -> None:
    """No text leaves the page, and none is written over another (by more than ``touching`` pixels)."""
    found = list(boxes(figure).values())
    width, height = figure.canvas.get_width_height()
    for text, box in found:
        inside = box.x0 >= -0.5 and box.y0 >= -0.5 and box.x1 <= width + 0.5 and box.y1 <= height + 0.5
        assert inside, f"{text!r} leaves the page: {box} of {width} x {height}"
    for (one, first), (other, second) in combinations(found, 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        up = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert not (across > touching and up > touching + 2), f"{one!r} is written over {other!r}"
