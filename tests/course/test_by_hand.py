"""The GPT in NumPy: its loss and every gradient are PyTorch's, and it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from hornbook.course.by_hand import Weights, backward, descended, forward
from hornbook.model.config import BlockConfig, Dense, ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator

CONFIG = ModelConfig(
    vocabulary=11,
    context=7,
    width=8,
    heads=2,
    depth=2,
    pattern=(BlockConfig(feed_forward=Dense(activation="gelu_tanh")),),
)
TARGETS = torch.tensor([[3, 3, 1, 0, 10, 2], [5, 4, -100, -100, 7, 9]])
TOKENS = torch.tensor([[1, 3, 3, 1, 0, 10], [10, 5, 4, 4, 2, 7]])


@pytest.fixture(scope="module")
def model() -> Decoder:
    built = Decoder(CONFIG).double()
    initialise(built, CONFIG, seed=0)
    draw = torch_generator(0, "away from zero")  # biases and shifts begin at 0, where mistakes hide
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=draw, dtype=torch.float64))
    return built


def weights_of(model: Decoder) -> Weights:
    return {name: each.detach().numpy().copy() for name, each in model.named_parameters()}


def test_loss_and_every_gradient_equal_those_of_our_decoder_in_float64(model: Decoder) -> None:
    model.zero_grad()
    mean = F.cross_entropy(model(TOKENS).flatten(0, 1), TARGETS.flatten())  # -100 is left out of the mean
    mean.backward()
    weights = weights_of(model)
    seen = forward(weights, CONFIG.heads, TOKENS.numpy(), TARGETS.numpy())
    gradients = backward(weights, TOKENS.numpy(), TARGETS.numpy(), seen)
    assert float(seen["loss"]) == pytest.approx(float(mean.detach()), abs=1e-12)
    assert gradients.keys() == dict(model.named_parameters()).keys()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None
        np.testing.assert_allclose(gradients[name], parameter.grad.numpy(), rtol=1e-6, atol=1e-9, err_msg=name)


def test_gradients_are_what_a_small_change_of_a_weight_does_to_the_loss(model: Decoder) -> None:
    weights = weights_of(model)
    tokens, targets = TOKENS.numpy(), TARGETS.numpy()
    gradients = backward(weights, tokens, targets, forward(weights, 2, tokens, targets))
    for name in (
        "embedding.tokens.weight",
        "stack.blocks.0.attention.key.weight",
        "stack.blocks.1.feed_forward.up.bias",
    ):
        losses = []
        for change in (1e-5, -1e-5):
            moved = {key: each.copy() for key, each in weights.items()}
            moved[name].flat[3] += change
            losses.append(float(forward(moved, 2, tokens, targets)["loss"]))
        assert gradients[name].flat[3] == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-5)


def test_it_learns_two_sentences_by_heart(model: Decoder) -> None:
    weights, tokens, targets = weights_of(model), TOKENS.numpy(), TARGETS.numpy()
    losses = []
    for _ in range(60):
        seen = forward(weights, 2, tokens, targets)
        losses.append(float(seen["loss"]))
        weights = descended(weights, backward(weights, tokens, targets, seen), 0.3)
    assert losses[0] > 2.0
    assert losses[-1] < 0.1
