"""The likeliest text there is: what a beam search looks for and may miss. For small vocabularies and short texts.

No token makes a text likelier. So a beginning from which not even certain tokens would lead to a better text than the
best so far (``beam.bound``) is given up, and what is left is looked through, the likeliest beginnings first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.errors import SettingError
from hornbook.generation.beam import Hypothesis, bound, ranked_by
from hornbook.generation.config import Beams

MOST = 500_000
"""So many texts are looked through at most."""

ROWS = 256
"""So many beginnings are read at a time."""

NextLogits = Callable[[list[list[int]]], Tensor]
"""Beginnings of one length [N, T] -> what may follow each [N, V]."""


@dataclass
class Search:
    """What is left to look at, the likeliest last, and the best text so far."""

    beams: Beams
    end: int | None
    best: Hypothesis | None = None
    left: list[tuple[float, list[int]]] = field(default_factory=lambda: [(0.0, [])])
    looked_at: int = 0

    def hopeful(self, log_p: float, length: int) -> bool:
        """Whether a beginning may still become better than the best text."""
        return self.best is None or bound(self.beams, log_p, length) > self.best.score

    def some(self) -> list[tuple[float, list[int]]]:
        """The likeliest beginnings of one length that may become the best, taken from what is left."""
        taken: list[tuple[float, list[int]]] = []
        while self.left and len(taken) < ROWS and (not taken or len(self.left[-1][1]) == len(taken[0][1])):
            log_p, tokens = self.left.pop()
            if self.hopeful(log_p, len(tokens)):
                taken.append((log_p, tokens))
        return taken

    def offer(self, tokens: list[int], log_p: float) -> None:
        """Take in a text that is over."""
        score = ranked_by(log_p, len(tokens), self.beams.length_penalty)
        if self.best is None or score > self.best.score:
            ended = tokens[-1] == self.end
            self.best = Hypothesis(tokens[:-1] if ended else tokens, ended, log_p, score)


def exhaustive_search(
    next_logits: NextLogits, vocabulary: int, beams: Beams, end: int | None, known: Hypothesis | None = None
) -> Search:
    """The best of all texts of at most ``beams.max_tokens`` tokens, and how many beginnings were read to know it.

    A text is over with ``end``, or when it is as long as may be. A text that is ``known`` saves looking at worse ones.

    Raises:
        SettingError: there are more than ``MOST``.
    """
    if vocabulary**beams.max_tokens > MOST:
        raise SettingError(
            f"max_tokens: {vocabulary} tokens make {vocabulary}^{beams.max_tokens} texts, and no more than {MOST:,} "
            "are looked through"
        )
    search = Search(beams, end, known)
    while taken := search.some():
        search.looked_at += len(taken)
        logs = next_logits([tokens for _, tokens in taken]).double().log_softmax(-1)
        totals = torch.tensor([log_p for log_p, _ in taken], dtype=torch.float64)[:, None] + logs.cpu()
        go_on(search, [tokens for _, tokens in taken], totals)
    return search


def go_on(search: Search, before: list[list[int]], totals: Float[Tensor, "N V"]) -> None:
    """Offer every text that is over with the next token, and put the others to what is left."""
    length = len(before[0]) + 1
    last = length == search.beams.max_tokens
    over = totals if last else totals[:, [] if search.end is None else [search.end]]
    if over.numel():
        row, column = divmod(int(over.argmax()), over.shape[1])
        search.offer([*before[row], column if last else int(search.end or 0)], float(over[row, column]))
    if last:
        return
    if search.end is not None:
        totals[:, search.end] = -torch.inf
    for place in totals.flatten().argsort().tolist():
        row, token = divmod(place, totals.shape[1])
        log_p = float(totals[row, token])
        if log_p > -torch.inf and search.hopeful(log_p, length):
            search.left.append((log_p, [*before[row], token]))
