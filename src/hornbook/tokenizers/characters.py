"""The simplest tokenizer: every character is a token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hornbook.errors import TextError
from hornbook.tokenizers import tokenizer_json
from hornbook.tokenizers.listing import save_tokenizer
from hornbook.tokenizers.protocol import Roles
from hornbook.tokenizers.special import roles_of, well_formed


class CharacterTokenizer:
    """Ids are places in ``alphabet``. There are no special tokens, and an unknown character is an error.

    Round trip: ``decode(encode(text)) == text`` for every text written in the alphabet.
    """

    kind = "characters"

    def __init__(self, alphabet: Sequence[str]) -> None:
        """An alphabet of distinct single characters, in the order of their ids."""
        self.alphabet = list(alphabet)
        self.ids = {character: number for number, character in enumerate(self.alphabet)}
        self.characters = dict(enumerate(self.alphabet))
        self.special: Mapping[str, int] = {}
        if len(self.ids) != len(self.alphabet) or any(len(character) != 1 for character in self.alphabet):
            raise ValueError("an alphabet is made of distinct single characters")

    @classmethod
    def train(cls, texts: Iterable[str]) -> CharacterTokenizer:
        """The characters that occur in the texts, in code point order."""
        seen: set[str] = set()
        for text in texts:
            seen.update(well_formed(text))
        return cls(sorted(seen))

    @property
    def vocab_size(self) -> int:
        """How many characters there are."""
        return len(self.alphabet)

    @property
    def roles(self) -> Roles:
        """What the special tokens mean."""
        return roles_of(self.special)

    def around(self, ids: Sequence[int]) -> list[int]:
        """The ids: nothing stands around our texts."""
        return list(ids)

    def encode(self, text: str, allow_special: bool = False) -> list[int]:
        """An id for each character.

        Raises:
            TextError: a character is not in the alphabet; the message says which, and where.
        """
        try:
            return [self.ids[character] for character in text]
        except KeyError as error:
            unknown = sorted(set(text) - self.ids.keys())
            raise TextError(
                f"the character {error.args[0]!r} at position {text.index(error.args[0])} is not among the "
                f"{self.vocab_size} this tokenizer was made from"
                + (f" (nor are {len(unknown) - 1} others of this text)" if len(unknown) > 1 else "")
                + "; leave it out, or train on text that has it, or use a byte-level tokenizer"
            ) from None

    def encode_batch(self, texts: Sequence[str], threads: int = 1) -> list[list[int]]:
        """The ids of many texts; threads would not help here and are not used."""
        return [self.encode(text) for text in texts]

    def decode(self, ids: Sequence[int]) -> str:
        """The characters of the ids; an id that is none is a ``TextError``."""
        return "".join(lookup(self.characters, ids))

    def token_bytes(self, token: int) -> bytes:
        """The character in UTF-8."""
        return lookup(self.characters, [token])[0].encode()

    def document(self) -> tokenizer_json.Document:
        """Its ``tokenizer.json``."""
        cut = tokenizer_json.split(tokenizer_json.ANY_CHARACTER, "Isolated")
        return tokenizer_json.words_document(self.ids, tokenizer_json.NO_UNKNOWN, {}, [cut])

    def save(self, folder: Path) -> None:
        """Write ``tokenizer.json``, ``hornbook.json`` and ``vocabulary.txt`` into a folder."""
        save_tokenizer(self, self.document(), folder)


def lookup(entries: Mapping[int, str], ids: Sequence[int]) -> list[str]:
    """The entries of ids; an id that has none is a ``TextError``."""
    try:
        return [entries[token] for token in ids]
    except KeyError as error:
        raise TextError(f"{error.args[0]} is no id of this tokenizer, whose ids are 0 to {len(entries) - 1}") from None
