"""``hornbook bench numerics``: what fewer bits cost a run, on text that it was not trained on."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hornbook.batches import IGNORED, Texts
from hornbook.data.config import DataConfig
from hornbook.data.prepare import require_vocabulary
from hornbook.data.token_file import TokenFile
from hornbook.data.whole import prepare_whole
from hornbook.data.windows import consecutive_windows
from hornbook.errors import SettingError
from hornbook.evaluation.loss import Measured
from hornbook.evaluation.numerics import FORMATS, Rung, ladder
from hornbook.model.models import Decoder
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.workflows.load import Loaded, load_prepared
from hornbook.workflows.runs import IMPORTED


@dataclass(frozen=True)
class Numerics:
    """The rungs of the ladder, and the text they were measured on: so many targets, which make up so many bytes."""

    rungs: list[Rung]
    tokens: int
    bytes: int

    def bits_per_byte(self, rung: Rung) -> float:
        """The loss in bits for each byte of the text."""
        return Measured(rung.loss * self.tokens, self.tokens, self.bytes).bits_per_byte

    def costs(self, rung: Rung) -> float:
        """How much higher the loss is than in float64, as a part of it."""
        return rung.loss / self.rungs[0].loss - 1

    def legend(self) -> list[tuple[str, str, str, str]]:
        """For each format: where the weights, the products and the stream are kept or made."""
        return [(name, how.weights, how.products, how.stream) for name, how in FORMATS.items()]

    def as_json(self) -> dict[str, Any]:
        """Everything as numbers; ``None`` for what is none, as float16 has none beyond 65,504."""
        rows = [
            asdict(each) | {"bits_per_byte": self.bits_per_byte(each), "costs": self.costs(each)} for each in self.rungs
        ]
        return {"tokens": self.tokens, "bytes": self.bytes, "formats": [finite(row) for row in rows]}


def finite(value: Any) -> Any:
    """Plain data with ``None`` for infinities and what is not a number, which JSON cannot say."""
    if isinstance(value, dict):
        return {name: finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def numerics(loaded: Loaded, text: Sequence[str] = (), tokens: int = 4096) -> Numerics:
    """The ladder of a run on the beginning of its validation split, or of another text.

    Raises:
        SettingError: the run is no decoder, was imported and no text was given, or there is no token to read.
        TextError: the text is a single token.
    """
    if tokens < 1:
        raise SettingError(f"tokens: expected 1 or more, found {tokens}")
    if not isinstance(loaded.model, Decoder):
        raise SettingError(f"{loaded.run.folder}: the ladder is for decoders, which write texts; this run is none")
    if not text:
        if IMPORTED in loaded.run.info:
            raise SettingError(
                f"{loaded.run.folder} was imported and brought no data: name a text that it has not seen by --text"
            )
        return on(loaded, load_prepared(loaded.run).validation, tokens)
    with tempfile.TemporaryDirectory(prefix="hornbook-") as folder:
        file = prepare_whole(DataConfig(text=tuple(text)), loaded.tokenizer, Path(folder) / "text.tokens")
        return on(loaded, file, tokens)


def on(loaded: Loaded, file: TokenFile, tokens: int) -> Numerics:
    """The ladder on the first windows of a token file, laid end to end as ``hornbook evaluate`` lays them."""
    require_vocabulary(file, loaded.tokenizer)
    context = min(loaded.model.config.context, tokens)
    texts = next(consecutive_windows(file, context, max(1, tokens // context)))
    count = int((texts.targets != IGNORED).sum())
    return Numerics(ladder(loaded.model, texts), count, bytes_of(file, texts, count, loaded.tokenizer))


def bytes_of(file: TokenFile, texts: Texts, count: int, tokenizer: Tokenizer) -> int:
    """The UTF-8 bytes of the targets: those of the file where all of it is read, and otherwise of the tokens.

    Where tokens do not spell the text exactly (as of words that were unknown), the part of the file that was read.
    """
    if count == len(file) - 1:
        return file.bytes
    if not file.header["exact_bytes"]:
        return max(1, round(file.bytes * count / (len(file) - 1)))
    targets = texts.targets[texts.targets != IGNORED].tolist()
    return max(1, sum(len(tokenizer.token_bytes(token)) for token in targets))
