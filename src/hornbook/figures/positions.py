"""How models are told about order: waves that are added, pairs that are turned, scores that are lowered.

In: the numbers that the model's own parts computed. Three pictures, one for each place where order may enter
(``hornbook.model.position_encodings``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from hornbook.figures.panels import AMOUNT, SIGNED, cells, name_below, name_panel, panels, scale_beside
from hornbook.figures.style import INK, MODEL, MUTED, RULE, SERIES, label_right, quiet

Floats = npt.NDArray[np.floating]


def waves(table: Floats, wavelengths: Mapping[int, float], *, title: str = "", remark: str = "") -> Figure:
    """What is added to each position: ``table`` [positions, features] as a map, and some of its features as curves.

    Args:
        wavelengths: features to draw as curves -> the length of their wave, in positions.
    """
    count = len(wavelengths)
    high, low, width = 2.5, 0.62, 8.4
    figure, [map_of_all] = panels(1, 1, wide=6.35, high=high, left=0.75, right=1.3, title=title, remark=remark)
    height = high + 1.5 + count * (low + 0.12)
    figure.set_size_inches(width, height)
    for text, place in zip(figure.texts, (0.13, 0.4), strict=False):
        text.set_position((0.2 / width, 1 - place / height))
    map_of_all.set_position((0.75 / width, 1 - (0.78 + high) / height, 6.35 / width, high / height))
    image = cells(map_of_all, table.T, SIGNED, -1, 1)
    map_of_all.invert_yaxis()
    map_of_all.set_ylabel("feature", color=MUTED, fontsize=9, labelpad=5)
    map_of_all.set_xticklabels([])
    scale_beside(map_of_all, image, [-1, 0, 1], ["−1", "0", "1"])
    for row, (feature, length) in enumerate(wavelengths.items()):
        bottom = height - 0.78 - high - 0.15 - (row + 1) * low - row * 0.12
        axes = figure.add_axes((0.75 / width, bottom / height, 6.35 / width, low / height), facecolor="none")
        quiet(axes)
        axes.plot(np.arange(len(table)), table[:, feature], color=MODEL, linewidth=1.4, clip_on=False)
        axes.set(xlim=(-0.5, len(table) - 0.5), ylim=(-1.1, 1.1), yticks=[0])
        axes.set_yticklabels([f"{feature}"])
        axes.spines["bottom"].set_visible(False)
        last = row == count - 1
        axes.tick_params(axis="x", length=0, labelbottom=last)
        map_of_all.axhline(feature, color=INK, linewidth=0.5, linestyle=(0, (2, 3)))
        axes.annotate(f"wave of {length:,.3g}", (1, 0.5), (10, 0), xycoords="axes fraction", textcoords="offset points",
                      color=MODEL, fontsize=9, va="center")  # fmt: skip
    name_below(axes, "position")
    return figure


def turned_pairs(
    angles: Floats, chosen: Sequence[int], scores: Mapping[str, Floats], *, title: str = "", remark: str = ""
) -> Figure:
    """Clocks for some pairs of features, and under them how a product of two equal vectors fades with their distance.

    Args:
        angles: [positions, pairs], in radians; as many hands are drawn as there are positions.
        chosen: the pairs that have a clock.
        scores: name -> [distances], the product as a part of what it is at distance 0.
    """
    count, wide = len(chosen), 1.18
    span = count * wide + (count - 1) * 0.15
    figure, clocks = panels(count, 2, wide=wide, high=1.18, gaps=(0.15, 0.55), right=0.45, title=title, remark=remark)
    for unused in clocks[count:]:
        unused.remove()
    for axes, pair in zip(clocks, chosen, strict=False):
        axes.set(xlim=(-1.12, 1.12), ylim=(-1.12, 1.12), aspect="equal")
        axes.axis("off")
        axes.add_patch(Circle((0, 0), 1, fill=False, color=RULE, linewidth=1))
        for place, angle in reversed(list(enumerate(angles[:, pair]))):
            shade = 1 - 0.82 * place / max(1, len(angles) - 1)
            axes.plot([0, np.cos(angle)], [0, np.sin(angle)], color=MODEL, alpha=shade, linewidth=1.5)
            axes.plot(np.cos(angle), np.sin(angle), "o", color=MODEL, alpha=shade, markersize=3.2)
        turn = 2 * np.pi / angles[1, pair]
        axes.set_title(f"pair {pair}", color=INK, fontsize=9.5, fontweight="bold", pad=3)
        axes.text(0, -1.3, f"a turn in {turn:,.3g}", color=MUTED, fontsize=8.5, ha="center", va="top")
    width, height = figure.get_size_inches()
    below = figure.add_axes((0.7 / width, 0.55 / height, span / width, 1.32 / height), facecolor="none")
    quiet(below)
    labels = []
    for colour, (name, line) in zip(SERIES, scores.items(), strict=False):
        below.plot(np.arange(len(line)), line, color=colour, linewidth=1.4)
        labels.append((float(line[-1]), name, colour, False))
    below.axhline(0, color=MUTED, linewidth=0.8)
    below.set_xlim(0, len(next(iter(scores.values()))) - 1)
    name_below(below, "distance between query and key", "product")
    label_right(figure, below, labels)
    return figure


def falling_scores(
    bias: Floats, slopes: Sequence[float], chosen: Sequence[int], *, title: str = "", remark: str = ""
) -> Figure:
    """What is added to the scores, as what it does to the weights: they are multiplied by e to that power.

    Args:
        bias: [heads, queries, keys], nowhere above 0, minus infinity where nothing is looked at.
        slopes: of each head, per token of distance.
        chosen: the heads that have a map; all have a line over the distance.
    """
    size = bias.shape[-1]
    figure, [*maps, lines] = panels(len(chosen) + 1, wide=1.45, high=1.45, gaps=(0.3, 0.5), left=0.55, right=1.15,
                                    title=title, remark=remark)  # fmt: skip
    for place, (axes, head) in enumerate(zip(maps, chosen, strict=True)):
        cells(axes, np.exp(bias[head]), AMOUNT, 0, 1)
        name_panel(axes, f"head {head + 1}")
        name_below(axes, "key", "query" if place == 0 else "")
        axes.set_xticks([0, size - 1], ["0", str(size - 1)])
        axes.set_yticks([0, size - 1], ["0", str(size - 1)] if place == 0 else ["", ""])
    distance, labels = np.arange(size), []
    for head, slope in enumerate(slopes):
        factor, strong = np.exp(-slope * distance), head in chosen
        lines.plot(distance, factor, color=MODEL if strong else MUTED, linewidth=1.8 if strong else 1.0)
        labels.append((float(factor[-1]), f"head {head + 1}: {ratio(slope)}", MODEL if strong else MUTED, strong))
    lines.set(xlim=(0, size - 1), ylim=(0, 1.02))
    name_panel(lines, "slopes")
    name_below(lines, "distance")
    width, box = figure.get_size_inches()[0], lines.get_position()
    lines.set_position((box.x0 + 0.15 / width, box.y0, box.width, box.height))
    label_right(figure, lines, labels, gap=0.18)
    return figure


def ratio(value: float) -> str:
    """0.25 -> 1/4 where that is exact, else three digits."""
    whole = round(1 / value)
    return f"1/{whole}" if 1 / whole == value else f"{value:.3g}"
