"""Valid tokenizers of every layout that is read: those of ours as they are saved, those of others written out here."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.byte_alphabet import CHARACTER
from hornbook.tokenizers.config import BytePair, Characters, Words
from hornbook.tokenizers.sentencepiece_bpe import SentencePieceBPE

TEXT = "The cat sat on the mat, and the rat sat on the cat: 12 naïve cats — 🎈."
PIECES = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "t", "h", "e", "th", "▁th", "▁the"]
SCORES = [0.0, 0.0, 0.0, *[0.0] * 256, -4.0, -5.0, -6.0, -7.0, -1.0, -2.0, -3.0]
TRIE = {0: 1 << 10, 0x62: 0x63 | 1 << 8 | 0x80 << 10, 0xE2: 1 << 31}
"""Units of a double array that knows the letter c, and nothing else."""
CHARSMAP = struct.pack("<I256I", 1024, *(TRIE.get(place, 0) for place in range(256))) + b"K\0"
FLAGS = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)


def folder_of(path: Path) -> dict[str, bytes]:
    """The two files of a saved tokenizer that are read."""
    return {name: (path / name).read_bytes() for name in ("tokenizer.json", "hornbook.json")}


def of_ours(place: Path) -> list[dict[str, bytes]]:
    """One of every kind."""
    made = [
        build_tokenizer(Characters(), [TEXT]),
        build_tokenizer(Words(), [TEXT]),
        build_tokenizer(BytePair(270, special=("<|mask|>",)), [TEXT * 3]),
        build_tokenizer(BytePair(265, pattern="gpt4"), [TEXT * 3]),
        SentencePieceBPE(PIECES, SCORES),
    ]
    for number, tokenizer in enumerate(made):
        tokenizer.save(place / f"ours-{number}")
    found = [folder_of(place / f"ours-{number}") for number in range(len(made))]
    return [*found, found[2] | {"hornbook.json": json.dumps({"schema": 1, "kind": "gpt2"}).encode()}]


def added(*names: str) -> list[dict[str, Any]]:
    """Special tokens with the first ids, as others list them."""
    return [{"id": number, "content": name, "special": True, **FLAGS} for number, name in enumerate(names)]


def around(first: str, last: str) -> dict[str, Any]:
    """A post-processor with a token on both sides."""
    places = [{"SpecialToken": {"id": first, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    known = {name: {"id": name, "ids": [number], "tokens": [name]} for number, name in enumerate((first, last))}
    single = [*places, {"SpecialToken": {"id": last, "type_id": 0}}]
    return {"type": "TemplateProcessing", "single": single, "pair": [], "special_tokens": known}


def bert() -> dict[str, Any]:
    """WordPiece with BERT's steps."""
    words = [
        "[CLS]",
        "[SEP]",
        "[UNK]",
        "[PAD]",
        "[MASK]",
        "the",
        "cat",
        "##s",
        "sat",
        "on",
        ",",
        "m",
        "##at",
        "1",
        "##2",
    ]
    model = {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
    }
    normal = {"clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    return {
        "added_tokens": added(*words[:2]),
        "normalizer": {"type": "BertNormalizer", **normal},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": around("[CLS]", "[SEP]"),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {**model, "vocab": {word: number for number, word in enumerate(words)}},
    }


def t5() -> dict[str, Any]:
    """Unigram with SentencePiece's steps."""
    pieces = [
        ["<pad>", 0.0],
        ["</s>", 0.0],
        ["<unk>", 0.0],
        ["▁", -2.0],
        ["▁the", -3.0],
        ["cat", -4.5],
        ["s", -2.5],
        ["a", -3.0],
    ]
    metaspace = {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True, "prepend_scheme": "always"}
    normal = [{"type": "Precompiled", "precompiled_charsmap": base64.b64encode(CHARSMAP).decode()}, {"type": "Strip"}]
    return {
        "added_tokens": added("<pad>", "</s>"),
        "normalizer": {"type": "Sequence", "normalizers": normal},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": around("<pad>", "</s>"),
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 2, "vocab": pieces, "byte_fallback": False},
    }


def llama() -> dict[str, Any]:
    """BPE over characters that falls back to bytes."""
    back = [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]
    normal = [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]
    model = {"type": "BPE", "dropout": None, "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
    return {
        "added_tokens": added("<unk>", "<s>", "</s>"),
        "normalizer": {"type": "Sequence", "normalizers": normal},
        "pre_tokenizer": None,
        "post_processor": {"type": "RobertaProcessing", "cls": ["<s>", 1], "sep": ["</s>", 2]},
        "decoder": {"type": "Sequence", "decoders": [*back, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {
            **model,
            "vocab": {piece: number for number, piece in enumerate(PIECES)},
            "merges": [["t", "h"], "▁ th", ["▁th", "e"]],
        },
    }


def byte_level() -> dict[str, Any]:
    """GPT-2's, in the layout of others, with a normalizer, so that it does not become one of ours."""
    letters = list(CHARACTER.values())
    steps = [{"type": "Split", "pattern": {"Regex": r"\p{N}{1,3}|\w+|\s"}, "behavior": "Isolated", "invert": False}]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    vocabulary = {letter: number for number, letter in enumerate([*letters, "at", "Ġth", "th"])}
    return {
        "added_tokens": [{"id": 259, "content": "<|endoftext|>", "special": True, **FLAGS}],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [*steps, level]},
        "post_processor": {"type": "ByteLevel"},
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": vocabulary, "merges": ["a t", "t h", "Ġ th"], "ignore_merges": True},
    }


def everything() -> dict[str, Any]:
    """Every other step that there is."""
    normal = [{"type": kind} for kind in ("NFD", "NFKC", "NFKD", "Lowercase", "StripAccents")]
    normal += [{"type": "Strip", "strip_left": True, "strip_right": False}]
    marks = [
        {"type": "Punctuation", "behavior": way} for way in ("MergedWithPrevious", "Contiguous", "Isolated", "Removed")
    ]
    cuts = [{"type": "Whitespace"}, {"type": "Digits", "individual_digits": True}, *marks, {"type": "Digits"}]
    cuts += [{"type": "Split", "pattern": {"String": "a"}, "behavior": "MergedWithNext", "invert": True}]
    single = {"type": "BertProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0]}
    pieces = [
        ["<s>", 0.0],
        ["</s>", 0.0],
        ["c", -1.0],
        ["a", -1.5],
        ["t", -2.0],
        *([f"<0x{byte:02X}>", -9.0] for byte in range(256)),
    ]
    return {
        "added_tokens": [*added("<s>", "</s>"), {"id": 300, "content": "naïve", "special": False, **FLAGS}],
        "normalizer": {"type": "Sequence", "normalizers": normal},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": cuts},
        "post_processor": {"type": "Sequence", "processors": [single, {"type": "ByteLevel"}]},
        "decoder": None,
        "model": {"type": "Unigram", "unk_id": None, "vocab": pieces, "byte_fallback": True},
    }


SETTINGS = {
    "bos_token": "<s>",
    "eos_token": {"content": "</s>", "special": True},
    "unk_token": None,
    "pad_token": "<pad>",
}


def of_others() -> list[dict[str, bytes]]:
    """One of every layout that other programs write; the first two with settings beside."""
    made = [{"tokenizer.json": json.dumps(each()).encode()} for each in (bert, llama, t5, byte_level, everything)]
    made[0] |= {"special_tokens_map.json": json.dumps({"unk_token": "[UNK]", "mask_token": "[MASK]"}).encode()}
    made[1] |= {"tokenizer_config.json": json.dumps(SETTINGS).encode()}
    return made


def llama2c() -> dict[str, bytes]:
    """The tokenizer's file of llama2.c."""
    pieces = [piece.replace("▁", " ").encode() for piece in PIECES]
    rows = [struct.pack("<fi", score, len(piece)) + piece for piece, score in zip(pieces, SCORES, strict=True)]
    return {"tokenizer.bin": struct.pack("<i", 6) + b"".join(rows)}
