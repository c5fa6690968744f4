"""Mistakes in what proves how good a model is: the arithmetic coder, and what it is told."""

from __future__ import annotations

from tests.mutate.mistake import mistakes_in

# fmt: off
PROOF = [
    *mistakes_in(
        "evaluation/arithmetic_coding.py", "evaluation/test_arithmetic_coding.py",
        ("width * after // total - 1", "width * after // total", "neighbouring symbols share a point"),
        ("* self.waiting\n", "* 0\n", "bits that waited for the middle are lost"),
        ("self.low >= QUARTER and self.high < HALF + QUARTER", "False", "an interval around the middle never widens"),
        ("self.waiting += 1\n        self.write(0 if", "self.write(0 if", "the last bits name no number inside the interval"),
        ("- self.interval.taken) + self.bit()", ") + self.bit()", "the number is not moved with its window"),
    ),
    *mistakes_in(
        "evaluation/compression.py", "evaluation/test_compression.py",
        ("range(step, count, length)):\n            token, ends", "range(step, count - 1, length)):\n            token, ends", "the last token is not coded"),
        ("max(1, int(2.0", "max(0, int(2.0", "what is very unlikely cannot be coded"),
        ("np.rint(below * PER_BIT)", "np.rint(below) * PER_BIT", "probabilities are rounded to powers of two"),
        ("if place in said.between:", "if False:", "bytes that no token says are lost"),
        ("copy.deepcopy(model).double()", "copy.deepcopy(model)", "the model is used in 32 bits", "where both sides take the same steps on one machine this changes nothing; it is for others"),
    ),
    *mistakes_in(
        "evaluation/exact_tokens.py", "evaluation/test_compression.py",
        ("== text.encode() else None", "!= b'' else None", "tokens that do not say the text are taken"),
        ('for before in ("", "\\n"):', 'for before in ("",):', "SentencePiece's blank keeps its tokens from being used"),
    ),
    *mistakes_in(
        "workflows/compress.py", "workflows/test_compress.py",
        ("if foresight.source != file.source:", "if False:", "a file is read with another model"),
        ("or hashlib.sha256(content).digest()[:16] != file.content", "", "what comes out is not compared with what went in"),
    ),
]
