"""From a prompt to text: whole samples, or pieces as they are written.

Three things happen between tokens and text. A character may be spread over several tokens, so the end of the text is
held back until it is whole. A stop string may be spread over several tokens too, so whatever might become one is held
back as well. And the prompt is encoded, with a stand-in where it is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hornbook.errors import TextError
from hornbook.generation.config import Sampling
from hornbook.generation.generate import Steps, check_samples, generate
from hornbook.model.models import Decoder
from hornbook.tokenizers.protocol import Tokenizer

FinishReason = Literal["stop", "length", "end"]
"""A stop string was written; as many tokens as were asked for; the model wrote the end of the text."""

BROKEN = "\N{REPLACEMENT CHARACTER}"
LOOK_BACK = 8
"""Tokens of the prompt that are decoded along, for tokenizers that put spaces between tokens."""


@dataclass(frozen=True)
class Sample:
    """One continuation. ``text`` is what follows the prompt; the prompt is not repeated in it.

    ``token_ids`` are all tokens that were drawn, without the end of the text; where a stop string cut the text, they
    go up to the token that completed it.
    """

    text: str
    token_ids: list[int]
    finish_reason: FinishReason


class Writing:
    """One text that is being written: takes tokens, gives back text that is certain."""

    def __init__(self, tokenizer: Tokenizer, prompt: Sequence[int], sampling: Sampling) -> None:
        special = set(tokenizer.special.values())
        self.tokenizer, self.sampling, self.end = tokenizer, sampling, tokenizer.roles.end
        self.tokens = [token for token in prompt[-LOOK_BACK:] if token not in special]
        self.seen, self.drawn = len(self.tokens), len(self.tokens)  # tokens[:seen] have become text
        self.before = 0  # decoding starts here: far enough back to know what the text of ``seen`` was
        self.pending = ""  # text that might yet become a stop string
        self.text = ""
        self.finish_reason: FinishReason | None = None

    @property
    def ends(self) -> set[int | None]:
        """What ends it: ``end``, which may be that of a turn in a conversation, and the end of any text."""
        return {self.end, self.tokenizer.roles.end}

    @property
    def token_ids(self) -> list[int]:
        """The tokens drawn so far."""
        return self.tokens[self.drawn :]

    def push(self, token: int) -> str:
        """Add a token that was drawn, and return the text that is certain now (often none, or several words)."""
        if token in self.ends:
            return self.finish("end")
        self.tokens.append(token)
        self.pending += self.decoded(final=False)
        certain = self.until_stop(final=False)
        if self.finish_reason is None and len(self.token_ids) == self.sampling.max_tokens:
            certain += self.finish("length")
        return certain

    def finish(self, reason: FinishReason) -> str:
        """Nothing more will come: return what was held back."""
        self.pending += self.decoded(final=True)
        certain = self.until_stop(final=True)
        self.finish_reason = self.finish_reason or reason
        return certain

    def sample(self) -> Sample:
        """What has been written."""
        return Sample(self.text, self.token_ids, self.finish_reason or "length")

    def decoded(self, final: bool) -> str:
        """The text of the tokens since ``seen``, or nothing while their last character is not whole."""
        known = self.tokenizer.decode(self.tokens[self.before : self.seen])
        longer = self.tokenizer.decode(self.tokens[self.before :])
        if longer.endswith(BROKEN) and not final:
            return ""
        self.before, self.seen = self.seen, len(self.tokens)
        return longer[len(known) :]

    def until_stop(self, final: bool) -> str:
        """Take from ``pending`` what is certain: all before a stop string, or before what might become one."""
        places = [(stop, self.pending.find(stop)) for stop in self.sampling.stop]
        found = [(place + len(stop), place) for stop, place in places if place >= 0]
        if found:  # the one that is complete first, whatever the pieces in which the text came
            self.finish_reason, keep = "stop", min(found)[1]
        elif final:
            keep = len(self.pending)
        else:
            keep = len(self.pending) - max((overlap(self.pending, stop) for stop in self.sampling.stop), default=0)
        certain, self.pending = self.pending[:keep], "" if found else self.pending[keep:]
        self.text += certain
        return certain


def overlap(text: str, stop: str) -> int:
    """How many characters at the end of ``text`` are a beginning of ``stop``."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)


def encode_prompt(tokenizer: Tokenizer, prompt: str) -> list[int]:
    """The prompt's tokens, with those around them that the model was taught to expect (ours: none).

    An empty prompt becomes the beginning of a text, the end of one, after which another begins, or a new line; of a
    tokenizer that has none of them, the first token that stands for text, since a model needs one to go on from.

    Raises ``TextError`` where the tokenizer does not know a character of the prompt.
    """
    if prompt:
        return tokenizer.around(tokenizer.encode(prompt))
    for start in (tokenizer.roles.begin, tokenizer.roles.end):
        if start is not None:
            return [start]
    return new_line(tokenizer) or [next(filter(tokenizer.token_bytes, range(tokenizer.vocab_size)))]


def new_line(tokenizer: Tokenizer) -> list[int]:
    """The tokens of a new line; none where the tokenizer does not know one, or drops it."""
    try:
        return tokenizer.encode("\n")
    except TextError:
        return []


def begin(tokenizer: Tokenizer, tokens: Sequence[int], sampling: Sampling, samples: int) -> list[Writing]:
    """As many texts as asked for, all still empty, that will continue the prompt ``tokens``."""
    return [Writing(tokenizer, tokens, sampling) for _ in range(samples)]


def write(
    model: Decoder,
    tokens: Sequence[int],
    writings: Sequence[Writing],
    sampling: Sampling,
    steps: Steps = generate,
) -> Iterator[list[str]]:
    """Let the model continue ``tokens`` in all ``writings`` at once; after every step, the text each has gained."""
    for step in steps(model, tokens, sampling, samples=len(writings), end=writings[0].end):
        yield [
            writing.push(token) if token is not None and writing.finish_reason is None else ""
            for writing, token in zip(writings, step, strict=True)
        ]
        if all(writing.finish_reason for writing in writings):
            return


def complete(
    model: Decoder,
    tokenizer: Tokenizer,
    prompt: str,
    sampling: Sampling,
    samples: int = 1,
    steps: Steps = generate,
) -> list[Sample]:
    """Continue ``prompt`` in ``samples`` ways, all at once. The prompt itself is not part of the texts.

    Raises ``TextError`` for a prompt that cannot be encoded, ``SettingError`` for no samples.
    """
    check_samples(samples)
    tokens = encode_prompt(tokenizer, prompt)
    writings = begin(tokenizer, tokens, sampling, samples)
    for _ in write(model, tokens, writings, sampling, steps):
        pass
    return [writing.sample() for writing in writings]


def stream(
    model: Decoder, tokenizer: Tokenizer, prompt: str, sampling: Sampling, steps: Steps = generate
) -> Iterator[str]:
    """Continue ``prompt``, in pieces as soon as they are certain; joined they are the text of ``complete``."""
    tokens = encode_prompt(tokenizer, prompt)
    for [piece] in write(model, tokens, begin(tokenizer, tokens, sampling, 1), sampling, steps):
        if piece:
            yield piece
