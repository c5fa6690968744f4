"""In how many bits a model's matrices are kept: 32, 16, 8 or 4. What is computed with stays float32.

Writing one token multiplies every matrix with one vector, so each weight is read from memory for one multiplication:
the bytes of the weights, divided by what memory delivers in a second, are the time of a token. Half of the bytes are
half of the time. ``with_weights`` makes the copy of a model; each format is a class with two ways to multiply:

    one row     a sum of products, as it stands in a textbook; compiled, it reads the weights as fast as memory goes
    many rows   the weights widened to what matrices are multiplied in, then a library's product

Uncompiled, the first would write out all products before adding them up, so it stands behind ``is_compiling``. A test
holds the two together. Only weights are rounded, never what flows through the model (Dettmers et al. 2022, section 2;
Frantar et al. 2023, section 2). Next: packed.py.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, Shaped, UInt8
from torch import Tensor, nn

from hornbook.errors import SettingError, nearest
from hornbook.model.arithmetic import bfloat16_product, product
from hornbook.model.models import Decoder

WeightFormat = Literal["float32", "bfloat16", "int8", "int4"]

GROUP = 32
"""Neighbouring weights that share a scale in int4."""

CLIPS = torch.linspace(0.7, 1.0, 16).tolist()
"""What of a group's largest weight int4 tries as the end of its range: a shorter range is finer, and cuts off."""


def one_row(hidden: Float[Tensor, "*B I"]) -> bool:
    """Whether a product with this is the work of a matrix and one vector, compiled for a processor."""
    compiled = torch.compiler.is_compiling() and hidden.device.type == "cpu"
    return compiled and bool(hidden.numel() == hidden.shape[-1])  # a number of rows that is left open is not one


class Wide(nn.Module):
    """float32 or bfloat16: 4 or 2 bytes a weight."""

    def __init__(self, weight: Float[Tensor, "O I"], bias: Float[Tensor, " O"] | None, dtype: torch.dtype) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.detach().to(dtype), requires_grad=False)
        self.bias = None if bias is None else nn.Parameter(bias.detach().float(), requires_grad=False)

    def forward(self, hidden: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """hidden · weightᵀ + bias."""
        product = self.by_vector(hidden) if one_row(hidden) else self.by_matrix(hidden)
        return product if self.bias is None else product + self.bias.to(product.dtype)

    def by_vector(self, hidden: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """Row by row: Σ weight · hidden."""
        return (self.weight.float() * hidden.reshape(-1)).sum(-1).view(*hidden.shape[:-1], -1).to(hidden.dtype)

    def by_matrix(self, hidden: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """By the library, in the weights' own format."""
        if self.weight.dtype == torch.bfloat16:
            return bfloat16_product(hidden, self.weight).to(hidden.dtype)
        rows = hidden.reshape(-1, hidden.shape[-1]).to(self.weight.dtype)
        return product(rows, self.weight).view(*hidden.shape[:-1], len(self.weight)).to(hidden.dtype)

    def rows(self, index: Int[Tensor, "*B"]) -> Float[Tensor, "*B I"]:
        """Some rows of the matrix, as an embedding looks them up."""
        return F.embedding(index, self.weight).float()

    def dense(self) -> Float[Tensor, "O I"]:
        """The matrix as numbers, for reading and tests."""
        return self.weight.detach().float()


class Int8(nn.Module):
    """A whole number from -127 to 127 for each weight, times a scale for each row: 1 byte a weight."""

    def __init__(self, weight: Float[Tensor, "O I"], bias: Float[Tensor, " O"] | None = None) -> None:
        super().__init__()
        scale = weight.detach().float().abs().amax(1).clamp(min=1e-30) / 127
        self.register_buffer("whole", (weight.detach().float() / scale[:, None]).round().to(torch.int8))
        self.register_buffer("scale", scale)
        self.bias = None if bias is None else nn.Parameter(bias.detach().float(), requires_grad=False)
        self.whole: Tensor
        self.scale: Tensor

    def forward(self, hidden: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """hidden · (scale · whole)ᵀ + bias: the scale of a row is multiplied with once, at the end."""
        product = (self.by_vector(hidden) if one_row(hidden) else self.by_matrix(hidden)) * self.scale.to(hidden.dtype)
        return product if self.bias is None else product + self.bias.to(product.dtype)

    def by_vector(self, hidden: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """Row by row: Σ whole · hidden."""
        return (self.whole.float() * hidden.reshape(-1)).sum(-1).view(*hidden.shape[:-1], -1).to(hidden.dtype)

    def by_matrix(self, hidden: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """By the library; numbers up to 127 lose nothing in bfloat16."""
        return bfloat16_product(hidden, self.whole).to(hidden.dtype)

    def rows(self, index: Int[Tensor, "*B"]) -> Float[Tensor, "*B I"]:
        """Some rows of the matrix, as an embedding looks them up."""
        return self.whole[index].float() * self.scale[index][..., None]

    def dense(self) -> Float[Tensor, "O I"]:
        """The matrix as numbers."""
        return self.whole.float() * self.scale[:, None]


class Int8InWords(Int8):
    """The same numbers, laid out for processors that widen bytes one by one (AVX2): four of a row make a word.

    In a word of 32 bits stand the weights i, i + I/4, i + I/2 and i + 3I/4 of a row, the first in the lowest byte; what
    is shifted up and down again is widened eight words at a time. I is a multiple of 4; ``eight_bits`` sees to that.
    """

    def __init__(self, weight: Float[Tensor, "O I"], bias: Float[Tensor, " O"] | None = None) -> None:
        super().__init__(weight, bias)
        self.whole = quarters_side_by_side(self.whole).contiguous()

    def by_vector(self, hidden: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """Row by row, the four bytes of a word one after the other: Σ whole · hidden."""
        words, (first, second, third, fourth) = self.whole.view(torch.int32), hidden.reshape(4, -1)
        low = (words << 24 >> 24).float() * first + (words << 16 >> 24).float() * second
        high = (words << 8 >> 24).float() * third + (words >> 24).float() * fourth
        total: Tensor = (low + high).sum(-1)
        return total.view(*hidden.shape[:-1], -1).to(hidden.dtype)

    def by_matrix(self, hidden: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """By the library, with what it is multiplied by in the same order."""
        return super().by_matrix(quarters_side_by_side(hidden))

    def rows(self, index: Int[Tensor, "*B"]) -> Float[Tensor, "*B I"]:
        """Some rows of the matrix, as an embedding looks them up."""
        return quarters_in_turn(super().rows(index))

    def dense(self) -> Float[Tensor, "O I"]:
        """The matrix as numbers."""
        return quarters_in_turn(super().dense())


def quarters_side_by_side(row: Shaped[Tensor, "*B I"]) -> Shaped[Tensor, "*B I"]:
    """The first number of each quarter of a row, then the second of each, and so on."""
    return row.reshape(*row.shape[:-1], 4, -1).transpose(-1, -2).flatten(-2)


def quarters_in_turn(row: Shaped[Tensor, "*B I"]) -> Shaped[Tensor, "*B I"]:
    """The way back: one quarter after the other."""
    return row.reshape(*row.shape[:-1], -1, 4).transpose(-1, -2).flatten(-2)


class Int4(nn.Module):
    """A whole number from -8 to 7 for each weight, times a scale for each ``GROUP`` of a row: 4.5 bits a weight.

    A byte holds two: weight i of a row in its lower half, weight i + I/2 in its upper half. Of several ranges each
    group takes the one with the least squared error. I is a multiple of 2 · ``GROUP``; ``four_bits`` sees to that.
    """

    def __init__(self, weight: Float[Tensor, "O I"], bias: Float[Tensor, " O"] | None = None) -> None:
        super().__init__()
        groups = weight.detach().float().view(len(weight), -1, GROUP)  # [O, G, GROUP]
        scale = best_scale(groups)
        whole = (groups / scale.float()[..., None]).round().clamp(-8, 7).to(torch.int16).flatten(1) + 8
        lower, upper = whole.chunk(2, dim=1)
        self.register_buffer("pairs", (lower + 16 * upper).to(torch.uint8))
        self.register_buffer("scale", scale)
        self.bias = None if bias is None else nn.Parameter(bias.detach().float(), requires_grad=False)
        self.pairs: Tensor
        self.scale: Tensor

    def forward(self, hidden: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """hidden · (scale · whole)ᵀ + bias."""
        product = self.by_vector(hidden) if one_row(hidden) else self.by_matrix(hidden)
        return product if self.bias is None else product + self.bias.to(product.dtype)

    def halves(self) -> tuple[Int[Tensor, "O half"], Int[Tensor, "O half"]]:
        """The whole numbers of the lower and of the upper halves of all bytes."""
        wide = self.pairs.int()
        return (wide & 15) - 8, (wide >> 4) - 8

    def by_vector(self, hidden: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """Row by row and group by group: Σ scale · Σ whole · hidden, without a widened copy of the weights."""
        left, right = hidden.reshape(2, 1, -1, GROUP)
        lower, upper = (half.view(len(half), -1, GROUP) for half in self.halves())  # [O, G/2, GROUP]
        first, second = (scale.float() for scale in self.scale.chunk(2, dim=1))  # [O, G/2]
        total: Tensor = ((lower.float() * left).sum(-1) * first + (upper.float() * right).sum(-1) * second).sum(-1)
        return total.view(*hidden.shape[:-1], -1).to(hidden.dtype)

    def by_matrix(self, hidden: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """By the library, from weights widened to bfloat16."""
        return bfloat16_product(hidden, self.dense()).to(hidden.dtype)

    def rows(self, index: Int[Tensor, "*B"]) -> Float[Tensor, "*B I"]:
        """Some rows of the matrix, as an embedding looks them up."""
        return self.widened(self.pairs[index], self.scale[index])

    def dense(self) -> Float[Tensor, "O I"]:
        """The matrix as numbers."""
        return self.widened(self.pairs, self.scale)

    def widened(self, pairs: UInt8[Tensor, "*B half"], scale: Float[Tensor, "*B G"]) -> Float[Tensor, "*B I"]:
        """scale · whole, for rows given in this format."""
        wide = pairs.int()
        whole = torch.cat([(wide & 15) - 8, (wide >> 4) - 8], dim=-1).float()
        numbers: Tensor = (whole.view(*scale.shape, GROUP) * scale.float()[..., None]).flatten(-2)
        return numbers


def best_scale(groups: Float[Tensor, "O G size"]) -> Float[Tensor, "O G"]:
    """For each group the scale, of those that ``CLIPS`` allows, with the least squared error; in bfloat16.

    The sign of the largest weight decides which way round the range lies, as it reaches from -8 only to 7.
    """
    largest = groups.gather(-1, groups.abs().argmax(-1, keepdim=True))[..., 0]
    best, least = torch.zeros_like(largest), torch.full_like(largest, torch.inf)
    for clip in CLIPS:
        scale = (largest * (clip / -8)).bfloat16().float()
        safe = torch.where(scale == 0, 1.0, scale)
        rounded = (groups / safe[..., None]).round().clamp(-8, 7) * safe[..., None]
        error = (rounded - groups).square().sum(-1)
        best, least = torch.where(error < least, safe, best), torch.minimum(error, least)
    return best.bfloat16()


def eight_bits(weight: Float[Tensor, "O I"], bias: Float[Tensor, " O"] | None) -> Int8:
    """``Int8``, laid out as this processor likes it."""
    words = weight.device.type == "cpu" and torch.backends.cpu.get_cpu_capability() == "AVX2"
    return (Int8InWords if words and weight.shape[1] % 4 == 0 else Int8)(weight, bias)


def four_bits(weight: Float[Tensor, "O I"], bias: Float[Tensor, " O"] | None) -> Int4 | Int8:
    """``Int4``, or ``Int8`` where a row cannot be cut into two halves of whole groups."""
    return (eight_bits if weight.shape[1] % (2 * GROUP) else Int4)(weight, bias)


Kept = Wide | Int8 | Int4

WEIGHT_FORMATS: dict[str, Callable[[Tensor, Tensor | None], Kept]] = {
    "float32": partial(Wide, dtype=torch.float32),
    "bfloat16": partial(Wide, dtype=torch.bfloat16),
    "int8": eight_bits,
    "int4": four_bits,
}


class Rows(nn.Module):
    """An embedding that looks rows up in a matrix kept in any of the formats."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self.kept = kept

    def forward(self, index: Int[Tensor, "*B"]) -> Float[Tensor, "*B I"]:
        """The rows of these tokens."""
        return self.kept.rows(index)


def with_weights(model: Decoder, name: str) -> Decoder:
    """A copy of ``model``, ready to write, whose matrices are kept in format ``name``: all linear layers, the table of
    tokens and the output head. Norms, biases, positions and what flows through it are float32.

    Raises:
        SettingError: there is no such format.
    """
    if name not in WEIGHT_FORMATS:
        raise SettingError(f"weights: {name!r} is none of {', '.join(WEIGHT_FORMATS)}{nearest(name, WEIGHT_FORMATS)}")
    keep, embedding = WEIGHT_FORMATS[name], model.embedding
    table = keep(weight_of(embedding.tokens), None)
    head = table if embedding.head is None else keep(weight_of(embedding.head), None)
    replaced: dict[int, nn.Module] = {id(embedding.tokens): Rows(table)}
    if embedding.head is not None:
        replaced[id(embedding.head)] = head
    for path, module in model.named_modules():
        if isinstance(module, nn.Linear) and id(module) not in replaced and not path.endswith(".router"):
            replaced[id(module)] = keep(module.weight, module.bias)  # (a router chooses: rounding would turn it)
    other: Decoder = copy.deepcopy(model, dict(replaced))  # what has been replaced is not copied
    other.eval()
    other.embedding.head = head
    for parameter in other.parameters():
        if parameter.dtype != torch.bfloat16:
            parameter.data = parameter.data.float()
        parameter.requires_grad_(False)
    return other


def weight_of(module: nn.Module) -> Float[Tensor, "O I"]:
    """The matrix of a linear layer or an embedding."""
    assert isinstance(module, nn.Linear | nn.Embedding)
    return module.weight
