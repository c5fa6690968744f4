"""Models that cost the same and differ in shape: for every depth the width that comes nearest to a budget."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hornbook.errors import SettingError
from hornbook.model.config import ModelConfig
from hornbook.model.count import count
from hornbook.model.presets import PRESETS
from hornbook.tokenizers.config import GPT2, BytePair, TokenizerConfig
from hornbook.workflows.recipe import Recipe, replaced


@dataclass(frozen=True)
class Equal:
    """What is held equal, in words, and how much of it a model costs."""

    words: str
    cost: Callable[[ModelConfig], float]
    same_tokens: bool = True


EQUAL: Mapping[str, Equal] = {
    "parameters": Equal("parameters, embeddings counted", lambda config: float(count(config).parameters)),
    "layers": Equal("parameters of the layers", lambda config: float(count(config).non_embedding_parameters)),
    "flops": Equal("operations a token", lambda config: float(count(config).training_flops_per_token())),
    "time": Equal(
        "seconds of training, and parameters", lambda config: float(count(config).parameters), same_tokens=False
    ),
}
"""What ``--equal`` may say."""


def shaped(config: ModelConfig, depth: int, cost: Callable[[ModelConfig], float], budget: float) -> ModelConfig:
    """The model of this depth whose cost is nearest to ``budget``; its width is a multiple of twice the heads.

    The number of heads stays. Cost rises with the width, so halving an interval finds the place.

    Raises:
        SettingError: even the narrowest model costs too much.
    """
    step = 2 * config.heads

    def of(multiple: int) -> ModelConfig:
        return dataclasses.replace(config, depth=depth, width=step * multiple)

    high = 2
    while cost(of(high)) < budget:
        high *= 2
    low = high // 2 if high > 2 else 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if cost(of(middle)) < budget else (low, middle)
    best = min((of(low), of(high)), key=lambda each: abs(cost(each) - budget))
    if cost(best) > 1.5 * budget:
        raise SettingError(f"depths: {depth} layers cost more than the budget at any width; leave {depth} out")
    return best


def depths_around(depth: int) -> tuple[int, ...]:
    """Half as deep, as deep, twice as deep."""
    return tuple(sorted({max(1, depth // 2), depth, 2 * depth}))


def grid(config: ModelConfig, depths: Sequence[int], equal: Equal) -> dict[str, ModelConfig]:
    """A name -> a model for every depth, all of them as near as can be to what ``config`` costs.

    Raises:
        SettingError: fewer than two depths, or one below 1.
    """
    if len(set(depths)) < 2 or min(depths) < 1:
        raise SettingError(f"depths: expected two or more of at least 1, as in 2,4,8, found {list(depths)}")
    budget = equal.cost(config)
    models = (
        config if depth == config.depth else shaped(config, depth, equal.cost, budget) for depth in sorted(set(depths))
    )
    return {f"{model.depth}x{model.width}": model for model in models}


# The four of a published study ----------------------------------------------------------------------------------------

PUBLISHED = ("gpt-balanced", "gpt-deep", "gpt-demo", "gpt-real")
"""Presets of the published study: 6 x 384, 12 x 384, 6 x 768, 12 x 768."""

SCALE_ON_CPU = 6
"""By how much width, context and vocabulary are divided where there is no GPU; the depth stays, and with it the part of
the parameters that embeddings are."""


def published(recipe: Recipe, scale: int) -> dict[str, Recipe]:
    """The four configurations, with everything but the depth divided by ``scale``, trained as the recipe says.

    Raises:
        SettingError: nothing is left of a model.
    """
    recipes = {}
    for name in PUBLISHED:
        whole = PRESETS[name]
        if scale < 1 or whole.width // scale < 16:
            raise SettingError(f"scale: expected a whole number from 1 to {384 // 16}, found {scale}")
        width = whole.width // scale // 2 * 2
        heads = max(each for each in (12, 6, 4, 3, 2, 1) if not width % each and width // each >= 16)
        tokenizer: TokenizerConfig = GPT2() if scale == 1 else BytePair(vocabulary=whole.vocabulary // scale)
        model = dataclasses.replace(
            whole, width=width, heads=heads, context=whole.context // scale, vocabulary=whole.vocabulary // scale
        )
        recipes[name] = replaced(recipe, model=model, tokenizer=tokenizer)
    return recipes
