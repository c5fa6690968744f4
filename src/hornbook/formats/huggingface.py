"""Models as folders of Hugging Face: ``config.json`` and safetensors, in both directions.

A setting of theirs that our parts cannot express is refused, never passed over; so is a model of ours that no family
can say. That is made sure by saying it and reading it back: what is understood has to be what was meant.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hornbook.errors import SettingError, nearest
from hornbook.files import read_json, write_json
from hornbook.formats.families.table import FAMILIES
from hornbook.formats.family import Family, Settings, convert, convert_back
from hornbook.formats.safetensors_files import SHARD_BYTES, Tensors, open_tensors, write_tensors
from hornbook.model.config import (
    AttentionConfig,
    BlockConfig,
    Dense,
    EncoderAndDecoder,
    Experts,
    ModelConfig,
    NoNorm,
    PositionEncodingConfig,
)
from hornbook.model.models import Model

# Reading --------------------------------------------------------------------------------------------------------------


def family_named(settings: Settings) -> Family:
    """The family of a ``config.json``."""
    model_type = settings.get("model_type")
    if not isinstance(model_type, str) or model_type not in FAMILIES:
        raise SettingError(
            f"model_type: {model_type!r} is none of those that Hornbook reads: {', '.join(FAMILIES)}"
            f"{nearest(str(model_type), FAMILIES)}"
        )
    family = FAMILIES[model_type]
    architectures = settings.get("architectures") or []
    for architecture in architectures if isinstance(architectures, list) else [architectures]:
        if architecture not in family.architectures:
            raise SettingError(
                f"architectures: {architecture!r} is none of those that Hornbook reads of {model_type}: "
                f"{', '.join(family.architectures)}{nearest(str(architecture), family.architectures)}"
            )
    return family


def read_model_config(settings: Settings) -> ModelConfig:
    """What a ``config.json`` describes, in our parts.

    Raises:
        SettingError: the family is unknown, or a setting says something that our parts cannot; the message names it.
    """
    family = family_named(settings)
    quantised = settings.get("quantization_config")
    if quantised is not None:
        method = quantised.get("quant_method", quantised) if isinstance(quantised, Mapping) else quantised
        raise SettingError(
            f"quantization_config: the tensors are compressed by {method!r}, which Hornbook does not read; "
            "look for the same model in float32, float16 or bfloat16"
        )
    return family.read(settings)


class FromFile(Mapping[str, Tensor]):
    """The tensors of a folder by name, each read when it is asked for."""

    def __init__(self, opened: Tensors) -> None:
        self.opened = opened

    def __getitem__(self, name: str) -> Tensor:
        return self.opened.tensor(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.opened.names)

    def __len__(self) -> int:
        return len(self.opened.names)


def read_folder(path: Path) -> tuple[ModelConfig, dict[str, Tensor]]:
    """The model of a folder, and the state dict for it.

    Raises:
        MissingError: a file is not there.
        SettingError: ``config.json`` says something that our parts cannot.
        DamagedError: a file is broken, or the tensors are not those that ``config.json`` announces.
    """
    settings = read_json(path / "config.json")
    if not isinstance(settings, dict):
        raise SettingError(f"{path / 'config.json'}: expected settings by name, found {type(settings).__name__}")
    try:
        config = read_model_config(settings)
    except SettingError as error:
        raise SettingError(f"{path / 'config.json'}: {error}") from None
    return config, convert(FromFile(open_tensors(path)), family_named(settings), config)


# Writing --------------------------------------------------------------------------------------------------------------


def settings_of(config: ModelConfig, family: Family) -> dict[str, Any]:
    """The ``config.json`` of a model, as this family says it.

    Raises ``SettingError`` for the first thing that the family has no word for.
    """
    settings = family.write(config)
    for meant, understood in differences(canonical(config), canonical(family.read(settings)), ""):
        raise SettingError(f"{meant}, and {family.model_type} would have {understood}")
    return {"model_type": family.model_type, "architectures": [family.architectures[0]], **settings}


def family_of(config: ModelConfig) -> Family:
    """The first family that can say this model.

    Raises ``SettingError`` when none can; the message gives the first reason of each.
    """
    reasons = []
    for family in FAMILIES.values():
        try:
            settings_of(config, family)
        except SettingError as error:
            reasons.append(f"\n  {family.model_type}: {error}")
        else:
            return family
    raise SettingError("no family of Hugging Face has a word for everything in this model:" + "".join(reasons))


def write_folder(
    path: Path,
    model: Model,
    *,
    family: Family | None = None,
    begin: int | None = None,
    end: int | None = None,
    padding: int | None = None,
    dtype: torch.dtype = torch.float32,
    max_shard_bytes: int = SHARD_BYTES,
) -> Family:
    """Write a model as transformers reads it; tokenizer files are for the caller to put beside it.

    ``family`` is the one to say it in (``None``: the first that can), ``begin``, ``end`` and ``padding`` are the ids of
    the special tokens. Returns the family. For all files or none, hand in a folder of ``files.replacing_folder``.

    Raises:
        SettingError: no family can say this model; nothing has been written.
    """
    family = family or family_of(model.config)
    settings = settings_of(model.config, family)
    tensors = convert_back(model.state_dict(), family, model.config)
    special = {"bos_token_id": begin, "eos_token_id": end, "pad_token_id": padding}
    write_tensors(path, {name: tensor.to(dtype) for name, tensor in tensors.items()}, max_shard_bytes)
    write_json(path / "config.json", {**settings, **special, "torch_dtype": str(dtype).removeprefix("torch.")})
    if isinstance(model.config.architecture, EncoderAndDecoder):  # what an answer begins with
        special["decoder_start_token_id"] = settings.get("decoder_start_token_id", begin)
    write_json(path / "generation_config.json", special)
    return family


# One way of saying each model -----------------------------------------------------------------------------------------


def canonical(config: ModelConfig) -> ModelConfig:
    """The same model with everything said that is otherwise filled in, layer by layer.

    What a finished model does not depend on, dropout and kernels, is left out.
    """
    sizes, architecture = config.sizes, config.architecture
    encodings = config.position_encodings
    if isinstance(architecture, EncoderAndDecoder):
        encoder = canonical(config.encoder)
        architecture = EncoderAndDecoder(
            depth=encoder.depth, pattern=encoder.pattern, position_encoding=encoder.position_encoding
        )
    return replace(
        config,
        architecture=architecture,
        kv_heads=sizes.kv_heads,
        head_width=sizes.head_width,
        pattern=tuple(
            canonical_block(block, encoding, config) for block, encoding in zip(config.blocks, encodings, strict=True)
        ),
        position_encoding=encodings[0],
        dropout=0.0,
    )


def canonical_block(block: BlockConfig, encoding: PositionEncodingConfig, config: ModelConfig) -> BlockConfig:
    """The same block with everything said."""
    attention = block.attention
    return replace(
        block,
        attention=replace(
            attention,
            position_encoding=encoding,
            across_heads=attention.across_heads and not isinstance(attention.query_key_norm, NoNorm),
            output_bias=attention.has_output_bias,
            scale=attention.scale or config.sizes.head_width**-0.5,
            kernel=AttentionConfig().kernel,
        ),
        feed_forward=canonical_network(block.feed_forward, config.width),
    )


def canonical_network(network: Dense | Experts, width: int) -> Dense | Experts:
    """The same network with its inner width said."""
    if isinstance(network, Experts):
        return replace(network, each=replace(network.each, hidden=network.each.hidden_width(width)))
    return replace(network, hidden=network.hidden_width(width))


def differences(meant: Any, understood: Any, path: str) -> Iterator[tuple[str, str]]:
    """Where two descriptions differ: ``pattern[1].norm.epsilon is 1e-05`` and the other's ``1e-06``."""
    if isinstance(meant, tuple) and isinstance(understood, tuple) and len(meant) == len(understood):
        for index, (one, other) in enumerate(zip(meant, understood, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif dataclasses.is_dataclass(meant) and type(meant) is type(understood):
        for part in dataclasses.fields(meant):
            name = f"{path}.{part.name}" if path else part.name
            yield from differences(getattr(meant, part.name), getattr(understood, part.name), name)
    elif meant != understood:
        yield f"{path} is {meant}", f"{understood}"
