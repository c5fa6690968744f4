"""Lesson 8: cross-entropy from logits, bits per byte, entropy."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from hornbook.course.answers import Answer, expect, explained
from hornbook.evaluation.loss import Measured
from hornbook.seeds import torch_generator


def check_cross_entropy(function: Answer) -> None:
    """The mean over what is asked, in nats, without overflow."""
    logits, targets = torch.randn(5, 4, generator=torch_generator(8, "check")), torch.tensor([1, 3, 0, 0, 2])
    right = F.cross_entropy(logits, targets)
    chances = logits.softmax(-1)
    expect(
        "cross_entropy(logits [5, 4], targets [5])",
        function(logits.clone(), targets.clone()),
        right,
        {
            "This is the sum; return the mean.": right * 5,
            "The sign: surprise is minus the logarithm.": -right,
            "This is in bits; nats come from the natural logarithm.": right / math.log(2),
            "Take the softmax over the last axis: each row has chances that sum to 1.": -logits.log_softmax(0)[
                torch.arange(5), targets
            ].mean(),
            "Softmax is taken twice: logits go in as they are.": F.cross_entropy(chances, targets),
            "The logarithm of the mean chance is not the mean of the logarithms.": -chances[torch.arange(5), targets]
            .mean()
            .log(),
            "The logarithm of the sum is missing: logits are no log-chances yet.": -logits[
                torch.arange(5), targets
            ].mean(),
            "One loss for each target: return their mean.": F.cross_entropy(logits, targets, reduction="none"),
        },
    )
    left_out = torch.tensor([1, -100, 0, -100, 2])
    asked = F.cross_entropy(logits, left_out)
    likely = "A target of -100 is no token: take out those rows before looking up."
    with explained("cross_entropy with targets of -100", likely, RuntimeError, IndexError):
        found = function(logits.clone(), left_out.clone())
    expect(
        "cross_entropy with two of five targets -100",
        found,
        asked,
        {"Divide by the number of targets that are asked, not by all.": asked * 3 / 5},
        "Targets of -100 are left out, of the sum and of the count.",
    )
    large = torch.tensor([[1000.0, 0.0]])
    hint = "exp(1000) is infinite. Take the largest logit off all of them first: nothing changes."
    expect("cross_entropy([[1000, 0]], [1])", function(large, torch.tensor([1])), torch.tensor(1000.0), {}, hint)


def check_bits_per_byte(function: Answer) -> None:
    """All nats, in bits, over bytes."""
    text = "déjà vu"
    bytes_ = len(text.encode())
    expect(
        "bits_per_byte(2.0, 4, 'déjà vu')",
        function(2.0, 4, text),
        Measured(8.0, 4, bytes_).bits_per_byte,
        {
            "Divide by the bytes of the text, len(text.encode()), not by its characters.": 8 / math.log(2) / len(text),
            "These are nats: divide by ln 2 for bits.": 8 / bytes_,
            "Divide by ln 2: a bit is 0.693 nats.": 8 * math.log(2) / bytes_,
            "The loss is for each token: multiply by the number of tokens first.": 2 / math.log(2) / bytes_,
            "That is for each token; the whole text is divided by its bytes.": 2 / math.log(2),
        },
    )


def check_entropy(function: Answer) -> None:
    """The mean surprise, and 0 · ln 0 is 0."""
    chances = [0.5, 0.25, 0.25]
    expect(
        "entropy([0.5, 0.25, 0.25])",
        function(list(chances)),
        1.5 * math.log(2),
        {
            "This is in bits; nats come from the natural logarithm.": 1.5,
            "The sign: the logarithm of a chance is negative, and surprise is positive.": -1.5 * math.log(2),
            "Each surprise counts as often as it comes: weigh it with its chance.": 5 * math.log(2),
            "Weigh each surprise with its own chance, not all alike.": 5 * math.log(2) / 3,
        },
    )
    with explained("entropy([1, 0])", "0 · ln 0 counts as 0: leave chances of 0 out.", ValueError):
        found = function([1.0, 0.0])
    expect("entropy([1, 0])", found, 0.0, {}, "What is certain does not surprise, and 0 · ln 0 counts as 0.")
