"""Lesson 19: advantages of a group, and the clipped loss."""

from __future__ import annotations

import torch

from hornbook.course.answers import Answer, expect
from hornbook.finetuning.reinforce import ADVANTAGES


def check_group_advantages(function: Answer) -> None:
    """Each group by itself; a group that agrees has none."""
    rewards = torch.tensor([[1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
    centred = rewards - rewards.mean(1, keepdim=True)
    expect(
        "group_advantages([[1, 0, 0, 1], [0, 0, 0, 1], [1, 1, 1, 1]])",
        function(rewards.clone()),
        ADVANTAGES["group"](rewards),
        {
            "Divide by the standard deviation of the group as well.": centred,
            "Each group is centred by itself (dim=1), not all questions together.": (rewards - rewards.mean())
            / (rewards.std() + 1e-4),
            "Groups are the rows: dim=1, not dim=0.": (rewards - rewards.mean(0)) / (rewards.std(0) + 1e-4),
            "Divide by the standard deviation, not by the variance.": centred / (rewards.var(1, keepdim=True) + 1e-4),
            "The mean is not taken off.": rewards / (rewards.std(1, keepdim=True) + 1e-4),
            "A group that agrees has the deviation 0: add 0.0001 before dividing.": centred
            / rewards.std(1, keepdim=True),
        },
        tolerance=1e-3,
    )


def check_policy_loss(function: Answer) -> None:
    """The smaller of the two products, and its sign."""
    new, old = torch.tensor([-1.0, -0.5, -2.0, -0.7]), torch.tensor([-1.0, -1.0, -1.0, -1.2])
    advantages = torch.tensor([1.0, 2.0, -1.0, -0.5])
    ratio = (new - old).exp()
    bounded = ratio.clamp(0.8, 1.2)
    losses = -torch.minimum(ratio * advantages, bounded * advantages)
    found = function(new.clone(), old.clone(), advantages.clone(), 0.2)
    expect(
        "policy_loss of four tokens, clip 0.2",
        found,
        losses.mean(),
        {
            "The sign: what is better has to become likelier, so the loss is minus that.": -losses.mean(),
            "Take the smaller of the two products, not the larger.": -torch.maximum(
                ratio * advantages, bounded * advantages
            ).mean(),
            "The clip is missing.": -(ratio * advantages).mean(),
            "Clip and take the minimum with the ratio that is not clipped.": -(bounded * advantages).mean(),
            "The ratio of two chances is exp(new - old); their logarithms are only subtracted.": -torch.minimum(
                (new - old) * advantages, (new - old).clamp(0.8, 1.2) * advantages
            ).mean(),
            "The ratio is upside down: now divided by then.": -torch.minimum(
                advantages / ratio, (1 / ratio).clamp(0.8, 1.2) * advantages
            ).mean(),
            "Return the mean.": losses.sum(),
        },
    )
