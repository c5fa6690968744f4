"""What people write who are nearly there: one line of a solution made wrong, and what they should then be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WrongOne:
    """``right`` becomes ``wrong`` in the solutions of a lesson; ``hint`` is a part of what the check has to say."""

    lesson: str
    exercise: str
    what: str
    right: str
    wrong: str
    hint: str


def wrong_in(lesson: str, *rows: tuple[str, str, str, str, str]) -> list[WrongOne]:
    """The wrong answers to one lesson."""
    return [WrongOne(lesson, *row) for row in rows]


# fmt: off
WRONG: list[WrongOne] = [
    *wrong_in(
        "text_to_tokens",
        ("count_pairs", "words count once", "counts.get(pair, 0) + times", "counts.get(pair, 0) + 1", "add `times`"),
        ("count_pairs", "pairs of a word count once", "for pair in pairwise(tokens)", "for pair in set(pairwise(tokens))", "places"),
        ("merge", "a token is used twice", "index += 2", "index += 1", "go on by two"),
        ("encode", "characters for bytes", "list(text.encode())", "[ord(character) for character in text]", "bytes"),
        ("encode", "merges out of order", "in enumerate(merges)", "in sorted(enumerate(merges), key=lambda each: each[1])", "order"),
    ),
    *wrong_in(
        "attention",
        ("softmax", "over the columns", "powers / powers.sum(-1, keepdim=True)", "powers / powers.sum(0, keepdim=True)", "dim=-1"),
        ("softmax", "overflow", "scores - scores.amax(-1, keepdim=True)", "scores", "Take the largest score off"),
        ("causal_mask", "without the diagonal", ".tril()", ".tril(-1)", "see itself"),
        ("attention", "no scale", " / math.sqrt(query.shape[-1])", "", "scale is missing"),
        ("attention", "no mask", "scores = scores.masked_fill(~causal_mask(query.shape[-2]), -torch.inf)", "pass", "mask is missing"),
        ("attention", "zero for minus infinity", "-torch.inf", "0.0", "-inf"),
        ("split_heads", "no transpose", "hidden.view(batch, time, heads, width // heads).transpose(1, 2)", "hidden.view(batch, heads, time, width // heads)", "mixed"),
    ),
]
