"""How a run writes: in which format its weights are read, and whether the step is compiled first.

Uncompiled, a token costs what the library needs to read all weights once; compiled, what memory needs. The code is kept
on the disk, so compiling is paid for once for each shape of model, and what ``auto`` weighs is this one request.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

from hornbook.data.config import Continue, NextToken
from hornbook.errors import SettingError
from hornbook.generation.ahead import place_of
from hornbook.generation.fast import Fast, step_arguments, step_name
from hornbook.generation.generate import generate
from hornbook.generation.speculative import Drafted, Lookup, one_by_one
from hornbook.model.models import Decoder
from hornbook.model.weight_formats import WEIGHT_FORMATS, with_weights
from hornbook.tokenizers.saved import fingerprint
from hornbook.training.compiling import missing_compiler
from hornbook.training.config import CompileName
from hornbook.workflows.load import Loaded, load_run

COST, LOADING = 35.0, 1.0
"""Seconds that compiling a step takes on two cores (GPT-2 124M), and loading one that was kept."""

WORTH = 5.0
"""Seconds of uncompiled writing from which on compiling is begun: it pays from the second or third time on."""

LIBRARY, LAYER = 14e9, 4e-4
"""What a library's product reads in a second with one row, in bytes, and the seconds a layer takes besides."""


def ready_to_write(
    loaded: Loaded,
    weights: str,
    compiling: CompileName,
    tokens: int,
    rows: int,
    report: Callable[[str], None],
) -> Loaded:
    """The run, with a way to read its texts that suits ``rows`` texts of so many new tokens.

    Raises:
        SettingError: the run does not continue texts, and only such can be read this way; or an unknown format.
    """
    plain = weights == "float32" and compiling in ("auto", "never")
    if not isinstance(loaded.recipe.task, NextToken | Continue) or not isinstance(loaded.model, Decoder):
        if plain:
            return loaded
        raise SettingError("--weights and --compile are for runs that continue texts; leave them out for this one")
    if weights not in WEIGHT_FORMATS:
        with_weights(loaded.model, weights)  # says which there are
    chosen = compiling == "always" or (compiling == "auto" and repays(loaded.model, weights, tokens, rows))
    if plain and not chosen:
        return loaded
    missing = missing_compiler(loaded.model.embedding.device)
    if missing and chosen:
        report(f"not compiled: {missing}")
        chosen = False
    if chosen and not kept(loaded.model, weights, rows):
        report(f"compiling the step for this shape of model, about {COST:.0f} s; it is kept for the next time")
    fast = Fast.of(loaded.model, weights, rows, chosen)
    report(fast.path)
    return dataclasses.replace(loaded, steps=partial(generate, reading=fast.reading))


def repays(model: Decoder, weights: str, tokens: int, rows: int) -> bool:
    """Whether this request is long enough for compiled code: made already, or yet to be made."""
    if model.embedding.device.type != "cpu":
        return False
    seconds = tokens * uncompiled_seconds(model)
    return seconds > WORTH or (seconds > 2 * LOADING and kept(model, weights, rows))


def uncompiled_seconds(model: Decoder) -> float:
    """About what one token takes uncompiled, in float32."""
    size = sum(each.numel() * each.element_size() for each in model.parameters())
    return size / LIBRARY + model.config.depth * LAYER


def kept(model: Decoder, weights: str, rows: int) -> bool:
    """Whether the compiled step lies on the disk."""
    arguments, _ = step_arguments(model.config, model.embedding.device, weights, rows)
    return place_of(arguments, step_name(model.config, weights, rows)).exists()


def ready_to_guess(loaded: Loaded, draft: str, samples: int) -> Loaded:
    """The run, guessing ahead: with another run, or what it looks up in its own text (``lookup``).

    Raises:
        SettingError: it does not continue texts, more than one is asked for, or the tokenizers differ.
    """
    if not isinstance(loaded.recipe.task, NextToken | Continue) or samples > 1:
        raise SettingError("--draft is for one text that is continued; leave it out, or --samples")
    if draft == "lookup":
        return dataclasses.replace(loaded, steps=partial(one_by_one, how=Lookup()))
    smaller = load_run(draft)
    if fingerprint(smaller.tokenizer) != fingerprint(loaded.tokenizer):
        raise SettingError(f"--draft: {smaller.run.folder} has another tokenizer; a draft has to share that of the run")
    return dataclasses.replace(loaded, steps=partial(one_by_one, how=Drafted(), draft_model=smaller.model))
