"""What a tokenizer makes of a text: how often its tokens come, and how long they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator, PercentFormatter

from hornbook.figures.style import BASELINE, INK, MODEL, MUTED, TRAINING, label_right, name_axes, new_figure, short


def zipf(
    counts: npt.NDArray[np.integer], names: Sequence[str], *, title: str = "How often tokens come", remark: str = ""
) -> Figure:
    """Occurrences over rank, both logarithmic, beside a line of slope -1 (Zipf 1949) through the middle.

    Args:
        counts: of all tokens that occur, the most frequent first.
        names: of the same tokens; some of them are written beside their points.
    """
    figure, axes = new_figure(height=4.2, title=title, remark=remark)
    rank = np.arange(1, len(counts) + 1)
    middle = int(np.sqrt(len(counts)))
    law = counts[middle - 1] * middle / rank
    axes.plot(rank, law, color=BASELINE, linewidth=1.1, linestyle=(0, (5, 3)))
    axes.plot(rank, counts, color=MODEL, linewidth=1.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set(xlim=(1, len(counts)), ylim=(max(0.7, counts[-1] * 0.7), max(counts[0], law[0]) * 1.6))
    name_axes(axes, "rank", "occurrences")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    shown = np.unique(np.geomspace(1, len(counts), 9).astype(int))
    for at in shown[:-1]:
        axes.plot(at, counts[at - 1], "o", color=MODEL, markersize=4, clip_on=False)
        axes.annotate(names[at - 1], (at, counts[at - 1]), (5, 5), textcoords="offset points", fontsize=8.5, color=INK,
                      parse_math=False)  # fmt: skip
    label_right(figure, axes, [(float(counts[-1]), f"{len(counts):,} tokens", MODEL, True),
                               (float(law[-1]), "1 / rank", BASELINE, False)])  # fmt: skip
    return figure


def token_lengths(
    vocabulary: Sequence[int], text: Sequence[int], *, title: str = "How long tokens are", remark: str = ""
) -> Figure:
    """Bars for each length in bytes: its share of the vocabulary, and of the tokens of a text.

    Args:
        vocabulary: lengths of all tokens there are; ``text``: of all tokens in the text, one after another.
    """
    figure, axes = new_figure(height=3.4, title=title, remark=remark)
    longest = int(max(np.quantile(vocabulary, 0.999), np.quantile(text, 0.9999), 4))
    shares = {}
    for name, lengths, colour, side in (("vocabulary", vocabulary, TRAINING, -0.2), ("text", text, MODEL, 0.2)):
        counted = np.bincount(np.minimum(lengths, longest), minlength=longest + 1)
        shares[name] = counted / len(lengths)
        axes.bar(np.arange(longest + 1) + side, shares[name], width=0.38, color=colour)
    axes.set_xlim(0.4 if not shares["vocabulary"][0] else -0.6, longest + 0.6)
    name_axes(axes, "bytes of a token", "share")
    axes.xaxis.set_major_locator(MaxNLocator(20, integer=True))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:.0f}" + ("+" if round(value) == longest else ""))
    )
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    box, width = axes.get_position(), figure.get_size_inches()[0]
    axes.set_position((box.x0, box.y0, 1 - box.x0 - 0.3 / width, box.height))
    peak = float(max(shares["vocabulary"].max(), shares["text"].max()))
    for height, name, lengths, colour in ((0.96, "of the text", text, MODEL), (0.84, "of the vocabulary", vocabulary,
                                                                              TRAINING)):  # fmt: skip
        said = f"{name}: {np.mean(lengths):.2f} bytes on average"
        axes.text(longest + 0.5, peak * height, said, color=colour, fontsize=9.5, ha="right", va="top",
                  fontweight="bold")  # fmt: skip
    axes.grid(axis="y", color="none")
    axes.spines["bottom"].set_color(MUTED)
    return figure
