"""Which path a run took through the fast and the readable ways to compute the same thing."""

from __future__ import annotations

from pathlib import Path

import torch

from hornbook.model.arithmetic import halved
from hornbook.model.config import AttentionConfig
from hornbook.model.kernels import longest_direct
from hornbook.model.masks import looks_ahead
from hornbook.tokenizers.saved import load_tokenizer
from hornbook.training.config import AdamW
from hornbook.training.objectives import MANY
from hornbook.training.run_folder import Run
from hornbook.workflows.load import with_vocabulary
from hornbook.workflows.recipe import read_recipe


def path_of(name: str | Path) -> list[tuple[str, str]]:
    """What was chosen when a run began, and what that means for each part of a step, in words.

    Raises:
        MissingError: there is no such run.
    """
    run = Run.open(name)
    recipe = read_recipe(run.folder / "config.toml")
    config, training = with_vocabulary(recipe.model, load_tokenizer(run.tokenizer)), recipe.training
    choices = run.info.get("choices")
    if choices is None:
        return [("training", "this run was not trained here; nothing was chosen")]
    precision, plain = choices["precision"], not config.head_bias and config.head_softcap is None
    whole = plain and config.head_scale == 1.0 and config.vocabulary >= MANY
    optimizer = training.optimizer
    adamw = optimizer if isinstance(optimizer, AdamW) else optimizer.adamw
    kernels = sorted({attention_path(block.attention, config.context, precision) for block in config.blocks})
    return [
        ("device", f"{training.device}, {choices['threads']} threads"),
        ("arithmetic", f"products in {products(precision, training.device)}, weights and optimizer in float32"),
        ("compiled", "yes" if choices["compiled"] else "no"),
        ("attention", "; ".join(kernels)),
        ("loss", "straight from the stream, without a table of logits" if whole else "from a table of all logits"),
        ("optimizer", f"{type(optimizer).__name__}, AdamW's part {adamw.kernel}"),
        ("recomputing", "yes: less memory, more time" if choices.get("recomputed") else "no"),
    ]


PRODUCTS = {"float8": "float8 (linear layers whose sides are multiples of 16) and bfloat16"}
"""What a precision stands for, where its name does not say it all."""


def products(precision: str, device: str) -> str:
    """What is multiplied in; and by whom, where that is not PyTorch's own choice (model/arithmetic.py)."""
    processor = device == "cpu" or (device == "auto" and not torch.cuda.is_available())
    ours = processor and precision == "float32" and halved(torch.device("cpu"))
    return PRODUCTS.get(precision, precision) + (" (on this processor by oneDNN)" if ours else "")


def attention_path(attention: AttentionConfig, context: int, precision: str) -> str:
    """The kernel that trains, where ``auto`` leaves it open (model/kernels.py)."""
    if attention.kernel != "auto":
        return f"{attention.kernel}, asked for"
    if attention.softcap is not None or attention.sinks:
        return "direct (auto: a softcap or sinks)"
    ahead = attention.mask is not None and looks_ahead(attention.mask)
    if context <= longest_direct(precision != "float32", ahead):
        return f"direct on a processor (auto: {context} tokens are few), fused on a GPU"
    return "fused (auto)"
