"""What a training does: its first weights, its first steps made again, how far its weights went, how it scores itself.

Next: checks.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import torch
from torch import Tensor, nn

from hornbook.batches import Positions, Texts
from hornbook.evaluation.diagnosis.case import Case, Finding
from hornbook.evaluation.diagnosis.in_model import attentions_of, inputs_of, replaced
from hornbook.evaluation.loss import still, token_losses


@torch.no_grad()
def attention_scale(case: Case) -> Finding | None:
    """Scores are divided by the root of the head's width: measured on two tokens whose queries and keys are known."""
    worst, name = 1.0, 0
    for layer, attention in enumerate(attentions_of(case)):
        if attention.softcap is not None or attention.sinks is not None:
            continue
        found = measured_scale(case, attention)
        wanted = case.config.blocks[layer].attention.scale or attention.head_width**-0.5
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


def measured_scale(case: Case, attention: nn.Module) -> float:
    """What one attention multiplies products of queries and keys by, from the odds it gives two tokens at one place."""
    width = attention.head_width
    assert isinstance(width, int)
    pattern = torch.ones(width, dtype=torch.float64)
    pattern[1::2] = -1.0
    other = pattern.clone()
    other[:2] *= -1

    def keys(output: Tensor) -> Tensor:
        return torch.stack([pattern, other]).repeat(1, output.shape[-1] // width)[None]

    def queries(output: Tensor) -> Tensor:
        return pattern.repeat(2, output.shape[-1] // width)[None]

    def values(output: Tensor) -> Tensor:
        return torch.stack([torch.ones(output.shape[-1]), torch.zeros(output.shape[-1])]).double()[None]

    tokens, places = torch.tensor([[0, 1]]), Positions(torch.zeros(1, 2, dtype=torch.long))
    with ExitStack() as stack:
        for module, by in ((attention.query, queries), (attention.key, keys), (attention.value, values)):
            assert isinstance(module, nn.Module)
            stack.enter_context(replaced(module, by))
        assert isinstance(attention.output, nn.Module)
        seen = stack.enter_context(inputs_of(attention.output))
        case.exact.hidden(tokens, places)
        normed = (
            [
                attention.normed(each(torch.empty(1, 2, seen[0].shape[-1])), norm)  # type: ignore[operator]
                for each, norm in ((queries, attention.query_norm), (keys, attention.key_norm))
            ]
            if attention.query.weight.shape == attention.key.weight.shape
            else None
        )  # type: ignore[union-attr]
    if normed is None:
        return -1.0
    share = seen[0][0, -1].view(-1, width)[:, 0].clamp(1e-15, 1 - 1e-15)
    product = (normed[0][0, :, 1] * (normed[1][0, :, 0] - normed[1][0, :, 1])).sum(-1)
    return float((torch.logit(share) / product).median())


@torch.no_grad()
def first_weights(case: Case) -> Finding | None:
    """Weights begin neither so narrow that nothing passes nor so wide that it is lost."""
    if not case.from_scratch:
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


def gradients_reach(case: Case) -> Finding | None:
    """Every parameter that is to learn gets a gradient, and every number of the weights moved."""
    if not case.trained or not case.from_scratch or len(case.updates) < 3:
        return None
    begun, still_there, wholly = dict(case.start.model.named_parameters()), [], 0
    for name, parameter in case.model.named_parameters():
        before = begun[name].detach().to(parameter.dtype)
        wholly += 1
        if torch.equal(before, parameter.detach()):
            still_there.append(name)
    if not still_there:
        return None
    everything = len(still_there) == wholly
    names = ", ".join(still_there[:3]) + (f" and {len(still_there) - 3} more" if len(still_there) > 3 else "")
    return Finding(
        "weights that never moved",
        f"after {len(case.updates)} steps {len(still_there)} of {wholly} parameters are what they were at the start: {names}",
        "no step changed anything" if everything else "these parameters are left out of what learns",
        "see whether they get a gradient, whether the optimizer knows them, and whether its learning rate is above 0",
    )


def rows_move(case: Case) -> Finding | None:
    """Every token that was read has moved its row of the table."""
    if not case.trained or not case.from_scratch or gradients_reach(case) is not None:
        return None
    before, after = case.start.model.embedding.tokens.weight.detach(), case.model.embedding.tokens.weight.detach()
    used = torch.cat([texts.tokens.flatten() for texts in case.read[:6]]).unique()
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
    if not case.trained:
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
        f"the optimizer gets {float(np.median(kept)):.2g} of the gradient; the recipe's bound is {case.training.clip:g}",
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
    said, found = float(loss.total / loss.count), float(losses.sum() / (texts.targets >= 0).sum())
    if abs(said / found - 1) < 0.01:
        return None
    return Finding(
        "the loss is no mean",
        f"the training says {said:.4g}; the mean of -ln p over {int((texts.targets >= 0).sum()):,} targets is {found:.4g}",
        "its loss, its gradients and its clipping have another size than they should",
        "divide the sum by the number of targets that are asked for",
    )


def scoring(case: Case) -> Finding | None:
    """The validation loss that is told is that of the model at rest on the held-out text."""
    if not case.trained:
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
    asked = [int(entry["tokens"]) for entry in case.evaluations if "tokens" in entry]
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
    if not case.trained or not all_next(case):
        return None
    read, held_out = case.own_training_loss, case.own_score.loss
    if held_out < 1.25 * read + 0.1:
        return None
    return Finding(
        "overfitting",
        f"{read:.3f} nats on what was read, {held_out:.3f} on held-out text",
        "the text is known by heart",
        "more text, fewer steps, a smaller model, or dropout; and see whether all of the text is read",
    )


def all_next(case: Case) -> bool:
    """Whether the training asks for the next token, so that its loss compares with the validation's."""
    from hornbook.evaluation.diagnosis.in_batches import targets

    return targets(case) is None


def learned_more_than_frequencies(case: Case) -> Finding | None:
    """A model that was trained knows more than how often each token comes."""
    if not case.trained or len(case.updates) < 30:
        return None
    size = case.config.vocabulary
    counts = np.bincount(case.tokens[:4_000_000], minlength=size) + 0.5
    frequencies = -np.log(counts / counts.sum())
    unigram = float(frequencies[np.asarray(case.validation.tokens)[1:]].mean())
    own = case.own_score.loss
    if own < unigram - 0.05:
        return None
    return Finding(
        "no more than frequencies",
        f"{own:.3f} nats on held-out text after {len(case.updates)} steps; counting tokens gives {unigram:.3f}",
        "nothing was learned of what stands beside what",
        "train longer, or look at attention, targets and learning rate",
    )
