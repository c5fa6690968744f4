"""Asking a ``config.json`` of Hugging Face: what is wrong there is said with the name of the key.

A key that is not there means the family's default, as it does for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from hornbook.errors import SettingError, nearest
from hornbook.formats.family import Settings
from hornbook.model.config import (
    RMS,
    ActivationName,
    BlockConfig,
    Dense,
    Layer,
    ModelConfig,
    nearest_divisor,
)

T = TypeVar("T")

ACTIVATIONS: dict[str, ActivationName] = {
    "relu": "relu",
    "relu2": "relu_squared",
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "silu": "silu",
    "swish": "silu",
}
"""Their names of the activations that we have."""

THEIR_ACTIVATIONS: dict[str, str] = {
    "relu": "relu",
    "relu_squared": "relu2",
    "gelu": "gelu",
    "gelu_tanh": "gelu_pytorch_tanh",
    "silu": "silu",
}
"""Our names of them, as they are spelt there."""

# Reading --------------------------------------------------------------------------------------------------------------


def whole(settings: Settings, key: str, default: int | None = None) -> int:
    """A whole number; without a default it has to be there."""
    value = maybe_whole(settings, key)
    if value is None:
        value = default
    if value is None:
        raise SettingError(f"{key}: config.json does not say it, and there is no default{nearest(key, settings)}")
    return value


def maybe_whole(settings: Settings, key: str, default: int | None = None) -> int | None:
    """A whole number or null; ``default`` when the key is not there at all."""
    value = settings.get(key, default)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise SettingError(f"{key}: expected a whole number, found {value!r}")
    return value


def number(settings: Settings, key: str, default: float) -> float:
    """A number."""
    value = maybe_number(settings, key)
    return default if value is None else value


def positive(settings: Settings, key: str, default: float) -> float:
    """A number above 0."""
    value = number(settings, key, default)
    if not value > 0:
        raise SettingError(f"{key}: expected a number above 0, found {value}")
    return value


def maybe_number(settings: Settings, key: str, default: float | None = None) -> float | None:
    """A number or null; ``default`` when the key is not there at all."""
    value = settings.get(key, default)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise SettingError(f"{key}: expected a number, found {value!r}")
    return None if value is None else float(value)


def flag(settings: Settings, key: str, default: bool) -> bool:
    """True or false."""
    value = settings.get(key)
    if value is not None and not isinstance(value, bool):
        raise SettingError(f"{key}: expected true or false, found {value!r}")
    return default if value is None else value


def named(settings: Settings, key: str, table: Mapping[str, T], default: str) -> T:
    """What a name stands for."""
    name = settings.get(key)
    name = default if name is None else name
    if not isinstance(name, str) or name not in table:
        raise SettingError(
            f"{key}: {name!r} is none of those that Hornbook has: {', '.join(table)}{nearest(str(name), table)}"
        )
    return table[name]


def table(settings: Settings, key: str) -> Settings:
    """Settings within the settings; null or nothing is an empty table."""
    value = settings.get(key) or {}
    if not isinstance(value, Mapping):
        raise SettingError(f"{key}: expected a table of settings, found {value!r}")
    return value


def activation(settings: Settings, key: str, default: str) -> ActivationName:
    """Our name of an activation."""
    return named(settings, key, ACTIVATIONS, default)


def refuse_unless(settings: Settings, key: str, *known: Any) -> None:
    """Refuse a setting that would change what the model computes, in a way that our parts have no word for."""
    value = settings.get(key, known[0])
    if value not in known:
        allowed = " or ".join(repr(each) for each in known)
        raise SettingError(f"{key}: Hornbook's parts can only do {allowed}, found {value!r}")


def check_divides(part: str, count: int, whole_key: str, total: int) -> None:
    """Refuse ``count`` heads that do not divide ``total``, by their names of the two."""
    if count < 1 or total % count:
        raise SettingError(
            f"{part}: {count} does not divide {whole_key} {total}; the nearest number that does is "
            f"{nearest_divisor(max(total, 1), count)}"
        )


# Patterns of layers ---------------------------------------------------------------------------------------------------


def shortest_pattern(blocks: tuple[BlockConfig, ...]) -> tuple[BlockConfig, ...]:
    """The fewest blocks that give all of these when they are repeated."""
    repeating = (
        blocks[:length]
        for length in range(1, len(blocks) + 1)
        if all(block == blocks[layer % length] for layer, block in enumerate(blocks))
    )
    return next(repeating, blocks)


# Writing --------------------------------------------------------------------------------------------------------------


def dense(block: BlockConfig) -> Dense:
    """The block's feed-forward network, which has to be a single one."""
    if not isinstance(block.feed_forward, Dense):
        raise SettingError("feed_forward: several experts, and this family has one network in each layer")
    return block.feed_forward


def epsilon(config: ModelConfig) -> float:
    """What the norms add to the variance; the first block speaks for all."""
    norm = config.blocks[0].norm
    if not isinstance(norm, Layer | RMS):
        raise SettingError("norm: none, and this family has one")
    return norm.epsilon
