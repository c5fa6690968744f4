"""Parameters counted by what they are for: embedding, attention, feed-forward network, norms, head.

In: the names and shapes of a model's parameters, as count.py lists them or a checkpoint holds them. A name says where
its parameter stands, ``stack.blocks.0.attention.query.weight``, and one of its parts decides. Imports no torch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from hornbook.model.count import Shape

AROUND = ("around_attention", "around_cross", "around_feed_forward")

MODULES: dict[str, frozenset[str]] = {
    "positions": frozenset({"position_encodings"}),
    "norms": frozenset({"norm", "first_norm", "query_norm", "key_norm", *AROUND}),
    "cross-attention": frozenset({"cross"}),
    "attention": frozenset({"attention"}),
    "feed-forward": frozenset({"feed_forward"}),
    "head": frozenset({"head", "head_bias", "transform", "pooler"}),
    "embedding": frozenset({"embedding", "segments"}),
}
"""A module -> the parts of a name that say so; the first that fits has it: a norm inside attention is a norm."""

ADDED = "added in fine-tuning"
"""What is in none of these: low-rank products, adapters, prefixes."""

ORDER = ("embedding", "positions", "attention", "cross-attention", "feed-forward", "norms", "head", ADDED)
ALWAYS = ("embedding", "attention", "feed-forward", "norms", "head")
"""Those that every model has, if only with 0 parameters of their own: a tied head, norms that learn nothing."""


def module_of(name: str) -> str:
    """The module that a parameter of this name belongs to."""
    parts = set(name.split("."))
    return next((module for module, words in MODULES.items() if parts & words), ADDED)


def by_module(shapes: Mapping[str, Shape], added: Iterable[str] = ()) -> dict[str, int]:
    """Module -> its parameters, in the order in which a token passes them; together they are all of ``shapes``.

    ``added`` are the names that a model did not have before it was fine-tuned, wherever they stand in it.
    """
    found, apart = dict.fromkeys(ORDER, 0), set(added)
    for name, shape in shapes.items():
        found[ADDED if name in apart else module_of(name)] += math.prod(shape) * numbers_in(name, shapes)
    return {module: size for module, size in found.items() if size or module in ALWAYS}


def numbers_in(name: str, shapes: Mapping[str, Shape]) -> int:
    """How many parameters each stored number stands for (weight_formats.py): two of 4 bits share a byte, and the scale
    of a row of whole numbers is none."""
    place, _, kind = name.rpartition(".")
    if kind == "pairs":
        return 2
    return 0 if kind == "scale" and (f"{place}.pairs" in shapes or f"{place}.whole" in shapes) else 1
