"""Small changes to what is valid: trees of JSON and TOML, and bytes; every one drawn from the generator it is given.

A tree that was changed may hold words that no library writes (numbers of five thousand digits, a hundred thousand
brackets, a name twice in a table). They stand in it as marked strings, and ``spelt`` puts what they mean in their
place.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from hornbook.settings import copy as copied

AGAIN = "<<again>>"
"""At the end of a key: the key before it, a second time."""

RAW = {
    "<<digits>>": "9" * 5000,
    "<<lists>>": "[" * 3000 + "]" * 3000,
    "<<abyss>>": "[" * 100_000 + "]" * 100_000,
    "<<tables>>": '{"a":' * 2000 + "1" + "}" * 2000,
    "<<far>>": "1e999",
    "<<bare>>": "undefined",
    "<<time>>": "1979-05-27T07:32:00Z",
    "<<half>>": '"\\ud800"',
}
"""What the marked strings are replaced by, where they stand as values."""

NUMBERS = (
    *(0, 1, -1, 2, 3, 7, 8, 255, 256, 65_536, 10**6, 10**9, 2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63),
    *(10**30, -(2**31), -(2**63), -(10**18), 0.0, -0.0, 0.5, 1.5, -0.25, 1e-300, 1e300),
    *(float("nan"), float("inf"), float("-inf")),
)

STRINGS = (
    *("", " ", "none", "auto", "null", "\0", "\n", "é", "🎈", "\u202e", "\ud800", "a" * 5000, "../../etc/passwd", "/"),
    *("CON", "%s%n", "{{ 1 }}", "<|endoftext|>", "<s>", "Ġ", "▁", "²", "١", "-1", "1e9", "true", "a b", "[1, 2]"),
)


def odd(draw: random.Random) -> Any:
    """A value that hardly belongs where it is put."""
    return draw.choice(
        (
            lambda: draw.choice(NUMBERS),
            lambda: draw.choice(NUMBERS),
            lambda: draw.choice(STRINGS),
            lambda: draw.choice(STRINGS),
            lambda: draw.choice((None, True, False)),
            lambda: draw.choice(([], {}, [[]], [None], [0], [""], {"": 0}, {"kind": "none"}, {"type": "x"}, [1, "a"])),
            lambda: draw.choice(tuple(RAW)),
            lambda: draw.randrange(-300, 300),
            lambda: draw.uniform(-3, 3),
        )
    )()  # fmt: skip


# Trees ----------------------------------------------------------------------------------------------------------------


def changed(draw: random.Random, tree: Any) -> Any:
    """A copy of a tree with one to four changes, mostly one."""
    result = [copied(tree)]
    for _ in range(draw.choice((1, 1, 1, 1, 2, 2, 3, 4))):
        parent, key = somewhere(draw, result)
        draw.choice(CHANGES)(draw, parent, key, tree)
        if not result:
            result = [odd(draw)]
    return result[0]


def somewhere(draw: random.Random, tree: Any) -> tuple[Any, Any]:
    """A container in the tree and a key of it: down from the top, on with three chances of four."""
    parent, key = tree, 0
    while True:
        below = parent[key]
        if not isinstance(below, dict | list) or not below or draw.random() < 0.25:
            return parent, key
        parent, key = below, draw.choice(list(below)) if isinstance(below, dict) else draw.randrange(len(below))


Change = Callable[[random.Random, Any, Any, Any], None]


def drop(draw: random.Random, parent: Any, key: Any, tree: Any) -> None:
    """Take it out."""
    del parent[key]


def replace(draw: random.Random, parent: Any, key: Any, tree: Any) -> None:
    """Put something odd in its place."""
    parent[key] = odd(draw)


def double(draw: random.Random, parent: Any, key: Any, tree: Any) -> None:
    """The same once more: beside it in a list, under the same name or another one in a table."""
    if isinstance(parent, list):
        parent.insert(key, copied(parent[key]))
    else:
        parent[draw.choice((f"{key}{AGAIN}", f"{key} ", key[:-1], key.upper()))] = draw.choice((parent[key], odd(draw)))


def rename(draw: random.Random, parent: Any, key: Any, tree: Any) -> None:
    """Another name for it, or another place."""
    value = parent.pop(key)
    if isinstance(parent, list):
        parent.insert(draw.randrange(len(parent) + 1), value)
    else:
        parent[draw.choice((key[1:], f"{key}s", draw.choice(STRINGS), "kind", "type"))] = value


def transplant(draw: random.Random, parent: Any, key: Any, tree: Any) -> None:
    """Something from elsewhere in the tree."""
    other, place = somewhere(draw, [tree])
    parent[key] = copied(other[place])


def nest(draw: random.Random, parent: Any, key: Any, tree: Any) -> None:
    """The same inside some lists or tables."""
    for _ in range(draw.choice((1, 1, 2, 40))):
        parent[key] = [parent[key]] if draw.random() < 0.5 else {"a": parent[key]}


def tweak(draw: random.Random, parent: Any, key: Any, tree: Any) -> None:
    """A little more or less of the same."""
    value = parent[key]
    if isinstance(value, bool) or value is None:
        parent[key] = draw.choice((True, False, None))
    elif isinstance(value, int | float):
        parent[key] = draw.choice((value + 1, value - 1, -value, value * 2, value / 2, float(value), str(value)))
    elif isinstance(value, str):
        place = draw.randrange(len(value) + 1)
        parent[key] = draw.choice((value[:place], value[place:], value[:place] + draw.choice(STRINGS) + value[place:]))
    elif isinstance(value, list):
        parent[key] = draw.choice((value[: len(value) // 2], value[::-1], value * 2))
    else:
        parent[key] = dict(draw.sample(sorted(value.items(), key=str), draw.randrange(len(value) + 1)))


CHANGES: tuple[Change, ...] = (drop, replace, replace, replace, double, rename, transplant, nest, tweak, tweak, tweak)


def spelt(text: str) -> bytes:
    """The bytes of a text in which marked strings become what they mean."""
    if "<<" in text:
        for mark, raw in RAW.items():
            text = text.replace(f'"{mark}"', raw)
        text = text.replace(AGAIN, "")
    return text.encode("utf-8", "surrogatepass")


def as_json(tree: Any, indent: int | None = None, escaped: bool = False) -> bytes:
    """A tree as JSON, marked strings put right; ``NaN`` is spelt as Python spells it."""
    return spelt(json.dumps(tree, indent=indent, ensure_ascii=escaped))


# Bytes ----------------------------------------------------------------------------------------------------------------


def damaged(draw: random.Random, data: bytes, times: int = 4) -> bytes:
    """Bytes with one to ``times`` changes."""
    result = bytearray(data)
    for _ in range(draw.randint(1, times)):
        draw.choice(DAMAGES)(draw, result)
    return bytes(result)


def place_in(draw: random.Random, data: bytearray) -> int:
    """A place; often near the beginning, where headers are."""
    return draw.randrange(min(len(data), draw.choice((64, 4096, 1 << 30))) + 1)


def flip(draw: random.Random, data: bytearray) -> None:
    """One bit."""
    place = place_in(draw, data)
    if place < len(data):
        data[place] ^= 1 << draw.randrange(8)


def cut(draw: random.Random, data: bytearray) -> None:
    """Everything behind a place, or a stretch."""
    place = place_in(draw, data)
    del data[place : draw.choice((place + draw.randrange(1, 40), len(data)))]


def insert(draw: random.Random, data: bytearray) -> None:
    """Some bytes more."""
    place = place_in(draw, data)
    data[place:place] = draw.choice((draw.randbytes(draw.randrange(1, 40)), b"\0" * 9, b"[{" * 9, b"\xff\xfe", b'"'))


def splice(draw: random.Random, data: bytearray) -> None:
    """A stretch from elsewhere, over what is there."""
    place, source, size = place_in(draw, data), place_in(draw, data), draw.randrange(1, 200)
    data[place : place + size] = data[source : source + size]


def overwrite(draw: random.Random, data: bytearray) -> None:
    """A number of 1 to 8 bytes."""
    size, place = draw.choice((1, 2, 4, 8)), place_in(draw, data)
    number = draw.choice((0, 1, 255, 2**15, 2**31, 2**32 - 1, 2**63, 2**64 - 1, draw.getrandbits(64))) % 256**size
    data[place : place + size] = number.to_bytes(size, "little")


DAMAGES: tuple[Callable[[random.Random, bytearray], None], ...] = (flip, flip, cut, insert, splice, overwrite)


def noise(draw: random.Random, words: tuple[str, ...]) -> bytes:
    """Bytes from nothing: at random, or of ``words`` that the format knows."""
    if draw.random() < 0.2:
        return draw.randbytes(draw.choice((0, 1, 7, 100, 3000)))
    text = draw.choice(("", " ", "\n")).join(draw.choices(words, k=draw.choice((0, 1, 3, 10, 40))))
    return text.encode("utf-8", "surrogatepass")


def grown(draw: random.Random, depth: int = 4) -> Any:
    """A tree from nothing."""
    if depth == 0 or draw.random() < 0.3:
        return odd(draw)
    size = draw.choice((0, 1, 2, 3, 5))
    if draw.random() < 0.4:
        return [grown(draw, depth - 1) for _ in range(size)]
    return {draw.choice(STRINGS): grown(draw, depth - 1) for _ in range(size)}
