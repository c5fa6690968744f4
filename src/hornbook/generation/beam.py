"""Beam search: several texts are continued side by side, and the likeliest continuations of all of them go on.

Greedy decoding takes the likeliest token and may walk into a text that is unlikely as a whole. A beam search keeps the
``beams`` likeliest unfinished texts instead (Graves 2012, section 2.5; Sutskever et al. 2014, section 3.2). One step is
``best_continuations`` and ``going_on``, pure functions of scores; ``beam_search`` is the loop around them.

Finished texts and unfinished ones are ranked by different rules and never together: a finished one by
log p / length^penalty, a running one by log p among others of its own length. Next: translate.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from hornbook.generation.config import Beams
from hornbook.generation.generate import finite
from hornbook.generation.reading import Reading


@dataclass(frozen=True)
class Hypothesis:
    """One text that was found: its tokens without the end, and whether an end followed them.

    ``log_probability`` is that of all its tokens and the end, in nats; ``score`` is what it is ranked by.
    """

    tokens: list[int]
    ended: bool
    log_probability: float
    score: float


# One step -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """N continuations for each of B searches, best first: beam ``parents`` followed by ``tokens``, and its log p.

    A log p of minus infinity: there is no such continuation, the place is empty.
    """

    scores: Float[Tensor, "B N"]
    parents: Int[Tensor, "B N"]
    tokens: Int[Tensor, "B N"]

    def chosen(self, places: Int[Tensor, "B M"]) -> Step:
        """The continuations in these places."""
        return Step(*(each.gather(1, places) for each in (self.scores, self.parents, self.tokens)))


def best_continuations(
    scores: Float[Tensor, "B K V"], count: int, handicap: Float[Tensor, "B V"] | None = None
) -> Step:
    """The ``count`` likeliest of all K · V continuations, or as many as there are.

    ``scores`` are log p of beam and token together. A ``handicap`` for a token counts when they are ranked, and not in
    what they score.
    """
    vocabulary, flat = scores.shape[2], scores.flatten(1)
    ranked = flat if handicap is None else (scores - handicap[:, None]).flatten(1)
    best = ranked.topk(min(count, flat.shape[1])).indices
    return Step(flat.gather(1, best), best // vocabulary, best % vocabulary)


def going_on(step: Step, end: int | None, beams: int) -> Step:
    """The first ``beams`` continuations that do not end the text.

    Of 2 · beams continuations at most ``beams`` end it, one for each parent, so there are enough. Where the vocabulary
    is too small for that, places stay empty.
    """
    ends = step.tokens == (-1 if end is None else end)
    rest = step.chosen(ends.int().argsort(dim=1, stable=True)[:, :beams])
    empty = ends.sum(1, keepdim=True) + torch.arange(beams, device=ends.device) >= ends.shape[1]
    return Step(rest.scores.masked_fill(empty, -torch.inf), rest.parents, rest.tokens)


def step_in_groups(scores: Float[Tensor, "B K V"], beams: Beams, end: int | None) -> list[tuple[Step, Step]]:
    """For each group: its best continuations, and those of them that go on. Parents count through all K beams.

    A group is a search of its own among the beams of its own, but for a handicap on every token that a group before it
    goes on with at this step: ``diversity`` for each time (Vijayakumar et al. 2018, equation 3 with Hamming diversity).
    """
    width = beams.beams // beams.groups
    handicap, steps = scores.new_zeros(scores.shape[0], scores.shape[2]), []
    for first in range(0, beams.beams, width):
        inside = scores[:, first : first + width]
        found = best_continuations(inside, 2 * width, handicap if beams.diversity and first else None)
        found = Step(found.scores, found.parents + first, found.tokens)
        running = going_on(found, end, width)
        handicap = handicap.scatter_add(1, running.tokens, beams.diversity * running.scores.isfinite().to(scores.dtype))
        steps.append((found, running))
    return steps


# What is finished -----------------------------------------------------------------------------------------------------


@dataclass
class Pool:
    """The best ``size`` finished texts of one search, best first; once ``closed`` it never changes."""

    size: int
    found: list[Hypothesis] = field(default_factory=list)
    closed: bool = False

    @property
    def full(self) -> bool:
        """Whether a new text has to be better than one that is here."""
        return len(self.found) == self.size

    def add(self, hypothesis: Hypothesis) -> None:
        """Take it in, and let go of the worst where there are too many."""
        if not self.closed:
            self.found = best_of([*self.found, hypothesis], self.size)


def best_of(hypotheses: Iterable[Hypothesis], count: int) -> list[Hypothesis]:
    """The ``count`` best, best first; a text that was found twice (by two groups) is there once."""
    different = {(tuple(each.tokens), each.ended): each for each in hypotheses}
    return sorted(different.values(), key=lambda each: -each.score)[:count]


def ranked_by(log_probability: float, length: int, penalty: float) -> float:
    """log p / length^penalty; a text without a token counts as one."""
    return float(log_probability / max(length, 1) ** penalty)


def bound(beams: Beams, log_probability: float, length: int) -> float:
    """The best score that a text of this probability and length can still reach: no token makes it likelier, and the
    length at which the penalty is kindest is the longest there is, or this one."""
    return ranked_by(log_probability, beams.max_tokens if beams.length_penalty > 0 else length, beams.length_penalty)


STOPPING: dict[str, Callable[[Beams, float, float, int], bool]] = {
    "first": lambda beams, worst, running, length: True,
    "likely": lambda beams, worst, running, length: ranked_by(running, length, beams.length_penalty) <= worst,
    "proven": lambda beams, worst, running, length: bound(beams, running, length) <= worst,
    "never": lambda beams, worst, running, length: False,
}
"""Given the worst score in a full pool, and log p and length of the best running text: is the search over?

``proven`` finds what ``never`` does, sooner. The early stopping of transformers is ``first`` where it is True,
``likely`` where it is False (its default), and ``proven`` where it is "never".
"""


# The search -----------------------------------------------------------------------------------------------------------

WatchSteps = Callable[[list[tuple[Step, Step]]], None]
"""Is shown, for each group, the best continuations of a step, and those that go on."""


def beam_search(
    reading: Reading, beams: Beams, end: int | None, watch: WatchSteps = lambda steps: None
) -> list[list[Hypothesis]]:
    """The ``beams.best`` best texts that follow each row of ``reading``, best first; ``watch`` is shown every step.

    A text is finished when ``end`` is one of the best ``beams`` continuations, and all are after ``max_tokens``. Rows
    are searched side by side: one that is over leaves the batch and changes no more, the others go on.
    """
    pools = [[Pool(beams.beams // beams.groups) for _ in range(beams.groups)] for _ in range(len(reading))]
    scores = first_scores(len(reading), beams, reading.logits)
    reading.repeat(beams.beams)
    searching = pools
    for length in range(1, beams.max_tokens + 1):
        nexts = log_probabilities(reading, beams, end, length)  # [B·K, V]
        steps = step_in_groups(scores[:, :, None] + nexts.view(*scores.shape, -1), beams, end)
        watch(steps)
        for group, (found, running) in enumerate(steps):
            own = [each[group] for each in searching]
            collect(reading, own, beams, found, length, end)
            collect_stranded(reading, own, beams, scores, group, found, length)
            close(own, beams, running, length)
        open_groups = torch.tensor([[not pool.closed for pool in each] for each in searching], device=scores.device)
        still = open_groups.any(1).nonzero()[:, 0]
        if length == beams.max_tokens or len(still) == 0:
            break
        parents = torch.cat([running.parents for _, running in steps], dim=1)[still]
        tokens = torch.cat([running.tokens for _, running in steps], dim=1)[still]
        closed = ~open_groups.repeat_interleave(beams.beams // beams.groups, dim=1)
        scores = torch.cat([running.scores for _, running in steps], dim=1).masked_fill(closed, -torch.inf)[still]
        searching = [searching[place] for place in still.tolist()]
        reading.go_on(tokens.flatten(), (still[:, None] * beams.beams + parents).flatten())
    return [best_of((each for pool in groups for each in pool.found), beams.best) for groups in pools]


def first_scores(searches: int, beams: Beams, like: Float[Tensor, "B V"]) -> Float[Tensor, "B K"]:
    """At the beginning there is one text, of probability 1, in the first place of every group."""
    dtype = torch.promote_types(like.dtype, torch.float32)
    scores = torch.full((searches, beams.beams), -torch.inf, dtype=dtype, device=like.device)
    scores[:, :: beams.beams // beams.groups] = 0.0
    return scores


def log_probabilities(reading: Reading, beams: Beams, end: int | None, length: int) -> Float[Tensor, "N V"]:
    """log p of every token after every row, minus infinity for those that may not follow as token ``length``."""
    logits = finite(reading.logits)
    found = logits.log_softmax(-1, dtype=torch.promote_types(logits.dtype, torch.float32))
    forbidden = repeating(reading.text, beams.no_repeat, found.shape[1])
    if end is not None:
        forbidden[:, end] = length <= beams.min_tokens  # to end is no repetition, whatever stood in the prompt
    return found.masked_fill(forbidden, -torch.inf)


def repeating(text: Int[Tensor, "N T"], size: int, vocabulary: int) -> Bool[Tensor, "N V"]:
    """The tokens with which a run of ``size`` tokens would come a second time (Paulus et al. 2018, section 2.5)."""
    forbidden = torch.zeros(len(text), vocabulary + 1, dtype=torch.bool, device=text.device)
    if 0 < size <= text.shape[1]:
        runs, newest = text.unfold(1, size, 1), text[:, text.shape[1] + 1 - size :]
        again = (runs[:, :, :-1] == newest[:, None]).all(-1) & (runs >= 0).all(-1)
        forbidden.scatter_(1, torch.where(again, runs[:, :, -1], vocabulary), True)
    return forbidden[:, :vocabulary]


def collect(reading: Reading, pools: list[Pool], beams: Beams, found: Step, length: int, end: int | None) -> None:
    """Put what is finished with token ``length`` into the pool of its search."""
    width = beams.beams // beams.groups
    scores, tokens, parents = (each[:, :width] for each in (found.scores, found.tokens, found.parents))
    over = scores.isfinite() & ((tokens == (-1 if end is None else end)) | (length == beams.max_tokens))
    for search, place in over.nonzero().tolist():
        token, log_probability = int(tokens[search, place]), float(scores[search, place])
        before = written(reading, search * beams.beams + int(parents[search, place]), length - 1)
        whole = before if token == end else [*before, token]
        score = ranked_by(log_probability, length, beams.length_penalty)
        pools[search].add(Hypothesis(whole, token == end, log_probability, score))


def close(pools: list[Pool], beams: Beams, running: Step, length: int) -> None:
    """Close the pools of searches that are over: by the rule, or because no text can go on."""
    for pool, best in zip(pools, running.scores.amax(1).tolist(), strict=True):
        stopped = pool.full and STOPPING[beams.early_stopping](beams, pool.found[-1].score, best, length)
        pool.closed = pool.closed or best == -torch.inf or stopped


def collect_stranded(
    reading: Reading,
    pools: list[Pool],
    beams: Beams,
    scores: Float[Tensor, "B K"],
    group: int,
    found: Step,
    length: int,
) -> None:
    """Where no token at all may follow (each would be a repetition), and none has finished: what there was is it."""
    width = beams.beams // beams.groups
    stranded = torch.tensor([not pool.found for pool in pools], device=scores.device) & ~found.scores.isfinite().any(1)
    for search in stranded.nonzero()[:, 0].tolist():
        for beam in range(group * width, group * width + width):
            log_probability = float(scores[search, beam])
            if log_probability > -torch.inf:
                text = written(reading, search * beams.beams + beam, length - 1)
                score = ranked_by(log_probability, length - 1, beams.length_penalty)
                pools[search].add(Hypothesis(text, False, log_probability, score))


def written(reading: Reading, row: int, length: int) -> list[int]:
    """The last ``length`` tokens of a row."""
    text: list[int] = reading.text[row, reading.text.shape[1] - length :].tolist()
    return text
