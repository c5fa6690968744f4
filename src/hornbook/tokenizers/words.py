"""A word tokenizer, as the first chapter of a book would build it (Raschka 2024, section 2.2).

Text is cut at blanks, which are dropped, and at punctuation marks, which are kept; what was not in the training texts
becomes ``<|unk|>``. It is easy to read and shows what byte-pair encoding repairs: blanks and rare words are lost.

What round-trips, and what does not:

- ``encode(decode(ids)) == ids`` for all ids of ordinary words and marks;
- ``decode(encode(text)) == text`` for known words with single spaces between them, where marks stand directly after a
  word and before a space, and ``--`` stands between spaces: the normal form that ``decode`` writes;
- other blanks (line ends, double spaces, none) come back in that normal form, unknown words as ``<|unk|>``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hornbook.errors import TextError
from hornbook.tokenizers import tokenizer_json
from hornbook.tokenizers.characters import lookup
from hornbook.tokenizers.listing import save_tokenizer
from hornbook.tokenizers.patterns import compiled
from hornbook.tokenizers.protocol import END_OF_TEXT, UNKNOWN, Roles
from hornbook.tokenizers.special import roles_of, separate, well_formed

MARKS = r"""[,.:;?_!"()']|--"""
"""The punctuation that is a token of its own."""

CUT = compiled(rf"({MARKS})|\s+")
ATTACHED = frozenset(",.:;?_!\"()'")
"""Marks that ``decode`` writes without a space before them."""


class WordTokenizer:
    """Ids are places in ``vocabulary``: the words in code point order, then ``<|endoftext|>`` and ``<|unk|>``."""

    kind = "words"

    def __init__(self, words: Sequence[str]) -> None:
        """The words and marks in the order of their ids; the two special tokens are put after them."""
        self.vocabulary = [*words, END_OF_TEXT, UNKNOWN]
        self.ids = {word: number for number, word in enumerate(self.vocabulary)}
        self.words = dict(enumerate(self.vocabulary))
        self.special: Mapping[str, int] = {name: self.ids[name] for name in (END_OF_TEXT, UNKNOWN)}
        if len(self.ids) != len(self.vocabulary):
            raise ValueError("words must differ from each other and from the special tokens")

    @classmethod
    def train(cls, texts: Iterable[str], vocabulary: int = 0) -> WordTokenizer:
        """The words of the texts: all, or the ``vocabulary - 2`` most frequent, of equals those that sort first."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(cut_words(well_formed(text)))
        for name in (END_OF_TEXT, UNKNOWN):  # written out in a text they are not words but imitations
            counts.pop(name, None)
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return cls(sorted(ranked[: vocabulary - 2] if vocabulary else ranked))

    @property
    def vocab_size(self) -> int:
        """How many words, marks and special tokens there are."""
        return len(self.vocabulary)

    @property
    def roles(self) -> Roles:
        """What the special tokens mean."""
        return roles_of(self.special)

    def around(self, ids: Sequence[int]) -> list[int]:
        """The ids: nothing stands around our texts."""
        return list(ids)

    def encode(self, text: str, allow_special: bool = False) -> list[int]:
        """The ids of the words and marks; ``<|unk|>`` for those not in the vocabulary.

        ``<|endoftext|>`` written in the text is an unknown word unless ``allow_special``.
        """
        unknown, special = self.ids[UNKNOWN], self.special
        result: list[int] = []
        for part in separate(text, special if allow_special else {}):
            if isinstance(part, int):
                result.append(part)
            else:
                result += [unknown if word in special else self.ids.get(word, unknown) for word in cut_words(part)]
        return result

    def encode_batch(self, texts: Sequence[str], threads: int = 1) -> list[list[int]]:
        """The ids of many texts; threads would not help here and are not used."""
        return [self.encode(text) for text in texts]

    def decode(self, ids: Sequence[int]) -> str:
        """The words with a space between them, and none before a mark other than ``--``."""
        words = lookup(self.words, ids)
        return "".join(word if not place or word in ATTACHED else f" {word}" for place, word in enumerate(words))

    def token_bytes(self, token: int) -> bytes:
        """The word in UTF-8, without the blanks around it, which no token holds; ``b""`` for a special token."""
        word = lookup(self.words, [token])[0]
        return b"" if word in self.special else word.encode()

    def document(self) -> tokenizer_json.Document:
        """Its ``tokenizer.json``."""
        cuts = [tokenizer_json.split(MARKS, "Isolated"), tokenizer_json.split(r"\s+", "Removed")]
        return tokenizer_json.words_document(self.ids, UNKNOWN, self.special, cuts)

    def save(self, folder: Path) -> None:
        """Write ``tokenizer.json``, ``hornbook.json`` and ``vocabulary.txt`` into a folder."""
        save_tokenizer(self, self.document(), folder)


def cut_words(text: str) -> list[str]:
    """The words and marks of a text in order; blanks are dropped."""
    return [part for part in CUT.split(text) if part]


def known_share(tokenizer: WordTokenizer, text: str) -> float:
    """The share of a text's words and marks that the tokenizer knows, from 0 to 1."""
    ids = tokenizer.encode(text)
    if not ids:
        raise TextError("the text has no words; give one that has")
    return 1 - ids.count(tokenizer.special[UNKNOWN]) / len(ids)
