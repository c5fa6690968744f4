"""What of Hornbook a learner can write, how it has to be called, how it is graded and how it is put to work.

graded(PARTS["attention"], function)            WrongAnswer, or nothing
with at_work({"attention": function}): ...      models built in here use it
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.course.answers import WrongAnswer
from hornbook.course.own import in_model, in_place, in_training
from hornbook.errors import SettingError, nearest
from hornbook.evaluation.checking.subject import where_it_broke
from hornbook.workflows.check import find_class


@dataclass(frozen=True)
class OwnPart:
    """A part: ``signature`` is how it is called, ``does`` what it returns, ``works_in`` where it is put to work."""

    name: str
    signature: str
    does: str
    check: Callable[[Any], None]
    install: Callable[[Any], AbstractContextManager[None]]
    works_in: str = "every training"


TABLE = (
    OwnPart(
        "attention",
        "(query, key, value, visible, scale)",
        "[B, H, T, D] from queries [B, H, T, D], keys and values [B, H, S, D], visible [B, 1, T, S] of booleans (True: "
        "may be seen) and the scale 1/sqrt(D)",
        in_model.check_attention,
        in_place.attention,
        "every training; weights are not dropped",
    ),
    OwnPart(
        "rotary",
        "(heads, positions, base)",
        "heads [B, H, T, D] turned: features i and i + D/2 by the angle position · base^(-2i/D), positions [B, T]",
        in_model.check_rotary,
        in_place.rotary,
        "models with rotary positions",
    ),
    OwnPart(
        "positions",
        "(rows, table)",
        "the rows of tokens [B, T, C] with those of their places added, table [context, C]",
        in_model.check_positions,
        in_place.positions,
        "models with learned positions",
    ),
    OwnPart(
        "block",
        "(hidden, attention, feed_forward, first_norm, second_norm)",
        "the stream [B, T, C] after a pre-norm block; the other four are functions [B, T, C] -> [B, T, C]",
        in_model.check_block,
        in_place.block,
        "models with the norm before each part",
    ),
    OwnPart(
        "dropout",
        "(x, share, training)",
        "x with a share of its numbers set to 0 and the others scaled up; x itself when not training",
        in_model.check_dropout,
        in_place.dropout,
        "trainings with dropout",
    ),
    OwnPart(
        "lora",
        "(x, weight, down, up, scale)",
        "x [..., I] through the frozen weight [O, I] and, scaled, through down [R, I] and up [O, R]",
        in_model.check_lora,
        in_place.lora,
        "fine-tuning with low_rank",
    ),
    OwnPart(
        "cross_entropy",
        "(logits, targets)",
        "the sum of -ln p(target) over logits [N, V] and targets [N], those of -100 left out",
        in_training.check_cross_entropy,
        in_place.cross_entropy,
    ),
    OwnPart(
        "adamw",
        "(weight, gradient, mean, square, step, rate, betas, epsilon, decay)",
        "weight, mean and square after a step; steps count from 1",
        in_training.check_adamw,
        in_place.adamw,
    ),
    OwnPart(
        "dpo",
        "(chosen, rejected, beta)",
        "the loss [B] of each pair, from log-ratios [B] to the reference",
        in_training.check_dpo,
        in_place.dpo,
        "hornbook finetune prefer",
    ),
    OwnPart(
        "top_p",
        "(logits, mass)",
        "logits [B, V] with all but the smallest set of likeliest tokens that reaches the mass at -inf",
        in_training.check_top_p,
        in_place.top_p,
        "samples with top_p",
    ),
    OwnPart(
        "merges",
        "(words, count)",
        "the merges of byte-pair encoding, pairs of ids, from how often each word occurs; merge i makes token 256 + i",
        in_training.check_merges,
        in_place.merges,
        "tokenizers that are learned",
    ),
)

PARTS: dict[str, OwnPart] = {part.name: part for part in TABLE}


def find_part(name: str) -> OwnPart:
    """The part of this name (``SettingError`` where there is none)."""
    if name not in PARTS:
        raise SettingError(f"part: {name!r} is none of {', '.join(PARTS)}{nearest(name, PARTS)}")
    return PARTS[name]


def graded(part: OwnPart, written: Any, file: Path | None = None) -> None:
    """Grade a part that somebody has written.

    Raises:
        WrongAnswer: it is wrong, or stopped with an error; ``hint`` says what is likely.
    """
    try:
        part.check(written)
    except WrongAnswer:
        raise
    except Exception as error:  # the learner's own code may raise anything
        broke = where_it_broke(error, (str(file),) if file else ())
        raise WrongAnswer(broke, f"it is called as {part.name}{part.signature}, and returns {part.does}") from error


def read_part(part: OwnPart, target: str) -> Any:
    """The function that ``target`` (FILE:function) names, graded.

    Raises:
        MissingError, SettingError: there is no such file, or no such function in it. WrongAnswer: it is wrong.
    """
    file, written = find_class(target)
    graded(part, written, file)
    return written


@contextmanager
def at_work(written: Mapping[str, Any]) -> Iterator[None]:
    """Inside the block these parts stand where ours do; build models inside it."""
    with ExitStack() as stack:
        for name, function in written.items():
            stack.enter_context(find_part(name).install(function))
        yield
