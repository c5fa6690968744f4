"""How rotary positions stand in a ``config.json``, and how they are stretched there for longer texts.

Files of transformers 5 have all of it under ``rope_parameters``; older ones have the base as ``rope_theta`` and the
rest under ``rope_scaling``. Both are read, and both are written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from hornbook.errors import SettingError
from hornbook.formats.families.settings import maybe_number, maybe_whole, named, number, refuse_unless, table, whole
from hornbook.formats.family import Settings
from hornbook.model.config import (
    Interpolated,
    Llama3,
    PositionEncodingConfig,
    Rotary,
    RotaryScaling,
    Unscaled,
    Yarn,
)


def read_rotary(settings: Settings) -> Rotary:
    """The base and the scaling of a model whose layers all have the same."""
    refuse_unless(settings, "partial_rotary_factor", 1.0, None)
    said = table(settings, "rope_scaling") or table(settings, "rope_parameters")
    return rotary_of(said, number(settings, "rope_theta", 10_000.0), settings)


def rotary_of(said: Settings, base: float, settings: Settings) -> Rotary:
    """The base, where the table says none ``base``, and the scaling that one table describes."""
    if any(isinstance(value, Mapping) for value in said.values()):
        raise SettingError(f"rope_parameters: expected one table for all layers, found {said!r}")
    read_scaling = named({"rope_type": said.get("rope_type", said.get("type"))}, "rope_type", READ, "default")
    refuse_unless(said, "partial_rotary_factor", 1.0, None)
    refuse_unless(said, "mrope_section", None)
    return Rotary(number(said, "rope_theta", base), read_scaling(said, settings))


def factor(said: Settings) -> float:
    """How many times longer the texts may become; it has to be said."""
    value = maybe_number(said, "factor")
    if value is None:
        raise SettingError("factor: rope_parameters do not say by how much the angles are stretched")
    return value


def trained_context(said: Settings, settings: Settings) -> int:
    """The context that a model was trained on before it was stretched."""
    key = "original_max_position_embeddings"
    return maybe_whole(settings, key) or maybe_whole(said, key) or whole(settings, "max_position_embeddings")


def read_yarn(said: Settings, settings: Settings) -> Yarn:
    """Yarn; where two of DeepSeek's multipliers stand in the place of ``attention_factor``, what they amount to."""
    refuse_unless(said, "truncate", True, None)
    stretched, attention = factor(said), maybe_number(said, "attention_factor")
    above, below = maybe_number(said, "mscale"), maybe_number(said, "mscale_all_dim")
    if attention is None and above and below:
        growth = 0.1 * math.log(max(stretched, 1.0))
        attention = (above * growth + 1) / (below * growth + 1)
    return Yarn(
        factor=stretched,
        context=trained_context(said, settings),
        fast=number(said, "beta_fast", 32.0),
        slow=number(said, "beta_slow", 1.0),
        attention=attention,
    )


def read_llama3(said: Settings, settings: Settings) -> Llama3:
    """The scaling of Llama 3.1."""
    return Llama3(
        factor=factor(said),
        context=trained_context(said, settings),
        low=number(said, "low_freq_factor", 1.0),
        high=number(said, "high_freq_factor", 4.0),
    )


READ: dict[str, Callable[[Settings, Settings], RotaryScaling]] = {
    "default": lambda said, settings: Unscaled(),
    "linear": lambda said, settings: Interpolated(factor(said)),
    "yarn": read_yarn,
    "llama3": read_llama3,
}

WRITE: dict[type, Callable[[Any], dict[str, Any]]] = {
    Unscaled: lambda scaling: {"rope_type": "default"},
    Interpolated: lambda scaling: {"rope_type": "linear", "factor": scaling.factor},
    Yarn: lambda scaling: {
        "rope_type": "yarn",
        "factor": scaling.factor,
        "original_max_position_embeddings": scaling.context,
        "beta_fast": scaling.fast,
        "beta_slow": scaling.slow,
        **({} if scaling.attention is None else {"attention_factor": scaling.attention}),
    },
    Llama3: lambda scaling: {
        "rope_type": "llama3",
        "factor": scaling.factor,
        "original_max_position_embeddings": scaling.context,
        "low_freq_factor": scaling.low,
        "high_freq_factor": scaling.high,
    },
}


def rope_parameters(encoding: PositionEncodingConfig) -> dict[str, Any]:
    """The table of transformers 5."""
    if not isinstance(encoding, Rotary):
        raise SettingError("position_encoding: this family has rotary positions")
    if type(encoding.scaling) not in WRITE:
        raise SettingError(f"position_encoding.scaling: there is no word for {encoding.scaling} in a config.json")
    return {"rope_theta": encoding.base, **WRITE[type(encoding.scaling)](encoding.scaling)}


def write_rotary(encoding: PositionEncodingConfig) -> dict[str, Any]:
    """Rotary positions for readers of today, and for those who only know the two older keys."""
    said = rope_parameters(encoding)
    scaling = {key: value for key, value in said.items() if key != "rope_theta"}
    older = {} if said["rope_type"] == "default" else {"rope_scaling": scaling}
    return {"rope_parameters": said, "rope_theta": said["rope_theta"], **older}
