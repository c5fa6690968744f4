"""How good is a run? Its loss on a whole text, beside what it must beat and what nobody can pass.

In: a loaded run and its validation split, or another text. Out: an ``Evaluation``, which prints itself as a table or as
JSON. The model, its baselines and the floor are always scored on the very same targets.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from hornbook.data.config import DataConfig
from hornbook.data.prepare import Prepared, require_vocabulary
from hornbook.data.token_file import TokenFile
from hornbook.data.whole import prepare_whole
from hornbook.evaluation.baselines import Baselines, baselines
from hornbook.evaluation.closely import Closely, evaluate_closely
from hornbook.evaluation.contamination import Contamination, contamination
from hornbook.evaluation.floor import Floor, Verdict, floor_of, leak
from hornbook.evaluation.loss import Measured, evaluate_loss
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.workflows.load import Loaded


@dataclass(frozen=True)
class Evaluation:
    """A model on a text, its baselines on the same targets, and the floor where the source of the text is known."""

    measured: Measured
    baselines: Baselines
    floor: Floor | None
    verdict: Verdict | None
    closely: Closely | None = None
    """The loss taken apart, where that was asked for."""
    contamination: Contamination | None = None
    """What training already has of the text, where that was asked for."""

    def as_json(self) -> dict[str, Any]:
        """Losses in nats per token, as numbers."""
        result = self.measured.as_json() | {"bytes": self.measured.bytes, "baselines": self.baselines.as_json()}
        result["floor"] = None if self.floor is None else self.floor.loss
        if self.floor is not None and self.verdict is not None:
            result["floor_bits_per_byte"] = self.floor.bits_per_byte
            result["against_floor"] = self.verdict.as_json()
        if self.closely is not None:
            result |= self.closely.as_json()
        if self.contamination is not None:
            result["contamination"] = self.contamination.as_json()
        return result

    def rungs(self) -> list[tuple[str, float, float, float]]:
        """The ladder as rows (name, nats per token, bits per byte, perplexity), the worst first."""
        ngrams = self.baselines.kneser_ney
        rows = [("uniform", self.baselines.uniform), ("unigram", self.baselines.unigram)]
        if self.baselines.windows is not None:
            windows = self.baselines.windows
            rows.append((f"Kneser-Ney, order {windows.order}, windows of {windows.context}", windows.loss))
        rows.append((f"Kneser-Ney, order {ngrams.order}, full history", ngrams.loss))
        rows.append(("this model", self.measured.loss))
        if self.floor is not None:
            rows.append(("floor: the source itself", self.floor.loss))
        rows.sort(key=lambda row: -row[1])
        return [(name, loss, self.baselines.bits_per_byte(loss), math.exp(loss)) for name, loss in rows]

    def sentence(self) -> str:
        """What the numbers say, in one sentence that a person can repeat."""
        ratio = self.measured.loss / self.baselines.kneser_ney.loss
        if ratio < 1:
            said = f"beats Kneser-Ney by {1 - ratio:.1%}"
        else:
            said = f"does not beat Kneser-Ney: its loss is {ratio - 1:.1%} higher"
        return said if self.verdict is None else f"{said}; {self.verdict}"


def evaluate(loaded: Loaded, prepared: Prepared, precision: str = "float32", closely: bool = False) -> Evaluation:
    """The model on its own validation split; ``closely`` takes the loss apart."""
    return evaluate_tokens(loaded, prepared.train, prepared.validation, precision, closely)


def evaluate_text(
    loaded: Loaded, prepared: Prepared, text: Sequence[str], precision: str = "float32", closely: bool = False
) -> Evaluation:
    """The model on another text; the baselines are those of the run's own training text, on the new targets."""
    with tempfile.TemporaryDirectory(prefix="hornbook-") as folder:
        file = prepare_whole(DataConfig(text=tuple(text)), loaded.tokenizer, Path(folder) / "text.tokens")
        return evaluate_tokens(loaded, prepared.train, file, precision, closely)


def measure_text(loaded: Loaded, text: Sequence[str], precision: str = "float32") -> Measured:
    """The model alone on a text, for one that came without the text it was trained on: no baseline can be fitted."""
    import torch

    context = loaded.recipe.model.context
    with tempfile.TemporaryDirectory(prefix="hornbook-") as folder:
        file = prepare_whole(DataConfig(text=tuple(text)), loaded.tokenizer, Path(folder) / "text.tokens")
        return evaluate_loss(
            loaded.model, file, context, batch=max(1, 8192 // context), autocast=getattr(torch, precision)
        )


def evaluate_tokens(
    loaded: Loaded, train: TokenFile, validation: TokenFile, precision: str, closely: bool = False
) -> Evaluation:
    """The model on every token of ``validation`` but the first, in windows of its context."""
    import torch

    require_vocabulary(validation, loaded.tokenizer)
    context, dtype = loaded.recipe.model.context, getattr(torch, precision)
    batch, floor = max(1, 8192 // context), floor_of(validation)
    close = None
    if closely:
        seen, lengths = times_seen(train), token_lengths(loaded.tokenizer)
        close = evaluate_closely(
            loaded.model, validation, context, seen, batch, autocast=dtype, lengths=lengths, seed=loaded.recipe.seed
        )
        measured = close.measured
    else:
        measured = evaluate_loss(
            loaded.model, validation, context, batch, autocast=dtype, per_document=floor is not None
        )
    ladder = baselines(
        np.asarray(train.tokens), np.asarray(validation.tokens), train.vocab_size, int(validation.bytes), context
    )
    verdict = None if floor is None else leak(measured, floor)
    return Evaluation(measured, ladder, floor, verdict, close, contamination(train, validation) if closely else None)


def times_seen(train: TokenFile) -> Int[np.ndarray, " V"]:
    """How often each token comes in a file, counted a piece at a time."""
    counts = np.zeros(train.vocab_size, dtype=np.int64)
    for start in range(0, len(train), 1 << 24):
        counts += np.bincount(train.tokens[start : start + (1 << 24)], minlength=len(counts))
        train.release()
    return counts


def token_lengths(tokenizer: Tokenizer) -> Int[np.ndarray, " V"]:
    """The bytes of text that each token stands for."""
    return np.array([len(tokenizer.token_bytes(token)) for token in range(tokenizer.vocab_size)], dtype=np.int64)
