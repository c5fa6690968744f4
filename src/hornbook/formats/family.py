"""What a model family of Hugging Face is, for us: how it describes a model, and what it calls the tensors.

A family reads a ``config.json`` into a ``ModelConfig``, writes one back, and lists its tensors beside ours. Everything
else, finding, cutting, checking, is the same for all and stands here. The families themselves are in families/, one
file each; families/settings.py helps them to read. Next: families/gpt2.py.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from hornbook.errors import DamagedError, nearest
from hornbook.model.config import ModelConfig
from hornbook.model.models import build_model
from hornbook.model.norms import at_least_float32

Weight = Float[Tensor, "*shape"]
"""A parameter of any shape."""

# How their tensors differ from ours -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """Two functions, each the inverse of the other: their tensor to ours, and ours to theirs."""

    to_ours: Callable[[Weight], Weight]
    to_theirs: Callable[[Weight], Weight]


SAME = Change(lambda theirs: theirs, lambda ours: ours)
TRANSPOSED = Change(lambda theirs: theirs.T, lambda ours: ours.T)
"""GPT-2 keeps the weight of a linear layer as [inputs, outputs]; a bias has one axis and is its own transpose."""
PLUS_ONE = Change(lambda theirs: 1 + at_least_float32(theirs), lambda ours: at_least_float32(ours) - 1)
"""Gemma's norms multiply by 1 + weight; in 16 bits that sum would lose what was learned, so it is taken in 32.

A scale of 0.5 or more goes there and back without losing a bit; a smaller one may lose its last.
"""


@dataclass(frozen=True)
class Tie:
    """One tensor of theirs, and the one of ours that is the same, or the several that lie in it one below the other.

    Several are cut along the output rows, in the order given: GPT-2's ``c_attn`` holds query, key and value.
    """

    ours: tuple[str, ...]
    theirs: str
    change: Change = SAME

    def cut(self, theirs: Weight, shapes: Mapping[str, torch.Size]) -> dict[str, Tensor]:
        """Their tensor as ours, by name; ``shapes`` says where to cut."""
        pieces = torch.split(self.change.to_ours(theirs), [shapes[name][0] for name in self.ours])
        return {name: piece.contiguous() for name, piece in zip(self.ours, pieces, strict=True)}

    def join(self, ours: Mapping[str, Tensor]) -> Weight:
        """Ours as theirs."""
        return self.change.to_theirs(torch.cat([ours[name] for name in self.ours])).contiguous()


def linear(ours: str, theirs: str, bias: bool, change: Change = SAME) -> list[Tie]:
    """The weight and, if there is one, the bias of a linear layer."""
    return [Tie((f"{ours}.{part}",), f"{theirs}.{part}", change) for part in ("weight", "bias")[: 1 + bias]]


# A family -------------------------------------------------------------------------------------------------------------

Settings = Mapping[str, Any]
"""What stands in a ``config.json``."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A ``model_type`` of Hugging Face.

    ``architectures`` are the classes whose files can be read; the first is the one that is written. ``read`` raises
    ``SettingError`` for what our parts cannot express, ``write`` for what the family cannot. ``ties`` lists all their
    tensors, by the names that the first class uses; files of the bare model leave out ``prefix``. Files may have
    tensors besides: those that fit a pattern of ``harmless`` hold nothing that was learned, and those named in
    ``copies`` have to equal the tensor they are a copy of. ``older`` maps former endings of names to those of today.
    """

    model_type: str
    architectures: tuple[str, ...]
    read: Callable[[Settings], ModelConfig]
    write: Callable[[ModelConfig], dict[str, Any]]
    ties: Callable[[ModelConfig], list[Tie]]
    prefix: str
    harmless: tuple[str, ...] = ()
    copies: Mapping[str, str] = field(default_factory=dict)
    older: Mapping[str, str] = field(default_factory=dict)

    def full_name(self, name: str, known: Iterable[str]) -> str:
        """The name among ``known`` that a tensor in a file bears, with or without the prefix, in today's spelling."""
        for former, today in self.older.items():
            if name.endswith(former):
                name = name.removesuffix(former) + today
        return name if name in known else self.prefix + name if self.prefix + name in known else name

    def is_harmless(self, name: str) -> bool:
        """Whether a tensor holds nothing that was learned."""
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.harmless)


# Tensors, there and back ----------------------------------------------------------------------------------------------


def our_shapes(config: ModelConfig) -> dict[str, torch.Size]:
    """The name and shape of every parameter of ours; no memory is taken for them."""
    with torch.device("meta"):
        return {name: parameter.shape for name, parameter in build_model(config).state_dict().items()}


def convert(tensors: Mapping[str, Tensor], family: Family, config: ModelConfig) -> dict[str, Tensor]:
    """Their tensors as a state dict of our model.

    A tensor is asked for when it is needed, so that ``tensors`` may read from a file.

    Raises:
        DamagedError: a tensor is missing, too many, or of another shape than ``config`` wants.
    """
    shapes, ties = our_shapes(config), family.ties(config)
    known = {tie.theirs for tie in ties} | set(family.copies)
    found = {family.full_name(name, known): name for name in tensors}
    state: dict[str, Tensor] = {}
    for tie in ties:
        if tie.theirs not in found:
            raise missing(tie.theirs, wanted_shape(tie, shapes), found, family)
        state |= tie.cut(fitting(tensors[found[tie.theirs]], tie, shapes), shapes)
    extra = [name for name in found if name not in {tie.theirs for tie in ties}]
    check_extra(extra, found, tensors, family)
    return state


def convert_back(state: Mapping[str, Tensor], family: Family, config: ModelConfig) -> dict[str, Tensor]:
    """A state dict of our model as their tensors, by their names."""
    return {tie.theirs: tie.join(state) for tie in family.ties(config)}


def wanted_shape(tie: Tie, shapes: Mapping[str, torch.Size]) -> tuple[int, ...]:
    """The shape of their tensor, from ours."""
    return tuple(tie.join({name: torch.empty(shapes[name], device="meta") for name in tie.ours}).shape)


def fitting(tensor: Shaped[Tensor, "*shape"], tie: Tie, shapes: Mapping[str, torch.Size]) -> Weight:
    """The tensor, if it has the shape that the configuration asks for and holds numbers we can use."""
    wanted = wanted_shape(tie, shapes)
    if tuple(tensor.shape) != wanted:
        raise DamagedError(
            f"{tie.theirs} has the shape {tuple(tensor.shape)}, and by config.json it would have {wanted}: "
            "the two files belong to different models; fetch both again from the same place"
        )
    if not tensor.is_floating_point():
        raise DamagedError(
            f"{tie.theirs} holds {tensor.dtype}, and a weight is a floating-point number: the model is compressed; "
            "look for it in float32, float16 or bfloat16"
        )
    return tensor


def missing(name: str, shape: tuple[int, ...], found: Iterable[str], family: Family) -> DamagedError:
    """What to say when a tensor is not there."""
    return DamagedError(
        f"{name}, shape {shape}, is missing, and by config.json this {family.model_type} model has it"
        f"{nearest(name, found)}: a file is incomplete, or it belongs to another config.json; fetch them again"
    )


def check_extra(extra: list[str], found: Mapping[str, str], tensors: Mapping[str, Tensor], family: Family) -> None:
    """Refuse tensors that nobody asked for, unless they hold nothing new."""
    for name in extra:
        if family.is_harmless(name):
            continue
        tensor, original = tensors[found[name]], family.copies.get(name)
        if original is None:
            raise DamagedError(
                f"{found[name]}, shape {tuple(tensor.shape)}, is in the file, and by config.json this "
                f"{family.model_type} model has no such tensor: the settings of its layers, biases or heads are "
                "those of another model; fetch config.json and the tensors again from the same place"
            )
        if original not in found or not torch.equal(tensor, tensors[found[original]]):
            raise DamagedError(
                f"{found[name]}, shape {tuple(tensor.shape)}, differs from {original}, and by config.json the two "
                "are tied and have to be equal; if the model was trained with two tables, set tie_word_embeddings "
                "to false there"
            )
