"""The model files of llama2.c (Karpathy 2023): seven numbers, then every weight in 32 bits, one after another.

This is the first of its layouts ("version 0"), the one its published models have. Nothing in such a file says where an
array begins: the seven numbers do, and the length of the file has to agree with them.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.errors import DamagedError, MissingError

HEADER = struct.Struct("<7i")
NUMBER_BYTES = 4
LATER_VERSIONS = 0x616B3432
"""``ak42``: how llama2.c's other layouts begin."""


@dataclass(frozen=True)
class Llama2cHeader:
    """The sizes of a model; ``tied``: its embedding is its classifier too."""

    width: int
    feed_forward_width: int
    depth: int
    heads: int
    kv_heads: int
    vocab_size: int
    context: int
    tied: bool

    @property
    def head_width(self) -> int:
        """D, the features of one head."""
        return self.width // self.heads


def shapes(header: Llama2cHeader) -> dict[str, tuple[int, ...]]:
    """Every array of a file in the order it lies there; those with one part for each layer have depth as first axis."""
    width, hidden, depth = header.width, header.feed_forward_width, header.depth
    answering, half = header.kv_heads * header.head_width, header.head_width // 2
    arrays: dict[str, tuple[int, ...]] = {
        "token_embedding": (header.vocab_size, width),
        "rms_att_weight": (depth, width),
        "wq": (depth, width, width),
        "wk": (depth, answering, width),
        "wv": (depth, answering, width),
        "wo": (depth, width, width),
        "rms_ffn_weight": (depth, width),
        "w1": (depth, hidden, width),
        "w2": (depth, width, hidden),
        "w3": (depth, hidden, width),
        "rms_final": (width,),
        "freq_cis_real": (header.context, half),
        "freq_cis_imag": (header.context, half),
    }
    return arrays if header.tied else {**arrays, "wcls": (header.vocab_size, width)}


SKIPPED = ("freq_cis_real", "freq_cis_imag")
"""Cosines and sines of the rotary angles, which every reader computes for itself."""


def read_llama2c(path: Path) -> tuple[Llama2cHeader, dict[str, Float[Tensor, "*_"]]]:
    """The header and the arrays by llama2.c's names, those of all layers stacked: ``wq`` is [depth, width, width].

    The file is mapped into memory and read where it is touched; a write into a tensor stays in memory.

    Raises:
        MissingError: there is no such file.
        DamagedError: the header cannot be one, or the file is not as long as it says.
    """
    if not path.is_file():
        raise MissingError(f"{path} does not exist; give a model file of llama2.c, such as stories15M.bin")
    header, found = read_header(path), path.stat().st_size
    sizes = {name: math.prod(shape) for name, shape in shapes(header).items()}
    expected = HEADER.size + NUMBER_BYTES * sum(sizes.values())
    if found != expected:
        raise DamagedError(
            f"{path} has {found:,} bytes, and a model with its header ({header}) has {expected:,}; "
            "it is truncated or something else: fetch it again"
        )
    numbers = torch.from_file(str(path), shared=False, size=found // NUMBER_BYTES, dtype=torch.float32)
    pieces = numbers[HEADER.size // NUMBER_BYTES :].split_with_sizes(list(sizes.values()))
    arrays = {name: piece.view(shape) for (name, shape), piece in zip(shapes(header).items(), pieces, strict=True)}
    return header, {name: array for name, array in arrays.items() if name not in SKIPPED}


def read_header(path: Path) -> Llama2cHeader:
    """The seven numbers at the beginning; a negative vocabulary says that the classifier is not the embedding."""
    with path.open("rb") as file:
        start = file.read(HEADER.size)
    if len(start) < HEADER.size:
        raise DamagedError(f"{path} has {len(start)} bytes, and the header of llama2.c alone has {HEADER.size}")
    width, hidden, depth, heads, kv_heads, vocabulary, context = numbers = HEADER.unpack(start)
    if width == LATER_VERSIONS:
        raise DamagedError(
            f"{path} is version {hidden} of llama2.c's layouts, and version 0 is read here; "
            "export the model again with llama2.c's export.py --version 0"
        )
    whole = min(width, hidden, depth, heads, kv_heads, abs(vocabulary), context) > 0
    if not whole or width % (2 * heads) or heads % kv_heads:
        raise DamagedError(
            f"{path} is no model of llama2.c: its first seven numbers {numbers} cannot be width, feed-forward width, "
            "depth, heads, key/value heads, vocabulary and context"
        )
    return Llama2cHeader(width, hidden, depth, heads, kv_heads, abs(vocabulary), context, tied=vocabulary > 0)


def unpermuted(weight: Float[Tensor, "HD ..."], heads: int) -> Float[Tensor, "HD ..."]:
    """A projection to queries or keys whose rotary pairs are neighbours (2i, 2i + 1), with the pairs (i, i + D/2).

    The first is how Llama was published and how llama2.c and GGUF keep it, the second how Hugging Face and this
    project turn. Rows are exchanged within each head, in queries and keys alike, so every score stays what it was.

    Args:
        weight: the matrix [H·D, C] of a linear layer, or its bias [H·D].
        heads: how many heads lie in it; for keys, the key/value heads.
    """
    pairs = weight.reshape(heads, -1, 2, *weight.shape[1:])
    return pairs.transpose(1, 2).reshape(weight.shape)  # [H,D/2,2,C] -> [H,2,D/2,C]


def permuted(weight: Float[Tensor, "HD ..."], heads: int) -> Float[Tensor, "HD ..."]:
    """The inverse of ``unpermuted``: pairs (i, i + D/2) become neighbours, as GGUF's Llama wants them."""
    halves = weight.reshape(heads, 2, -1, *weight.shape[1:])
    return halves.transpose(1, 2).reshape(weight.shape)  # [H,2,D/2,C] -> [H,D/2,2,C]
