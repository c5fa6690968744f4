"""A tokenizer from its settings, or from the name a person gives it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hornbook.errors import MissingError, SettingError, TextError
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.bytepair_training import train_bytepair
from hornbook.tokenizers.characters import CharacterTokenizer
from hornbook.tokenizers.config import BYTES, GPT2, BytePair, Characters, Saved, TokenizerConfig, Words
from hornbook.tokenizers.gpt2 import gpt2
from hornbook.tokenizers.patterns import pattern_named
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.tokenizers.saved import load_tokenizer
from hornbook.tokenizers.tokenizer_json import FILE
from hornbook.tokenizers.words import WordTokenizer

logger = logging.getLogger(__name__)


def build_tokenizer(config: TokenizerConfig, texts: Iterable[str]) -> Tokenizer:
    """The tokenizer that ``config`` asks for, trained on the texts where it needs training.

    The texts are read once, and not at all for GPT-2's. A text too small for the vocabulary that was asked for gives a
    smaller one, with a warning in the log.

    Raises:
        TextError: there is no text to train on.
    """
    return BUILDERS[type(config)](config, texts)


def build_characters(config: Characters, texts: Iterable[str]) -> Tokenizer:
    """The characters that occur."""
    tokenizer = CharacterTokenizer.train(texts)
    return some(tokenizer, tokenizer.vocab_size)


def build_words(config: Words, texts: Iterable[str]) -> Tokenizer:
    """The words that occur, or the most frequent of them."""
    tokenizer = WordTokenizer.train(texts, config.vocabulary)
    return some(tokenizer, tokenizer.vocab_size - len(tokenizer.special))


def build_bytepair(config: BytePair, texts: Iterable[str]) -> Tokenizer:
    """Merges learned from the texts, as many as there is room for."""
    training = train_bytepair(texts, config.vocabulary - BYTES - 1 - len(config.special), config.pattern)
    tokenizer = BytePairTokenizer.from_merges(training.merges, pattern_named(config.pattern), config.special)
    if len(training.merges) < training.wanted:
        logger.warning(
            "the text is too small for a vocabulary of %d tokens: no pair is left that occurs twice; it has %d",
            config.vocabulary,
            tokenizer.vocab_size,
        )
    return some(tokenizer, training.pieces)


def build_gpt2(config: GPT2, texts: Iterable[str]) -> Tokenizer:
    """GPT-2's, which is trained already."""
    return gpt2()


def build_saved(config: Saved, texts: Iterable[str]) -> Tokenizer:
    """The one in the folder."""
    if not config.folder:
        raise SettingError("tokenizer.folder: say in which folder the tokenizer lies, or take another kind")
    return open_tokenizer(config.folder)


BUILDERS: dict[type, Callable[[Any, Iterable[str]], Tokenizer]] = {
    Characters: build_characters,
    Words: build_words,
    BytePair: build_bytepair,
    GPT2: build_gpt2,
    Saved: build_saved,
}


def some(tokenizer: Tokenizer, found: int) -> Tokenizer:
    """The tokenizer, unless nothing was found to train it on."""
    if found == 0:
        raise TextError("the text to train a tokenizer on is empty; give one with at least one character")
    return tokenizer


def open_tokenizer(name: str) -> Tokenizer:
    """The tokenizer a person means: ``gpt2``, a folder, a folder with ``tokenizer/`` in it, or a ``tokenizer.json``.

    Raises:
        MissingError: it is none of these.
    """
    if name == "gpt2":
        return gpt2()
    path = Path(name)
    for folder in (path, path / "tokenizer", path.parent if path.name == FILE else path):
        if (folder / FILE).is_file():
            return load_tokenizer(folder)
    raise MissingError(f"{name} is no tokenizer: expected gpt2, or a folder that has {FILE}, or a run folder")
