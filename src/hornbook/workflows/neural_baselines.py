"""``hornbook bench networks``: what other networks of one size make of the same text.

In: a run that continues texts. Out: a row for a neural bigram model, an LSTM and the run's own architecture, each
trained anew for the same time by the same loop, AdamW and batches on the run's training tokens, and scored like the run
on its validation tokens; and the row of the run itself. None is compiled. What is compared is what a machine gets out
of so many minutes, not what each could reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from torch import nn

from hornbook.batches import Texts
from hornbook.data.config import NextToken
from hornbook.data.prepare import Prepared
from hornbook.errors import SettingError
from hornbook.evaluation.loss import evaluate_loss
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder, build_model
from hornbook.model.recurrent import NEURAL_BASELINES, of_about
from hornbook.seeds import torch_generator
from hornbook.training.config import AdamW, Trapezoid
from hornbook.training.loop import training_steps
from hornbook.training.objectives import Loss, token_loss
from hornbook.training.optimizers import build_optimizer
from hornbook.training.schedules import factor
from hornbook.training.timer import ByTime, Clock
from hornbook.workflows.load import Loaded
from hornbook.workflows.text_tasks import windows

OPTIMIZER = AdamW(learning_rate=3e-3)
SCHEDULE = Trapezoid()
THIS = "this run"
ANEW = "its architecture, anew"


@dataclass(frozen=True)
class Row:
    """A network after ``seconds`` of training over ``tokens`` targets; ``None`` where the run does not say."""

    name: str
    parameters: int
    seconds: float | None
    tokens: int | None
    loss: float
    bits_per_byte: float

    @property
    def tokens_per_second(self) -> float | None:
        """How fast it was trained."""
        return self.tokens / self.seconds if self.tokens and self.seconds else None


def predicted(model: Any, batch: Texts) -> Loss:
    """The loss by way of a table of all logits, which every network here has."""
    return token_loss(model.write(model.hidden(batch.tokens, batch.positions)), batch.targets)


def neural_baselines(loaded: Loaded, prepared: Prepared, minutes: float) -> Iterator[Row]:
    """A row for each network as soon as it is trained, ``minutes`` each, and last the run itself.

    Raises:
        SettingError: the run does not continue texts, or ``minutes`` is not positive.
    """
    model, recipe = loaded.model, loaded.recipe
    if not isinstance(model, Decoder) or not isinstance(recipe.task, NextToken):
        raise SettingError(f"{loaded.run.folder}: neural baselines continue texts, and this run does something else")
    if not minutes > 0:
        raise SettingError(f"minutes: expected a number above 0 for each network, found {minutes}")
    for name, network in networks(model, recipe.seed):
        seconds, tokens = trained(network, loaded, prepared, 60 * minutes)
        yield scored(name, network, loaded, prepared, seconds, tokens)
    yield scored(THIS, model, loaded, prepared, None, None)


def networks(model: Decoder, seed: int) -> Iterator[tuple[str, nn.Module]]:
    """What is trained, before it has learned anything: baselines as large as the model, and the model's own kind."""
    size = sum(parameter.numel() for parameter in model.parameters())
    for name, kind in NEURAL_BASELINES.items():
        yield name, of_about(kind, model.config.vocabulary, size, torch_generator(seed, name))
    fresh = build_model(model.config)
    initialise(fresh, model.config, seed)
    yield ANEW, fresh


def trained(network: nn.Module, loaded: Loaded, prepared: Prepared, seconds: float) -> tuple[float, int]:
    """Train for so many seconds; how many it took, and from how many targets it learned."""
    recipe, clock = loaded.recipe, Clock()
    length, tokens = ByTime(seconds, clock), 0
    with closing(windows(recipe, loaded.model.config, prepared).prefetched()) as batches:
        for update in training_steps(
            network,
            batches,
            predicted,
            build_optimizer(OPTIMIZER, network),
            length=length,
            schedule=lambda step, fraction: factor(SCHEDULE, step, fraction, None),
            seed=recipe.seed,
            clock=clock,
        ):
            tokens += update.tokens
    return clock.seconds, tokens


def scored(
    name: str, network: Any, loaded: Loaded, prepared: Prepared, seconds: float | None, tokens: int | None
) -> Row:
    """A network on the whole validation split, in windows of the run's context."""
    context = loaded.model.config.context
    measured = evaluate_loss(network, prepared.validation, context, batch=max(1, 8192 // context))
    size = sum(parameter.numel() for parameter in network.parameters())
    return Row(name, size, seconds, tokens, measured.loss, measured.bits_per_byte)
