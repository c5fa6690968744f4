"""Tokenizers of other people's models, from their ``tokenizer.json``, encoded by our own code.

normalize -> cut -> the model's pieces; and back through the decoder. The steps are in pipeline.py, the models in
wordpiece.py, unigram.py and here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from hornbook.errors import TextError
from hornbook.files import read_json, write_json
from hornbook.tokenizers.listing import save_tokenizer
from hornbook.tokenizers.pipeline import cutter_of, decoder_of, normalizer_of
from hornbook.tokenizers.protocol import Roles
from hornbook.tokenizers.special import separate, well_formed
from hornbook.tokenizers.tokenizer_json import in_whole_characters, read_special, require_int, require_text, understood
from hornbook.tokenizers.unigram import UnigramModel, in_bytes
from hornbook.tokenizers.wordpiece import WordPieceModel

KIND = "saved"
CONFIG = "tokenizer_config.json"
MAP = "special_tokens_map.json"

Document = dict[str, Any]


@runtime_checkable
class Model(Protocol):
    """What makes ids of one piece of text."""

    tokens: list[str]

    def encode(self, piece: str) -> list[int]:
        """The ids of a piece."""
        ...


class MergeModel:
    """Byte-pair encoding over characters (of bytes made visible, or of text): the first of the merges first."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.ids: dict[str, int] = spec["vocab"]
        self.tokens = by_number(self.ids)
        pairs = [tuple(pair.split(" ") if isinstance(pair, str) else pair) for pair in spec["merges"]]
        self.ranks = {pair: rank for rank, pair in enumerate(pairs)}
        lost = next((pair for pair in self.ranks if "".join(pair) not in self.ids), None)
        if lost is not None:
            raise ValueError(f"its merge of {' and '.join(map(repr, lost))} leads to no token")
        self.unknown: str | None = spec.get("unk_token")
        if self.unknown is not None and self.unknown not in self.ids:
            raise ValueError(f"its unknown token {str(self.unknown)[:40]!r} is not in its vocabulary")
        self.byte_fallback, self.fuse = bool(spec.get("byte_fallback")), bool(spec.get("fuse_unk"))
        self.whole = bool(spec.get("ignore_merges"))
        if spec.get("continuing_subword_prefix") or spec.get("end_of_word_suffix") or spec.get("dropout"):
            raise ValueError("its BPE has a prefix, a suffix or dropout, which is not read here")

    def encode(self, piece: str) -> list[int]:
        """The ids of a piece: merged until no merge applies."""
        if self.whole and piece in self.ids:
            return [self.ids[piece]]
        parts = list(piece)
        while len(parts) > 1:
            ranks = [self.ranks.get(pair, len(self.ranks)) for pair in pairwise(parts)]
            place = ranks.index(min(ranks))
            if ranks[place] == len(self.ranks):
                break
            parts[place : place + 2] = [parts[place] + parts[place + 1]]
        return self.numbered(parts)

    def numbered(self, parts: list[str]) -> list[int]:
        """The ids of parts; what is none becomes bytes, or unknown."""
        found: list[int] = []
        before = False
        for part in parts:
            known = part in self.ids
            if known:
                found.append(self.ids[part])
            elif self.byte_fallback and all(byte in self.ids for byte in in_bytes(part)):
                found += [self.ids[byte] for byte in in_bytes(part)]
            elif self.unknown is not None and not (self.fuse and before):
                found.append(self.ids[self.unknown])
            before = not known
        return found


def wordpiece(spec: Mapping[str, Any]) -> WordPieceModel:
    """BERT's."""
    ids = spec["vocab"]
    prefix, longest = require_text(spec["continuing_subword_prefix"]), require_int(spec["max_input_chars_per_word"])
    return WordPieceModel(by_number(ids), ids.get(spec["unk_token"]), prefix, longest)


def unigram(spec: Mapping[str, Any]) -> UnigramModel:
    """T5's."""
    pieces, unknown = [(str(piece), float(score)) for piece, score in spec["vocab"]], spec["unk_id"]
    if not all(abs(score) < UNLIKELIEST for _, score in pieces):
        raise ValueError("its pieces have scores that are no log-probabilities")
    if unknown is not None and not 0 <= require_int(unknown) < len(pieces):
        raise ValueError(f"its unknown piece is {unknown}, and it has {len(pieces):,}")
    return UnigramModel(pieces, unknown, bool(spec.get("byte_fallback")))


MODELS: dict[str, Callable[[Mapping[str, Any]], Model]] = {
    "BPE": MergeModel,
    "WordPiece": wordpiece,
    "Unigram": unigram,
}


UNLIKELIEST = 1e9
"""No log-probability is so far from 0."""

MOST = 1 << 20
"""No vocabulary has so many tokens; an id beyond would only fill the memory with tokens that nobody has."""


def by_number(ids: Mapping[str, Any]) -> list[str]:
    """The tokens in the order of their ids; a number that nobody has is an empty text."""
    for token, number in ids.items():
        if not 0 <= require_int(number) < MOST:
            raise ValueError(f"the id of {token[:40]!r} is {number}, expected a number from 0 to {MOST - 1:,}")
    tokens = [""] * (max(ids.values(), default=-1) + 1)
    for token, number in ids.items():
        tokens[number] = token
    return tokens


ENDLESS = "a regular expression of this tokenizer finds no end on this text; use another tokenizer"


class TakenOver:
    """A tokenizer from elsewhere; ``found`` is its ``tokenizer.json``, ``settings`` what lies beside it."""

    kind = KIND

    def __init__(self, found: Document, settings: Document) -> None:
        self.found, self.settings = found, settings
        spec = found["model"]
        if spec.get("type") not in MODELS:
            raise ValueError(f"its model is {spec.get('type')!r}, which is none of {', '.join(MODELS)}")
        self.model = MODELS[spec["type"]](spec)
        listed = found.get("added_tokens") or []
        self.added = read_special({"added_tokens": listed})
        self.special: Mapping[str, int] = read_special({"added_tokens": [each for each in listed if each["special"]]})
        self.ordinary = {name: number for name, number in self.added.items() if name not in self.special}
        self.hidden = frozenset(self.special.values())
        self.normalize, self.cut = normalizer_of(found.get("normalizer")), cutter_of(found.get("pre_tokenizer"))
        self.back = decoder_of(found.get("decoder"))
        more = by_number(self.added)
        self.tokens = [*self.model.tokens, *more[len(self.model.tokens) :]]
        for name, number in self.added.items():
            self.tokens[number] = name
        self.before, self.after = template(found.get("post_processor"), self.added | vocabulary_of(self.tokens))
        if any(not 0 <= require_int(number) < len(self.tokens) for number in (*self.before, *self.after)):
            raise ValueError(f"its post_processor puts {self.before} and {self.after} around a text, which are no ids")
        self.roles = roles_of(settings, self.added, vocabulary_of(self.tokens))
        self.piece_ids = lru_cache(maxsize=1 << 16)(self.model.encode)

    @property
    def vocab_size(self) -> int:
        """The model's tokens and those that were added."""
        return len(self.tokens)

    def around(self, ids: Sequence[int]) -> list[int]:
        """The ids with the special tokens that the model expects around a text."""
        return [*self.before, *ids, *self.after]

    def encode(self, text: str, allow_special: bool = False) -> list[int]:
        """The ids of a text; special tokens written in it are ordinary characters unless ``allow_special``."""
        result: list[int] = []
        try:
            for part in separate(well_formed(text), self.added if allow_special else self.ordinary):
                if isinstance(part, int):
                    result.append(part)
                else:
                    for piece in self.cut([self.normalize(part)]):
                        result += self.piece_ids(piece)
        except TimeoutError:
            raise TextError(ENDLESS) from None
        never = set[int]() if allow_special else self.never
        return [token for token in result if token not in never]

    @property
    def never(self) -> set[int]:
        """Ids that a text may not lead to: those of special tokens, but for the unknown one."""
        return set(self.hidden) - {self.roles.unknown}

    def encode_batch(self, texts: Sequence[str], threads: int = 1) -> list[list[int]]:
        """The ids of many texts."""
        return [self.encode(text) for text in texts]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, without special tokens."""
        for token in ids:
            self.check(token)
        try:
            return "".join(self.back([self.tokens[token] for token in ids if token not in self.hidden]))
        except TimeoutError:
            raise TextError(ENDLESS) from None

    def token_bytes(self, token: int) -> bytes:
        """The bytes that a token alone is decoded to; ``b""`` for a special one, and for an id that nobody has."""
        self.check(token)
        if token in self.hidden or not self.tokens[token]:
            return b""
        spaced = self.tokens[token].replace("▁", " ") if "▁" in self.tokens[token] else None
        return (spaced if spaced is not None else self.decode([token])).encode()

    def check(self, token: int) -> None:
        """Refuse an id that is none."""
        if not 0 <= token < len(self.tokens):
            raise TextError(f"{token} is no id of this tokenizer, whose ids are 0 to {len(self.tokens) - 1}")

    def save(self, folder: Path) -> None:
        """Write the files that it came in, and ours beside them."""
        if self.settings:
            write_json(folder / CONFIG, self.settings)
        save_tokenizer(self, self.found, folder)


def vocabulary_of(tokens: Sequence[str]) -> dict[str, int]:
    """Every token's id."""
    return {token: number for number, token in enumerate(tokens) if token}


# What stands around a text, and what it means -------------------------------------------------------------------------


def template(spec: Mapping[str, Any] | None, ids: Mapping[str, int]) -> tuple[list[int], list[int]]:
    """The ids that stand before and after a single text, from the post-processor."""
    kind = None if spec is None else spec["type"]
    if spec is None or kind == "ByteLevel":
        return [], []
    if kind == "Sequence":
        around = [template(step, ids) for step in spec["processors"]]
        return [token for before, _ in around for token in before], [token for _, after in around for token in after]
    if kind in ("BertProcessing", "RobertaProcessing"):
        return [spec["cls"][1]], [spec["sep"][1]]
    if kind != "TemplateProcessing":
        raise ValueError(f"its post_processor is {kind!r}, which is not known here")
    sides: tuple[list[int], list[int]] = ([], [])
    behind = 0
    for step in spec["single"]:
        if "Sequence" in step:
            behind = 1
        else:
            sides[behind].extend(spec["special_tokens"][step["SpecialToken"]["id"]]["ids"])
    return sides


ROLES = {"begin": "bos_token", "end": "eos_token", "padding": "pad_token", "mask": "mask_token", "unknown": "unk_token"}
"""What the files beside ``tokenizer.json`` call them."""

WELL_KNOWN = {
    "begin": ("<s>", "<|begin_of_text|>", "<bos>", "[CLS]"),
    "end": ("</s>", "<|endoftext|>", "<|end_of_text|>", "<eos>", "[SEP]", "<|im_end|>"),
    "padding": ("<pad>", "[PAD]", "<|finetune_right_pad_id|>"),
    "mask": ("[MASK]", "<mask>", "<|mask|>"),
    "unknown": ("<unk>", "[UNK]"),
}
"""How they are spelt where no file says it."""


def roles_of(settings: Mapping[str, Any], added: Mapping[str, int], ids: Mapping[str, int]) -> Roles:
    """Which special tokens mean what: as the settings say, or else by how they are spelt."""
    found: dict[str, int | None] = {}
    for role, key in ROLES.items():
        named = settings.get(key)
        name = named.get("content") if isinstance(named, Mapping) else named
        if key not in settings:
            name = next((spelt for spelt in WELL_KNOWN[role] if spelt in added), None)
        found[role] = None if name is None else ids.get(str(name))
    return Roles(**found)


def settings_beside(folder: Path) -> Document:
    """What the files beside ``tokenizer.json`` say, as far as they are there."""
    settings: Document = {}
    for name in (MAP, CONFIG):
        if (folder / name).is_file():
            said = read_json(folder / name)
            settings |= said if isinstance(said, dict) else {}
    understood(in_whole_characters, settings, folder / CONFIG)
    return settings
