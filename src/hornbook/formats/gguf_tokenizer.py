"""A tokenizer as llama.cpp knows it: the tokens, what kind each is, and either merges or scores.

llama.cpp has the regular expressions that cut text built in, by name; a tokenizer that cuts in a way it has no name for
is refused, because llama.cpp would encode other ids than ours without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hornbook.errors import SettingError
from hornbook.tokenizers.byte_alphabet import write_visibly
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.patterns import GPT2_PATTERN, GPT4_PATTERN
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.tokenizers.sentencepiece_bpe import SentencePieceBPE

NORMAL, UNKNOWN, CONTROL, UNUSED, BYTE = 1, 2, 3, 5, 6
"""llama.cpp's kinds of tokens."""

CUTTING = {GPT2_PATTERN: "gpt-2", GPT4_PATTERN: "llama-bpe"}
"""llama.cpp's names of the regular expressions that cut text."""


def tokenizer_metadata(tokenizer: Tokenizer, vocabulary: int) -> dict[str, Any]:
    """Everything that GGUF says of a tokenizer, filled up to ``vocabulary`` tokens, as many as the model has.

    Raises:
        SettingError: llama.cpp has no word for this kind of tokenizer, or for how it cuts text.
    """
    if isinstance(tokenizer, BytePairTokenizer):
        found = byte_level(tokenizer)
    elif isinstance(tokenizer, SentencePieceBPE):
        found = by_scores(tokenizer)
    else:
        raise SettingError(
            f"tokenizer: GGUF is written for byte-level BPE and for SentencePiece's, and this is {tokenizer.kind}"
        )
    tokens, kinds = found["tokenizer.ggml.tokens"], found["tokenizer.ggml.token_type"]
    more = range(len(tokens), vocabulary)
    found["tokenizer.ggml.tokens"] = [*tokens, *(f"[unused {number}]" for number in more)]
    found["tokenizer.ggml.token_type"] = [*kinds, *(UNUSED for _ in more)]
    if "tokenizer.ggml.scores" in found:
        found["tokenizer.ggml.scores"] = [*found["tokenizer.ggml.scores"], *(0.0 for _ in more)]
    return found | roles(tokenizer)


def roles(tokenizer: Tokenizer) -> dict[str, Any]:
    """The ids of the special tokens, and whether a text begins with one."""
    ids = {"bos": tokenizer.roles.begin, "eos": tokenizer.roles.end, "padding": tokenizer.roles.padding}
    named = {f"tokenizer.ggml.{name}_token_id": token for name, token in ids.items() if token is not None}
    begins = tokenizer.around([])[:1] == [tokenizer.roles.begin]
    return named | {"tokenizer.ggml.add_bos_token": begins, "tokenizer.ggml.add_eos_token": False}


def byte_level(tokenizer: BytePairTokenizer) -> dict[str, Any]:
    """Merges over bytes, which are written as visible characters."""
    if tokenizer.pattern not in CUTTING:
        raise SettingError(
            "tokenizer.pattern: llama.cpp has no name for how this tokenizer cuts text; "
            "train it with the pattern gpt2 or gpt4 to have it written as GGUF"
        )
    size = tokenizer.vocab_size
    special = {number: name for name, number in tokenizer.special.items()}
    tokens = [special.get(number) or write_visibly(tokenizer.token_bytes(number)) for number in range(size)]
    merges = [
        f"{write_visibly(tokenizer.tokens[left])} {write_visibly(tokenizer.tokens[right])}"
        for left, right in tokenizer.merges.values()
    ]
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": CUTTING[tokenizer.pattern],
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [CONTROL if number in special else NORMAL for number in range(size)],
        "tokenizer.ggml.merges": merges,
    }


def by_scores(tokenizer: SentencePieceBPE) -> dict[str, Any]:
    """Pieces with scores: of two neighbours that make a piece, those with the best score are merged first."""
    special = set(tokenizer.special.values())
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": list(tokenizer.tokens),
        "tokenizer.ggml.scores": list(tokenizer.scores),
        "tokenizer.ggml.token_type": kinds(tokenizer.tokens, special, tokenizer.roles.unknown),
        "tokenizer.ggml.add_space_prefix": True,
    }


def kinds(tokens: Sequence[str], special: set[int], unknown: int | None) -> list[int]:
    """The kind of every piece; ``<0x0A>`` is a byte."""
    found = []
    for number, token in enumerate(tokens):
        if number == unknown:
            found.append(UNKNOWN)
        elif number in special:
            found.append(CONTROL)
        else:
            found.append(BYTE if len(token) == 6 and token.startswith("<0x") and token.endswith(">") else NORMAL)
    return found
