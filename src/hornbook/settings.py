"""Typed settings from TOML files and from ``a.b=c`` on the command line. Imports no torch.

A part with choices is a union of small dataclasses, told apart by ``kind``; a bare word is a kind with its defaults::

    position_encoding = "rotary"
    position_encoding = {kind = "rotary", base = 500000.0}

A table that names no kind changes settings of the default. Every error says which setting, what was found, what was
expected, and the nearest name.
"""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from hornbook.errors import SettingError, nearest

T = TypeVar("T")
Kinds = Mapping[type, str]


def build(kind: type[T], value: Any, kinds: Kinds) -> T:
    """Make a ``kind`` (a dataclass) out of plain TOML data; ``kinds`` says how the members of every union are spelt."""
    return typing.cast(T, build_value(kind, value, kinds, ""))


def build_value(kind: Any, value: Any, kinds: Kinds, path: str) -> Any:
    """The value of any annotated type; ``path`` is the setting's name for messages."""
    if dataclasses.is_dataclass(kind) and kind in kinds:  # a part with one choice, so far
        return build_union((kind,), value, kinds, path)
    if kind in kinds:
        return build_union((kind,), value, kinds, path)
    if dataclasses.is_dataclass(kind):
        return build_dataclass(typing.cast(type, kind), value, kinds, path)
    origin, options = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return build_union(options, value, kinds, path)
    if origin is typing.Literal:
        if value not in options:
            raise SettingError(
                f"{path}: {value!r} is none of {', '.join(map(str, options))}{nearest(str(value), map(str, options))}"
            )
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise SettingError(f"{path}: expected a list, found {value!r}")
        return tuple(build_value(options[0], item, kinds, f"{path}[{i}]") for i, item in enumerate(value))
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise SettingError(f"{path}: expected {kind.__name__}, found {value!r}")
    return value


def build_dataclass(kind: type, value: Any, kinds: Kinds, path: str) -> Any:
    """One dataclass from a table of settings; unknown names, and what it refuses itself, are errors."""
    if not isinstance(value, Mapping):
        raise SettingError(f"{path or 'settings'}: expected a table of settings, found {value!r}")
    hints, names = typing.get_type_hints(kind), [field.name for field in dataclasses.fields(kind)]
    for name in value:
        if name not in names:
            raise SettingError(
                f"{join(path, name)}: no such setting{nearest(name, names)}; there are {', '.join(names) or 'none'}"
            )
    defaults = {field.name: field.default for field in dataclasses.fields(kind)}
    built = {
        name: build_value(hints[name], of_default(item, defaults[name], kinds), kinds, join(path, name))
        for name, item in value.items()
    }
    try:
        return kind(**built)
    except SettingError as error:
        raise SettingError(join(path, str(error))) from None
    except TypeError as error:
        missing = str(error).partition("required")[2]
        raise SettingError(f"{path or 'settings'}: {missing.split(':')[-1].strip() or error} must be given") from None


def of_default(value: Any, default: Any, kinds: Kinds) -> Any:
    """A table that names no kind means the kind of the setting's default, where that has all it speaks of."""
    if not isinstance(value, Mapping) or "kind" in value or type(default) not in kinds:
        return value
    known = {field.name for field in dataclasses.fields(default)}
    return {"kind": kinds[type(default)], **value} if value and known.issuperset(value) else value


def build_union(options: tuple[Any, ...], value: Any, kinds: Kinds, path: str) -> Any:
    """The member of a union that ``value`` names; a union with ``None`` also takes ``"none"`` or ``"auto"`` for it."""
    tagged = {kinds[option]: option for option in options if option in kinds}
    plain = [option for option in options if option not in kinds and option is not type(None)]
    if type(None) in options and (
        value is None or (isinstance(value, str) and value in ("none", "auto") and value not in tagged)
    ):
        return None
    if not tagged:
        if len(plain) == 1:
            return build_value(plain[0], value, kinds, path)
        for option in plain:
            if type(value) is option:
                return value
        raise SettingError(
            f"{path}: expected {' or '.join(getattr(o, '__name__', str(o)) for o in plain)}, found {value!r}"
        )
    if not isinstance(value, str | Mapping):
        raise SettingError(f"{path}: expected one of {', '.join(tagged)}, found {value!r}")
    table = {"kind": value} if isinstance(value, str) else dict(value)
    name = table.pop("kind", next(iter(tagged)) if len(tagged) == 1 else None)
    if name is None:
        raise SettingError(
            f"{path}: say which kind: one of {', '.join(tagged)}, as in {path} = {{kind = {next(iter(tagged))!r}}}"
        )
    if not isinstance(name, str) or name not in tagged:
        raise SettingError(f"{join(path, 'kind')}: {name!r} is none of {', '.join(tagged)}{nearest(str(name), tagged)}")
    return build_dataclass(tagged[name], table, kinds, path)


def plain(value: Any, kinds: Kinds) -> Any:
    """The TOML data that ``build`` would make ``value`` from, defaults included; ``None`` becomes ``"none"``."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        table: dict[str, Any] = {"kind": kinds[type(value)]} if type(value) in kinds else {}
        hints = typing.get_type_hints(type(value))
        for field in dataclasses.fields(value):
            item = getattr(value, field.name)
            table[field.name] = nothing(hints[field.name], kinds) if item is None else plain(item, kinds)
        return table
    if isinstance(value, tuple | list):
        return [plain(item, kinds) for item in value]
    return "none" if value is None else value


def nothing(kind: Any, kinds: Kinds) -> str:
    """How ``None`` is spelt for a type: ``"none"``, or ``"auto"`` where a kind of its union bears that name."""
    return "auto" if "none" in (kinds.get(option) for option in typing.get_args(kind)) else "none"


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """``above`` laid over ``below``, table by table; a table that names another ``kind`` replaces the whole table."""
    merged = dict(below)
    for name, value in above.items():
        old = merged.get(name)
        same = (
            isinstance(value, Mapping)
            and isinstance(old, Mapping)
            and value.get("kind", old.get("kind")) == old.get("kind")
        )
        merged[name] = merge(typing.cast(Mapping[str, Any], old), value) if same else value
    return merged


def override(table: Mapping[str, Any], assignments: Sequence[str]) -> dict[str, Any]:
    """``["model.width=384", "model.position_encoding.base=500000"]`` laid over a table; the table stays as it was.

    A part of the path that is a number picks from a list: ``model.pattern.0.norm=rms``.
    """
    result: dict[str, Any] = copy(table)
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals or not path:
            raise SettingError(f"{assignment!r}: expected name=value, as in model.depth=8")
        *parents, last = path.split(".")
        inner: Any = result
        for index, parent in enumerate(parents):
            inner = enter(inner, parent, ".".join(parents[: index + 1]))
        assign(inner, last, parse(text), path)
    return result


def enter(inner: Any, name: Any, path: str) -> Any:
    """The table under ``name``, made if it is not there; a bare kind becomes a table that can be added to."""
    if isinstance(inner, list):
        name = place_in(inner, name, path)
    elif name not in inner:
        inner[name] = {}
    if isinstance(inner[name], str):
        inner[name] = {"kind": inner[name]}
    child = inner[name]
    if not isinstance(child, dict | list):
        raise SettingError(f"{path}: is {child!r}, which has no settings of its own")
    return child


def assign(inner: Any, name: str, value: Any, path: str) -> None:
    """Put ``value`` in its place; a bare word for a table with a kind changes the kind and drops its settings."""
    inner[place_in(inner, name, path) if isinstance(inner, list) else name] = value


def place_in(inner: list[Any], name: str, path: str) -> int:
    """The place in a list that a name says (``SettingError`` where it says none)."""
    if not name.isascii() or not name.isdigit() or len(name) > 9 or int(name) >= len(inner):
        raise SettingError(f"{path[:200]}: expected a number below {len(inner)}, found {name[:40]!r}")
    return int(name)


def parse(text: str) -> Any:
    """A TOML value, or the text itself when it is none: a bare word is a string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # no TOML; a number of thousands of digits; a list a thousand lists deep
        return text


def copy(value: Any) -> Any:
    """A deep copy of plain data."""
    if isinstance(value, Mapping):
        return {name: copy(item) for name, item in value.items()}
    return [copy(item) for item in value] if isinstance(value, list | tuple) else value


def join(path: str, name: str) -> str:
    """``model`` and ``depth`` make ``model.depth``."""
    return f"{path}.{name}" if path else name
