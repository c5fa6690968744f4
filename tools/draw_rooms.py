"""Draw the rooms of the package and what each imports, from the source: docs/rooms.svg.

python tools/draw_rooms.py           -> docs/rooms.svg; tests/gates/test_docs.py fails when the code has moved on

Arrows show what a room hands on to the next: whoever is at the tip imports what is at the other end. What follows from
other arrows is left out (if `training` imports `data` and `data` imports `batches`, that says it all).
"""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "rooms.svg"
START = "hornbook"
"""The package's own module, `__init__.py`: it re-exports, and stands in no layer."""
WIDTH, HEIGHT = 1.02, 0.34
"""Of a box, in inches."""
ACROSS, DOWN = 1.5, 0.62
"""From one box to the next."""

Edges = set[tuple[str, str]]


def room_of(module: str) -> str:
    """`hornbook.model.blocks` -> `model`."""
    parts = module.split(".")
    return parts[1] if parts[0] == "hornbook" and len(parts) > 1 else START


def rooms_imported(path: Path) -> set[str]:
    """The rooms that a file imports when it runs; imports for the type checker alone do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = [ast.Pass()]
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names if alias.name.split(".")[0] == "hornbook")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "hornbook":
            names.add(f"{node.module}.{node.names[0].name}" if node.module == "hornbook" else str(node.module))
    return {room_of(name) for name in names} - {START, "__version__"}


def imports() -> Edges:
    """All pairs (room, room that it imports) of the package."""
    package = ROOT / "src" / "hornbook"
    edges: Edges = set()
    for path in package.rglob("*.py"):
        inside = path.relative_to(package).with_suffix("").parts
        room = START if inside[0].startswith("__") else inside[0]
        edges.update((room, other) for other in rooms_imported(path) if other != room and room != START)
    return edges


def needed(edges: Edges) -> Edges:
    """The edges that do not follow from others (the transitive reduction of a graph without circles)."""
    below: dict[str, set[str]] = {}

    def reached(room: str) -> set[str]:
        if room not in below:
            direct = {other for one, other in edges if one == room}
            below[room] = direct.union(*(reached(other) for other in direct))
        return below[room]

    return {(one, two) for one, two in edges if not any(two in reached(other) for name, other in edges if name == one)}


def layers() -> list[list[str]]:
    """The rooms from the first to the last, neighbours together, as the import contract has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(each for each in settings["tool"]["importlinter"]["contracts"] if each["id"] == "rooms")
    return [layer.split(" | ") for layer in reversed(contract["layers"])]


def draw(edges: Edges) -> Any:
    """The picture: a column for each layer of the contract, an arrow for each import that does not follow."""
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

    from hornbook.figures.style import INK, MODEL, MUTED, PAPER, head

    columns = layers()
    tallest = max(len(column) for column in columns)
    width, height = len(columns) * ACROSS + 0.1, tallest * DOWN + 1.1
    figure = Figure(figsize=(width, height), dpi=150, facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1), facecolor="none")
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    head(figure, "The house", "From left to right, and never back: a room imports only what stands before it.")
    places = {
        room: (0.8 + across * ACROSS, (height - 0.7) / 2 + (down - (len(column) - 1) / 2) * DOWN)
        for across, column in enumerate(columns)
        for down, room in enumerate(reversed(column))
    }
    for room, other in sorted(needed(edges)):
        (left, low), (right, high) = places[other], places[room]
        bend = 0.0 if right - left < 1.5 * ACROSS else 0.16 * (1 if low >= high else -1)
        arrow = FancyArrowPatch(
            (left + WIDTH / 2, low),
            (right - WIDTH / 2, high),
            connectionstyle=f"arc3,rad={bend}",
            arrowstyle="-|>",
            mutation_scale=8,
            color=MUTED,
            linewidth=0.8,
            alpha=0.75,
        )
        axes.add_patch(arrow)
    for room, (x, y) in places.items():
        corner = (x - WIDTH / 2, y - HEIGHT / 2)
        box = FancyBboxPatch(
            corner, WIDTH, HEIGHT, boxstyle="round,pad=0,rounding_size=0.06", fc=PAPER, ec=MODEL, lw=1.1
        )
        axes.add_patch(box)
        axes.text(x, y, room, ha="center", va="center", fontsize=9.5, color=INK)
    return figure


def written(edges: Edges) -> str:
    """What the picture keeps of the imports, so that a test can hold it to the code."""
    return " ".join(f"{one}>{other}" for one, other in sorted(needed(edges)))


def main() -> None:
    """Write the picture."""
    import matplotlib as mpl

    from hornbook.figures.style import SETTINGS

    edges = imports()
    figure = draw(edges)
    with mpl.rc_context(SETTINGS):
        figure.savefig(PICTURE, format="svg", metadata={"Date": None, "Creator": None, "Description": written(edges)})
        lines = PICTURE.read_text(encoding="utf-8").splitlines()
    PICTURE.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
