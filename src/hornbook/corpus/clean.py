"""Whatever bytes a file holds, the text in them, and a list of everything that had to be changed to get it.

In order: which encoding, then byte order marks, line ends, characters that were decoded wrongly once before, control
characters, and Project Gutenberg's frame. Spaces, quotes and spelling stay as they are; a clean text is not changed.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from hornbook.corpus.gutenberg import strip_frame
from hornbook.errors import SettingError, TextError

# Longest first: UTF-32's little-endian mark begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE = 1 << 18  # how many bytes are looked at to tell text from something else, and to guess an encoding
CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\r\f\v\x1a\x1b")) + b"\x7f"
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
ASCII_CONTROLS = bytes(code for code in range(128) if CONTROLS.match(chr(code)))
LATE_CONTROLS = re.compile(rb"\xc2[\x80-\x9f]")
"""U+0080 to U+009F in UTF-8."""

SURROGATES = re.compile("[\ud800-\udfff]")
# Windows-1252 read as Latin-1 leaves its quotes and dashes as control characters; browsers mend them so (WHATWG
# Encoding, section 4.2). Five of the 32 places are empty in the table and stay control characters.
WINDOWS = {code: character for code in range(0x80, 0xA0) if (character := bytes([code]).decode("cp1252", "ignore"))}
MISDECODED = re.compile("[" + "".join(map(chr, WINDOWS)) + "]")
UNKNOWN = "\ufffd"


@dataclass(frozen=True)
class Change:
    """One kind of change: what was done, how often, and the first place of it with a few characters around."""

    what: str
    count: int
    example: str = ""


@dataclass(frozen=True)
class Cleaned:
    """A text and all that was changed to get it; no changes: the bytes were this text in UTF-8."""

    text: str
    changes: tuple[Change, ...] = ()

    def report(self) -> str:
        """The changes, one a line, for people; "nothing to change" where there are none."""
        return "\n".join(map(describe, self.changes)) or "nothing to change"


def describe(change: Change) -> str:
    """``1,234 x line ends \\r\\n or \\r made \\n, as in 'one\\r\\ntwo'``."""
    return f"{change.count:,} x {change.what}" + (f", as in {change.example}" if change.example else "")


def clean(data: bytes, name: str = "text", encoding: str | None = None) -> Cleaned:
    """The text in ``data``, cleaned; ``name`` is what errors call it, ``encoding`` is for when the guess is wrong.

    Raises:
        SettingError: there is no such encoding.
        TextError: these bytes are not text (an image, an archive, a program...).
    """
    text, decoding = decode(data, name) if encoding is None else decode_as(data, known(encoding), f"read as {encoding}")
    cleaned = clean_text(text)
    return Cleaned(cleaned.text, decoding + cleaned.changes)


def clean_text(text: str) -> Cleaned:
    """The same for a text that is decoded already, such as a string from a JSON file."""
    changes: list[Change] = []
    data = text.encode("utf-8", "surrogatepass")
    for possible, pattern, replacement, what in STEPS:
        found = pattern.search(text) if possible(data) else None
        if found is None:
            continue
        example = around(text, found.start(), found.end())
        text, count = pattern.subn(replacement, text)
        data = text.encode("utf-8", "surrogatepass")
        changes.append(Change(what, count, example))
    unframed = strip_frame(text)
    if unframed.frame_lines:
        changes.append(
            Change("line of Project Gutenberg's frame removed", unframed.frame_lines, repr(unframed.first_frame_line))
        )
    if unframed.credit_lines:
        changes.append(
            Change("line of transcribers' credits removed", unframed.credit_lines, repr(unframed.first_credit_line))
        )
    return Cleaned(unframed.text, tuple(changes))


def mend(found: re.Match[str]) -> str:
    """What a control character between 0x80 and 0x9f was in Windows-1252."""
    return WINDOWS[ord(found[0])]


def has_controls(data: bytes) -> bool:
    """Whether there are control characters; a table tells those of ASCII ten times as fast as a pattern."""
    return len(data.translate(None, ASCII_CONTROLS)) < len(data) or has_late_controls(data)


def has_late_controls(data: bytes) -> bool:
    """Whether there are U+0080 to U+009F; most texts have not even the byte that they begin with."""
    return b"\xc2" in data and LATE_CONTROLS.search(data) is not None


STEPS = (
    (lambda data: b"\xef\xbb\xbf" in data, re.compile("\ufeff"), "", "byte order mark removed"),
    (lambda data: b"\r" in data, re.compile("\r\n?"), "\n", "line end \\r\\n or \\r made \\n"),
    (lambda data: b"\xed" in data, SURROGATES, UNKNOWN, "half of a surrogate pair replaced by U+FFFD"),
    (has_late_controls, MISDECODED, mend, "Windows-1252 character mended that had been read as Latin-1"),
    (has_controls, CONTROLS, "", "control character removed"),
)
"""Whether the UTF-8 of a text says that a step can be needed; what it looks for, what it makes of that, in words."""


def decode(data: bytes, name: str) -> tuple[str, tuple[Change, ...]]:
    """``data`` as text, and what is worth saying about how: a mark decides, then UTF-8 if it is that, then a guess.

    Raises:
        TextError: these bytes are not text.
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return decode_as(data, encoding, f"decoded from {encoding.removesuffix('-sig')} with a byte order mark")
    wide = wide_encoding(data[:SAMPLE])
    if wide:
        return decode_as(data, wide, f"decoded from {wide} without a byte order mark")
    refuse_binary(data[:SAMPLE], name)
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        return decode_legacy(data)


def known(encoding: str) -> str:
    """``encoding``, if Python knows one of this name; otherwise a ``SettingError``."""
    try:
        b"x".decode(encoding)  # nothing at all would not even be looked up
    except LookupError:
        raise SettingError(
            f"encoding: {encoding!r} is not known; expected such as utf-8, cp1252, cp1250, koi8-r"
        ) from None
    return encoding


def decode_as(data: bytes, encoding: str, what: str) -> tuple[str, tuple[Change, ...]]:
    """``data`` in an encoding that is settled; what does not fit becomes U+FFFD and is counted."""
    text = data.decode(encoding, "replace")
    changes = [Change(what, 1) if encoding != "utf-8-sig" else Change("byte order mark removed", 1)]
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        example = repr(data[error.start : error.end])
        changes.append(Change("undecodable byte replaced by U+FFFD", text.count(UNKNOWN), example))
    return text, tuple(changes)


def wide_encoding(sample: bytes) -> str | None:
    """UTF-16 without a mark: mostly ASCII, so every second byte is 0 and the others are not."""
    even, odd = sample[0::2], sample[1::2]
    if len(odd) < 4:
        return None
    empty_even, empty_odd = even.count(0) / len(even), odd.count(0) / len(odd)
    if empty_odd > 0.7 and empty_even < 0.01:
        return "utf-16-le"
    return "utf-16-be" if empty_even > 0.7 and empty_odd < 0.01 else None


def refuse_binary(sample: bytes, name: str) -> None:
    """Raise for bytes that no text would have: more than two, and more than 1 in 100, are control characters."""
    controls = len(sample) - len(sample.translate(None, CONTROL_BYTES))
    if controls > 2 and controls > len(sample) / 100:
        raise TextError(
            f"{name}: this is a binary file, not text ({controls:,} of its first {len(sample):,} bytes are control "
            f"characters, {sample.count(0):,} of them zero); convert it to plain text first"
        )


def decode_legacy(data: bytes) -> tuple[str, tuple[Change, ...]]:
    """Bytes that are not quite UTF-8: UTF-8 with a few strays in it, or one of the 8-bit and East Asian encodings."""
    text = data.decode("utf-8", "surrogateescape")
    strays = SURROGATES.findall(text)
    others = sum(character > "\x7f" for character in text) - len(strays)
    if others > 10 * len(strays):
        example = repr(bytes([ord(strays[0]) - 0xDC00]))
        mended = SURROGATES.sub(lambda found: WINDOWS.get(ord(found[0]) - 0xDC00, chr(ord(found[0]) - 0xDC00)), text)
        return mended, (Change("byte that is not UTF-8 read as Windows-1252", len(strays), example),)
    encoding = guess_encoding(data)
    decoded, changes = decode_as(data, encoding, f"decoded from {encoding}, by a guess")
    return decoded, changes


def guess_encoding(data: bytes) -> str:
    """The likeliest encoding by charset-normalizer; cp1252 when that is as likely as the best, or nothing is likely.

    Fewer than eight bytes beyond ASCII are too few to guess by.
    """
    from charset_normalizer import from_bytes

    if len(data.translate(None, bytes(range(128)))) < 8:
        return "cp1252"
    wide = ["utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be", "utf_7"]
    # Short pieces around what is not ASCII say more than a long ASCII preface.
    matches = from_bytes(foreign_part(data), cp_exclusion=wide)
    ranked = sorted((match.chaos, -match.coherence, match.encoding != "cp1252", match) for match in matches)
    if not ranked:
        return "cp1252"
    best = ranked[0][3]
    return "cp1252" if "cp1252" in best.could_be_from_charset else best.encoding


def foreign_part(data: bytes) -> bytes:
    """Up to ``SAMPLE`` bytes of whole lines, starting with the line of the first byte beyond ASCII."""
    found = re.search(rb"[\x80-\xff]", data)
    start = data.rfind(b"\n", 0, found.start() if found else 0) + 1
    return data[start : start + SAMPLE]


def around(text: str, start: int, stop: int) -> str:
    """A place in a text with ten characters on each side, as Python would write it."""
    return repr(text[max(0, start - 10) : stop + 10])
