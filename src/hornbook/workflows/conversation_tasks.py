"""Conversations: what the assistant says is learned, and asked for again when the model is to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hornbook.data.chat_templates import ChatTemplate, Message
from hornbook.data.config import Instruct, Reinforce
from hornbook.data.conversation_batches import ConversationBatches, conversation_batches
from hornbook.data.conversations import PreparedConversations, prepare_conversations
from hornbook.data.conversations import open_conversations as opened
from hornbook.errors import SettingError
from hornbook.evaluation.accuracy import Guesses, evaluate_masked
from hornbook.generation.config import Sampling
from hornbook.generation.generate import Steps, generate
from hornbook.generation.text import Sample, Writing, write
from hornbook.model.config import ModelConfig
from hornbook.model.models import Decoder
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.workflows.recipe import Recipe

SCORED_AT_ONCE = 64


def prepare(recipe: Recipe, folder: Path, report: Callable[[str], None]) -> None:
    """Conversations as a token file, and what is asked in them."""
    assert isinstance(recipe.task, Instruct | Reinforce)
    template = ChatTemplate.named(recipe.task.template)
    prepare_conversations(recipe.data, recipe.tokenizer, template, folder, recipe.seed, report)


def open_conversations(folder: Path) -> PreparedConversations:
    """The token files."""
    return opened(folder)


def batches(recipe: Recipe, config: ModelConfig, data: PreparedConversations) -> ConversationBatches:
    """Conversations in another order in every epoch."""
    assert isinstance(recipe.task, Instruct)
    training = recipe.training
    return ConversationBatches(
        data.train, recipe.task, recipe.seed, training.batch, config.context, training.micro_batches
    )


def score(model: nn.Module, recipe: Recipe, data: PreparedConversations, dtype: torch.dtype) -> Guesses:
    """Every held-out conversation, each token of an answer after the right ones before it."""
    assert isinstance(model, Decoder) and isinstance(recipe.task, Instruct)
    held_out = conversation_batches(data.validation, recipe.task, recipe.model.context, SCORED_AT_ONCE)
    return evaluate_masked(model, held_out, autocast=dtype)


def answered(
    model: nn.Module, tokenizer: Tokenizer, recipe: Recipe, info: dict[str, Any], prompt: str, sampling: Sampling
) -> Sample:
    """The assistant's answer to one question."""
    assert isinstance(model, Decoder)
    template = ChatTemplate(str(info["template"]))
    return answer(model, tokenizer, template, [{"role": "user", "content": prompt}], sampling)


def answer(
    model: Decoder,
    tokenizer: Tokenizer,
    template: ChatTemplate,
    messages: Sequence[Message],
    sampling: Sampling,
    steps: Steps = generate,
) -> Sample:
    """What the assistant says next in a conversation."""
    writing, pieces = said(model, tokenizer, template, messages, sampling, steps)
    for _ in pieces:
        pass
    return writing.sample()


def said(
    model: Decoder,
    tokenizer: Tokenizer,
    template: ChatTemplate,
    messages: Sequence[Message],
    sampling: Sampling,
    steps: Steps = generate,
) -> tuple[Writing, Iterator[str]]:
    """The same piece by piece: what is being written, and the pieces as they become certain.

    Raises:
        SettingError: there is no room left in the context for an answer.
    """
    tokens, _ = template.encode(messages, tokenizer, prompt=True)
    room = model.config.context - len(tokens)
    if room < 1:
        raise SettingError(
            f"the conversation has {len(tokens):,} tokens and the context {model.config.context:,}: there is no room "
            "for an answer; begin a new one (/new), or say less"
        )
    writing = Writing(tokenizer, tokens, sampling)
    writing.end = template.end(tokenizer)
    return writing, (piece for [piece] in write(model, tokens, [writing], sampling, steps) if piece)
