"""Special tokens, and why a user's text can never make one.

A special token has an id but no bytes of its own: nothing that ordinary encoding does leads to that id. Only a caller
who says ``allow_special`` has its spelling recognised, here, before ordinary encoding begins; what a person types into
a prompt or leaves in a corpus stays ordinary characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hornbook.tokenizers.protocol import END_OF_TEXT, MASK, UNKNOWN, Roles


def roles_of(special: Mapping[str, int]) -> Roles:
    """What our own special tokens mean, by how they are spelt."""
    return Roles(end=special.get(END_OF_TEXT), mask=special.get(MASK), unknown=special.get(UNKNOWN))


def separate(text: str, special: Mapping[str, int]) -> Iterator[str | int]:
    """The text in order: ordinary pieces (``str``, never empty) and ids of special tokens (``int``).

    Where one special token begins another, the longer one is taken.
    """
    if not special:
        if text:
            yield text
        return
    spellings = sorted(special, key=len, reverse=True)
    for piece in re.split(f"({'|'.join(map(re.escape, spellings))})", text):
        if piece in special:
            yield special[piece]
        elif piece:
            yield piece


def well_formed(text: str) -> str:
    """The text with lone surrogates (half characters, which UTF-8 cannot write) replaced by U+FFFD, as tiktoken does.

    They come from broken JSON escapes and file names, not from writing; a whole pair of them becomes its character.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
