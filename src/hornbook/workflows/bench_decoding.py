"""``hornbook bench decoding``: every way to choose the next token, on one's own model and the same prompts.

In: a run. Out: a row for each way (speed, length, how varied the texts are, how often they repeat themselves, and what
the model loses on them), and last the row of the held-out text itself, which says what the numbers should be like.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from hornbook.data.token_file import TokenFile
from hornbook.errors import SettingError, TextError
from hornbook.evaluation.loss import still
from hornbook.evaluation.texts.diversity import distinct, repeated
from hornbook.generation.beam import beam_search
from hornbook.generation.config import Beams, Sampling
from hornbook.generation.generate import generate, reading_only
from hornbook.generation.reading import continuing
from hornbook.model.models import Decoder
from hornbook.workflows.load import Loaded, load_prepared

PROMPT = 8
"""So many tokens of held-out text are given."""

WAYS: dict[str, Sampling | Beams] = {
    "greedy": Sampling(temperature=0.0),
    "greedy, repetition penalty 1.2": Sampling(temperature=0.0, repetition_penalty=1.2),
    "4 beams": Beams(beams=4),
    "temperature 1": Sampling(),
    "temperature 0.7": Sampling(temperature=0.7),
    "top-k 40": Sampling(top_k=40),
    "top-p 0.9": Sampling(top_p=0.9),
    "min-p 0.1": Sampling(min_p=0.1),
}
"""Each alone; what else may be set is as the model says."""

HELD_OUT = "the held-out text"


@dataclass(frozen=True)
class Row:
    """One way: new tokens per second of a text (``None``: nothing was written), mean length, distinct-1 and -2, rep-4
    (evaluation/texts/diversity.py), and the loss of the model on what was written, in nats per token."""

    name: str
    tokens_per_second: float | None
    length: float
    distinct_1: float
    distinct_2: float
    repeated_4: float
    loss: float


def decoding(loaded: Loaded, texts: int = 8, tokens: int = 64) -> Iterator[Row]:
    """Every way continues the same ``texts`` prompts by up to ``tokens`` tokens, one text after another.

    Raises:
        SettingError: the run is no decoder, or prompt and text do not fit into its context.
        TextError: the validation split is too short for so many.
    """
    model = loaded.model
    if not isinstance(model, Decoder):
        raise SettingError(f"{loaded.run.folder}: only decoders continue texts; this run is none")
    if texts < 1 or not 1 <= tokens <= model.config.context - PROMPT:
        raise SettingError(
            f"tokens: {texts} texts of {PROMPT} tokens and {tokens} more; expected 1 text or more, that fit into "
            f"the context of {model.config.context}"
        )
    whole = pieces_of(load_prepared(loaded.run).validation, texts, PROMPT + tokens)
    prompts, end = [each[:PROMPT] for each in whole], loaded.tokenizer.roles.end
    for name, way in WAYS.items():
        continued(model, prompts[0], way, 2, end)  # the first call is slower
        begun = time.perf_counter()
        found = [continued(model, prompt, way, tokens, end) for prompt in prompts]
        seconds = time.perf_counter() - begun
        yield row_of(name, model, prompts, found, sum(map(len, found)) / seconds)
    yield row_of(HELD_OUT, model, prompts, [each[PROMPT:] for each in whole], None)


def pieces_of(file: TokenFile, count: int, length: int) -> list[list[int]]:
    """``count`` stretches of the text, from its beginning on at equal distances."""
    step = len(file) // count
    if step < length:
        raise TextError(
            f"the validation split has {len(file):,} tokens, too few for {count} texts of {length}; ask for fewer"
        )
    return [file.tokens[place : place + length].tolist() for place in range(0, count * step, step)]


def continued(model: Decoder, prompt: Sequence[int], way: Sampling | Beams, tokens: int, end: int | None) -> list[int]:
    """One text, without its end."""
    if isinstance(way, Beams):
        with reading_only(model):
            [[best]] = beam_search(continuing(model, [prompt], tokens), replace(way, max_tokens=tokens), end)
        return best.tokens
    written = [step[0] for step in generate(model, prompt, replace(way, max_tokens=tokens), end=end)]
    return [token for token in written if token is not None and token != end]


def row_of(name: str, model: Decoder, prompts: list[list[int]], texts: list[list[int]], speed: float | None) -> Row:
    """The numbers of some texts."""
    total = 0.0
    for prompt, text in zip(prompts, texts, strict=True):
        read = torch.tensor([prompt + text])
        with torch.no_grad(), still(model.modules()):
            logits = model(read)[0, len(prompt) - 1 : -1]
        total += float(F.cross_entropy(logits.float(), read[0, len(prompt) :], reduction="sum"))
    count = sum(map(len, texts))
    return Row(
        name,
        speed,
        count / len(texts),
        distinct(texts, 1),
        distinct(texts, 2),
        repeated(texts, 4),
        total / count if count else float("nan"),
    )
