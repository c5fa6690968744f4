"""Lesson 10: the running mean, Adam's direction, and AdamW whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.course.answers import Answer, expect, explained
from hornbook.training.adamw import ExplicitAdamW

Vector = Float[Tensor, " n"]
Rule = Callable[[Vector, Vector, Vector, int], Vector]
"""(weight, mean, mean square, step) -> the weight after the step."""

RATE, DECAY = 0.1, 0.5


def check_running_mean(function: Answer) -> None:
    """From 0, with the correction."""
    expect(
        "running_mean([1, 3], 0.9)",
        function([1.0, 3.0], 0.9),
        (0.9 * 0.1 + 0.1 * 3) / (1 - 0.81),
        {
            "The bias correction is missing: divide by 1 - beta to the number of values.": 0.9 * 0.1 + 0.1 * 3,
            "Beta is what is kept of the old mean; the new value counts 1 - beta.": (0.1 * 0.9 + 0.9 * 3) / 0.19,
            "The correction is 1 - beta^2 for two values, not 1 - beta.": (0.9 * 0.1 + 0.1 * 3) / 0.1,
            "That is the plain mean: late values should count more.": 2.0,
            "The new value counts 1 - beta, and not 1.": (0.9 * 1 + 3) / 0.19,
            "The mean begins at 0, not at the first value.": (0.9 * 1 + 0.1 * 3) / 0.19,
            "The mean begins at 0; begun at the first value it needs no correction, and is another.": 0.9 + 0.1 * 3,
        },
    )


def check_adam_direction(function: Answer) -> None:
    """Both means corrected, epsilon beside the root."""
    mean, square, step, epsilon = 0.3, 0.02, 2, 0.1
    m, v = mean / (1 - 0.9**2), square / (1 - 0.999**2)
    with explained("adam_direction(0.3, 0.02, 2, 0.9, 0.999, 0.1)", "Divide by 1 - beta^step.", ZeroDivisionError):
        found = function(mean, square, step, 0.9, 0.999, epsilon)
    expect(
        "adam_direction(0.3, 0.02, 2, 0.9, 0.999, 0.1)",
        found,
        m / (v**0.5 + epsilon),
        {
            "Neither mean is corrected: divide each by 1 - beta^step.": mean / (square**0.5 + epsilon),
            "The mean square is not corrected.": m / (square**0.5 + epsilon),
            "The mean is not corrected.": mean / (v**0.5 + epsilon),
            "Epsilon stands beside the root, not under it: sqrt(v) + epsilon.": m / (v + epsilon) ** 0.5,
            "Divide by the root of the mean square, not by the mean square.": m / (v + epsilon),
            "Each mean has its own beta.": m / ((square / (1 - 0.9**2)) ** 0.5 + epsilon),
            "The step is one off: it counts this step too.": (mean / 0.1) / ((square / 0.001) ** 0.5 + epsilon),
            "Correct the square before taking its root.": m / (square**0.5 / (1 - 0.999**2) + epsilon),
        },
    )


def walked(weight: Vector, gradients: Sequence[Vector], rule: Rule, l2: float = 0.0) -> Vector:
    """The weight after a step for each gradient, by a rule that is right or nearly so."""
    mean, square = torch.zeros_like(weight), torch.zeros_like(weight)
    for step, gradient in enumerate(gradients, 1):
        slope = gradient + l2 * weight
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        weight = rule(weight, mean, square, step)
    return weight


def direction(mean: Vector, square: Vector, step: int) -> Vector:
    """Adam's direction."""
    return (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)


def check_adamw(function: Answer) -> None:
    """Against the package's own."""
    weight = torch.tensor([1.0, -2.0, 0.5])
    gradients = [torch.tensor(each) for each in ([0.5, 1.0, -3.0], [0.4, -2.0, -1.0], [0.6, 0.5, -2.0])]
    parameter = nn.Parameter(weight.clone())
    optimizer = ExplicitAdamW([parameter], lr=RATE, weight_decay=DECAY)
    for gradient in gradients:
        parameter.grad = gradient.clone()
        optimizer.step()
    plain = walked(weight, gradients, lambda w, m, v, t: w - RATE * direction(m, v, t))
    expect(
        "adamw(weight [3], three gradients, rate=0.1, decay=0.5)",
        function(weight.clone(), [each.clone() for each in gradients], RATE, DECAY),
        parameter.detach(),
        {
            "The decay is missing: the weight times 1 - rate * decay.": plain,
            "Decay is multiplied with the learning rate: 1 - rate * decay.": walked(
                weight, gradients, lambda w, m, v, t: w * (1 - DECAY) - RATE * direction(m, v, t)
            ),
            "Decay was added to the gradient: that is L2. It acts on the weight alone.": walked(
                weight, gradients, lambda w, m, v, t: w - RATE * direction(m, v, t), DECAY
            ),
            "The bias correction is missing.": walked(
                weight, gradients, lambda w, m, v, t: w * (1 - RATE * DECAY) - RATE * m / (v.sqrt() + 1e-8)
            ),
            "With the gradient the loss grows: take the step off.": walked(
                weight, gradients, lambda w, m, v, t: w * (1 - RATE * DECAY) + RATE * direction(m, v, t)
            ),
        },
        "Mean and mean square move first, then both are corrected, then decay and step.",
    )
