"""Learning-rate schedules side by side: each in blue, the others faint behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from hornbook.figures.panels import name_below, name_panel, panels
from hornbook.figures.style import MODEL, RULE


def schedule_grid(
    factors: Mapping[str, Sequence[float]], *, title: str = "Learning-rate schedules", remark: str = ""
) -> Figure:
    """A panel for each schedule: the learning rate as a part of its peak over all steps of a run."""
    figure, places = panels(len(factors), wide=1.7, high=1.6, gaps=(0.25, 0.5), left=0.65, title=title, remark=remark)
    for number, (axes, (name, line)) in enumerate(zip(places, factors.items(), strict=True)):
        for other in factors.values():
            axes.plot(range(len(other)), other, color=RULE, linewidth=1.2)
        axes.plot(range(len(line)), line, color=MODEL, linewidth=2)
        axes.set(xlim=(0, len(line) - 1), ylim=(0, 1.06), xticks=[0, len(line)], yticks=[0, 0.5, 1])
        axes.set_xticklabels(["0", f"{len(line)}"])
        if number:
            axes.set_yticklabels([])
        name_panel(axes, name, f"ends at {line[-1]:.2g}")
        name_below(axes, "step", "" if number else "part of the peak")
    return figure
