"""What the doctor is shown of a training, and what it says. Next: checks.py."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Integer
from torch import Tensor, nn

from hornbook.batches import IGNORED, Texts
from hornbook.data.token_file import TokenFile
from hornbook.evaluation.loss import Measured, evaluate_loss, still, token_losses
from hornbook.model.config import ModelConfig
from hornbook.seeds import derive
from hornbook.training.config import TrainingConfig
from hornbook.training.loop import Update
from hornbook.training.objectives import Objective
from hornbook.training.optimizers import Optimizer

Tensors = list[Float[Tensor, "..."]]
"""Some numbers for every parameter, in its shape."""

STEPS_READ = 12
"""So many steps' batches are looked at: the first ones, and as many spread over the run."""

STEPS_MADE = 6
"""So many steps are made again, from the start."""


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be: the numbers that show it, what they mean, and what to do."""

    name: str
    evidence: str
    meaning: str
    advice: str


@dataclass(frozen=True)
class Program:
    """The parts of a training before its first step; ``updates`` makes its steps, one for every ``next``."""

    model: Any
    objective: Objective
    optimizer: Optimizer
    batches: Any
    updates: Callable[[], Generator[Update, None, None]]


@dataclass(frozen=True)
class Step:
    """One step made again: what it says of its gradient, and what its gradient and its effect were."""

    learning_rate: float
    said: float
    """The gradient's norm as the journal would tell it."""
    found: float
    """The norm of the gradient of this batch at these weights, computed apart."""
    applied: float
    """The norm of what the optimizer was given."""
    moved: float
    """How far all weights moved."""
    downhill: float
    """The cosine between that movement and the way down."""


@dataclass(frozen=True)
class Record:
    """What was asked of a training, and what it wrote down; ``saved``: it left a checkpoint.

    ``from_scratch``: all weights learn, and began where the seed put them.
    """

    config: ModelConfig
    training: TrainingConfig
    journal: Sequence[Mapping[str, Any]]
    saved: bool
    from_scratch: bool

    @cached_property
    def updates(self) -> list[Mapping[str, Any]]:
        """The journal's steps."""
        return [entry for entry in self.journal if entry["kind"] == "update"]

    @cached_property
    def evaluations(self) -> list[Mapping[str, Any]]:
        """The journal's evaluations."""
        return [entry for entry in self.journal if entry["kind"] == "evaluation"]

    @cached_property
    def losses(self) -> Float[np.ndarray, " steps"]:
        """Nats per target of every step."""
        return np.array([float(entry["loss"]) for entry in self.updates])

    @cached_property
    def uniform(self) -> float:
        """ln V: what one loses who knows nothing."""
        return math.log(self.config.vocabulary)


@dataclass(frozen=True)
class Case:
    """A training on running text: its record, and the parts it was made of.

    ``model`` has the last weights that were saved, or those of the start. ``program`` sets the training up anew, and
    ``plain`` has its batches without the noise that the recipe may ask for. ``score`` is the loss of a model on the
    validation text as the training itself computes it.
    """

    record: Record
    seed: int
    program: Callable[[], Program]
    plain: Any
    model: Any
    train: TokenFile
    validation: TokenFile
    score: Callable[[Any], float]

    @cached_property
    def start(self) -> Program:
        """The training before its first step, never moved."""
        return self.program()

    @cached_property
    def exact(self) -> Any:
        """The model's last weights in 64 bits, at rest: differences are then differences, not rounding."""
        return doubled(self.model)

    @cached_property
    def read(self) -> list[Texts]:
        """What the training reads: whole batches of the first steps and of some spread over the run."""
        last = max(STEPS_READ + 1, len(self.record.updates))
        spread = np.linspace(STEPS_READ, last - 1, STEPS_READ).astype(int).tolist()
        steps = list(dict.fromkeys([*range(STEPS_READ), *spread]))
        return [joined(self.plain.batch(step)) for step in steps]

    @cached_property
    def own_score(self) -> Measured:
        """The loss on the validation text, computed here."""
        context = self.record.config.context
        return evaluate_loss(self.model, self.validation, context, batch=max(1, 8192 // context))

    @cached_property
    def own_training_loss(self) -> float:
        """The mean loss of the last weights on batches that were read, at rest."""
        total, count = 0.0, 0
        with still(self.model.modules()), torch.no_grad():
            for texts in self.read:
                total += float(token_losses(self.model, texts).sum())
                count += int((texts.targets != IGNORED).sum())
        return total / max(1, count)

    @cached_property
    def tokens(self) -> Integer[np.ndarray, " tokens"]:
        """The training text."""
        return np.asarray(self.train.tokens)

    @cached_property
    def steps(self) -> list[Step]:
        """The first steps, made again."""
        program = self.program()
        return list(remade(program, self.seed, min(STEPS_MADE, max(1, len(self.record.updates)))))


def doubled(model: nn.Module) -> Any:
    """A model at rest whose numbers have 64 bits. The model itself is changed: it was opened for this."""
    model.double()
    return model.eval()


def joined(parts: Sequence[Texts]) -> Texts:
    """The micro-batches of a step as one batch."""
    if len(parts) == 1 or any(part.positions is not None for part in parts):
        return parts[0]
    return Texts(torch.cat([part.tokens for part in parts]), torch.cat([part.targets for part in parts]))


def remade(program: Program, seed: int, steps: int) -> Iterator[Step]:
    """Make steps, and look at each from outside: the gradient before it, what was applied, what moved."""
    model, applied = program.model, [0.0]
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    step = program.optimizer.step

    def watched() -> Any:
        gradients = [each.grad for each in learned if each.grad is not None]
        applied[0] = float(nn.utils.get_total_norm(gradients)) if gradients else 0.0
        return step()

    program.optimizer.step = watched  # type: ignore[method-assign]
    with closing(program.updates()) as updates:
        for number in range(steps):
            gradient = fresh_gradient(program, learned, number, seed)
            before = [parameter.detach().clone() for parameter in learned]
            update = next(updates)
            moves = [after.detach() - old for after, old in zip(learned, before, strict=True)]
            moved, found = length_of(moves), length_of(gradient)
            product = -sum(float((move * each).sum()) for move, each in zip(moves, gradient, strict=True))
            downhill = product / (moved * found) if moved and found else 0.0
            yield Step(update.learning_rate, update.gradient_norm, found, applied[0], moved, downhill)


def fresh_gradient(program: Program, learned: list[nn.Parameter], step: int, seed: int) -> Tensors:
    """The gradient of the mean loss of a step's batch, with the dropout of that step, beside whatever is kept."""
    program.model.train()
    torch.manual_seed(derive(seed, "dropout", step))
    gradient, count = [torch.zeros_like(parameter) for parameter in learned], 0
    for part in program.batches.batch(step):
        loss = program.objective(program.model, part)
        parts: Sequence[Tensor | None] = torch.autograd.grad(loss.total, learned, allow_unused=True)
        gradient = [old if new is None else old + new for old, new in zip(gradient, parts, strict=True)]
        count += int(loss.count)
    return [each / max(1, count) for each in gradient]


def length_of(tensors: Tensors) -> float:
    """The norm of all numbers together."""
    return math.sqrt(sum(float(tensor.double().square().sum()) for tensor in tensors))
