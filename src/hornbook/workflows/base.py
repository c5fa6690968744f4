"""A training that begins with the weights of another run, and what that run's model has forgotten afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from hornbook.data.config import Continue, CutSpans, Instruct, MaskedTokens, NextToken, Translate
from hornbook.errors import HornbookError, MissingError, SettingError
from hornbook.evaluation.accuracy import Guesses
from hornbook.evaluation.loss import Measured
from hornbook.finetuning.adapting import body_of
from hornbook.workflows.load import IMPORTED, Loaded, load_prepared, load_run
from hornbook.workflows.recipe import Recipe
from hornbook.workflows.tasks import task_of

SAYING = (NextToken, Instruct, Continue, Translate, MaskedTokens, CutSpans)
"""Tasks whose loss is in nats per token."""


def begin_with_base(model: nn.Module, recipe: Recipe, report: Callable[[str], None]) -> None:
    """Give ``model`` the weights of the run that ``recipe`` begins with; what is put on top of it stays as drawn.

    Raises:
        MissingError: that run is gone.
        SettingError: its model has other weights than this one.
    """
    if recipe.base is None:
        return
    base = load_run(recipe.base)
    state = body_of(base.model).state_dict()
    try:
        body_of(model).load_state_dict(state)
    except RuntimeError as error:
        reason = str(error).split("\n\t")[1].strip()
        raise SettingError(
            f"base: the weights of {base.run.folder} do not fit this model ({reason}); leave out what the recipe says "
            "of the model, or take a base that was trained whole"
        ) from None
    report(f"begins with {base.run.folder} at {base.checkpoint.name}")


@dataclass(frozen=True)
class Forgetting:
    """The loss (nats per token) on the validation data of the base: of the base itself, and of what became of it."""

    base: str
    before: float
    after: float
    tokens: int

    def __str__(self) -> str:
        """In one sentence."""
        return (
            f"on the {self.tokens:,} validation tokens of its base the loss went from {self.before:.3f} to "
            f"{self.after:.3f} nats/token ({self.after - self.before:+.3f})"
        )

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {"base": self.base, "before": self.before, "after": self.after, "tokens": self.tokens}


def forgetting(loaded: Loaded) -> Forgetting | None:
    """What a fine-tuned run still knows of what its base had learned; ``None`` where that cannot be asked.

    It can be asked of models that say tokens, whose base was trained here, where its data lie where they lay.
    """
    body, base = body_of(loaded.model), opened(loaded.recipe)
    if base is None or type(body) is not type(base.model) or not isinstance(base.recipe.task, SAYING):
        return None
    try:
        prepared = load_prepared(base.run)
    except HornbookError:
        return None
    measure = task_of(base.recipe).score
    before, after = (measure(model, base.recipe, prepared, torch.float32) for model in (base.model, body))
    assert isinstance(before, Measured | Guesses)
    return Forgetting(str(base.run.folder), before.loss, after.loss, before.tokens)


def opened(recipe: Recipe) -> Loaded | None:
    """The base of a recipe, if it has one that is still there and has data of its own."""
    try:
        base = None if recipe.base is None else load_run(recipe.base)
    except MissingError:
        return None
    return None if base is None or IMPORTED in base.run.info else base
