"""Grading what belongs to training and writing: cross-entropy, AdamW, DPO, top-p, and the merges of BPE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from hornbook.batches import IGNORED
from hornbook.course.answers import WrongAnswer, expect
from hornbook.course.checks.sampling import kept
from hornbook.course.own.in_model import Part, normal
from hornbook.data.config import DPO
from hornbook.finetuning.preferences import dpo
from hornbook.generation.sampling import top_p
from hornbook.tokenizers.bytepair import learn_merges
from hornbook.training.adamw import ExplicitAdamW


def check_cross_entropy(part: Part) -> None:
    """cross_entropy(logits, targets): the sum over asked targets, in nats."""
    logits, targets = 2 * normal(5, 4), torch.tensor([1, IGNORED, 3, 0, IGNORED])
    asked = targets != IGNORED
    logs = logits.log_softmax(-1)
    each = -logs.gather(1, targets.clamp(min=0)[:, None])[:, 0]
    right = F.cross_entropy(logits, targets, ignore_index=IGNORED, reduction="sum")
    rolled = torch.cat([targets[1:], targets[:1]])
    shifted = F.cross_entropy(logits, rolled, ignore_index=IGNORED, reduction="sum")
    expect(
        "cross_entropy(logits [5, 4], targets with two of -100)",
        part(logits.clone(), targets.clone()),
        right,
        {
            "Targets of -100 are asked as if they were tokens: leave them out.": each.sum(),
            "Return the sum over the asked targets: the mean is taken by whoever knows all parts of a batch.": right
            / 3,
            "Return the sum; that is a mean over all places, asked or not.": right / 5,
            "The sign: a loss is minus the log-chance.": -right,
            "Softmax goes over the wrong axis: chances of a row sum to 1, dim=-1.": -(
                logits.log_softmax(0).gather(1, targets.clamp(min=0)[:, None])[:, 0] * asked
            ).sum(),
            "Softmax is taken twice: logits come in.": F.cross_entropy(
                logits.softmax(-1), targets, ignore_index=IGNORED, reduction="sum"
            ),
            "Softmax is missing: logits are no log-chances.": -(
                logits.gather(1, targets.clamp(min=0)[:, None])[:, 0] * asked
            ).sum(),
            "The logarithm is missing.": -(each.neg().exp() * asked).sum(),
            "That is in bits: use the natural logarithm.": right / torch.log(torch.tensor(2.0)),
            "Targets are shifted once more: they are those of these places already.": shifted,
            "One number for the whole batch, not one for each place.": each * asked,
        },
    )
    large = torch.tensor([[1000.0, 0.0]])
    expect(
        "cross_entropy([[1000, 0]], [1])",
        part(large, torch.tensor([1])),
        torch.tensor(1000.0),
        hint="exp(1000) is infinite: take the largest logit off first, or use log_softmax.",
    )


AdamWStep = Callable[..., tuple[Tensor, Tensor, Tensor]]
RATE, BETAS, EPSILON, DECAY = 0.1, (0.9, 0.99), 0.5, 0.5


def stepped(**slips: Any) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"], Float[Tensor, " N"]]:
    """The third step of AdamW on given numbers, with one ``slip`` in it or none."""
    weight, gradient, mean, square = (normal(4, name=name) for name in ("weight", "gradient", "mean", "square"))
    square, step = square.abs() + 0.1, 3
    pulled = gradient + DECAY * weight if "coupled" in slips else gradient
    mean = BETAS[0] * mean + (1 - BETAS[0]) * pulled
    square = BETAS[1] * square + (1 - BETAS[1]) * (pulled if "unsquared" in slips else pulled**2)
    corrections = [1 - beta ** (step - slips.get("early", 0)) for beta in BETAS]
    corrections = [1.0 if place in slips.get("uncorrected", ()) else each for place, each in enumerate(corrections)]
    inside = (square / corrections[1]).clamp(min=0)
    below = (inside + EPSILON).sqrt() if "inside" in slips else inside.sqrt() + EPSILON
    if "unrooted" in slips:
        below = inside + EPSILON
    decay = 0.0 if slips.keys() & {"coupled", "undecayed"} else (DECAY if "whole" in slips else RATE * DECAY)
    moved = weight * (1 - decay) - RATE * (mean / corrections[0]) / below
    if "uphill" in slips:
        moved = weight * (1 - decay) + RATE * (mean / corrections[0]) / below
    return moved, mean, square


def check_adamw(part: AdamWStep) -> None:
    """adamw(weight, gradient, mean, square, step, rate, betas, epsilon, decay): weight, mean and square after it."""
    weight, gradient, mean, square = (normal(4, name=name) for name in ("weight", "gradient", "mean", "square"))
    square = square.abs() + 0.1
    parameter = torch.nn.Parameter(weight.clone())
    ours = ExplicitAdamW([parameter], lr=RATE, betas=BETAS, eps=EPSILON, weight_decay=DECAY)
    parameter.grad = gradient.clone()
    ours.state[parameter] = {"step": torch.tensor(2.0), "exp_avg": mean.clone(), "exp_avg_sq": square.clone()}
    ours.step()
    state = ours.state[parameter]
    right = (parameter.detach(), state["exp_avg"], state["exp_avg_sq"])
    given = (each.clone() for each in (weight, gradient, mean, square))
    found = tuple(part(*given, 3, RATE, BETAS, EPSILON, DECAY))
    expect(
        "adamw(weight, gradient, mean, square, step=3, ...)",
        found,
        right,
        {
            "The averages begin at 0 and are too small at first: divide them by 1 - beta^step.": stepped(
                uncorrected=(0, 1)
            ),
            "The average of gradients begins at 0 too: divide it by 1 - beta^step.": stepped(uncorrected=(0,)),
            "The average of squares begins at 0 too: divide it by 1 - beta^step.": stepped(uncorrected=(1,)),
            "Steps count from 1: the first one has the exponent 1.": stepped(early=1),
            "Weight decay goes into the gradient: that is Adam with L2. AdamW takes it off the weight apart.": stepped(
                coupled=True
            ),
            "Weight decay is missing.": stepped(undecayed=True),
            "Decay is multiplied with the learning rate too.": stepped(whole=True),
            "Epsilon stands outside the root.": stepped(inside=True),
            "The root of the mean square is missing.": stepped(unrooted=True),
            "The second average is that of the squares of the gradient.": stepped(unsquared=True),
            "The sign: a step goes against the gradient.": stepped(uphill=True),
            "Return weight, mean and square, in this order.": (right[0], right[2], right[1]),
        },
        hint="mean, square, both corrected; decay; then weight - rate · mean / (sqrt(square) + epsilon).",
    )


def check_dpo(part: Part) -> None:
    """dpo(chosen, rejected, beta): a loss for each pair, from log-ratios to the reference."""
    chosen, rejected = torch.tensor([2.0, -1.0, 0.5]), torch.tensor([-3.0, 1.0, 0.5])
    margin = chosen - rejected
    right = dpo(DPO(beta=0.2), chosen, rejected)
    expect(
        "dpo(chosen [2, -1, 0.5], rejected [-3, 1, 0.5], beta=0.2)",
        part(chosen.clone(), rejected.clone(), 0.2),
        right,
        {
            "The sign is wrong: the margin is chosen minus rejected.": -F.logsigmoid(-0.2 * margin),
            "beta is left out.": -F.logsigmoid(margin),
            "beta multiplies the margin inside the sigmoid, not the loss.": -0.2 * F.logsigmoid(margin),
            "The minus before the logarithm is missing.": F.logsigmoid(0.2 * margin),
            "The logarithm is missing.": -torch.sigmoid(0.2 * margin),
            "The margin is divided by beta: multiply.": -F.logsigmoid(margin / 0.2),
            "Return a loss for each pair, not their mean.": right.mean(),
            "The rejected answer does not count.": -F.logsigmoid(0.2 * chosen),
        },
    )
    lost = part(torch.tensor([-1000.0]), torch.zeros(1), 1.0)
    expect(
        "dpo of a pair that is lost by 1000 nats", lost, torch.tensor([1000.0]), hint="Use logsigmoid: log(0) is -inf."
    )


def check_top_p(part: Part) -> None:
    """top_p(logits, mass) for rows [B, V]."""
    logits = torch.tensor([[0.2, 0.5, 0.3], [0.9, 0.06, 0.04]]).log()

    def rows(first: list[int], second: list[int], others: float = -torch.inf) -> Float[Tensor, "2 V"]:
        return torch.stack([kept(logits[0], first, others), kept(logits[1], second, others)])

    expect(
        "top_p(log [[0.2, 0.5, 0.3], [0.9, 0.06, 0.04]], 0.6)",
        part(logits.clone(), 0.6),
        top_p(logits, 0.6),
        {
            "The token that crosses the line belongs to the set: test the sum before it.": rows([1], []),
            "The running sum has to go from the likeliest token down: sort first.": rows([0, 1], [0]),
            "A score of 0 still has a chance: use minus infinity.": rows([1, 2], [0], 0.0),
            "Nothing is cut off.": logits,
            "Tokens below the mass are cut one by one: it is their running sum that counts.": rows([], [0]),
            "Chances are made per column: softmax goes over the vocabulary, dim=-1.": top_p(logits.T, 0.6).T,
            "Put what is kept back into its own place after sorting.": torch.stack(
                [kept(logits[0, [1, 2, 0]], [0, 1]), kept(logits[1], [0])]
            ),
        },
    )


def check_merges(part: Callable[[dict[str, int], int], Any]) -> None:
    """merges(words, count): pairs of ids, the most frequent first, counted with how often a word comes."""
    words = {"abab": 2, "abc": 3, "cc": 4, "aaa": 1}
    right = learn_merges(words, 4, minimum_count=1)
    found = part(dict(words), 4)
    if not isinstance(found, list) or not all(isinstance(pair, tuple) for pair in found):
        raise WrongAnswer(f"merges(...) returned {found!r}", "Return a list of pairs (tuples of two ids).")
    once = learn_merges(dict.fromkeys(words, 1), 4, minimum_count=1)
    expect(
        f"merges({words}, 4)",
        found,
        right,
        {
            "Words come more than once: add how often the word occurs, not 1.": once,
            "Fewer merges than asked for: go on until there are so many.": right[:-1],
            "The first merge makes token 256, as there are 256 bytes; the next 257.": [
                tuple(each + 1 if each >= 256 else each for each in pair) for pair in right
            ],
            "The rarest pair is merged first; the most frequent is.": learn_merges(words, 4, minimum_count=1)[::-1],
            "Pairs are counted once and never again: after a merge the words have other pairs.": [
                (97, 98),
                (99, 99),
                (98, 99),
                (97, 97),
            ],
        },
        hint="Of pairs that are equally frequent take the smallest ids.",
    )
