"""A hidden token is asked for in each model's own way, and never shown."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from hornbook.evaluation.hidden_token import ASKING, share_right
from hornbook.model.config import DecoderOnly, EncoderAndDecoder, EncoderOnly, ModelConfig, Rotary
from hornbook.model.models import build_model
from hornbook.seeds import torch_generator
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair

KINDS = (DecoderOnly(), EncoderOnly(), EncoderAndDecoder())
CONFIG = ModelConfig(vocabulary=270, context=32, width=24, heads=2, depth=2, tied=False, position_encoding=Rotary())


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(BytePair(vocabulary=270, special=("<|mask|>", "<|span-0|>")), ["abab"])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
def test_the_token_that_is_asked_for_changes_no_answer_and_those_that_may_be_seen_do(kind, tokenizer) -> None:
    config = dataclasses.replace(CONFIG, architecture=kind)
    model = build_model(config).eval()
    matrices = [weight for weight in model.parameters() if weight.dim() > 1]
    for place, weight in enumerate(matrices):  # large, so that every token that is seen counts
        torch.nn.init.normal_(weight, std=0.3, generator=torch_generator(3, "weights", place))
    texts = torch.randint(0, 256, (50, 13), generator=torch_generator(1, "texts"))
    asking = ASKING[type(model)]
    with torch.no_grad():
        answers = asking(model, texts, 7, tokenizer)
        for place, seen in ((7, False), (3, True), (11, not isinstance(kind, DecoderOnly))):
            other = texts.clone()
            other[:, place] = (other[:, place] + 101) % 256
            assert bool((asking(model, other, 7, tokenizer) != answers).any()) is seen
    right = texts.clone()
    right[:20, 7] = answers[:20]
    right[20:, 7] = (answers[20:] + 1) % 256
    assert share_right(model, tokenizer, right, 7) == 20 / 50
