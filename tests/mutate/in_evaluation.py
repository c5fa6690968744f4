"""Mistakes in what says how good a model is."""

from __future__ import annotations

from tests.mutate.mistake import mistakes_in

# fmt: off
EVALUATION = [
    *mistakes_in(
        "evaluation/closely.py", "evaluation/test_closely.py",
        ("powers(1 + (where - 1) % context)", "powers(1 + where % context)", "the place in the window is one off"),
        ("seen[targets]", "seen[targets - 1]", "the count of another token"),
        ("(best - own - losses).exp()", "(best - own).exp()", "confidence is a ratio and no probability"),
        ("together = -(-file.documents // UNITS)", "together = file.documents // UNITS", "fewer documents than units are divided by 0"),
        ("unit_bytes *= measured.bytes", "unit_bytes *= measured.tokens", "bits per token are called bits per byte"),
    ),
    *mistakes_in(
        "evaluation/intervals.py", "evaluation/test_closely.py",
        ("counts[drawn].sum()", "counts.sum()", "totals and counts are not drawn together"),
        ("(1 - LEVEL) / 2, (1 + LEVEL) / 2", "1 - LEVEL, LEVEL", "an interval of 90 %"),
    ),
]
