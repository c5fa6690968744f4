"""Tokenizers' folders, ours and other people's, changed as JSON; and the file of llama2.c. They have no checksum.

What is accepted has to work: a text is encoded and decoded, and the tokenizer is saved as a run would save it.
"""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path

from hornbook.errors import TextError
from hornbook.tokenizers.saved import fingerprint_of, load_tokenizer
from hornbook.tokenizers.sentencepiece_bpe import read_llama2c
from hornbook.tokenizers.taken_over import ENDLESS
from tests.fuzz.mutating import as_json, changed, damaged, grown, noise
from tests.fuzz.target import BROKEN, RIGHT, Input, laid_out
from tests.fuzz.tokenizer_samples import CHARSMAP, PIECES, TEXT, llama2c, of_others, of_ours

WORDS = (
    *("{", "}", "[", "]", ":", ",", '"model"', '"vocab"', '"type"', '"BPE"', '"Unigram"', '"added_tokens"', '"merges"'),
    *("0", "-1", "1e999", "NaN", '"\\ud800"', '"a b"', "null", "true", "[" * 3000, "9" * 5000),
)
BOMBS = (
    r"(a+)+$",
    r"(a|a)*b",
    r"(.*a){20}",
    r"(?:a?){60}a{60}",
    r"(\w+\s?)*!",
    r"(?=(a+))\1*b",
    r"\X*\X*\X*\Z!",
    r"(",
    r"",
)
"""Regular expressions on which a search may take longer than anybody waits."""

TEXTS = (TEXT, "a" * 60 + "!b", "", " \n  <s> </s> <|endoftext|> [CLS]\t\0\u0301", "é" * 30)


class TokenizerFiles:
    """A folder with a tokenizer in it."""

    name = "tokenizer files"
    loaders = (
        *("tokenizers/saved.py", "tokenizers/tokenizer_json.py", "tokenizers/taken_over.py", "tokenizers/pipeline.py"),
        *(
            "tokenizers/precompiled.py",
            "tokenizers/unigram.py",
            "tokenizers/wordpiece.py",
            "tokenizers/sentencepiece_bpe.py",
        ),
    )

    def __init__(self, place: Path) -> None:
        self.ours, self.others, self.llama2c = of_ours(place), of_others(), llama2c()
        self.folder, self.saved = place / "read", place / "saved"
        self.folder.mkdir()

    def make(self, draw: random.Random) -> Input:
        """A folder's files."""
        lot = draw.random()
        files = dict(
            draw.choice((draw.choice(self.ours), draw.choice(self.others), draw.choice(self.others), self.llama2c))
        )
        name = draw.choice((sorted(files)[-1], draw.choice(sorted(files))))
        if lot >= BROKEN:
            files[name] = as_json(grown(draw)) if draw.random() < 0.5 else noise(draw, WORDS)
        elif lot >= RIGHT or name.endswith(".bin"):
            files[name] = damaged(draw, files[name])
            if draw.random() < 0.05:
                del files[name]
        else:
            files[name] = self.changed(draw, files[name])
        return Input(files, lot < RIGHT)

    def changed(self, draw: random.Random, data: bytes) -> bytes:
        """A file of JSON; now and then what is hidden in its strings: a charsmap, a regular expression."""
        text = data.decode()
        if draw.random() < 0.3:
            damaged_map = base64.b64encode(damaged(draw, CHARSMAP + draw.randbytes(40) * draw.randrange(2))).decode()
            text = text.replace(base64.b64encode(CHARSMAP).decode(), damaged_map)
        tree = json.loads(text)
        if draw.random() < 0.02:
            bomb = draw.choice(BOMBS)
            tree["pre_tokenizer"] = {
                "type": "Split",
                "pattern": {"Regex": bomb},
                "behavior": "Isolated",
                "invert": False,
            }
            tree["normalizer"] = draw.choice(
                (None, {"type": "Replace", "pattern": {"Regex": bomb}, "content": "a" * 99})
            )
        elif data[:50] == text.encode()[:50] or draw.random() < 0.5:
            tree = changed(draw, tree)
        return as_json(tree)

    def read(self, given: Input) -> None:
        """Load it and use it."""
        folder = laid_out(self.folder, given.files)
        tokenizer = read_llama2c(folder / "tokenizer.bin", len(PIECES)) if "tokenizer.bin" in given.files else None
        tokenizer = load_tokenizer(folder) if tokenizer is None else tokenizer
        for text in TEXTS:
            for special in (False, True):
                try:
                    ids = tokenizer.around(tokenizer.encode(text, allow_special=special))
                except TextError as error:  # a character that it does not know
                    if str(error) == ENDLESS:
                        raise
                    continue
                assert all(isinstance(token, int) and 0 <= token < tokenizer.vocab_size for token in ids), ids
                assert isinstance(tokenizer.decode(ids), str)
        tokenizer.save(self.saved)
        fingerprint_of(json.loads((self.saved / "tokenizer.json").read_bytes()))
        assert load_tokenizer(self.saved).vocab_size == tokenizer.vocab_size
