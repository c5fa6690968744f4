"""Lesson 18: how likely an answer is, and DPO's loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from hornbook.batches import IGNORED
from hornbook.course.answers import Answer, expect
from hornbook.data.config import DPO
from hornbook.finetuning.preferences import dpo
from hornbook.seeds import torch_generator


def check_answer_log_probability(function: Answer) -> None:
    """Summed, over what is asked, row by row."""
    logits = torch.randn(2, 4, 6, generator=torch_generator(18, "check"))
    targets = torch.tensor([[IGNORED, 3, 5, IGNORED], [IGNORED, IGNORED, 2, 1]])
    asked = targets != IGNORED
    there = targets.clamp(min=0)[..., None]
    each = logits.log_softmax(-1).gather(-1, there)[..., 0]
    right = -F.cross_entropy(logits.mT, targets, ignore_index=IGNORED, reduction="none").sum(-1)
    expect(
        "answer_log_probability(logits [2, 4, 6], targets with two asked in each row)",
        function(logits.clone(), targets.clone()),
        right,
        {
            "Places that are not asked are counted: multiply by `targets != -100` before you sum.": each.sum(-1),
            "The chance of a text is a product: sum the logarithms, do not average them.": right / asked.sum(-1),
            "The sign: logarithms of chances are negative.": -right,
            "Softmax is missing: logits are no log-chances.": (logits.gather(-1, there)[..., 0] * asked).sum(-1),
            "The logarithm is missing: chances are multiplied, not added.": (each.exp() * asked).sum(-1),
            "One number for each row: sum over time only.": right.sum(),
            "Softmax goes over the vocabulary, the last axis.": (
                logits.log_softmax(1).gather(-1, there)[..., 0] * asked
            ).sum(-1),
        },
    )


def check_dpo_loss(function: Answer) -> None:
    """Margins against the reference, log sigmoid, mean."""
    chosen, rejected = torch.tensor([-3.0, -6.0, -4.0]), torch.tensor([-12.0, -5.0, -4.5])
    chosen_before, rejected_before = torch.tensor([-5.0, -4.0, -4.0]), torch.tensor([-9.0, -8.0, -6.0])
    margin = (chosen - chosen_before) - (rejected - rejected_before)
    right = dpo(DPO(beta=0.5), chosen - chosen_before, rejected - rejected_before).mean()
    expect(
        "dpo_loss of three pairs, beta 0.5",
        function(chosen.clone(), rejected.clone(), chosen_before.clone(), rejected_before.clone(), 0.5),
        right,
        {
            "The sign is wrong: the margin is chosen minus rejected.": -F.logsigmoid(-0.5 * margin).mean(),
            "The reference is left out: its log-chances are subtracted on each side.": -F.logsigmoid(
                0.5 * (chosen - rejected)
            ).mean(),
            "beta is left out.": -F.logsigmoid(margin).mean(),
            "The minus before the logarithm is missing.": F.logsigmoid(0.5 * margin).mean(),
            "beta multiplies the margin inside the sigmoid, not the loss.": -0.5 * F.logsigmoid(margin).mean(),
            "Return the mean over the pairs.": -F.logsigmoid(0.5 * margin).sum(),
            "The logarithm is missing.": -torch.sigmoid(0.5 * margin).mean(),
            "The reference is added; it has to be subtracted.": -F.logsigmoid(
                0.5 * (chosen + chosen_before - rejected - rejected_before)
            ).mean(),
        },
    )
    far = torch.tensor([-1000.0])
    zero = torch.zeros(1)
    expect(
        "dpo_loss of a pair that is lost by 1000 nats, beta 1",
        function(far, zero, zero.clone(), zero.clone(), 1.0),
        torch.tensor(1000.0),
        hint="sigmoid(-1000) is 0 and its logarithm minus infinity: use logsigmoid.",
    )
