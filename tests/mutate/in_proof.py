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
        ("np.rint(below * PER_BIT)", "np.rint(below) * PER_BIT", "probabilities are rounded to powers of two"),
        ("if place in said.between:", "if False:", "bytes that no token says are lost"),
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
    *mistakes_in(
        "evaluation/truth.py", "evaluation/test_truth.py",
        ("if tokens[: len(given)] == given:", "if True:", "ways that would have been cut otherwise are counted"),
        ("pieces(text, pattern)[:-1])", "pieces(text, pattern))", "a token is taken for settled while its word may grow"),
        ("true > 0, terms, 0.0", "true >= 0, terms, 0.0", "what never comes makes the divergence no number"),
        ("return 2 / (low + high)", "return (low + high) / 2", "the temperature is its own inverse"),
        ("entropies[here].mean()), float(by_place[here]", "entropies[here].mean()), float(by_place", "the divergence of a stretch is that of all"),
    ),
    *mistakes_in(
        "corpus/story_world/continuing.py", "evaluation/test_truth.py",
        ("if len(telling.text) >= len(before):\n", "if True:\n", "a story that ended before its beginning did is counted"),
    ),
    *mistakes_in(
        "workflows/names_kept.py", "workflows/test_names_kept.py",
        ("if given[k % size] != given[i])", "if k % size != i)", "chance is another story of the same name"),
        ("word in names), None)", "word.istitle()), None)", "a word with a capital letter is a name"),
    ),
    *mistakes_in(
        "workflows/against_truth.py", "workflows/test_against_truth.py",
        ("found[chosen - 1 + len(start)]", "found[chosen - 1]", "the model is asked one place too early"),
        ("possible[possible < len(text)]", "possible[possible <= len(text)]", "the letter after a text is asked for", "where a text is longer than the context it does not arise"),
        ("if cut and number == 0:", "if False:", "half a text is taken for a whole one"),
    ),
    *mistakes_in(
        "model/recurrent.py", "model/test_recurrent.py",
        ("f.sigmoid() * c + i.sigmoid() * g.tanh()", "i.sigmoid() * c + f.sigmoid() * g.tanh()", "input and forget gate are exchanged"),
        ("h = o.sigmoid() * c.tanh()", "h = o.sigmoid() * c", "what is remembered is not squashed"),
        ("h, c = h * goes_on, c * goes_on", "h = h * goes_on", "another document is remembered"),
        ("8 * width * width + 4 * width", "8 * width * width", "biases are not counted"),
    ),
    *mistakes_in(
        "evaluation/texts/diversity.py", "evaluation/test_texts.py",
        ("1 - len(set(each)) / len(each)", "len(set(each)) / len(each)", "variety is taken for repetition"),
    ),
]
