"""Models as Hugging Face lays them out: ``model.safetensors``, or several shards and an index that says what is where.

A safetensors file is a header in JSON and bytes: nothing in it is executed, and a tensor is read when it is asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Shaped
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from hornbook.errors import DamagedError, HornbookError, MissingError, SettingError, nearest
from hornbook.files import explained, is_there, read_json, replacing, write_json

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
SHARD = "model-{:05d}-of-{:05d}.safetensors"
SHARD_BYTES = 5_000_000_000
"""Where Hugging Face cuts, too."""
EXECUTED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
"""How files end that are Python programs in disguise (pickles): loading one runs it, so none is ever loaded."""

# Reading --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tensors:
    """The tensors of a model that lie in one file or in several; made by ``open_tensors``."""

    folder: Path
    files: Mapping[str, Path]
    shapes: Mapping[str, tuple[int, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """What the tensors are called, sorted."""
        return tuple(sorted(self.files))

    def shape(self, name: str) -> tuple[int, ...]:
        """The sizes of a tensor, without reading it; ``DamagedError`` when there is none of this name."""
        self.require(name)
        return self.shapes[name]

    def tensor(self, name: str) -> Shaped[Tensor, "*shape"]:
        """A tensor, in the precision it is stored in; ``DamagedError`` when there is none of this name."""
        self.require(name)
        with opened(self.files[name]) as file:
            tensor: Tensor = file.get_tensor(name)
            return tensor

    def require(self, name: str) -> None:
        """Refuse a name that no file has."""
        if name not in self.files:
            raise DamagedError(
                f"{self.folder} has no tensor {name!r}{nearest(name, self.files)}, and {len(self.files)} others; "
                "the model is of another kind, or not whole"
            )


def open_tensors(folder: Path) -> Tensors:
    """Look into the safetensors files of a folder: every header is read and checked, no tensor is.

    Raises:
        MissingError: there are none; what is there instead is said.
        DamagedError: a file is truncated or something else, a shard is missing, or the index names a tensor that no
            shard has.
    """
    if (folder / SINGLE).is_file():
        shapes = read_shapes(folder / SINGLE)
        return Tensors(folder, dict.fromkeys(shapes, folder / SINGLE), shapes)
    if not (folder / INDEX).is_file():
        raise MissingError(f"{folder} has neither {SINGLE} nor {INDEX}{instead(folder)}")
    places = read_index(folder / INDEX)
    found: dict[str, tuple[int, ...]] = {}
    for shard in sorted(set(places.values())):
        if not is_there(folder / shard):
            raise DamagedError(
                f"{str(folder / shard)[:200]} is missing, and {INDEX} names it; fetch this file or the model again"
            )
        there = read_shapes(folder / shard)
        for name in (name for name, place in places.items() if place == shard):
            if name not in there:
                raise DamagedError(
                    f"{folder / INDEX} says that {name!r} is in {shard}, and it is not there; "
                    "they belong to different versions: fetch the model again"
                )
            found[name] = there[name]
    return Tensors(folder, {name: folder / place for name, place in places.items()}, found)


def instead(folder: Path) -> str:
    """What a folder without safetensors has that might have been meant: the end of a sentence."""
    if not folder.is_dir():
        return ", for there is no such folder"
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in EXECUTED)
    if not pickles:
        return "; give a folder that a model was saved or downloaded in"
    return (
        f", only {', '.join(pickles[:3])}: loading such a file would run a program hidden in it, so it is never done; "
        "look for the model as safetensors, or convert it where it came from"
    )


def read_index(path: Path) -> dict[str, str]:
    """Which shard each tensor is in; a shard can only be a file beside the index."""
    index = read_json(path)
    places = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(places, dict) or not places or not all(isinstance(place, str) for place in places.values()):
        raise DamagedError(f"{path} has no 'weight_map' from tensors to files; fetch it again")
    for place in places.values():
        if place in ("", ".", "..") or "/" in place or "\\" in place:
            raise DamagedError(f"{path} names the shard {place!r}, which is no file beside it; do not trust this model")
    return places


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The sizes of every tensor in one file, from its header."""
    with opened(path) as file:
        return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A safetensors file, opened; one that is truncated or something else is a ``DamagedError``."""
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except SafetensorError as error:
        raise DamagedError(
            f"{path} ({path.stat().st_size:,} bytes) is truncated or not a safetensors file: {error}; fetch it again"
        ) from error
    except OSError as error:
        raise HornbookError(f"cannot read {path}: {error.strerror or error}") from error


# Writing --------------------------------------------------------------------------------------------------------------


def write_tensors(folder: Path, tensors: Mapping[str, Tensor], max_shard_bytes: int = SHARD_BYTES) -> list[Path]:
    """Write a model as Hugging Face does, whole or not at all, and return its files.

    An older model in the folder is replaced: it counts until the last file of the new one stands.

    Args:
        folder: is made if it is not there; other files in it stay.
        tensors: two names of one tensor are written as two.
        max_shard_bytes: beyond so much the model is cut into shards; a tensor that is larger has one of its own.

    Raises:
        SettingError: there is nothing to write, or the limit is not positive.
        HornbookError: the disk is full or the folder cannot be written; nothing has changed.
    """
    if not tensors or max_shard_bytes < 1:
        raise SettingError(
            f"{folder}: expected tensors and a positive max_shard_bytes, found {len(tensors)} and {max_shard_bytes}"
        )
    shards = cut(tensors, max_shard_bytes)
    single = len(shards) == 1
    names = [SINGLE] if single else [SHARD.format(number + 1, len(shards)) for number in range(len(shards))]
    with ExitStack() as stack:
        # What is entered first is renamed last: the index takes its place when all its shards have theirs.
        index = None if single else stack.enter_context(replacing(folder / INDEX))
        partials = [stack.enter_context(replacing(folder / name)) for name in names]
        for shard, partial in zip(shards, partials, strict=True):
            save({name: tensors[name] for name in shard}, partial)
        if index is not None:
            total = sum(tensor.nbytes for tensor in tensors.values())
            places = {tensor: name for name, shard in zip(names, shards, strict=True) for tensor in shard}
            write_json(index, {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))})
    written = names if single else [*names, INDEX]
    remove_older(folder, written)
    return [folder / name for name in written]


def cut(tensors: Mapping[str, Tensor], max_shard_bytes: int) -> list[list[str]]:
    """The names of the tensors, in their order, in as many shards as are needed when each is filled before the next."""
    shards: list[list[str]] = []
    room = 0
    for name, tensor in tensors.items():
        if not shards or tensor.nbytes > room:
            shards.append([])
            room = max_shard_bytes
        shards[-1].append(name)
        room -= tensor.nbytes
    return shards


def save(tensors: Mapping[str, Tensor], path: Path) -> None:
    """One safetensors file; what the system refuses becomes an ``OSError``, as for any other file."""
    seen: set[int] = set()
    try:
        save_file({name: apart(tensor, seen) for name, tensor in tensors.items()}, path, metadata={"format": "pt"})
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        raise OSError(int(number[1]) if number else 5, os.strerror(int(number[1])) if number else str(error)) from error


def apart(tensor: Shaped[Tensor, "*shape"], seen: set[int]) -> Shaped[Tensor, "*shape"]:
    """The tensor in main memory with its numbers in a row and no memory in common with those ``seen`` before."""
    whole = tensor.detach().to("cpu").contiguous()
    memory = whole.untyped_storage()
    if memory.nbytes() != whole.nbytes or memory.data_ptr() in seen:
        return whole.clone(memory_format=torch.contiguous_format)
    seen.add(memory.data_ptr())
    return whole


def remove_older(folder: Path, written: list[str]) -> None:
    """Take away what an older model left here and the new one did not replace; the single file goes first."""
    older = [SINGLE, INDEX, *sorted(path.name for path in folder.glob("model-*-of-*.safetensors"))]
    with explained(folder):
        for name in older:
            if name not in written:
                (folder / name).unlink(missing_ok=True)
