"""What ``hornbook explain`` can explain: concepts, parts, settings, choices, errors and codes, found by one name.

A kind of term is a row of ``TERMS``: where its entries come from, by which names each is found, and how it is said.
Imports no torch.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import hornbook.errors
from hornbook.course.concepts import CONCEPTS, Concept, place_of
from hornbook.course.http_codes import HTTP_CODES, HttpCode
from hornbook.errors import EXIT_CODES, HornbookError, SettingError, nearest
from hornbook.model.parts import PARTS, Part, costs
from hornbook.workflows.explain import described, in_words
from hornbook.workflows.recipe_settings import Choice, Setting, choice_of, choices, settings

PATHS = 3
"""So many of the other places of a setting are named."""


PICTURES = {
    "architecture: decoder": "decoder",
    "architecture: encoder": "encoder",
    "architecture: encoder_decoder": "encoder-decoder",
    "position: sinusoidal": "sinusoidal",
    "position: rotary": "rotary",
    "position: alibi": "alibi",
    "mask": "masks",
    "activation": "activations",
    "training.schedule": "schedules",
}
"""What ``hornbook draw`` shows of a part, of a whole group of them, or of all that a setting can be."""


@dataclass(frozen=True)
class ExitCode:
    """A code, its meaning, and the errors that end with it."""

    code: int
    meaning: str
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """One kind of term. ``names`` are those an entry is found by, ``head`` how it is called, ``lines`` what is said."""

    word: str
    entries: Callable[[], Sequence[Any]]
    names: Callable[[Any], list[str]]
    head: Callable[[Any], str]
    lines: Callable[[Any], list[str]]
    data: Callable[[Any], dict[str, Any]] = dataclasses.asdict

    @property
    def plural(self) -> str:
        """The word that stands for all of them."""
        return f"{self.word}s"


Found = dict[str, list[Any]]
"""Entries by the word of their kind; kinds without one are left out."""


def find_terms(term: str | None) -> Found:
    """Everything that goes by the name of ``term``, all of a kind (``settings``), or all there is.

    A setting is found by its last name, by its path, or by some words of its path (``attention.bias``).

    Raises:
        SettingError: nothing is called so; the message names the nearest.
    """
    wanted = "" if term is None else plainly(term)
    found = {}
    for kind in TERMS:
        whole = term is None or wanted == plainly(kind.plural)
        entries = [each for each in kind.entries() if whole or any(same(wanted, name) for name in kind.names(each))]
        if entries:
            found[kind.word] = entries
    if not found:
        names = [name for kind in TERMS for each in kind.entries() for name in kind.names(each)]
        near = nearest(str(term), names) or nearest(wanted, map(plainly, names))
        raise SettingError(f"term: {term!r} is not known{near}; hornbook explain lists what is")
    return found


def kind_of(word: str) -> Kind:
    """The row of a kind."""
    return next(kind for kind in TERMS if kind.word == word)


@cache
def plainly(name: str) -> str:
    """``Top-K`` as ``top k``; what is between words does not count, and in a path no place in a list does."""
    return " ".join(re.split(r"[\s_-]+", re.sub(r"\.\d+(?=\.|$)", "", name.casefold()))).strip()


def same(wanted: str, name: str) -> bool:
    """Whether plain ``wanted`` means ``name``: equal, or words of the path that it is, the last among them."""
    name = plainly(name)
    if "." not in wanted or "." not in name:
        return wanted == name
    words, rest = wanted.split("."), iter(name.split("."))
    return wanted.rpartition(".")[2] == name.rpartition(".")[2] and all(word in rest for word in words)


def concept_lines(each: Concept) -> list[str]:
    """Meaning, formula, paper, file, figure, lessons: those that there are."""
    file, symbol = place_of(each)
    place = f"in src/hornbook/{file}" + (f": {symbol}" if symbol else "")
    lessons = "read on: " + ", ".join(f"hornbook learn show {number:02}" for number in each.lessons)
    lines = [each.meaning, each.formula, each.paper, place if file else "", *picture(each.figure), lessons]
    return [line for line in lines if line]


def picture(figure: str | None) -> list[str]:
    """How to see it, if it can be seen."""
    return [f"see it: hornbook draw {figure}"] if figure else []


def part_lines(each: Part) -> list[str]:
    """Formula, paper, file, how a recipe says it, and the costs."""
    parameters, operations, kept = in_words(costs(each))
    return [
        each.formula,
        each.paper or "no paper",
        f"in src/hornbook/{each.file}: {each.symbol}",
        *picture(PICTURES.get(f"{each.group}: {each.name}") or PICTURES.get(each.group)),
        *in_a_recipe(each),
        f"in a model of GPT-2's size: {parameters} parameters, {operations} MFLOP, {kept} bytes a token",
    ]


def in_a_recipe(part: Part) -> list[str]:
    """How a recipe chooses the part, if one setting does, and the settings that the choice brings."""
    places = [each.paths[0] for each in settings() if each.group == part.group and part.kind is not None]
    if not places:
        return []
    choice = choice_of(part.kind)
    lines = [f'in a recipe: {min(places, key=len)} = "{choice.name if choice else part.kind}"']
    return [*lines, f"its settings: {', '.join(choice.settings)}"] if choice and choice.settings else lines


def setting_lines(each: Setting) -> list[str]:
    """Meaning, what it can be, where it stands."""
    table = f" (hornbook explain {quoted(each.group)} has their table)" if each.group else ""
    others = [path for path in each.paths[1:] if path]
    more = f" and {len(others) - PATHS} more" if len(others) > PATHS else ""
    return [
        each.meaning.replace("``", ""),
        f"{each.type}{table}" + ("" if each.default else "; must be given"),
        *([f"it holds {', '.join(each.holds)}"] if each.holds else []),
        *([f"also {', '.join(others[:PATHS])}{more}"] if others else []),
        f"{each.owner} in src/hornbook/{each.file}:{each.line}",
    ]


def setting_head(each: Setting) -> str:
    """``training.optimizer.momentum = 0.95, where training.optimizer is muon``."""
    return ", ".join(filter(None, [each.paths[0] if each.holds else each.spelt, each.where]))


def quoted(name: str) -> str:
    """A name as a shell takes it for one word."""
    return f'"{name}"' if " " in name else name


def choice_lines(each: Choice) -> list[str]:
    """Meaning, its own settings, where it stands."""
    own = [f"its settings: {', '.join(each.settings)}"] if each.settings else []
    drawn = picture(PICTURES.get(each.paths[0]))
    return [each.meaning.replace("``", ""), *own, *drawn, f"{each.owner} in src/hornbook/{each.file}:{each.line}"]


@cache
def exit_codes() -> tuple[ExitCode, ...]:
    """The exit codes with the errors that end with them."""
    ends = {code: [each.__name__ for each in errors() if each.exit_code == code] for code in EXIT_CODES}
    return tuple(ExitCode(code, meaning, tuple(ends[code])) for code, meaning in EXIT_CODES.items())


@cache
def errors() -> tuple[type[HornbookError], ...]:
    """The classes of ``hornbook.errors``, in its order."""
    return tuple(
        each for each in vars(hornbook.errors).values() if isinstance(each, type) and issubclass(each, HornbookError)
    )


def error_lines(each: type[HornbookError]) -> list[str]:
    """Meaning, exit code, where it stands."""
    line = inspect.getsourcelines(each)[1]
    code = f"exit code {each.exit_code}: {EXIT_CODES[each.exit_code]}"
    return [error_meaning(each), code, f"in src/hornbook/errors.py:{line}"]


def error_meaning(each: type[HornbookError]) -> str:
    """What its docstring says, without the exit code."""
    return re.sub(r" \(exit code .+?\)", "", inspect.cleandoc(each.__doc__ or ""))


def error_data(each: type[HornbookError]) -> dict[str, Any]:
    """An error as plain data."""
    return {"name": each.__name__, "meaning": error_meaning(each), "exit_code": each.exit_code}


def code_lines(each: ExitCode) -> list[str]:
    """Meaning, and the errors behind it."""
    return [each.meaning, *([f"errors: {', '.join(each.errors)}"] if each.errors else [])]


def http_lines(each: HttpCode) -> list[str]:
    """Meaning, what to do, where it stands."""
    return [each.meaning, f"what to do: {each.remedy}", f"in src/hornbook/{each.place}"]


def without_part() -> list[Choice]:
    """The choices that are no part of a model, of which the parts tell already."""
    parts = {part.kind.__name__ for part in PARTS if isinstance(part.kind, type)}
    return [choice for choice in choices() if choice.owner not in parts]


def part_names(each: Part) -> list[str]:
    """Its name, its group's, and its class's."""
    return [each.name, each.group, *([each.kind.__name__] if isinstance(each.kind, type) else [])]


TERMS = (
    Kind("concept", lambda: CONCEPTS, lambda each: [each.name, *each.also], lambda each: each.name, concept_lines),
    Kind("part", lambda: PARTS, part_names, lambda each: f"{each.group}: {each.name}", part_lines, described),
    Kind("choice", without_part, lambda each: [each.name, each.owner],
         lambda each: f'{each.paths[0]} = "{each.name}"', choice_lines),
    Kind("setting", settings, lambda each: [each.name, *each.paths], setting_head, setting_lines),
    Kind("error", errors, lambda each: [each.__name__], lambda each: each.__name__, error_lines, error_data),
    Kind("exit code", exit_codes, lambda each: [str(each.code)], lambda each: str(each.code), code_lines),
    Kind("http code", lambda: HTTP_CODES, lambda each: [each.code, str(each.status)],
         lambda each: f"{each.code} ({each.status})", http_lines),
)  # fmt: skip
"""In the order in which they are said."""
