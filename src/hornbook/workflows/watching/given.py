"""What a person gives a run to read, as the tokens that its model reads; and tokens as people read them.

A decoder reads the prompt. An encoder reads it with what it was taught to expect around it, and ``<|mask|>`` in it is a
token that is hidden. An encoder-decoder reads ``source`` and has written the prompt so far. Next: following.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from hornbook.errors import SettingError, TextError
from hornbook.generation.text import encode_prompt
from hornbook.generation.translate import check_source, start_of
from hornbook.model.models import Decoder, Encoder, EncoderDecoder
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.workflows.load import Loaded


@dataclass(frozen=True)
class Given:
    """A text or its tokens, and for an encoder-decoder the text it answers."""

    prompt: str | None = None
    tokens: Sequence[int] | None = None
    source: str | None = None


@dataclass(frozen=True)
class Read:
    """The same as tokens: those of the stack that answers, and those of the source where there is one."""

    tokens: list[int]
    source: list[int] | None = None

    def inputs(self, device: torch.device) -> list[Int[Tensor, "1 _"]]:
        """What a model is called with."""
        rows = [self.tokens] if self.source is None else [self.source, self.tokens]
        return [torch.tensor([row], device=device) for row in rows]


def read_given(loaded: Loaded, given: Given, longest: int | None = None) -> Read:
    """What is given, in the tokens of a run; at most ``longest`` of them, or as many as the model reads.

    Raises:
        SettingError: prompt and tokens are both given, or the run answers no tokens.
        TextError: nothing to read, more than is read, or tokens that the model does not have.
    """
    model, tokenizer = loaded.model, loaded.tokenizer
    if not isinstance(model, Decoder | Encoder | EncoderDecoder):
        raise SettingError(f"model: {loaded.run.name} names classes and writes no tokens; take a run that writes")
    if given.prompt is not None and given.tokens is not None:
        raise SettingError("prompt: the text or its tokens, one of the two")
    source = None
    if isinstance(model, EncoderDecoder):
        source = tokenizer.around(tokenizer.encode(given.source or ""))
        check_source(model, source)
    tokens = list(given.tokens) if given.tokens is not None else encoded(loaded, given.prompt or "")
    most = model.config.context if longest is None else min(longest, model.config.context)
    if not 1 <= len(tokens) <= most or len(source or ()) > most:
        raise TextError(f"the prompt has {len(tokens)} tokens; {loaded.run.name} is given 1 to {most} here")
    for token in tokens:
        if not 0 <= token < model.config.vocabulary:
            raise TextError(f"tokens: {token} is none of 0 to {model.config.vocabulary - 1}")
    return Read(tokens, source)


def encoded(loaded: Loaded, prompt: str) -> list[int]:
    """A prompt in tokens, as this kind of model reads it."""
    tokenizer = loaded.tokenizer
    if isinstance(loaded.model, Encoder):
        return tokenizer.around(tokenizer.encode(prompt, allow_special=True))
    if isinstance(loaded.model, EncoderDecoder):
        return [start_of(tokenizer), *(tokenizer.encode(prompt) if prompt else [])]
    return encode_prompt(tokenizer, prompt)


def labelled(tokenizer: Tokenizer, token: int) -> dict[str, Any]:
    r"""A token for people: ``id`` and ``text``. ``special``: the text is its name; ``partial``: it is a part of a
    character, and the text its bytes, as in ``\xf0\x9f``."""
    name = next((name for name, number in tokenizer.special.items() if number == token), None)
    if name is not None or token >= tokenizer.vocab_size:  # a row that the table has to spare stands for nothing
        return {"id": token, "text": name or f"<{token}>", "special": True}
    found = tokenizer.token_bytes(token)
    try:
        return {"id": token, "text": found.decode()}
    except UnicodeDecodeError:
        return {"id": token, "text": "".join(f"\\x{byte:02x}" for byte in found), "partial": True}


def all_labelled(tokenizer: Tokenizer, tokens: Sequence[int]) -> list[dict[str, Any]]:
    """Every token of a text."""
    return [labelled(tokenizer, token) for token in tokens]
