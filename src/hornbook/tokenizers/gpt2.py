"""GPT-2's own vocabulary: 50,257 tokens that OpenAI published with the model (Radford et al. 2019).

The file ``r50k_base.tiktoken`` holds 50,256 lines, each a token's bytes in base64 and its rank; ``<|endoftext|>`` is
50256. It is read from the first of these places that has it, and its SHA-256 is checked wherever it came from:
a path given by the caller, the one named by ``HORNBOOK_GPT2``, ``tokenizers/`` in ``HORNBOOK_HOME``, and otherwise the
place where OpenAI keeps it, through tiktoken's cache.
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import lru_cache
from pathlib import Path

from hornbook.errors import DamagedError, HornbookError, MissingError
from hornbook.files import home, replacing
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.patterns import GPT2_PATTERN
from hornbook.tokenizers.protocol import END_OF_TEXT

FILE = "r50k_base.tiktoken"
URL = f"https://openaipublic.blob.core.windows.net/encodings/{FILE}"
SHA256 = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"


def gpt2(path: Path | None = None) -> BytePairTokenizer:
    """GPT-2's tokenizer.

    Args:
        path: the file ``r50k_base.tiktoken``; by default it is looked for as said above, and at last downloaded.

    Raises:
        MissingError: the file is nowhere and cannot be downloaded.
        DamagedError: a file that was found is not the published one.
    """
    return from_data(find_ranks(path))


@lru_cache(maxsize=1)
def from_data(data: bytes) -> BytePairTokenizer:
    """The tokenizer that the bytes of the published file describe; made once in a process."""
    lines = [line.split() for line in data.splitlines()]
    ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
    return BytePairTokenizer(ranks, GPT2_PATTERN, {END_OF_TEXT: len(ranks)}, kind="gpt2")


def find_ranks(path: Path | None = None) -> bytes:
    """The verified bytes of the published file, from the first place that has it."""
    named = path or (Path(os.environ["HORNBOOK_GPT2"]) if os.environ.get("HORNBOOK_GPT2") else None)
    if named is not None and not named.is_file():
        raise MissingError(f"{named} does not exist; {FILE} was to be read from there")
    place = named or cached_path()
    if place.is_file():
        return verified(place.read_bytes(), str(place))
    data = downloaded()
    try:
        with replacing(place) as partial:
            partial.write_bytes(data)
    except HornbookError:  # a copy to keep is a convenience; the data is here
        pass
    return data


def cached_path() -> Path:
    """Where a copy is kept: ``HORNBOOK_HOME``, by default ``~/.cache/hornbook``."""
    return home() / "tokenizers" / FILE


def downloaded() -> bytes:
    """The published file through tiktoken, which keeps a cache of its own."""
    from tiktoken.load import read_file_cached

    try:
        return verified(read_file_cached(URL, SHA256), URL)
    except (OSError, ValueError) as error:  # what the network may raise is an OSError, a wrong hash a ValueError
        raise MissingError(
            f"GPT-2's vocabulary is not on this machine and could not be downloaded ({type(error).__name__}); "
            f"put a copy of {URL} at {cached_path()}, or let the environment variable HORNBOOK_GPT2 name the file"
        ) from error


def verified(data: bytes, origin: str) -> bytes:
    """The data, if it is the published file."""
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise DamagedError(
            f"{origin} is not the published {FILE}: its SHA-256 is {found}, expected {SHA256}; "
            "remove the file and fetch it again"
        )
    return data
