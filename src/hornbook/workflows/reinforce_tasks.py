"""Questions whose answers can be checked: the model draws answers itself, and learns from what they are worth."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from hornbook.batches import Questions
from hornbook.data.asked import AskedFile
from hornbook.data.chat_templates import ChatTemplate
from hornbook.data.config import Reinforce
from hornbook.data.conversations import PreparedConversations
from hornbook.data.order import epochs_and_places
from hornbook.data.prefetch import made_ahead
from hornbook.data.views import padded
from hornbook.errors import SettingError
from hornbook.finetuning.reinforce import ReinforceObjective
from hornbook.finetuning.rewards import find_reward
from hornbook.generation.config import Sampling
from hornbook.generation.translate import continuations
from hornbook.model.config import ModelConfig
from hornbook.model.models import Decoder
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.training.devices import choose_device
from hornbook.training.objectives import Objective
from hornbook.workflows.recipe import Recipe

HELD_OUT_AT_MOST = 1000


@dataclass(frozen=True)
class Asking:
    """The last question of every conversation: what stands before its last answer, and that answer as text."""

    file: AskedFile
    ended: int | None

    def __len__(self) -> int:
        """How many questions there are."""
        return len(self.file)

    def prompt(self, row: int) -> list[int]:
        """The ids up to the answer."""
        return self.last(row)[0]

    def known(self, row: int) -> str:
        """The right answer."""
        ids = self.last(row)[1]
        return self.file.tokenizer.decode(ids[:-1] if ids[-1] == self.ended else ids)

    def last(self, row: int) -> tuple[list[int], list[int]]:
        """The last turn of the assistant."""
        return list(self.file.turns(row))[-1]


class QuestionBatches:
    """Questions by step, every one once per epoch; ``updates`` steps in a row have the same."""

    def __init__(
        self, asking: Asking, task: Reinforce, seed: int, batch: int, context: int, micro_batches: int = 1
    ) -> None:
        """Lay out the order.

        Raises:
            SettingError: a question leaves no room in the context for an answer, or the batch cannot be divided into
                equal micro-batches.
        """
        if batch % micro_batches:
            raise SettingError(f"micro_batches: {micro_batches} does not divide batch {batch}")
        self.micro_batches = micro_batches
        self.asking, self.task, self.seed, self.size = asking, task, seed, batch
        self.prompts = [asking.prompt(row) for row in range(len(asking))]
        longest = max(range(len(asking)), key=lambda row: len(self.prompts[row]))
        if len(self.prompts[longest]) + task.max_tokens > context:
            raise SettingError(
                f"context: {asking.file.name(longest)} has {len(self.prompts[longest]):,} tokens and an answer up to "
                f"{task.max_tokens:,}, and the context has {context:,}; use a longer one or a smaller task.max_tokens"
            )

    @property
    def steps_per_epoch(self) -> int:
        """Steps after which every question was asked."""
        return -(-len(self.asking) // self.size) * self.task.updates

    def rows(self, step: int) -> list[int]:
        """Which questions a step asks."""
        places: list[int] = epochs_and_places(step // self.task.updates, self.size, len(self.asking), self.seed)[
            1
        ].tolist()
        return places

    def batch(self, step: int) -> list[Any]:
        """The micro-batches of a step."""
        size = self.size // self.micro_batches
        rows = self.rows(step)
        return [self.questions(rows[at : at + size], step) for at in range(0, len(rows), size)]

    def questions(self, rows: list[int], step: int) -> Questions:
        """Some questions, padded."""
        prompts = [np.array(self.prompts[row]) for row in rows]
        lengths = torch.tensor([len(prompt) for prompt in prompts])
        tokens, _ = padded(prompts, int(lengths.max()))
        return Questions(tokens, lengths, torch.tensor(rows), torch.tensor(step // self.task.updates))

    def named(self, step: int) -> str:
        """Which questions a step asks, in words."""
        return f"questions {', '.join(self.asking.file.name(row) for row in self.rows(step)[:8])}, ..."

    def prefetched(self, first: int = 0) -> Generator[list[Any], None, None]:
        """The batches of step ``first``, ``first`` + 1, ... without end, made ahead of time by a thread."""
        return made_ahead(self.batch, first)


def asking(recipe: Recipe, data: PreparedConversations, file: AskedFile) -> Asking:
    """The questions of a file."""
    return Asking(file, ChatTemplate(str(data.info["template"])).end(data.tokenizer))


def batches(recipe: Recipe, config: ModelConfig, data: PreparedConversations) -> QuestionBatches:
    """Questions in another order in every epoch."""
    assert isinstance(recipe.task, Reinforce)
    training = recipe.training
    questions = asking(recipe, data, data.train)
    return QuestionBatches(questions, recipe.task, recipe.seed, training.batch, config.context, training.micro_batches)


def objective(recipe: Recipe, data: PreparedConversations) -> Objective:
    """Rewards for answers; the reference is the run that the training begins with, where leaving it has a price."""
    assert isinstance(recipe.task, Reinforce)
    if recipe.task.kl and recipe.base is None:
        raise SettingError("base: with a price for leaving the reference (task.kl), name the run that is the reference")
    from hornbook.workflows.load import load_run  # which looks up tasks, and so this file

    questions = asking(recipe, data, data.train)
    known = [questions.known(row) for row in range(len(questions))]
    reference = None
    if recipe.task.kl and recipe.base is not None:
        reference = load_run(recipe.base).model.to(choose_device(recipe.training.device)).requires_grad_(False)
    return ReinforceObjective(recipe.task, known, data.tokenizer, questions.ended, recipe.seed, reference)


def describe_questions(batches: QuestionBatches, step: int, tokenizer: Tokenizer) -> list[dict[str, Any]]:
    """The batch of a step for people: questions and their known answers."""
    asking, rows = batches.asking, batches.rows(step)
    return [
        {
            "row": number,
            "micro_batch": number // (batches.size // batches.micro_batches),
            "index": row,
            "name": asking.file.name(row),
            "texts": {"question": tokenizer.decode(asking.prompt(row)), "known answer": asking.known(row)},
        }
        for number, row in enumerate(rows)
    ]


@dataclass(frozen=True)
class Solved:
    """Held-out questions, answered greedily: how many, and how many rightly."""

    asked: int
    right: float

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return self.right / self.asked

    @property
    def loss(self) -> float:
        """The share of wrong answers: the lowest is best."""
        return 1 - self.accuracy

    def __str__(self) -> str:
        """In one line."""
        return f"{100 * self.accuracy:.1f} % of {self.asked:,} right"

    def as_json(self) -> dict[str, Any]:
        """``accuracy``, the share of wrong answers as ``val_loss``, ``asked``."""
        return {"val_loss": self.loss, "accuracy": self.accuracy, "asked": self.asked}


def score(model: nn.Module, recipe: Recipe, data: PreparedConversations, dtype: torch.dtype) -> Solved:
    """Every held-out question, answered greedily."""
    return Solved(*map(sum, zip(*((1, right) for _, right in answered(model, recipe, data)), strict=True)))


def answered(model: nn.Module, recipe: Recipe, data: PreparedConversations) -> list[tuple[str, float]]:
    """The name of every held-out question, and whether the greedy answer is right: worth all there is to earn."""
    assert isinstance(model, Decoder) and isinstance(recipe.task, Reinforce)
    questions = asking(recipe, data, data.validation)
    rows = range(min(len(questions), HELD_OUT_AT_MOST))
    sampling = Sampling(max_tokens=recipe.task.max_tokens, temperature=0.0)
    found = continuations(model, [questions.prompt(row) for row in rows], questions.ended, sampling)
    reward = find_reward(recipe.task.reward)
    return [
        (
            questions.file.name(row),
            float(each[0].ended and reward(data.tokenizer.decode(each[0].tokens), questions.known(row)) == 1.0),
        )
        for row, each in zip(rows, found, strict=True)
    ]
