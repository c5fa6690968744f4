"""Pictures of a run's tokenizer: how often its tokens come, how long they are, how they were merged."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from hornbook.data.config import NextToken
from hornbook.errors import SettingError
from hornbook.figures.merge_tree import Merged, merge_tree
from hornbook.figures.tokens import token_lengths, zipf
from hornbook.tokenizers.explore import Ancestor, ancestry, bytepair_only
from hornbook.workflows.draw_runs import Subject, word, words
from hornbook.workflows.load import load_prepared


def training_counts(subject: Subject) -> np.ndarray:
    """How often each token comes in the text that the run was trained on."""
    loaded = subject.loaded
    if not isinstance(loaded.recipe.task, NextToken):
        raise SettingError(f"{loaded.run.name} was not trained on one long text; there is nothing to count")
    tokens = load_prepared(loaded.run).train.tokens
    return np.bincount(np.asarray(tokens), minlength=loaded.tokenizer.vocab_size)


def frequencies(subject: Subject) -> Figure:
    """Occurrences over rank in the training text."""
    counts = training_counts(subject)
    order = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())]
    return zipf(
        counts[order],
        words(subject.loaded.tokenizer, order.tolist()),
        title="How often tokens come",
        remark=f"{int(counts.sum()):,} tokens of the training text; {int((counts == 0).sum()):,} of "
        f"{len(counts):,} never come",
    )


def lengths(subject: Subject) -> Figure:
    """Bytes of each token: of the vocabulary, and of the training text."""
    counts, tokenizer = training_counts(subject), subject.loaded.tokenizer
    special = set(tokenizer.special.values())
    ordinary = [token for token in range(tokenizer.vocab_size) if token not in special]
    sizes = np.array([len(tokenizer.token_bytes(token)) for token in ordinary])
    return token_lengths(
        sizes.tolist(),
        np.repeat(sizes, counts[ordinary]).tolist(),
        title="How long tokens are",
        remark=f"{len(ordinary):,} tokens of the vocabulary, and the training text; special tokens left out",
    )


def merges(subject: Subject, most: int = 2) -> Figure:
    """The family trees of the deepest tokens in the text, or of those in the text that was given."""
    tokenizer = bytepair_only(subject.loaded.tokenizer)
    tokens, which = subject.tokens(4096)
    trees = {token: tree_of(ancestry(tokenizer, token), tokenizer.merges, subject) for token in set(tokens.tolist())}
    fitting = [token for token in sorted(trees) if 4 <= len(trees[token].leaves) <= 12]
    chosen = sorted(fitting, key=lambda token: (-len(trees[token].leaves), token))[:most]
    if not chosen:
        raise SettingError("merges: no token of this text was merged from 4 to 12 bytes; give another: --text WORDS")
    if sum(len(trees[token].leaves) for token in chosen) > 17:
        chosen = chosen[:1]
    return merge_tree(
        [trees[token] for token in chosen],
        title="How a token was merged",
        remark=f"from {which}; the number of a fork is the merge that made it: low ones came first",
    )


def tree_of(ancestor: Ancestor, merged: dict[int, tuple[int, int]], subject: Subject) -> Merged:
    """An ancestor as a picture wants it, with the number of its merge."""
    name = word(subject.loaded.tokenizer, ancestor.token)
    name = "␣" + name[1:] if name.startswith(" ") else name
    if ancestor.left is None or ancestor.right is None:
        return Merged(name)
    order = {token: number for number, token in enumerate(merged, start=1)}
    halves = tree_of(ancestor.left, merged, subject), tree_of(ancestor.right, merged, subject)
    return Merged(name, f"{order[ancestor.token]:,}", halves)
