"""What can be said about data, as values: where the text comes from, how it is split, in which order it is read.

Imports neither torch nor numpy, so that a recipe can be read and refused in milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hornbook.errors import SettingError


@dataclass(frozen=True)
class RandomWindows:
    """Windows that start anywhere with equal chance, drawn anew at every step (with replacement)."""


@dataclass(frozen=True)
class Shuffled:
    """Every window of a grid exactly once per epoch, in a new order each time.

    ``stride`` is the distance in tokens between the starts of neighbouring windows; without one they lie end to end
    (``stride`` = context). The grid begins at another token in every epoch, so that the cuts move.
    """

    stride: int | None = None

    def __post_init__(self) -> None:
        """Refuse a stride that goes nowhere (``SettingError``)."""
        if self.stride is not None and self.stride < 1:
            raise SettingError(f"stride: found {self.stride}, expected a number of tokens of 1 or more")


@dataclass(frozen=True)
class Packed:
    """Whole documents side by side in a row, none looking at another; longer ones are cut in pieces, not truncated."""


Order = RandomWindows | Shuffled | Packed

KINDS: dict[type, str] = {RandomWindows: "random", Shuffled: "shuffled", Packed: "packed"}
"""How the orders are spelt in a recipe: ``order = "packed"`` or ``order = {kind = "shuffled", stride = 32}``."""


@dataclass(frozen=True)
class DataConfig:
    """Which text, how it is divided, and in which order it is read.

    Exactly one of ``corpus`` (a name: ``stories``, ``tinyshakespeare``...) and ``text`` (files, folders, globs) is
    needed by the time data are prepared. ``documents`` is how many documents to generate, or at most to read.

    ``split`` by ``position``: the last ``validation_fraction`` of the characters, in reading order, is for
    validation; a text may be cut in two. By ``document``: whole documents, the last ones where documents are
    generated (each is drawn on its own, so none is special), otherwise those whose text and the seed hash lowest.
    """

    corpus: str | None = None
    text: tuple[str, ...] = ()
    documents: int | None = None
    split: Literal["document", "position"] = "position"
    validation_fraction: float = 0.1
    order: Order = RandomWindows()

    def __post_init__(self) -> None:
        """Refuse settings that contradict each other (``SettingError``)."""
        if self.corpus is not None and self.text:
            raise SettingError(
                f"corpus: found both corpus {self.corpus!r} and text {', '.join(self.text)}; give one of the two"
            )
        if self.corpus == "":
            raise SettingError("corpus: found an empty name; expected one that `hornbook corpus list` shows")
        if self.documents is not None and self.documents < 1:
            raise SettingError(f"documents: found {self.documents}, expected a number of documents of 1 or more")
        if not 0 < self.validation_fraction < 1:
            raise SettingError(
                f"validation_fraction: found {self.validation_fraction}, expected a number between 0 and 1, as in 0.1"
            )
