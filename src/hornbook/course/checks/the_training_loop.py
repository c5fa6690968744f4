"""Lesson 9: the gradient of the loss, a step, and the loop around them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from hornbook.course.answers import Answer, expect


def check_loss_gradient(function: Answer) -> None:
    """Against autograd."""
    logits = torch.tensor([1.0, 0.0, 2.0, -1.0], requires_grad=True)
    (right,) = torch.autograd.grad(F.cross_entropy(logits, torch.tensor(2)), logits)
    plain = logits.detach()
    one_hot, chances = F.one_hot(torch.tensor(2), 4).float(), plain.softmax(-1)
    expect(
        "loss_gradient([1, 0, 2, -1], target=2)",
        function(plain.clone(), 2),
        right,
        {
            "The sign: it is the chances less 1 at the target, so that going against it raises the target.": -right,
            "Less 1 at the target: without that no token is the right one.": chances,
            "The chances come from the softmax of the logits.": plain - one_hot,
            "The other tokens have a gradient too: their chances.": one_hot * (chances - 1),
            "Plus 1 should be less 1.": chances + one_hot,
        },
    )


def check_sgd_step(function: Answer) -> None:
    """Against the gradient, by the rate."""
    weight, gradient = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 4.0])
    expect(
        "sgd_step([1, -2], [0.5, 4], 0.1)",
        function(weight.clone(), gradient.clone(), 0.1),
        weight - 0.1 * gradient,
        {
            "With the gradient the loss grows: take it off.": weight + 0.1 * gradient,
            "The learning rate is missing.": weight - gradient,
            "Divided by the rate: multiply the gradient with it.": weight - gradient / 0.1,
            "This is the step alone; take it off the weight.": 0.1 * gradient,
            "This is the step alone; add it to the weight.": -0.1 * gradient,
            "The whole gradient counts, not only its sign.": weight - 0.1 * gradient.sign(),
        },
    )


def check_train(function: Answer) -> None:
    """Each gradient at the weight as it is by then."""

    def gradient_of(weight: Float[Tensor, 1], batch: Float[Tensor, 1]) -> Float[Tensor, 1]:
        return 2 * (weight - batch)

    start, batches, rate = torch.tensor([4.0]), [torch.tensor([value]) for value in (1.0, 3.0, 0.0)], 0.25
    weight, heap, piled = start, torch.zeros(1), start
    for batch in batches:
        weight = weight - rate * gradient_of(weight, batch)
        heap = heap + gradient_of(piled, batch)
        piled = piled - rate * heap
    first = start - rate * sum((gradient_of(start, batch) for batch in batches), torch.zeros(1))
    expect(
        "train([4], three batches, gradient: 2 (weight - batch), rate=0.25)",
        function(start.clone(), batches, gradient_of, rate),
        weight,
        {
            "Gradients of earlier batches are still there: each step has that of its own batch alone.": piled,
            "All gradients are taken at the first weight: ask again after each step.": first,
            "Only one step is made: one for each batch.": start - rate * gradient_of(start, batches[0]),
            "Only the last batch is learned from.": start - rate * gradient_of(start, batches[-1]),
            "Nothing is learned: give the new weight back.": start,
        },
    )
