"""What a training is made of, task by task: its data, its model, its batches, its score, its answers.

The training in train.py knows none of it: it looks up the task of its recipe in ``TASKS`` and calls what stands there.
Adding a task is a dataclass in data/config.py, an objective in training/objectives.py, and a row here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn

from hornbook.data.config import (
    Classify,
    Continue,
    CutSpans,
    Instruct,
    MaskedTokens,
    NextToken,
    Prefer,
    Reinforce,
    Reward,
    Translate,
)
from hornbook.errors import SettingError
from hornbook.generation.config import Sampling
from hornbook.generation.text import Sample
from hornbook.model.config import KINDS, DecoderOnly, EncoderAndDecoder, EncoderOnly, ModelConfig
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.training.objectives import Objective, objective_for
from hornbook.workflows import (
    conversation_tasks,
    label_tasks,
    pair_tasks,
    preference_tasks,
    reinforce_tasks,
    text_tasks,
)
from hornbook.workflows.recipe import Recipe

Report = Callable[[str], None]


@runtime_checkable
class Data(Protocol):
    """A prepared folder: whatever is in its files, they were made by one tokenizer and can be checked."""

    folder: Path
    tokenizer: Tokenizer

    @property
    def size(self) -> str:
        """How much there is to train on, in words."""
        ...

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of every part."""
        ...

    @property
    def about(self) -> dict[str, Any]:
        """What a run has to remember of its data, to be of use without them."""
        ...

    def verify(self) -> None:
        """Read every file and compare it with its checksum (``DamagedError``)."""
        ...


@runtime_checkable
class Supply(Protocol):
    """Batches by step, the same for the same seed and step."""

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which all of the data is gone through."""
        ...

    def batch(self, step: int) -> list[Any]:
        """The micro-batches of a step."""
        ...

    def named(self, step: int) -> str:
        """Which rows a step reads, in words."""
        ...

    def prefetched(self, first: int = 0) -> Generator[list[Any], None, None]:
        """The batches from a step on, made ahead of time."""
        ...


@runtime_checkable
class Score(Protocol):
    """How good a model is on held-out data; ``loss`` decides which checkpoint is the best."""

    @property
    def loss(self) -> float:
        """Nats per target."""
        ...

    def as_json(self) -> dict[str, Any]:
        """Everything that was measured."""
        ...

    def __str__(self) -> str:
        """In one line, for whoever watches."""
        ...


@dataclass(frozen=True)
class Task:
    """One row: how a task is prepared, built, fed, scored and asked."""

    architectures: tuple[type, ...]
    prepare: Callable[[Recipe, Path, Report], object]
    open: Callable[[Path], Any]
    build: Callable[[ModelConfig, Recipe, dict[str, Any]], nn.Module]
    batches: Callable[[Recipe, ModelConfig, Any], Supply]
    score: Callable[[nn.Module, Recipe, Any, torch.dtype], Score]
    answer: Callable[[nn.Module, Tokenizer, Recipe, dict[str, Any], str, Sampling], Sample]
    objective: Callable[[Recipe, Any], Objective] = lambda recipe, data: objective_for(recipe.task)


TASKS: dict[type, Task] = {
    NextToken: Task(
        (DecoderOnly,),
        text_tasks.prepare,
        text_tasks.open_text,
        text_tasks.build,
        text_tasks.noised_windows,
        text_tasks.score_next,
        text_tasks.continued,
    ),
    MaskedTokens: Task(
        (EncoderOnly,),
        text_tasks.prepare,
        text_tasks.open_text,
        text_tasks.build,
        text_tasks.masked_windows,
        text_tasks.score_masked,
        text_tasks.filled_in,
    ),
    CutSpans: Task(
        (EncoderAndDecoder,),
        text_tasks.prepare,
        text_tasks.open_text,
        text_tasks.build,
        text_tasks.cut_windows,
        text_tasks.score_spans,
        pair_tasks.translated,
    ),
    Translate: Task(
        (EncoderAndDecoder,),
        pair_tasks.prepare,
        pair_tasks.open_pairs,
        text_tasks.build,
        pair_tasks.batches,
        pair_tasks.score,
        pair_tasks.translated,
    ),
    Continue: Task(
        (DecoderOnly,),
        pair_tasks.prepare,
        pair_tasks.open_pairs,
        text_tasks.build,
        pair_tasks.batches,
        pair_tasks.score,
        pair_tasks.continued,
    ),
    Instruct: Task(
        (DecoderOnly,),
        conversation_tasks.prepare,
        conversation_tasks.open_conversations,
        text_tasks.build,
        conversation_tasks.batches,
        conversation_tasks.score,
        conversation_tasks.answered,
    ),
    Prefer: Task(
        (DecoderOnly,),
        preference_tasks.prepare,
        preference_tasks.opened,
        text_tasks.build,
        preference_tasks.batches,
        preference_tasks.score,
        conversation_tasks.answered,
        preference_tasks.objective,
    ),
    Reward: Task(
        (DecoderOnly,),
        preference_tasks.prepare,
        preference_tasks.opened,
        preference_tasks.build_judge,
        preference_tasks.batches,
        preference_tasks.score_judge,
        preference_tasks.rated,
        preference_tasks.judging,
    ),
    Reinforce: Task(
        (DecoderOnly,),
        conversation_tasks.prepare,
        conversation_tasks.open_conversations,
        text_tasks.build,
        reinforce_tasks.batches,
        reinforce_tasks.score,
        conversation_tasks.answered,
        reinforce_tasks.objective,
    ),
    Classify: Task(
        (EncoderOnly, DecoderOnly),
        label_tasks.prepare,
        label_tasks.open_labelled,
        label_tasks.build,
        label_tasks.batches,
        label_tasks.score,
        label_tasks.judged,
    ),
}


def task_of(recipe: Recipe) -> Task:
    """The row of a recipe's task.

    Raises:
        SettingError: the model reads in another way than the task needs.
    """
    task = TASKS[type(recipe.task)]
    found = type(recipe.model.architecture)
    if found not in task.architectures:
        names = " or ".join(f'"{KINDS[kind]}"' for kind in task.architectures)
        raise SettingError(f'model.architecture: this task needs {names}, found "{KINDS[found]}"')
    return task
