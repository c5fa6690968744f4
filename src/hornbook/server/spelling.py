"""How a token is written in an answer, so that no two look alike, and where it stands in the text."""

from __future__ import annotations

from collections.abc import Sequence

from hornbook.tokenizers.protocol import Tokenizer


def bytes_of(tokenizer: Tokenizer, token: int) -> bytes:
    """What a token stands for; a special one for its name, one that the model has to spare for nothing."""
    name = next((name for name, special in tokenizer.special.items() if special == token), None)
    if name is not None:
        return name.encode()
    return tokenizer.token_bytes(token) if token < tokenizer.vocab_size else b""


def spelt(tokenizer: Tokenizer, token: int) -> str:
    r"""A token as text; where it is a part of a character, its bytes, as in ``bytes:\xf0\x9f``."""
    found = bytes_of(tokenizer, token)
    try:
        return found.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in found)


def offsets(tokenizer: Tokenizer, tokens: Sequence[int], begins: int) -> list[int]:
    """The character at which each token begins in a text that begins at ``begins``: continued bytes begin none."""
    places = []
    for token in tokens:
        places.append(begins)
        begins += sum((byte & 0xC0) != 0x80 for byte in bytes_of(tokenizer, token))
    return places
