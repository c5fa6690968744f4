"""Answers by the thousand: sources of an encoder-decoder, prompts of a decoder, drawn or searched with beams.

Rows of similar length go through the model together, each stops at its own end, and nothing that a row is given depends
on its neighbours (but for the last bit of the arithmetic). ``answers`` and ``continuations`` speak in tokens,
``translate`` in texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import torch

from hornbook.batches import Positions
from hornbook.errors import SettingError, TextError
from hornbook.generation.beam import Hypothesis, beam_search, best_of
from hornbook.generation.config import Beams, Sampling
from hornbook.generation.generate import check_prompt, check_tokens, finite, reading_only
from hornbook.generation.reading import Reading, answering, continuing
from hornbook.generation.sampling import chooser
from hornbook.generation.text import Sample, Writing
from hornbook.model.models import Decoder, EncoderDecoder
from hornbook.seeds import torch_generator
from hornbook.tokenizers.protocol import END_OF_TEXT, Tokenizer

ROWS = 128
"""Rows that go through the model together; beams are rows."""

Ids = Sequence[int]
Begin = Callable[[], Reading]
"""A new reading of the same rows: a source is encoded once, however often its answer is begun."""


# Two ways to write ----------------------------------------------------------------------------------------------------


def drawn(begin: Begin, sampling: Sampling, end: int | None, numbers: Sequence[int]) -> list[list[Hypothesis]]:
    """One text for each row, token by token; row i draws from a generator made of the seed and ``numbers[i]``.

    Scores are log p of the model itself, whatever filters were at work. Rows leave once a quarter of them is over.
    """
    reading, choose = begin(), chooser(sampling)
    generators = [torch_generator(sampling.seed, "row", number) for number in numbers]
    tokens: list[list[int]] = [[] for _ in numbers]
    nats, ended = [0.0] * len(numbers), [False] * len(numbers)
    here = list(range(len(numbers)))  # which text each row of the reading is
    for left in reversed(range(sampling.max_tokens)):
        logits = finite(reading.logits).to(torch.promote_types(reading.logits.dtype, torch.float32))
        seen = torch.where(reading.text < 0, reading.text[:, -1:], reading.text)
        new = choose(logits, seen, [generators[number] for number in here])
        gained = logits.log_softmax(-1).gather(1, new[:, None])[:, 0].tolist()
        for number, token, log_probability in zip(here, new.tolist(), gained, strict=True):
            if not ended[number]:
                ended[number] = token == end
                tokens[number] += [] if ended[number] else [token]
                nats[number] += log_probability
        open_rows = [row for row, number in enumerate(here) if not ended[number]]
        if not open_rows or left == 0:
            break
        rows = None
        if 4 * len(open_rows) <= 3 * len(here):
            rows, here = torch.tensor(open_rows, device=new.device), [here[row] for row in open_rows]
            new = new[rows]
        reading.go_on(new, rows)
    return [[Hypothesis(*each)] for each in zip(tokens, ended, nats, nats, strict=True)]


def searched(begin: Begin, beams: Beams, end: int | None, numbers: Sequence[int]) -> list[list[Hypothesis]]:
    """The best texts for each row. The greedy path takes part in the last ranking.

    A beam search alone may lose it half way and end with something worse; so the best score is never below its own.
    """
    found = beam_search(begin(), beams, end)
    if beams.beams == 1:
        return found
    path = replace(beams, beams=1, best=1, groups=1, early_stopping="first")
    greedy = beam_search(begin(), path, end)
    return [best_of([*several, *one], beams.best) for several, one in zip(found, greedy, strict=True)]


WAYS: dict[type, Callable[[Begin, Any, int | None, Sequence[int]], list[list[Hypothesis]]]] = {
    Sampling: drawn,
    Beams: searched,
}


# Many at once ---------------------------------------------------------------------------------------------------------


def answers(
    model: EncoderDecoder, sources: Sequence[Ids], start: int, end: int | None, how: Sampling | Beams
) -> list[list[Hypothesis]]:
    """What the model writes for each source, best first: one text, or ``how.best`` of them.

    Every answer begins with ``start``, which is no part of it, and ends with ``end`` or after ``how.max_tokens``. A
    source is encoded once. Dropout is off; afterwards the model is in the mode it was in.

    Raises ``TextError`` for a source that is empty, longer than the context, or has a token that the model lacks.
    """
    for source in sources:
        check_source(model, source)
    check_tokens(model, [start], "the beginning of an answer")

    def begin(rows: Sequence[Ids]) -> Begin:
        width, device = max(map(len, rows)), model.embedding.device
        padded = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows], device=device)
        lengths = torch.tensor([len(row) for row in rows], device=device)
        plain = int(lengths.min()) == width
        positions = Positions.counting(len(rows), width, device) if plain else Positions.lengths(lengths, width)
        memory = model.encode(padded, positions)
        return lambda: answering(model, memory, start, how.max_tokens)

    return in_batches(model, sources, begin, end, how)


def continuations(
    model: Decoder, prompts: Sequence[Ids], end: int | None, how: Sampling | Beams
) -> list[list[Hypothesis]]:
    """What the model writes after each prompt, best first: one text, or ``how.best`` of them.

    Prompts may have different lengths. A text ends with ``end`` or after ``how.max_tokens``; one that outgrows the
    context is continued as ``generate`` does.

    Raises ``TextError`` for a prompt that is empty or has a token that the model lacks.
    """
    for prompt in prompts:
        check_prompt(model, prompt)
    return in_batches(model, prompts, lambda rows: lambda: continuing(model, rows, how.max_tokens), end, how)


def in_batches(
    model: Decoder | EncoderDecoder,
    rows: Sequence[Ids],
    begin: Callable[[Sequence[Ids]], Begin],
    end: int | None,
    how: Sampling | Beams,
) -> list[list[Hypothesis]]:
    """All rows, those of similar length together; the results in the order of ``rows``."""
    order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
    size = max(1, ROWS // how.beams) if isinstance(how, Beams) else ROWS
    results: dict[int, list[Hypothesis]] = {}
    with reading_only(model):
        for first in range(0, len(order), size):
            numbers = order[first : first + size]
            found = WAYS[type(how)](begin([rows[number] for number in numbers]), how, end, numbers)
            results.update(zip(numbers, found, strict=True))
    return [results[number] for number in range(len(rows))]


def check_source(model: EncoderDecoder, source: Ids) -> None:
    """Refuse what cannot be answered."""
    if len(source) == 0:
        raise TextError("the text is empty: there is nothing to translate; give it a word")
    if len(source) > model.config.context:
        raise TextError(
            f"the text has {len(source):,} tokens, but the model reads {model.config.context:,} at most; cut it"
        )
    check_tokens(model, source, "the text")


# Texts ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Translation:
    """One text that was written for a source, and what it was ranked by (``Hypothesis``)."""

    sample: Sample
    score: float
    log_probability: float


def translations(
    model: EncoderDecoder, tokenizer: Tokenizer, texts: Sequence[str], how: Sampling | Beams
) -> list[list[Translation]]:
    """What the model writes for each text, best first; it begins with ``start_of`` and ends with ``end_of``.

    Raises:
        SettingError: the tokenizer has no end of text.
        TextError: a text is empty, too long, or has characters that the tokenizer does not know.
    """
    end, sources = end_of(tokenizer), [tokenizer.around(tokenizer.encode(text)) for text in texts]
    found = answers(model, sources, start_of(tokenizer), end, how)
    return [[translation(each, tokenizer, how) for each in several] for several in found]


def translate(model: EncoderDecoder, tokenizer: Tokenizer, texts: Sequence[str], how: Sampling | Beams) -> list[Sample]:
    """The best of ``translations`` for each text."""
    return [several[0].sample for several in translations(model, tokenizer, texts, how)]


def translation(found: Hypothesis, tokenizer: Tokenizer, how: Sampling | Beams) -> Translation:
    """The tokens that were found as text, cut where a stop string cuts it."""
    sampling = how if isinstance(how, Sampling) else Sampling(max_tokens=how.max_tokens)
    writing = Writing(tokenizer, [], sampling)
    for token in found.tokens:
        writing.push(token)
        if writing.finish_reason:
            break
    if writing.finish_reason is None:
        writing.finish("end" if found.ended else "length")
    return Translation(writing.sample(), found.score, found.log_probability)


def start_of(tokenizer: Tokenizer) -> int:
    """The token with which answers begin: that of a text's beginning, T5's padding, or with ours the end of a text."""
    return next(
        token for token in (tokenizer.roles.begin, tokenizer.roles.padding, end_of(tokenizer)) if token is not None
    )


def end_of(tokenizer: Tokenizer) -> int:
    """The token with which answers end."""
    if tokenizer.roles.end is None:
        raise SettingError(
            f"tokenizer: an answer ends with {END_OF_TEXT}, which this tokenizer does not have; "
            "choose words, bytepair or gpt2"
        )
    return tokenizer.roles.end


# Pairs ----------------------------------------------------------------------------------------------------------------


@runtime_checkable
class Separated(Protocol):
    """A task that puts a separator between a source and its answer, so that a decoder reads both as one text."""

    @property
    def separator(self) -> str:
        """What stands between the two."""
        ...


def answers_of(
    model: Decoder | EncoderDecoder, task: object, tokenizer: Tokenizer, sources: Sequence[Ids], how: Sampling | Beams
) -> list[list[int]]:
    """The best answer to each source, in tokens without the end: free-running, as ``evaluate_pairs`` is not.

    A decoder continues the source and the separator of ``task``, encoded together as in its training.
    """
    end, rows = end_of(tokenizer), [[int(token) for token in source] for source in sources]
    if isinstance(model, EncoderDecoder):
        found = answers(model, rows, start_of(tokenizer), end, how)
    else:
        separator = task.separator if isinstance(task, Separated) else ""
        texts = [tokenizer.decode(row) + separator for row in rows]
        found = continuations(model, tokenizer.encode_batch(texts), end, how)
    return [several[0].tokens for several in found]
