"""While tests run, each call of ``hornbook`` is checked by its annotations: shapes by jaxtyping, the rest by beartype.

jaxtyping has to remember for each call which size each name of an axis stood for, which takes much longer than
beartype's check. So in the rooms of text, whose inner loops are called a million times, it looks only after the modules
in which a shape stands.
"""

from __future__ import annotations

from pathlib import Path

from beartype import BeartypeConf
from beartype.claw import beartype_packages
from jaxtyping import install_import_hook

ROOMS_OF_TEXT = ("hornbook.tokenizers", "hornbook.corpus")
UNREADABLE = ("hornbook.corpus.story_world.grammar", "hornbook.corpus.refining")
"""Types that are made of themselves, and named tuples of types that are named in their own file: jaxtyping's way of
calling beartype can read them, and beartype's own hook cannot."""


def check_annotations(folder: Path) -> None:
    """From now on, for modules of the package in ``folder`` that are imported from now on."""
    beartype_packages(ROOMS_OF_TEXT, conf=BeartypeConf(claw_is_pep526=False, violation_type=TypeError))
    install_import_hook([name for name, path in modules(folder) if shaped(name, path)], "beartype.beartype")


def modules(folder: Path) -> list[tuple[str, Path]]:
    """Every module of a package, with its file; a package of it by the name with which it is imported."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        found.append((".".join(part for part in parts if part != "__init__"), path))
    return found


def shaped(name: str, path: Path) -> bool:
    """Whether jaxtyping looks after a module. A package's own name would stand for everything in it."""
    if not f"{name}.".startswith(tuple(f"{room}." for room in ROOMS_OF_TEXT)):
        return path.name != "__init__.py"
    return name.startswith(UNREADABLE) or "jaxtyping" in path.read_text(encoding="utf-8")
