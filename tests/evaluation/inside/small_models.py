"""Models of every kind that is looked into, small and made by hand, and what they read."""

from __future__ import annotations

from dataclasses import replace

import torch

from hornbook.model.config import EncoderAndDecoder, EncoderOnly, ModelConfig, Rotary
from hornbook.model.initialise import initialise
from hornbook.model.models import build_model

CONFIG = ModelConfig(vocabulary=23, context=16, width=24, heads=3, depth=2, position_encoding=Rotary())
TOKENS = torch.tensor([[3, 1, 4, 1, 5]])
SOURCE = torch.tensor([[2, 7, 1, 8, 2, 8, 1]])
KINDS = {"decoder": CONFIG, "encoder": replace(CONFIG, architecture=EncoderOnly())}
KINDS["both"] = replace(CONFIG, architecture=EncoderAndDecoder())
KINDS["shared"] = replace(CONFIG, shared=True, depth=3)


def made(config):
    """A model whose every number is far from 0, so that no part is silent."""
    model = build_model(config)
    initialise(model, config, 3)
    with torch.no_grad():
        for number, parameter in enumerate(model.parameters()):
            parameter.add_(torch.linspace(-0.3, 0.4, parameter.numel()).sin().view_as(parameter) * (1 + number % 3) / 3)
    return model.eval()


def lively(config):
    """A model whose matrices are large: its tokens differ, its heads choose, and what is changed can be heard."""
    model = build_model(config)
    initialise(model, config, 3)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(12.0)
    return model.eval()


def given(kind):
    """What a model of a kind is called with."""
    return (SOURCE, TOKENS) if kind == "both" else (TOKENS,)
