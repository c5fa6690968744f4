"""GGUF, the file that llama.cpp and its relatives run: metadata, a table of tensors, and their bytes, in one file.

The container is written and read by the ``gguf`` package (``pip install 'hornbook[gguf]'``), which llama.cpp's authors
keep; here stands what goes into it. Reading is for checking what was written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from hornbook.errors import DamagedError, MissingError, SettingError, nearest
from hornbook.files import replacing
from hornbook.formats.quantise import BLOCK, BLOCK_BYTES, dequantise, from_bytes, quantise, to_bytes

Numbers = Float[Tensor, "*shape"]
"""A tensor of any shape."""
Stored = UInt8[Tensor, "*rows bytes"]
"""The same as it lies in a file."""
Metadata = str | bool | int | float | list[str] | list[int] | list[float] | list[bool]
MAGIC = b"GGUF"
ARCHITECTURE = "general.architecture"
NAME_BYTES = 63
"""llama.cpp keeps names in 64 bytes, the last of them zero."""
AXES = 4

# How numbers are stored -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Storage:
    """One way to store a tensor: how many bytes so many numbers take, and the two directions."""

    numbers: int
    bytes: int
    pack: Callable[[Numbers, str], Stored]
    unpack: Callable[[Stored], Numbers]


def pack_float32(tensor: Numbers, name: str) -> Stored:
    """The bytes of 32-bit numbers."""
    return tensor.float().contiguous().view(torch.uint8)


def unpack_float32(data: Stored) -> Numbers:
    """32-bit numbers from their bytes."""
    return data.view(torch.float32)


def pack_bfloat16(tensor: Numbers, name: str) -> Stored:
    """The upper halves of 32-bit numbers, rounded to the nearest."""
    return tensor.bfloat16().contiguous().view(torch.uint8)


def unpack_bfloat16(data: Stored) -> Numbers:
    """32-bit numbers from their upper halves."""
    return data.view(torch.bfloat16).float()


def pack_q8(tensor: Numbers, name: str) -> Stored:
    """Blocks of 8-bit numbers with a scale each; a ``SettingError`` names the tensor when that cannot be."""
    return to_bytes(quantise(tensor, name))


def unpack_q8(data: Stored) -> Numbers:
    """32-bit numbers from their blocks."""
    return dequantise(from_bytes(data))


STORAGES: dict[str, Storage] = {
    "F32": Storage(1, 4, pack_float32, unpack_float32),
    "BF16": Storage(1, 2, pack_bfloat16, unpack_bfloat16),
    "Q8_0": Storage(BLOCK, BLOCK_BYTES, pack_q8, unpack_q8),
}

# Writing --------------------------------------------------------------------------------------------------------------


def write_gguf(
    path: Path,
    metadata: Mapping[str, Metadata],
    tensors: Iterable[tuple[str, Float[Tensor, "*_"], str]],
) -> None:
    """Write a GGUF file of version 3, whole or not at all; tensors are converted one at a time.

    Args:
        path: the file, by custom ``NAME.gguf``.
        metadata: by llama.cpp's names; ``general.architecture`` has to be among them. A whole number is stored as
            UINT32 where it fits, as llama.cpp wants its sizes, in a list as INT32, and a float as FLOAT32.
        tensors: name, numbers and a row of ``STORAGES``: F32, BF16 or Q8_0.

    Raises:
        MissingError: the ``gguf`` package is not installed.
        SettingError: a value or tensor cannot be stored as asked, or a name occurs twice.
        HornbookError: the disk is full or the folder cannot be written.
    """
    gguf, listed = gguf_package(), list(tensors)
    if not isinstance(metadata.get(ARCHITECTURE), str):
        raise SettingError(f"{ARCHITECTURE}: expected a string such as 'llama', found {metadata.get(ARCHITECTURE)!r}")
    check_tensors(listed)
    with replacing(path) as partial:
        writer = gguf.GGUFWriter(partial, metadata[ARCHITECTURE])
        try:
            for name, value in metadata.items():
                if name != ARCHITECTURE:  # which the writer has put first
                    writer.add_key_value(name, value, *value_type(gguf, name, value))
            for name, tensor, storage in listed:
                kind, size = gguf.GGMLQuantizationType[storage], stored_bytes(tuple(tensor.shape), storage)
                writer.add_tensor_info(name, tuple(tensor.shape), tensor_dtype=None, tensor_nbytes=size, raw_dtype=kind)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_ti_data_to_file()
            for name, tensor, storage in listed:
                writer.write_tensor_data(STORAGES[storage].pack(tensor.detach().cpu(), name).numpy())
        finally:
            writer.close()


def check_tensors(tensors: list[tuple[str, Float[Tensor, "*_"], str]]) -> None:
    """Refuse what no GGUF file can hold before anything is written: a ``SettingError`` that names the tensor."""
    seen: set[str] = set()
    for name, tensor, storage in tensors:
        if storage not in STORAGES:
            raise SettingError(
                f"{name}: {storage!r} is no way to store a tensor here{nearest(storage, STORAGES)}; "
                f"there are {', '.join(STORAGES)}"
            )
        if name in seen:
            raise SettingError(f"{name}: two tensors have this name; a GGUF file holds each once")
        if len(name.encode()) > NAME_BYTES or not 1 <= tensor.ndim <= AXES:
            raise SettingError(
                f"{name}: a tensor of a GGUF file has a name of at most {NAME_BYTES} bytes and 1 to {AXES} axes, "
                f"found {len(name.encode())} bytes and shape {list(tensor.shape)}"
            )
        if tensor.shape[-1] % STORAGES[storage].numbers:
            raise SettingError(
                f"{name}: {storage} takes rows whose length is a multiple of {STORAGES[storage].numbers}, "
                f"found shape {list(tensor.shape)}; store this tensor as F32 or BF16"
            )
        seen.add(name)


def stored_bytes(shape: tuple[int, ...], storage: str) -> int:
    """How many bytes a tensor of this shape takes in a file."""
    return math.prod(shape) // STORAGES[storage].numbers * STORAGES[storage].bytes


def value_type(gguf: ModuleType, name: str, value: Metadata) -> tuple[Any, ...]:
    """GGUF's type for a value, and for a list that of its items, which have to be of one type."""
    types = gguf.GGUFValueType
    if isinstance(value, list):
        kinds = {item_type(gguf, item) for item in value}
        if len(kinds) != 1 or None in kinds:
            raise SettingError(f"{name}: a list in a GGUF file has items, all of one type; found {str(value)[:80]}")
        return types.ARRAY, kinds.pop()
    kind = item_type(gguf, value)
    if kind is None:
        raise SettingError(f"{name}: {value!r} cannot be stored; expected a string, a number, a bool or a list of them")
    whole = kind in (types.INT32, types.INT64)
    return (types.UINT32 if whole and 0 <= int(value) < 2**32 else kind,)


def item_type(gguf: ModuleType, value: object) -> Any:
    """GGUF's type for an item of a list, or None where it has none."""
    types = gguf.GGUFValueType
    if isinstance(value, int) and not isinstance(value, bool):
        return types.INT32 if -(2**31) <= value < 2**31 else types.INT64 if -(2**63) <= value < 2**63 else None
    return {bool: types.BOOL, float: types.FLOAT32, str: types.STRING}.get(type(value))


# Reading --------------------------------------------------------------------------------------------------------------


def read_gguf(path: Path) -> tuple[dict[str, Metadata], dict[str, Float[Tensor, "*_"]]]:
    """The metadata and every tensor of a GGUF file, as 32-bit numbers.

    Raises:
        MissingError: there is no such file, or the ``gguf`` package is not installed.
        DamagedError: it is truncated or something else, or a tensor is stored in a way that is not in ``STORAGES``.
    """
    gguf = gguf_package()
    check_beginning(path)
    try:
        reader = gguf.GGUFReader(path)
        metadata = {name: field.contents() for name, field in reader.fields.items() if not name.startswith("GGUF.")}
    except (ValueError, IndexError, KeyError, OverflowError) as error:  # what numpy says when bytes are missing
        raise DamagedError(
            f"{path} ({path.stat().st_size:,} bytes) is a GGUF file that is truncated or altered ({error}); "
            "write or fetch it again"
        ) from error
    return metadata, {tensor.name: unpacked(path, tensor) for tensor in reader.tensors}


def check_beginning(path: Path) -> None:
    """Refuse a file that is not there or does not begin as GGUF does."""
    if not path.is_file():
        raise MissingError(f"{path} does not exist; give a GGUF file")
    with path.open("rb") as file:
        beginning = file.read(len(MAGIC))
    if beginning != MAGIC:
        raise DamagedError(f"{path} is not a GGUF file: it begins with {beginning!r}, expected {MAGIC!r}")


def unpacked(path: Path, tensor: Any) -> Float[Tensor, "*shape"]:
    """One tensor of an opened file as 32-bit numbers."""
    kind = tensor.tensor_type.name
    if kind not in STORAGES:
        raise DamagedError(f"{path}: {tensor.name} is stored as {kind}, and only {', '.join(STORAGES)} are read here")
    shape = tuple(reversed(tensor.shape.tolist()))  # GGUF names the fastest axis first
    data = torch.tensor(bytearray(tensor.data.tobytes()), dtype=torch.uint8).view(*shape[:-1], -1)
    return STORAGES[kind].unpack(data).view(shape)


def gguf_package() -> ModuleType:
    """The ``gguf`` package, imported when it is needed; a ``MissingError`` says how to get it."""
    try:
        import gguf
    except ImportError:
        raise MissingError("GGUF files need the gguf package: pip install 'hornbook[gguf]'") from None
    return gguf
