"""What a training does: its first weights, its first steps made again, how far its weights went, how it scores itself.

Next: checks.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hornbook.batches import IGNORED, Positions, Texts
from hornbook.evaluation.diagnosis.case import Case, Finding
from hornbook.evaluation.diagnosis.in_batches import targets
from hornbook.evaluation.diagnosis.in_model import attentions_of, inputs_of, replaced
from hornbook.evaluation.loss import still, token_losses


def loss_at_start(case: Case) -> Finding | None:
    """A model that knows nothing loses ln V."""
    if not len(case.record.losses) or not case.record.from_scratch:
        return None
    first, expected = float(case.record.losses[0]), case.record.uniform
    if abs(first - expected) <= 0.15 * expected + 0.1:
        return None
    asked = int(case.record.training.batch * case.record.config.context)
    summed = f"; divided by the {asked:,} targets of a step it is {first / asked:.3f}" * (first > 10 * expected)
    return Finding(
        "loss at start",
        f"the first loss is {first:.3f}; ln V is {expected:.3f}{summed}",
        "before the first step a model should find all tokens about equally likely",
        "look at the width of the first weights, at what multiplies the logits, and at whether the loss is a mean",
    )


@torch.no_grad()
def attention_scale(case: Case) -> Finding | None:
    """Scores are divided by the root of the head's width: measured on two tokens whose queries and keys are known."""
    worst, name = 1.0, 0
    for layer, attention in enumerate(attentions_of(case)):
        if attention.softcap is not None or attention.sinks is not None:
            continue
        found = measured_scale(case, attention)
        wanted = case.record.config.blocks[layer].attention.scale or attention.head_width**-0.5
        if found > 0 and abs(math.log(found / wanted)) > abs(math.log(worst)):
            worst, name = found / wanted, layer
    if 0.67 < worst < 1.5:
        return None
    return Finding(
        "scale of attention",
        f"scores in layer {name} are {worst:.2f} times what they should be",
        "products of wide vectors are large: the softmax then looks at one token only and passes no gradient",
        "divide scores by the square root of the head's width",
    )


def measured_scale(case: Case, attention: Any) -> float:
    """What an attention multiplies products of queries and keys by, from the odds it gives two tokens at one place.

    Both stand at position 0, where positions turn nothing and lower nothing; queries, keys and values are set.
    """
    width: int = attention.head_width
    pattern = torch.ones(width, dtype=torch.float64)
    pattern[1::2] = -1.0
    turned = pattern.clone()
    turned[:2] *= -1
    first = torch.tensor([1.0, 0.0], dtype=torch.float64)[None, :, None]

    def filled(two: Tensor) -> Callable[[Tensor], Tensor]:
        return lambda output: two.repeat(1, output.shape[-1] // width)[None]

    queries, keys = filled(torch.stack([pattern, pattern])), filled(torch.stack([pattern, turned]))
    with ExitStack() as stack:
        stack.enter_context(replaced(attention.query, queries))
        stack.enter_context(replaced(attention.key, keys))
        stack.enter_context(replaced(attention.value, lambda output: first.expand_as(output)))
        seen = stack.enter_context(inputs_of(attention.output))
        case.exact.hidden(torch.tensor([[0, 1]]), Positions(torch.zeros(1, 2, dtype=torch.long)))
    query = attention.normed(queries(attention.query.weight.T), attention.query_norm)[0, 0, 1]
    key = attention.normed(keys(attention.key.weight.T), attention.key_norm)[0, 0]
    share = seen[0][0, 1, 0].clamp(1e-15, 1 - 1e-15)
    return float(torch.logit(share) / (query @ (key[0] - key[1])))


@torch.no_grad()
def first_weights(case: Case) -> Finding | None:
    """Weights begin neither so narrow that nothing passes nor so wide that it is lost."""
    if not case.record.from_scratch:
        return None
    widths = [float(parameter.std()) * math.sqrt(parameter.shape[1])
              for name, parameter in case.start.model.named_parameters()
              if parameter.dim() == 2 and "embedding" not in name and "position" not in name]  # fmt: skip
    middle = float(np.median(widths)) if widths else 1.0
    if 0.01 < middle < 1.4:
        return None
    return Finding(
        "first weights",
        f"the middle matrix multiplies the size of what it is given by {middle:.2g} before the first step",
        "a signal that shrinks or grows in every layer is lost in all of them together",
        "draw weights with a standard deviation of about 0.02, or one over the root of the inputs",
    )


def weights_move(case: Case) -> Finding | None:
    """Every parameter that is to learn gets a gradient, and every number of the weights moved."""
    if not case.record.saved or not case.record.from_scratch or len(case.record.updates) < 3:
        return None
    begun, learned = dict(case.start.model.named_parameters()), dict(case.model.named_parameters())
    still_there = [name for name, parameter in learned.items() if torch.equal(begun[name], parameter)]
    wholly = len(learned)
    if not still_there:
        return None
    everything = len(still_there) == wholly
    names = ", ".join(still_there[:3]) + (f" and {len(still_there) - 3} more" if len(still_there) > 3 else "")
    return Finding(
        "weights that never moved",
        f"{len(still_there)} of {wholly} parameters are after all steps what they were at the start: {names}",
        "no step changed anything" if everything else "these parameters are left out of what learns",
        "see whether they get a gradient, whether the optimizer knows them, and whether its learning rate is above 0",
    )


def rows_move(case: Case) -> Finding | None:
    """Every token that was read has moved its row of the table."""
    if not case.record.saved or not case.record.from_scratch or weights_move(case) is not None:
        return None
    before, after = case.start.model.embedding.tokens.weight.detach(), case.model.embedding.tokens.weight.detach()
    used = torch.unique(torch.cat([texts.tokens.flatten() for texts in case.read[:6]]))
    fixed = (before.to(after.dtype)[used] == after[used]).all(1)
    share = float(fixed.float().mean())
    if share < 0.02:
        return None
    return Finding(
        "tokens that never learn",
        f"the rows of {int(fixed.sum())} of {len(used)} tokens that were read are what they were at the start",
        "those tokens mean nothing to the model",
        "see what happens to the gradient of the table",
    )


def shrinking(case: Case) -> Finding | None:
    """Matrices grow as they learn, or stay about what they are."""
    if not case.record.saved:
        return None
    ratios = norm_ratios(case)
    middle = float(np.median(ratios)) if ratios else 1.0
    if 0.6 < middle < 60:
        return None
    small = middle < 1
    return Finding(
        "weights shrink" if small else "weights explode",
        f"the middle matrix is {middle:.2g} times as large as at the start",
        "what is learned decays as fast as it is learned" if small else "steps are longer than the weights are wide",
        "lower the weight decay" if small else "lower the learning rate",
    )


def norm_ratios(case: Case) -> list[float]:
    """How much larger each matrix is than at the start."""
    begun = dict(case.start.model.named_parameters())
    return [
        float(parameter.detach().norm() / begun[name].detach().norm().clamp(min=1e-12))
        for name, parameter in case.model.named_parameters()
        if parameter.dim() == 2
    ]


def steps_are_made(case: Case) -> Finding | None:
    """Every step moves the weights, and downhill."""
    idle = [number for number, step in enumerate(case.steps) if step.moved == 0]
    if idle:
        return Finding(
            "steps that change nothing",
            f"of {len(case.steps)} steps made again, number {', '.join(map(str, idle))} left every weight as it was",
            "the learning rate in the journal is not the one at work in those steps",
            "look at what sets the learning rate between the schedule and the optimizer",
        )
    uphill = float(np.median([step.downhill for step in case.steps]))
    if uphill > -0.01:
        return None
    return Finding(
        "steps go uphill",
        f"the cosine between a step and the way down is {uphill:.3f}",
        "the loss is made larger",
        "look for a sign: weights = weights - rate * gradient",
    )


def gradients_are_of_the_batch(case: Case) -> Finding | None:
    """The norm in the journal is that of this batch's gradient alone."""
    off = [abs(step.said / step.found - 1) for step in case.steps[1:] if step.found > 0]
    if not off or float(np.median(off)) < 0.05:
        return None
    step = case.steps[-1]
    return Finding(
        "gradients of other steps",
        f"step {len(case.steps) - 1} says its gradient has norm {step.said:.4g}; that of its batch is {step.found:.4g}",
        "something is left in the gradients from one step to the next",
        "set gradients to None after every step",
    )


def clipping(case: Case) -> Finding | None:
    """Clipping shortens what is too long and leaves the rest."""
    kept = [step.applied / step.said for step in case.steps if step.said > 0 and step.applied > 0]
    if not kept or float(np.median(kept)) > 0.02:
        return None
    return Finding(
        "gradients are clipped away",
        f"the optimizer gets {np.median(kept):.2g} of the gradient; the bound is to be {case.record.training.clip:g}",
        "so little is left that AdamW's epsilon outweighs it",
        "bound the norm at about 1",
    )


@torch.no_grad()
def loss_is_a_mean(case: Case) -> Finding | None:
    """What the training minimizes is the mean of -ln p of its targets."""
    texts = case.read[0]
    texts = Texts(texts.tokens[:4], texts.targets[:4]) if texts.positions is None else texts
    with still(case.start.model.modules()):
        loss = case.start.objective(case.start.model, texts)
        losses = token_losses(case.start.model, texts)
    asked = int((texts.targets != IGNORED).sum())
    said, found = float(loss.total / loss.count), float(losses.sum()) / asked
    if abs(said / found - 1) < 0.01:
        return None
    return Finding(
        "the loss is no mean",
        f"the training says {said:.4g}; the mean of -ln p over {asked:,} targets is {found:.4g}",
        "its loss, its gradients and its clipping have another size than they should",
        "divide the sum by the number of targets that are asked for",
    )


def scoring(case: Case) -> Finding | None:
    """The validation loss that is told is that of the model at rest on the held-out text."""
    if not case.record.saved:
        return None
    twice, own = (case.score(case.model), case.score(case.model)), case.own_score.loss
    if twice[0] != twice[1]:
        return Finding(
            "scores that differ",
            f"the same weights are scored {twice[0]:.4f} and {twice[1]:.4f}; at rest it is {own:.4f}",
            "something random is at work while the model is scored",
            "switch dropout off with model.eval(), and on again afterwards",
        )
    if abs(twice[0] - own) > 0.02 * own:
        return Finding(
            "scores of another text",
            f"the training says {twice[0]:.4f}; on the held-out text it is {own:.4f}",
            "the model is scored on other tokens than those it should be, or they are read with other ids",
            "use the tokenizer of the run, and the file of the validation part",
        )
    asked = [int(entry["tokens"]) for entry in case.record.evaluations if "tokens" in entry]
    if asked and asked[-1] != case.own_score.tokens:
        return Finding(
            "scores of another text",
            f"the journal counts {asked[-1]:,} targets; the validation text has {case.own_score.tokens:,}",
            "the model is scored on another text",
            "look at which file is scored",
        )
    return None


def overfitting(case: Case) -> Finding | None:
    """Held-out text is not much harder than text that was read."""
    if not case.record.saved or not all_next(case):
        return None
    read, held_out = case.own_training_loss, case.own_score.loss
    if held_out < 1.25 * read + 0.1:
        return None
    return Finding(
        "overfitting",
        f"{read:.3f} nats on what was read, {held_out:.3f} on held-out text",
        "the text is known by heart",
        "more text, fewer steps, a smaller model, dropout or task.noise; and see whether all of the text is read",
    )


def all_next(case: Case) -> bool:
    """Whether the training asks for the next token, so that its loss compares with the validation's."""
    return targets(case) is None


def more_than_frequencies(case: Case) -> Finding | None:
    """A model that was trained knows more than how often each token comes."""
    if not case.record.saved or len(case.record.updates) < 200:  # fewer may not be enough for the best of models
        return None
    size = case.record.config.vocabulary
    counts = np.bincount(case.tokens[:4_000_000], minlength=size) + 0.5
    frequencies = -np.log(counts / counts.sum())
    unigram = float(frequencies[np.asarray(case.validation.tokens)[1:]].mean())
    own = case.own_score.loss
    if own < unigram - 0.05:
        return None
    return Finding(
        "no more than frequencies",
        f"{own:.3f} nats on held-out text after {len(case.record.updates)} steps; counting tokens gives {unigram:.3f}",
        "nothing was learned of what stands beside what",
        "train longer, or look at attention, targets and learning rate",
    )
