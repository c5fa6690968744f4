"""Mistakes in generation: what is drawn, what is remembered, and how tokens become text."""

from __future__ import annotations

from tests.mutate.mistake import mistakes_in

# fmt: off
GENERATION = [
    *mistakes_in(
        "generation/sampling.py", "generation/test_sampling.py",
        ("reached_before = ranked.cumsum(-1) - ranked", "reached_before = ranked.cumsum(-1)", "the token that crosses the line is left out"),
        ("late = reached_before >= mass", "late = reached_before > mass", "one token more than the mass needs"),
        ("late.scatter(-1, order, late)", "late", "top-p forgets to undo the sorting"),
        ("at.cumsum(-1) <= room", "at.cumsum(-1) >= 0", "top-k keeps all that are equally likely"),
        ("torch.where(scores > 0, scores / penalty, scores * penalty)", "scores / penalty", "negative logits become likelier by the penalty"),
        ("logits < line", "logits <= line", "min-p 1 leaves nothing"),
        ("greedy(logits) if degree == 0 else logits / degree", "logits / max(degree, 1e-9)", "temperature 0 draws among equals"),
        ("right=True", "right=False", "a token of probability 0 may be drawn", "a uniform number that equals a sum exactly is too rare to meet, but for 0"),
    ),
    *mistakes_in(
        "generation/recorded.py", "generation/test_recorded.py",
        ("self.tokens.copy_(tokens)", "self.tokens = tokens", "the recording reads the first token again and again"),
        ("self.index.copy_(index)", "self.index = index", "every token is read in the place of the first"),
        ("return self.logits.clone()", "return self.logits", "an answer changes when the next one comes"),
        ("if self.known is not keys[0]:", "if self.known is None:", "a second text is written into the cache of the first"),
    ),
    *mistakes_in(
        "generation/generate.py", "generation/test_generate.py",
        ("-(-max(0, length - context) // step) * step", "max(0, length - context) // step * step", "the window is longer than the context"),
        ("not cache or begins != start", "not cache", "the cache is not rebuilt when the window moves"),
        ('torch_generator(sampling.seed, "sample", sample)', 'torch_generator(sampling.seed, "sample")', "all samples are the same"),
        ("done or token == end", "token == end", "a sample that is over goes on"),
        ("text[:, read:], cache=cache", "text[:, read - 1 :], cache=cache", "the last token is read twice"),
        ("(text[:, begins:] == text[:1, begins:]).all()", "(text[:, begins] == text[:1, begins]).all()", "rows that begin alike are taken for alike"),
        ("for module in training:\n            module.training = True", "for module in training:\n            pass", "generation leaves the model in evaluation"),
    ),
    *mistakes_in(
        "generation/text.py", "generation/test_text.py",
        ("if longer.endswith(BROKEN) and not final:", "if False:", "half characters are written"),
        ("if text.endswith(stop[:n])", "if text.startswith(stop[:n])", "the beginning of a stop string is written"),
        ("min(found)[1]", "max(found)[1]", "the text ends at the later stop string"),
        ("if token in self.ends:", "if False:", "the end of the text is written out"),
    ),
]
