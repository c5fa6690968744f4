"""What of a model is trained, as values: all of it, a part, or a little that is added. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from hornbook.errors import SettingError


@dataclass(frozen=True)
class Everything:
    """Every weight is trained."""


@dataclass(frozen=True)
class OnlyHead:
    """The head alone: what is read from the stream, not how the stream is made."""


@dataclass(frozen=True)
class LastBlocks:
    """The last ``count`` blocks, the norm after them and the head."""

    count: int = 1
    """How many blocks, counted from the head."""

    def __post_init__(self) -> None:
        """Refuse to train nothing (``SettingError``)."""
        if self.count < 1:
            raise SettingError(f"count: expected a number of blocks of 1 or more, found {self.count}")


@dataclass(frozen=True)
class Biases:
    """The biases and the head (Ben Zaken et al. 2022, BitFit)."""


@dataclass(frozen=True)
class LowRank:
    """A product of two narrow matrices beside each of the matrices named in ``targets`` (Hu et al. 2022, LoRA)."""

    rank: int = 8
    """The inner width of the product: how much it can learn, and how many weights that takes."""
    alpha: float = 16.0
    """The product is scaled by alpha / rank."""
    dropout: float = 0.0
    """The share of the features that the product does not see while it is trained."""
    targets: tuple[str, ...] = ("query", "value")
    """The matrices that get a product beside them, by name; ``head`` is the output head, where it is no tied table."""
    stabilised: bool = False
    """Scale by alpha / sqrt(rank) instead, so that large ranks learn as quickly (Kalajdzievski 2023)."""
    magnitude: bool = False
    """The length of every row is learned apart from its direction (Liu et al. 2024, DoRA)."""
    base: str = "float32"
    """The format that the frozen matrices are kept in: float32, bfloat16, int8 or int4 (Dettmers et al. 2023, QLoRA).
    """

    def __post_init__(self) -> None:
        """Refuse sizes that are none (``SettingError``)."""
        if self.rank < 1:
            raise SettingError(f"rank: expected a whole number of at least 1, found {self.rank}")
        if not self.alpha > 0:
            raise SettingError(f"alpha: expected a number above 0, found {self.alpha}")
        if not 0 <= self.dropout < 1:
            raise SettingError(f"dropout: expected a share from 0 to below 1, found {self.dropout}")
        if not self.targets:
            raise SettingError("targets: expected the name of at least one matrix, as in query, value")
        if self.magnitude and self.base != "float32":
            raise SettingError(
                f"base: magnitude needs the rows' lengths exactly, and {self.base} rounds them; leave it float32"
            )

    @property
    def scale(self) -> float:
        """What the product is multiplied with."""
        return self.alpha / (self.rank**0.5 if self.stabilised else self.rank)


@dataclass(frozen=True)
class Adapters:
    """Two layers of ``width`` behind attention and behind the feed-forward network of a block (Houlsby et al. 2019)."""

    width: int = 16
    """The inner width of the two layers."""

    def __post_init__(self) -> None:
        """Refuse a width that is none (``SettingError``)."""
        if self.width < 1:
            raise SettingError(f"width: expected a whole number of at least 1, found {self.width}")


@dataclass(frozen=True)
class Prefix:
    """``length`` keys and values in every layer, which all tokens see before the text (Li & Liang 2021)."""

    length: int = 16
    """How many keys and values."""

    def __post_init__(self) -> None:
        """Refuse a length that is none (``SettingError``)."""
        if self.length < 1:
            raise SettingError(f"length: expected a whole number of at least 1, found {self.length}")


@dataclass(frozen=True)
class Prompt:
    """``length`` learned vectors before the text, as if they were tokens (Lester et al. 2021)."""

    length: int = 16
    """How many vectors."""

    def __post_init__(self) -> None:
        """Refuse a length that is none (``SettingError``)."""
        if self.length < 1:
            raise SettingError(f"length: expected a whole number of at least 1, found {self.length}")


Adapting = Everything | OnlyHead | LastBlocks | Biases | LowRank | Adapters | Prefix | Prompt

KINDS: dict[type, str] = {
    Everything: "everything",
    OnlyHead: "head",
    LastBlocks: "last_blocks",
    Biases: "biases",
    LowRank: "low_rank",
    Adapters: "adapters",
    Prefix: "prefix",
    Prompt: "prompt",
}
"""How they are spelt in a recipe, as in ``adapting = {kind = "low_rank", rank = 4}``."""
