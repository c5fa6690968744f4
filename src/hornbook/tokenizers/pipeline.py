"""The steps of a Hugging Face ``tokenizer.json`` before and after the model, as tables of small functions.

A normalizer makes a text another text; a pre-tokenizer cuts pieces into smaller ones; a decoder turns the tokens of a
text back into it. Each table is keyed by the ``type`` that the file gives; what is not in it is refused by name.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import reduce
from itertools import chain
from typing import Any

import regex  # type: ignore[import-untyped]

from hornbook.tokenizers.byte_alphabet import read_visible, write_visibly
from hornbook.tokenizers.patterns import GPT2_PATTERN
from hornbook.tokenizers.precompiled import precompiled_normalizer
from hornbook.tokenizers.tokenizer_json import require_int, require_text
from hornbook.tokenizers.wordpiece import bert_normalizer, bert_pieces, is_mark, wordpiece_decoder

Spec = Mapping[str, Any]
Normalizer = Callable[[str], str]
Cutter = Callable[[list[str]], list[str]]
Decoder = Callable[[list[str]], list[str]]


def built(spec: Spec | None, table: Mapping[str, Callable[[Spec], Any]], what: str, nothing: Any) -> Any:
    """The function that a part of the file describes (``ValueError`` for a type that is not known)."""
    if spec is None:
        return nothing
    if spec["type"] not in table:
        raise ValueError(f"its {what} is {spec['type']!r}, which is none of {', '.join(table)}")
    return table[spec["type"]](spec)


# Normalizers ----------------------------------------------------------------------------------------------------------


def normalizer_of(spec: Spec | None) -> Normalizer:
    """The normalizer that the file describes; none leaves texts as they are."""
    made: Normalizer = built(spec, NORMALIZERS, "normalizer", lambda text: text)
    return made


def unicode_form(form: Any) -> Callable[[Spec], Normalizer]:
    """One of Unicode's normal forms."""
    return lambda spec: lambda text: unicodedata.normalize(form, text)


def replacing(spec: Spec) -> Normalizer:
    """Every match of a string or a regular expression by something else."""
    pattern, content = regex.compile(expression(spec["pattern"])), require_text(spec["content"])
    return lambda text: str(pattern.sub(lambda match: content, text, timeout=seconds_for(text)))


def prepending(spec: Spec) -> Normalizer:
    """Something before every text that is not empty."""
    before = require_text(spec["prepend"])
    return lambda text: before + text if text else text


def in_sequence(spec: Spec) -> Normalizer:
    """One after another."""
    steps = [normalizer_of(step) for step in spec["normalizers"]]
    return lambda text: reduce(lambda so_far, step: step(so_far), steps, text)


def bert(spec: Spec) -> Normalizer:
    """BERT's."""
    names = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
    return bert_normalizer(*(spec[name] for name in names))


def stripping(spec: Spec) -> Normalizer:
    """Blanks at the ends taken away."""
    left, right = spec.get("strip_left", True), spec.get("strip_right", True)
    return lambda text: (text.lstrip() if left else text).rstrip() if right else text.lstrip() if left else text


def without_marks(text: str) -> str:
    """A text without combining marks."""
    return "".join(letter for letter in text if unicodedata.category(letter) != "Mn")


NORMALIZERS: dict[str, Callable[[Spec], Normalizer]] = {
    "NFC": unicode_form("NFC"),
    "NFD": unicode_form("NFD"),
    "NFKC": unicode_form("NFKC"),
    "NFKD": unicode_form("NFKD"),
    "Lowercase": lambda spec: str.lower,
    "StripAccents": lambda spec: without_marks,
    "Strip": stripping,
    "Replace": replacing,
    "Prepend": prepending,
    "BertNormalizer": bert,
    "Precompiled": lambda spec: precompiled_normalizer(base64.b64decode(spec["precompiled_charsmap"] or "AAAAAA==")),
    "Sequence": in_sequence,
}


def expression(pattern: Mapping[str, str]) -> str:
    """The regular expression of a pattern, which the file gives as one or as plain text."""
    return pattern["Regex"] if "Regex" in pattern else regex.escape(pattern["String"])


# Pre-tokenizers -------------------------------------------------------------------------------------------------------


def cutter_of(spec: Spec | None) -> Cutter:
    """The pre-tokenizer that the file describes; none leaves a text whole."""
    made: Cutter = built(spec, CUTTERS, "pre_tokenizer", lambda pieces: pieces)
    return made


def each(cut: Callable[[str], list[str]]) -> Cutter:
    """A function of one piece, for all."""
    return lambda pieces: [part for part in chain.from_iterable(map(cut, pieces)) if part]


def seconds_for(text: str) -> float:
    """How long a search in a text may take: some expressions find no end, and then it is a ``TimeoutError``."""
    return 1.0 + len(text) / 20_000


def splits(text: str, pattern: Any, behavior: str, invert: bool) -> list[str]:
    """A text cut at the matches of a pattern, which are kept or not as ``behavior`` says."""
    parts: list[tuple[str, bool]] = []
    end = 0
    for match in pattern.finditer(text, timeout=seconds_for(text)):
        if match.end() > match.start():
            parts += [(text[end : match.start()], invert), (match.group(), not invert)]
            end = match.end()
    parts.append((text[end:], invert))
    return BEHAVIORS[behavior]([(part, matched) for part, matched in parts if part])


Parts = list[tuple[str, bool]]


def merged_with_previous(parts: Parts) -> list[str]:
    """Each match at the end of what stands before it."""
    found: list[str] = []
    before = True
    for part, matched in parts:
        if matched and found and not before:
            found[-1] += part
        else:
            found.append(part)
        before = matched
    return found


def merged_with_next(parts: Parts) -> list[str]:
    """Each match at the beginning of what follows it."""
    backwards = merged_with_previous([(part[::-1], matched) for part, matched in reversed(parts)])
    return [part[::-1] for part in reversed(backwards)]


def contiguous(parts: Parts) -> list[str]:
    """Matches that follow one another as one."""
    found: list[str] = []
    before = None
    for part, matched in parts:
        if matched == before:
            found[-1] += part
        else:
            found.append(part)
        before = matched
    return found


BEHAVIORS: dict[str, Callable[[Parts], list[str]]] = {
    "Isolated": lambda parts: [part for part, _ in parts],
    "Removed": lambda parts: [part for part, matched in parts if not matched],
    "MergedWithPrevious": merged_with_previous,
    "MergedWithNext": merged_with_next,
    "Contiguous": contiguous,
}


def splitting(spec: Spec) -> Cutter:
    """At a pattern."""
    pattern, behavior = regex.compile(expression(spec["pattern"])), behavior_of(spec["behavior"])
    invert = bool(spec.get("invert", False))
    return each(lambda text: splits(text, pattern, behavior, invert))


def behavior_of(name: Any) -> str:
    """The name of a behavior (``ValueError`` for one that is not known)."""
    if require_text(name) not in BEHAVIORS:
        raise ValueError(f"its behavior {name[:40]!r} is none of {', '.join(BEHAVIORS)}")
    return str(name)


def byte_level(spec: Spec) -> Cutter:
    """GPT-2's: cut by its regular expression unless that was done before, then bytes as visible characters."""
    spaced, cut = spec.get("add_prefix_space", True), spec.get("use_regex", True)
    pattern = regex.compile(GPT2_PATTERN)

    def pieces(text: str) -> list[str]:
        text = f" {text}" if spaced and not text.startswith(" ") else text
        return [write_visibly(piece.encode()) for piece in (pattern.findall(text) if cut else [text])]

    return each(pieces)


def metaspace(spec: Spec) -> Cutter:
    """SentencePiece's: spaces become a visible mark, which stands before every word, and perhaps before the text."""
    mark = require_text(spec["replacement"])
    scheme = spec.get("prepend_scheme", "always" if spec.get("add_prefix_space", True) else "never")
    apart = regex.compile(regex.escape(mark))

    def pieces(all_pieces: list[str]) -> list[str]:
        found = []
        for place, piece in enumerate(all_pieces):
            text = piece.replace(" ", mark)
            if scheme == "always" or (scheme == "first" and place == 0):
                text = text if text.startswith(mark) else mark + text
            found += splits(text, apart, "MergedWithNext", False) if spec.get("split", True) else [text]
        return found

    return pieces


def cutting_in_sequence(spec: Spec) -> Cutter:
    """One after another."""
    steps = [cutter_of(step) for step in spec["pretokenizers"]]
    return lambda pieces: reduce(lambda so_far, step: step(so_far), steps, pieces)


def at_marks(spec: Spec) -> Cutter:
    """At punctuation."""
    behavior = behavior_of(spec.get("behavior", "Isolated"))

    def cut(text: str) -> list[str]:
        return (
            BEHAVIORS[behavior]([(letter, is_mark(letter)) for letter in text])
            if behavior != "Isolated"
            else apart(text)
        )

    def apart(text: str) -> list[str]:
        return [piece for piece in re.split("\0", "".join(f"\0{c}\0" if is_mark(c) else c for c in text)) if piece]

    return each(cut)


def at_digits(spec: Spec) -> Cutter:
    """Numbers by themselves, or every digit."""
    pattern = regex.compile(r"\p{N}" if spec.get("individual_digits") else r"\p{N}+")
    return each(lambda text: splits(text, pattern, "Isolated", False))


CUTTERS: dict[str, Callable[[Spec], Cutter]] = {
    "ByteLevel": byte_level,
    "Split": splitting,
    "Whitespace": lambda spec: each(lambda text: regex.findall(r"\w+|[^\w\s]+", text)),
    "WhitespaceSplit": lambda spec: each(str.split),
    "BertPreTokenizer": lambda spec: each(bert_pieces),
    "Metaspace": metaspace,
    "Punctuation": at_marks,
    "Digits": at_digits,
    "Sequence": cutting_in_sequence,
}

# Decoders -------------------------------------------------------------------------------------------------------------


def decoder_of(spec: Spec | None) -> Decoder:
    """The decoder that the file describes; none puts words apart, as the library does."""
    made: Decoder = built(spec, DECODERS, "decoder", lambda tokens: [" ".join(tokens)])
    return made


def bytes_back(tokens: list[str]) -> list[str]:
    """Visible characters as the bytes that they stand for; a token with another character in it as it is spelt."""

    def bytes_of(token: str) -> bytes:
        try:
            return read_visible(token)
        except KeyError:
            return token.encode()

    return [b"".join(map(bytes_of, tokens)).decode("utf-8", errors="replace")]


FALLEN_BACK = re.compile(r"<0x[0-9A-F]{2}>")


def byte_fallback(tokens: list[str]) -> list[str]:
    """Runs of ``<0xE2>``... as the text of these bytes; what is no text becomes U+FFFD, byte by byte."""
    found: list[str] = []
    run = bytearray()
    for token in [*tokens, ""]:
        if FALLEN_BACK.fullmatch(token):
            run.append(int(token[3:5], 16))
            continue
        if run:
            try:
                found.append(run.decode())
            except UnicodeDecodeError:
                found.append("\N{REPLACEMENT CHARACTER}" * len(run))
            run.clear()
        found.append(token)
    return found[:-1]


def replacing_in_each(spec: Spec) -> Decoder:
    """Something by something else, in every token."""
    change = replacing(spec)
    return lambda tokens: list(map(change, tokens))


def stripping_each(spec: Spec) -> Decoder:
    """A character taken from the beginning and the end of every token, so many times at most."""
    content, start, stop = require_text(spec["content"]), require_int(spec["start"]), require_int(spec["stop"])

    def strip(token: str) -> str:
        for _ in range(min(start, len(token))):
            token = token.removeprefix(content)
        for _ in range(min(stop, len(token))):
            token = token.removesuffix(content)
        return token

    return lambda tokens: list(map(strip, tokens))


def marks_to_spaces(spec: Spec) -> Decoder:
    """SentencePiece's mark as a space, and none before the text where one was put there."""
    mark, scheme = require_text(spec["replacement"]), spec.get("prepend_scheme", "always")

    def decode(tokens: list[str]) -> list[str]:
        first = [token.removeprefix(mark) if scheme != "never" else token for token in tokens[:1]]
        return [token.replace(mark, " ") for token in [*first, *tokens[1:]]]

    return decode


def decoding_in_sequence(spec: Spec) -> Decoder:
    """One after another."""
    steps = [decoder_of(step) for step in spec["decoders"]]
    return lambda tokens: reduce(lambda so_far, step: step(so_far), steps, tokens)


DECODERS: dict[str, Callable[[Spec], Decoder]] = {
    "ByteLevel": lambda spec: bytes_back,
    "WordPiece": lambda spec: wordpiece_decoder(require_text(spec["prefix"]), bool(spec["cleanup"])),
    "Metaspace": marks_to_spaces,
    "Replace": replacing_in_each,
    "ByteFallback": lambda spec: byte_fallback,
    "Fuse": lambda spec: lambda tokens: ["".join(tokens)],
    "Strip": stripping_each,
    "Sequence": decoding_in_sequence,
}
