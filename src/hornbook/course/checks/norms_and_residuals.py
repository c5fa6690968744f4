"""Lesson 5: the norm, the bend and the plus sign."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from hornbook.course.answers import Answer, expect
from hornbook.model.norms import layer_norm
from hornbook.seeds import torch_generator


def check_layer_norm(function: Answer) -> None:
    """Over the features of each token, with the biased variance and epsilon inside the root."""
    draw = torch_generator(5, "check")
    hidden, scale, shift = (torch.randn(*shape, generator=draw) for shape in ((2, 3, 4), (4,), (4,)))
    centred, epsilon = hidden - hidden.mean(-1, keepdim=True), 0.1
    variance, along = centred.square().mean(-1, keepdim=True), hidden - hidden.mean(1, keepdim=True)
    over_time = along / (along.square().mean(1, keepdim=True) + epsilon).sqrt() * scale + shift
    expect(
        "layer_norm(hidden [2, 3, 4], scale, shift, epsilon=0.1)",
        function(hidden.clone(), scale, shift, epsilon),
        layer_norm(hidden, scale, shift, epsilon),
        {
            "The variance is divided by C - 1: here it is the mean of the squares, divided by C.": centred
            / (hidden.var(-1, keepdim=True) + epsilon).sqrt()
            * scale
            + shift,
            "Epsilon stands under the root: sqrt(variance + epsilon).": centred / (variance.sqrt() + epsilon) * scale
            + shift,
            "Epsilon is missing: without it a token of equal numbers gives nan.": centred / variance.sqrt() * scale
            + shift,
            "Divide by the root of the variance, not by the variance.": centred / (variance + epsilon) * scale + shift,
            "The mean is not taken off: that is RMS norm.": hidden
            / (hidden.square().mean(-1, keepdim=True) + epsilon).sqrt()
            * scale
            + shift,
            "The wrong axis: tokens are normed over their features, the last axis, not over each other.": over_time,
            "The scale is missing.": centred / (variance + epsilon).sqrt() + shift,
            "The shift is missing.": centred / (variance + epsilon).sqrt() * scale,
        },
        "Mean and variance of the last axis, keepdim=True; (x - mean) / sqrt(variance + epsilon) * scale + shift.",
    )


def check_gelu(function: Answer) -> None:
    """The exact one."""
    x = torch.tensor([-2.0, -1.0, 0.0, 0.5, 3.0])
    share = (1 + torch.erf(x / 2**0.5)) / 2
    expect(
        "gelu([-2, -1, 0, 0.5, 3])",
        function(x.clone()),
        F.gelu(x),
        {
            "That is Φ(x) alone: multiply by x.": share,
            "That is ReLU: GELU is a little below 0 for negative numbers.": F.relu(x),
            "Inside erf stands x divided by the root of 2.": x * (1 + torch.erf(x)) / 2,
            "That is GPT-2's approximation with tanh; use torch.erf.": F.gelu(x, approximate="tanh"),
            "That is SiLU, x · sigmoid(x); GELU has the normal distribution in its place.": F.silu(x),
            "Half of it: Φ(x) is (1 + erf) / 2.": x * (1 + torch.erf(x / 2**0.5)),
        },
        tolerance=1e-5,
    )


def check_residual(function: Answer) -> None:
    """Norm for the branch, plus for the stream."""
    hidden = torch.tensor([[1.0, 2.0], [3.0, 5.0]])

    expect(
        "residual(x, branch: 10 x, norm: x - 1)",
        function(hidden.clone(), lambda x: 10 * x, lambda x: x - 1),
        hidden + 10 * (hidden - 1),
        {
            "The stream is missing: add the branch to it.": 10 * (hidden - 1),
            "The stream itself is normed: it has to be added as it came.": (hidden - 1) + 10 * (hidden - 1),
            "The norm is missing: the branch is handed norm(hidden).": hidden + 10 * hidden,
            "The norm stands behind the branch; a pre-norm stands before it.": hidden + (10 * hidden - 1),
            "The sum is normed: that is a post-norm.": (hidden + 10 * hidden) - 1,
        },
    )
