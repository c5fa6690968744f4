"""``hornbook bench numerics``: what fewer bits cost a run, on text that it was not trained on."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from hornbook.data.config import DataConfig
from hornbook.data.token_file import TokenFile
from hornbook.data.whole import prepare_whole
from hornbook.errors import SettingError, TextError
from hornbook.evaluation.numerics import Rung, ladder
from hornbook.model.models import Decoder
from hornbook.workflows.load import Loaded, load_prepared


@dataclass(frozen=True)
class Numerics:
    """The rungs of the ladder, and the text they were measured on."""

    rungs: list[Rung]
    tokens: int
    bytes: int

    def bits_per_byte(self, rung: Rung) -> float:
        """The loss in bits for each byte of the text."""
        return rung.loss * self.tokens / math.log(2) / self.bytes

    def costs(self, rung: Rung) -> float:
        """How much higher the loss is than in float64, as a part of it."""
        return rung.loss / self.rungs[0].loss - 1

    def as_json(self) -> dict[str, Any]:
        """Everything as numbers."""
        rows = [
            asdict(each) | {"bits_per_byte": self.bits_per_byte(each), "costs": self.costs(each)} for each in self.rungs
        ]
        return {"tokens": self.tokens, "bytes": self.bytes, "formats": rows}


def numerics(loaded: Loaded, text: Sequence[str] = (), tokens: int = 4096) -> Numerics:
    """The ladder of a run on the beginning of its validation split, or of another text.

    Raises:
        SettingError: the run is no decoder.
        TextError: the text is shorter than a window.
    """
    if not isinstance(loaded.model, Decoder):
        raise SettingError(f"{loaded.run.folder}: the ladder is for decoders, which write texts; this run is none")
    if not text:
        return on(loaded, load_prepared(loaded.run).validation, tokens)
    with tempfile.TemporaryDirectory(prefix="hornbook-") as folder:
        file = prepare_whole(DataConfig(text=tuple(text)), loaded.tokenizer, Path(folder) / "text.tokens")
        return on(loaded, file, tokens)


def on(loaded: Loaded, file: TokenFile, tokens: int) -> Numerics:
    """The ladder on whole windows from the beginning of a token file."""
    context = min(loaded.model.config.context, len(file.tokens) - 1)
    if context < 2:
        raise TextError("the text is too short to be predicted: give one of at least three tokens")
    rows = max(1, min(tokens, len(file.tokens) - 1) // context)
    ids = torch.tensor([int(each) for each in file.tokens[: rows * context + 1]])
    size = len(loaded.tokenizer.decode(ids[1:].tolist()).encode())
    rungs = ladder(loaded.model, ids[:-1].view(rows, context), ids[1:].view(rows, context))
    return Numerics(rungs, rows * context, size)
