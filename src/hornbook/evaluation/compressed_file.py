"""The file that ``hornbook compress`` writes: a short head, and the number that the arithmetic coder made.

Byte by byte (numbers little-endian)::

    0   8   the magic "HBCODED1"
    8   1   what foresaw the tokens: 0 the run's model, 1 the Kneser-Ney model of its training text
    9   1   the order of that Kneser-Ney model, 0 for a run's model
    10  2   in how many streams the text was cut
    12  8   how many tokens it has
    20  8   how many bytes the restored file has
    28  16  the first half of its SHA-256
    44  16  the first half of the SHA-256 of what foresaw the tokens (workflows/compress.py)
    60  4   CRC-32 of bytes 0 to 59 and of all from 64 on
    64  ..  the number
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from hornbook.errors import DamagedError

MAGIC = b"HBCODED1"
HEAD = struct.Struct("<8sBBHQQ16s16s")
CHECK = struct.Struct("<I")
DATA_AT = HEAD.size + CHECK.size


@dataclass(frozen=True)
class CompressedFile:
    """What stands in the head, and the number."""

    method: int
    order: int
    streams: int
    tokens: int
    size: int
    content: bytes
    source: bytes
    data: bytes

    def packed(self) -> bytes:
        """As bytes."""
        head = HEAD.pack(
            MAGIC, self.method, self.order, self.streams, self.tokens, self.size, self.content, self.source
        )
        return head + CHECK.pack(zlib.crc32(self.data, zlib.crc32(head))) + self.data


def unpacked(found: bytes, name: str) -> CompressedFile:
    """The file that these bytes are.

    Raises:
        DamagedError: they are something else, or not all of it, or not as they were written; ``name`` is told.
    """
    if not found.startswith(MAGIC):
        begins = f"it begins with {found[:8]!r}" if found else "it is empty"
        raise DamagedError(f"{name} was not written by `hornbook compress`: {begins}, expected {MAGIC!r}")
    if len(found) < DATA_AT:
        raise DamagedError(f"{name} ends after {len(found)} bytes, in the middle of its head; get it again")
    (check,) = CHECK.unpack_from(found, HEAD.size)
    head, data = found[: HEAD.size], found[DATA_AT:]
    if zlib.crc32(data, zlib.crc32(head)) != check:
        raise DamagedError(f"{name} is not as it was written: it was cut off or altered on its way; get it again")
    _, method, order, streams, tokens, size, content, source = HEAD.unpack(head)
    return CompressedFile(method, order, streams, tokens, size, content, source, data)
