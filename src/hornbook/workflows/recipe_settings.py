"""Every setting of a recipe and every choice between parts, found in the classes that a recipe is made of.

Nothing is written down twice: a setting's meaning is the text that stands under its field in the source, its type and
default are those of the field, a choice's meaning is its class's. Walking from ``Recipe`` over the annotations finds
them all, with every path they have (``training.optimizer.learning_rate``), and the table of parts that a setting
selects from, where its choices are the rows of one. Imports no torch. Next: explain.py.
"""

from __future__ import annotations

import ast
import dataclasses
import typing
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tomli_w

import hornbook
from hornbook.model.parts import PARTS
from hornbook.settings import join, nothing
from hornbook.workflows.recipe import KINDS, Recipe

WORDS = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
LISTS = {str: "a list of texts", float: "a list of numbers"}
"""How types are called; of ``int | float`` the last word counts."""


@dataclass(frozen=True)
class Setting:
    """A field of one of the classes. ``paths`` begins with the shortest; ``kind`` is the choice it belongs to, if any.

    ``default`` is TOML, empty where the setting must be given; ``group`` a group of ``hornbook explain``'s parts;
    ``holds`` the names of the settings in it, where it is a table of them.
    """

    name: str
    paths: tuple[str, ...]
    kind: str
    meaning: str
    type: str
    default: str
    group: str
    holds: tuple[str, ...]
    owner: str
    file: str
    line: int

    @property
    def spelt(self) -> str:
        """``training.clip = 1.0``, as it stands on a command line or in a recipe."""
        return f"{self.paths[0]} = {self.default}" if self.default else self.paths[0]

    @property
    def where(self) -> str:
        """``where training.optimizer is muon``, or nothing for a setting that is always there."""
        return f"where {parent_of(self.paths[0])} is {self.kind}" if self.kind else ""


@dataclass(frozen=True)
class Choice:
    """A class that a setting can be: ``training.optimizer = "muon"``. ``settings`` are its own, as TOML."""

    name: str
    paths: tuple[str, ...]
    meaning: str
    settings: tuple[str, ...]
    owner: str
    file: str
    line: int


def parent_of(path: str) -> str:
    """``training.optimizer.momentum`` without its last word."""
    return path.rpartition(".")[0]


@cache
def settings() -> tuple[Setting, ...]:
    """All settings, in the order in which a recipe names them."""
    found = []
    for (owner, name), paths in walked()[0].items():
        field = next(field for field in dataclasses.fields(owner) if field.name == name)
        hint = hints_of(owner)[name]
        meaning, line = field_texts(owner)[name]
        given = field.default is not dataclasses.MISSING
        found.append(
            Setting(
                name=name,
                paths=tuple(paths),
                kind=KINDS.get(owner, ""),
                meaning=meaning,
                type=in_words(hint),
                default=spelt(field.default, hint) if given else "",
                group=group_of(hint),
                holds=tuple(name for option in tables_of(hint) for name in hints_of(option)),
                owner=owner.__name__,
                file=file_of(owner),
                line=line,
            )
        )
    return tuple(found)


@cache
def choices() -> tuple[Choice, ...]:
    """All classes that can be chosen, in the order in which a recipe comes by them."""
    return tuple(
        Choice(
            name=KINDS[kind],
            paths=tuple(paths),
            meaning=one_line(kind.__doc__ or ""),
            settings=tuple(
                f"{field.name} = {spelt(field.default, hints_of(kind)[field.name])}"
                for field in dataclasses.fields(kind)
            ),
            owner=kind.__name__,
            file=file_of(kind),
            line=class_of(kind).lineno,
        )
        for kind, paths in walked()[1].items()
    )


def choice_of(kind: Any) -> Choice | None:
    """The choice that a part's ``kind`` is, if that is a class."""
    owner = getattr(kind, "__name__", None)
    return next((choice for choice in choices() if choice.owner == owner), None)


@cache
def walked() -> tuple[dict[tuple[type, str], list[str]], dict[type, list[str]]]:
    """The paths of every field, and those of every class that can be chosen; the shortest come first."""
    fields: dict[tuple[type, str], list[str]] = defaultdict(list)
    kinds: dict[type, list[str]] = defaultdict(list)
    waiting: deque[tuple[type, str]] = deque([(Recipe, "")])
    while waiting:
        owner, path = waiting.popleft()
        for name, hint in hints_of(owner).items():
            here = join(path, name)
            fields[owner, name].append(here)
            below = f"{here}.0" if typing.get_origin(hint) is tuple else here
            for option in options_of(hint):
                if is_table(option):
                    waiting.append((option, below))
                    if option in KINDS:
                        kinds[option].append(below)
    return fields, kinds


def options_of(hint: Any) -> Iterator[Any]:
    """What an annotation allows: classes, and the names of a ``Literal``."""
    if typing.get_origin(hint) is None:
        yield hint
    elif typing.get_origin(hint) is typing.Literal:
        yield from typing.get_args(hint)
    else:
        for inner in typing.get_args(hint):
            if inner is not Ellipsis:
                yield from options_of(inner)


def tables_of(hint: Any) -> list[type]:
    """The classes of an annotation that are no choice but tables of settings."""
    return [each for each in options_of(hint) if is_table(each) and each not in KINDS]


def is_table(option: Any) -> bool:
    """Whether an option is a class of settings."""
    return isinstance(option, type) and dataclasses.is_dataclass(option)


def in_words(hint: Any) -> str:
    """``one of adamw, muon``, ``a list of texts``, ``a whole number, or none``."""
    options = [option for option in options_of(hint) if option is not type(None)]
    names = [option if isinstance(option, str) else KINDS[option] for option in options if nameable(option)]
    if typing.get_origin(hint) is tuple:
        return "a list of blocks" if tables_of(hint) else LISTS[options[0]]
    if len(names) > 1:
        said = f"one of {', '.join(names)}"
    elif names or tables_of(hint):
        said = "a table of settings"
    else:
        said = WORDS[options[-1]]
    return f"{said}, or {nothing(hint, KINDS)}" if type(None) in typing.get_args(hint) else said


def nameable(option: Any) -> bool:
    """Whether a recipe has a word for this option."""
    return isinstance(option, str) or option in KINDS


def group_of(hint: Any) -> str:
    """The group of parts whose rows are just the choices of an annotation, or nothing."""
    options = {option for option in options_of(hint) if option is not type(None)}
    groups: dict[str, set[Any]] = defaultdict(set)
    for part in PARTS:
        if part.kind is not None:
            groups[part.group].add(part.kind)
    return next((group for group, kinds in groups.items() if kinds == options), "")


def spelt(value: Any, hint: Any) -> str:
    """A default as TOML, on one line and without what is a default itself."""
    if value is None:
        return f'"{nothing(hint, KINDS)}"'
    if isinstance(value, tuple):
        return f"[{', '.join(spelt(each, type(each)) for each in value)}]"
    kind: type = type(value)
    if not is_table(kind):
        return tomli_w.dumps({"value": value}).removeprefix("value = ").strip()
    own = [
        f"{field.name} = {spelt(getattr(value, field.name), hints_of(kind)[field.name])}"
        for field in dataclasses.fields(value)
        if getattr(value, field.name) != field.default
    ]
    if kind in KINDS and not own:
        return f'"{KINDS[kind]}"'
    if kind in KINDS:
        own.insert(0, f'kind = "{KINDS[kind]}"')
    return "{" + ", ".join(own) + "}"


@cache
def hints_of(owner: type) -> dict[str, Any]:
    """The annotations of a class's own fields."""
    hints = typing.get_type_hints(owner)
    return {field.name: hints[field.name] for field in dataclasses.fields(owner)}


@cache
def field_texts(owner: type) -> dict[str, tuple[str, int]]:
    """The text under each field of a class, on one line, and the line of the field in its file."""
    body, found = class_of(owner).body, {}
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            text = str(after.value.value) if said else ""  # type: ignore[union-attr]
            found[node.target.id] = one_line(text), node.lineno
    return found


@cache
def class_of(owner: type) -> ast.ClassDef:
    """Where a class is defined."""
    classes = (node for node in tree_of(file_of(owner)).body if isinstance(node, ast.ClassDef))
    return next(node for node in classes if node.name == owner.__name__)


@cache
def tree_of(file: str) -> ast.Module:
    """A file of the package, parsed."""
    return ast.parse((Path(hornbook.__file__).parent / file).read_text(encoding="utf-8"))


def file_of(owner: type) -> str:
    """The file of a class below ``src/hornbook``."""
    return owner.__module__.removeprefix("hornbook.").replace(".", "/") + ".py"


def one_line(text: str) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join(text.partition("\n\n")[0].split())
