"""What a recipe would take, told before any text is prepared: what depends on the text is left open."""

from __future__ import annotations

import dataclasses
from typing import Any

from hornbook.model.count import count
from hornbook.workflows.choices import operations_per_token, training_memory
from hornbook.workflows.recipe import Recipe

GUESS = 4096
"""Tokens of a vocabulary whose size is decided when the text is read."""


def estimate(recipe: Recipe) -> dict[str, Any]:
    """Parameters, steps and tokens where the recipe says them, memory in bytes, and operations for each token."""
    config, training = recipe.model, recipe.training
    if not config.vocabulary:
        wanted = getattr(recipe.tokenizer, "vocabulary", 0)
        config = dataclasses.replace(config, vocabulary=wanted or GUESS)
    counted = count(config)
    return {
        "parameters": counted.parameters,
        "steps": training.steps,
        "tokens": None if training.steps is None else training.steps * training.batch * config.context,
        "minutes": training.minutes,
        "memory_bytes": training_memory(recipe, config, "float32").total,
        "flops_per_token": operations_per_token(recipe, config),
    }
