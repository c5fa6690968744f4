"""Small parts put between those of a trained model: adapters after its layers, learned keys and tokens before its text.

All three begin by changing little or nothing, and are put on from outside: the model has not heard of them. Next:
adapting.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.batches import Positions
from hornbook.errors import SettingError
from hornbook.model.blocks import Block, Stack
from hornbook.model.cache import Cache, Remembering, joined
from hornbook.model.feed_forward import ACTIVATIONS
from hornbook.model.kernels import KeysValues


class Adapter(nn.Module):
    """x + up(gelu(down(x))) of what ``inner`` gives; ``up`` begins at zero (Houlsby et al. 2019, section 2.1)."""

    def __init__(self, inner: nn.Module, features: int, width: int, draw: torch.Generator) -> None:
        super().__init__()
        like = next(inner.parameters())
        self.inner = inner
        self.down, self.up = nn.Linear(features, width).to(like), nn.Linear(width, features).to(like)
        nn.init.normal_(self.down.weight, std=features**-0.5, generator=draw)
        for parameter in (self.down.bias, self.up.weight, self.up.bias):
            nn.init.zeros_(parameter)

    def forward(self, features: Float[Tensor, "*B I"]) -> Float[Tensor, "*B C"]:
        """What ``inner`` gives, and a correction of it."""
        plain: Tensor = self.inner(features)
        corrected: Tensor = plain + self.up(ACTIVATIONS["gelu"](self.down(plain)))
        return corrected


def add_adapters(block: Block, features: int, width: int, draw: torch.Generator) -> None:
    """Put an adapter behind attention and one behind the feed-forward network of a block."""
    block.attention.output = Adapter(block.attention.output, features, width, draw)  # type: ignore[assignment]
    block.feed_forward = Adapter(block.feed_forward, features, width, draw)


SMALL = 0.02
"""The size of the numbers that a prefix or a prompt begins with."""


# Before the text ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Behind:
    """A layer's memory with something in front of it that was learned and is never written to."""

    front: KeysValues  # of one row: the same for all
    rest: Remembering | None

    @property
    def length(self) -> int:
        """How many tokens of the text are remembered."""
        return 0 if self.rest is None else self.rest.length

    def extend(self, new: KeysValues) -> KeysValues:
        """What the queries of ``new`` may look at: what was learned, and the text.

        Raises:
            SettingError: texts are packed side by side; what stands before them would belong to the first alone.
        """
        if new.positions.document is not None:
            raise SettingError("a prefix or a prompt stands before one text; it cannot serve packed texts: choose rows")
        seen = new if self.rest is None else self.rest.extend(new)
        rows = len(seen.keys)
        front = KeysValues(
            self.front.keys.expand(rows, -1, -1, -1).to(seen.keys.dtype),
            self.front.values.expand(rows, -1, -1, -1).to(seen.values.dtype),
            Positions(self.front.positions.index.expand(rows, -1)),
        )
        positions = seen.positions.index.expand(rows, -1)
        return joined(front, KeysValues(seen.keys, seen.values, Positions(positions)))


class LearnedPrefix(nn.Module):
    """Keys and values of every layer, learned as they are (Li & Liang 2021, section 4)."""

    def __init__(self, stack: Stack, length: int, heads: int, head_width: int, draw: torch.Generator) -> None:
        super().__init__()
        shape = (stack.depth, 2, 1, heads, length, head_width)
        like = next(stack.parameters())
        self.numbers = nn.Parameter((torch.randn(shape, generator=draw) * SMALL).to(like))

    def forward(self, stack: Stack) -> list[tuple[Float[Tensor, "1 G L D"], Float[Tensor, "1 G L D"]]]:
        """For every layer, keys and values."""
        return [(keys, values) for keys, values in self.numbers]


class LearnedPrompt(nn.Module):
    """Vectors that are read as if they were the tokens before the text (Lester et al. 2021, section 2)."""

    def __init__(self, stack: Stack, length: int, width: int, draw: torch.Generator) -> None:
        super().__init__()
        like = next(stack.parameters())
        self.numbers = nn.Parameter((torch.randn(1, length, width, generator=draw) * SMALL).to(like))

    def forward(self, stack: Stack) -> list[tuple[Float[Tensor, "1 G L D"], Float[Tensor, "1 G L D"]]]:
        """For every layer, the keys and values that it makes of them."""
        listening: list[Listening] = [Listening() for _ in range(stack.depth)]
        stack(self.numbers, Positions.counting(1, self.numbers.shape[1], self.numbers.device), listening)
        return [each.heard for each in listening]


class Listening:
    """A memory that only notes what one text offers."""

    length = 0

    def __init__(self) -> None:
        self.heard: tuple[Tensor, Tensor] = (torch.empty(0), torch.empty(0))

    def extend(self, new: KeysValues) -> KeysValues:
        """Note it."""
        self.heard = (new.keys, new.values)
        return new


class Fronted(nn.Module):
    """A stack that sees something learned before every text. All of it stands at position 0, where each token may look;
    the text itself stands where it stood."""

    def __init__(self, inner: Stack, front: LearnedPrefix | LearnedPrompt) -> None:
        super().__init__()
        self.inner, self.front = inner, front

    def forward(
        self,
        hidden: Float[Tensor, "B T C"],
        positions: Positions,
        cache: Cache | None = None,
        memory: Sequence[KeysValues] | None = None,
    ) -> Float[Tensor, "B T C"]:
        """As ``Stack``."""
        fronts = self.front(self.inner)
        where = Positions(torch.zeros(1, fronts[0][0].shape[2], dtype=torch.long, device=hidden.device))
        behind = [
            Behind(KeysValues(keys, values, where), None if cache is None else cache[layer])
            for layer, (keys, values) in enumerate(fronts)
        ]
        last: Tensor = self.inner(hidden, positions, behind, memory)
        return last

    def remember(self, source: Float[Tensor, "B S C"], positions: Positions) -> list[KeysValues]:
        """As ``Stack``."""
        return self.inner.remember(source, positions)
