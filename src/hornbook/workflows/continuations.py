"""Held-out texts begun by people and continued by a model: what it shares with how they went on, and what it copies.

Every row of the table is scored alike, so that a number has something beside it: the model's likeliest and its drawn
continuations; what somebody wrote elsewhere, which is good text and the wrong one; the prompt said once more, which is
on the subject and says nothing; and the true continuations, which show how varied people are and how long the runs
are that they share with the training text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from hornbook.data.config import NextToken
from hornbook.data.prepare import Prepared
from hornbook.data.token_file import TokenFile
from hornbook.errors import MissingError, SettingError, TextError
from hornbook.evaluation.memorised import Copy, longest_copies, longest_copy
from hornbook.evaluation.texts.bert_score import Reader, mean_bert_score
from hornbook.evaluation.texts.bleu import bleu
from hornbook.evaluation.texts.diversity import distinct, self_bleu
from hornbook.evaluation.texts.rouge import mean_rouge, words
from hornbook.generation.config import Sampling
from hornbook.generation.engine import Engine, Request
from hornbook.model.models import Encoder
from hornbook.workflows.load import IMPORTED, Loaded, load_prepared, load_run

LENGTH = 64
"""Tokens of a prompt, and of a continuation; half of the context where that is shorter."""

COMPARED = 50
"""Self-BLEU compares every text with every other: of so many at most."""

GREEDY, DRAWN, ELSEWHERE, AGAIN, TRUE = (
    "this model, likeliest",
    "this model, drawn",
    "another text's continuation",
    "the prompt once more",
    "the true continuation",
)


@dataclass(frozen=True)
class Row:
    """One way to continue all prompts, and what its texts are worth; shares from 0 to 1, BLEU from 0 to 100."""

    name: str
    shared: dict[str, float]
    """With the true continuations: bleu, rouge1, rouge2, rougeL and, where there is an encoder, bert_score."""
    varied: dict[str, float]
    """distinct2 and self_bleu."""
    copies: tuple[int, ...]
    """Of every text the longest run of tokens that the training text has too."""

    def as_json(self) -> dict[str, Any]:
        """Everything, by name."""
        copied = {"median": median(self.copies), "longest": max(self.copies)}
        return {"name": self.name, **self.shared, **self.varied, "copied": copied}


@dataclass(frozen=True)
class Continuations:
    """How ``prompts`` texts went on, way by way; ``length`` tokens each at most."""

    prompts: int
    length: int
    rows: tuple[Row, ...]
    longest: dict[str, Any]
    """The longest run of the model's that training has too: ``text``, ``tokens`` and ``source``, a document's name."""

    @property
    def headings(self) -> tuple[str, ...]:
        """Of the table."""
        return ("", *self.rows[0].shared, *self.rows[0].varied, "copied: median", "longest")

    def table(self) -> list[tuple[str, ...]]:
        """A row for each way; a dash where a text would be compared with itself."""
        return [
            (
                row.name,
                *(shown(name, row.shared[name]) if row.shared else "-" for name in self.rows[0].shared),
                *(shown(name, value) for name, value in row.varied.items()),
                f"{median(row.copies):.0f}",
                str(max(row.copies)),
            )
            for row in self.rows
        ]

    def sentences(self) -> list[str]:
        """How to read the last columns, and the longest copy."""
        said = [f"{self.prompts} prompts of {self.length} tokens; copied: tokens in a row that training has too."]
        if self.longest["tokens"]:
            said.append(f"The model's longest copy, from {self.longest['source']}: {self.longest['text']!r}")
        return said

    def as_json(self) -> dict[str, Any]:
        """Everything as plain data."""
        rows = [row.as_json() for row in self.rows]
        return {"prompts": self.prompts, "length": self.length, "rows": rows, "longest_copy": self.longest}


def shown(name: str, value: float) -> str:
    """BLEU has one digit behind the point by custom, all else three."""
    return f"{value:.1f}" if "bleu" in name else f"{value:.3f}"


def continuations(
    loaded: Loaded, prepared: Prepared, count: int, encoder: str | None = None, seed: int = 0
) -> Continuations:
    """Let the model continue ``count`` pieces of its held-out text, spread evenly over it.

    Args:
        encoder: the name of a run of an encoder, for BERTScore.
        seed: of what is drawn.

    Raises:
        SettingError: fewer than 2 continuations are asked for, or the encoder is none.
        TextError: no held-out document has room for a prompt and a continuation.
        MissingError: sacrebleu is not installed.
    """
    if count < 2:
        raise SettingError(f"continuations: expected 2 or more, found {count}: each is compared with another")
    length = min(LENGTH, loaded.recipe.model.context // 2)
    reader = None if encoder is None else reader_of(load_run(encoder))
    starts = chosen(prepared.validation, 2 * length, count)
    tokens = prepared.validation.tokens
    prompts = [tokens[start : start + length].tolist() for start in starts]
    wanted = [tokens[start + length : start + 2 * length].tolist() for start in starts]
    half = len(wanted) // 2
    ways = {
        GREEDY: written(loaded, prompts, Sampling(max_tokens=length, temperature=0.0)),
        DRAWN: written(loaded, prompts, Sampling(max_tokens=length, seed=seed)),
        ELSEWHERE: [*wanted[half:], *wanted[:half]],
        AGAIN: prompts,
        TRUE: wanted,
    }
    copies = copies_of(prepared.train, ways)
    references = [loaded.tokenizer.decode(ids) for ids in wanted]
    rows = []
    for name, texts in ways.items():
        said = [loaded.tokenizer.decode(ids) for ids in texts]
        shared = {} if name == TRUE else what_is_shared(said, references, reader)
        varied = {"distinct2": distinct([words(text) for text in said], 2), "self_bleu": self_bleu(said[:COMPARED])}
        rows.append(Row(name, shared, varied, tuple(copy.length for copy in copies[name])))
    return Continuations(len(prompts), length, tuple(rows), longest_of(loaded, prepared.train, ways, copies))


def load_text(loaded: Loaded) -> Prepared:
    """The text that a run was trained and validated on.

    Raises:
        SettingError: it does not continue texts.
        MissingError: the text is gone, or never was here.
    """
    if not isinstance(loaded.recipe.task, NextToken):
        raise SettingError("continuations: this run was not trained to continue texts; give one that was")
    if IMPORTED in loaded.run.info:
        raise MissingError("continuations: this model was imported and brought no text that could be continued")
    prepared = load_prepared(loaded.run)
    assert isinstance(prepared, Prepared)
    return prepared


def reader_of(encoder: Loaded) -> Reader:
    """An encoder's vectors, for texts (``SettingError`` for another kind of model)."""
    if not isinstance(encoder.model, Encoder):
        raise SettingError(
            f"encoder: a {type(encoder.model).__name__} does not read a whole text at once; give a run of an encoder"
        )
    return Reader(encoder.model, encoder.tokenizer)


def chosen(file: TokenFile, room: int, count: int) -> list[int]:
    """Where pieces of ``room`` tokens begin that lie inside a document and side by side: ``count``, evenly spread."""
    end = 0 if file.end is None else 1
    starts = [
        start
        for document in range(file.documents)
        for start in range(int(file.document_starts[document]), file.document_stop(document) - end - room + 1, room)
    ]
    if len(starts) < 2:
        raise TextError(
            f"{len(starts)} pieces of {room} tokens are all that was held out, each inside a document; continuations "
            "need two or more: hold out a longer text"
        )
    places = np.linspace(0, len(starts) - 1, min(count, len(starts))).round().astype(int)
    return [starts[place] for place in places]


def written(loaded: Loaded, prompts: Sequence[Sequence[int]], sampling: Sampling) -> list[list[int]]:
    """The tokens that the model writes after each prompt."""
    end = loaded.tokenizer.roles.end
    requests = [
        Request(prompt=tuple(prompt), sampling=sampling, end=end, sample=number)
        for number, prompt in enumerate(prompts)
    ]
    return Engine(loaded.model).run(requests)


def what_is_shared(texts: Sequence[str], references: Sequence[str], reader: Reader | None) -> dict[str, float]:
    """BLEU, ROUGE and BERTScore of texts."""
    shared = {"bleu": bleu(texts, references), **mean_rouge(texts, references)}
    return shared if reader is None else shared | {"bert_score": mean_bert_score(texts, references, reader)}


def copies_of(train: TokenFile, ways: dict[str, list[list[int]]]) -> dict[str, list[Copy]]:
    """Way by way, the longest run of every text that the training text has too."""
    every = [text for texts in ways.values() for text in texts]
    found = iter(longest_copies(train.tokens, every))
    return {name: [longest_copy(next(found)) for _ in texts] for name, texts in ways.items()}


def longest_of(
    loaded: Loaded, train: TokenFile, ways: dict[str, list[list[int]]], copies: dict[str, list[Copy]]
) -> dict[str, Any]:
    """The longest run that the model wrote and training has too."""
    own = [pair for name in (GREEDY, DRAWN) for pair in zip(ways[name], copies[name], strict=True)]
    text, copy = max(own, key=lambda pair: pair[1].length)
    source = train.name(train.document_at(copy.source))
    said = loaded.tokenizer.decode(text[copy.start : copy.start + copy.length])
    return {"tokens": copy.length, "text": said, "source": source}
