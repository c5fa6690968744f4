"""The four tasks of ``hornbook study objectives``, and how a decoder, an encoder and an encoder-decoder each do them.

Filling in and continuing are asked of the trained models as they are. To classify and to translate they go on learning
first, from the same examples: each in the way its kind can. Where a kind has no way of its own, it is given one, and
``Contender.ways`` says which: the table is to show what that costs.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from hornbook.corpus.numbers.task import NumbersTask
from hornbook.corpus.pairs import LabelledText, Pair
from hornbook.corpus.story_world.stories import stories
from hornbook.errors import SettingError
from hornbook.evaluation.hidden_token import share_right
from hornbook.files import write_text
from hornbook.generation.config import Sampling
from hornbook.generation.generate import reading_only
from hornbook.generation.text import complete
from hornbook.generation.translate import translate
from hornbook.workflows.classify import classify
from hornbook.workflows.load import Loaded
from hornbook.workflows.tasks import Data

NUMBERS = NumbersTask(languages=("en",), directions=("words",), max_digits=6)
"""Short enough for one window, number and words."""

WINDOW = 48
"""Tokens of a text of which one is hidden."""

SEPARATOR = " ="
"""Between a number and its words, in the text that all three read first, and where a decoder translates."""


@dataclass(frozen=True)
class Sizes:
    """How many texts there are: stories and numbers to read, examples to learn a task from, questions to be asked."""

    documents: int = 6000
    examples: int = 20_000
    asked: int = 300


# The text, and examples -----------------------------------------------------------------------------------------------


def write_reading(folder: Path, sizes: Sizes, seed: int) -> Path:
    """The text that all three read: stories, and as many numbers with their words; none of those that are asked for."""
    pairs = NUMBERS.training_pairs(seed, sizes.documents)
    told = stories(seed, count=sizes.documents)
    lines = (text for story, pair in zip(told, pairs, strict=True) for text in (story.text, in_one(pair)))
    return write_objects(folder / "text.jsonl", ({"text": text} for text in lines))


def in_one(pair: Pair) -> str:
    """A pair as one text."""
    return f"{pair.source}{SEPARATOR} {pair.target}"


def write_objects(path: Path, objects: Iterator[Mapping[str, str]]) -> Path:
    """Objects, one a line; a file that is there is left as it is."""
    if not path.exists():
        write_text(path, "".join(json.dumps(each) + "\n" for each in objects))
    return path.resolve()


def write_examples(folder: Path, sizes: Sizes, seed: int) -> dict[str, Path]:
    """Files to learn from: labelled numbers, the same as pairs, numbers with words as pairs, and as texts."""
    labelled = list(NUMBERS.training_texts(seed + 1, sizes.examples))
    pairs = list(NUMBERS.training_pairs(seed + 2, sizes.examples))
    return {
        "labels": write_objects(folder / "labels.jsonl", map(as_labels, labelled)),
        "label-pairs": write_objects(
            folder / "label-pairs.jsonl", ({"source": each.text, "target": " ".join(each.labels)} for each in labelled)
        ),
        "pairs": write_objects(folder / "pairs.jsonl", ({"source": p.source, "target": p.target} for p in pairs)),
        "pair-texts": write_objects(folder / "pair-texts.jsonl", ({"text": in_one(pair)} for pair in pairs)),
    }


def as_labels(each: LabelledText) -> dict[str, str]:
    """A labelled text, for a table."""
    return {"text": each.text, **dict(zip(NUMBERS.questions, each.labels, strict=True))}


# Asking ---------------------------------------------------------------------------------------------------------------


def windows_of(prepared: Data, count: int) -> Int[Tensor, "N T"]:
    """``count`` windows of the held-out text, [count, WINDOW], spread evenly over it.

    Raises:
        SettingError: the text is too short.
    """
    tokens = prepared.validation.tokens  # type: ignore[attr-defined]
    if len(tokens) < WINDOW + count:
        raise SettingError(
            f"documents: {len(tokens):,} held-out tokens are too few to ask {count} questions; take more"
        )
    starts = np.linspace(0, len(tokens) - WINDOW, count).astype(int)
    return torch.from_numpy(np.stack([tokens[start : start + WINDOW] for start in starts]).astype(np.int64))


def filled_in(loaded: Loaded, prepared: Data, sizes: Sizes) -> float:
    """A token in the middle."""
    return share_right(loaded.model, loaded.tokenizer, windows_of(prepared, sizes.asked), WINDOW // 2)


def continued(loaded: Loaded, prepared: Data, sizes: Sizes) -> float:
    """The last token."""
    return share_right(loaded.model, loaded.tokenizer, windows_of(prepared, sizes.asked), WINDOW - 1)


def held_out_texts(sizes: Sizes) -> list[LabelledText]:
    """Numbers in words that nobody has learned from, with their labels."""
    return list(islice(NUMBERS.held_out_texts(0, sizes.asked), sizes.asked))


def held_out_pairs(sizes: Sizes) -> list[Pair]:
    """The same as pairs."""
    return list(islice(NUMBERS.held_out_pairs(0, sizes.asked), sizes.asked))


def same(said: Sequence[str], wanted: Sequence[str]) -> float:
    """The share that is equal."""
    return sum(a == b for a, b in zip(said, wanted, strict=True)) / len(wanted)


def commonest_label(sizes: Sizes) -> float:
    """What is right where every number gets the commonest label of each question."""
    asked = held_out_texts(sizes)
    by_question = zip(*(each.labels for each in asked), strict=True)
    right = sum(Counter(labels).most_common(1)[0][1] for labels in by_question)
    return right / (len(asked) * len(NUMBERS.questions))


def classified_by_head(loaded: Loaded, sizes: Sizes) -> float:
    """A head for each question: the share of all questions that is answered rightly."""
    asked = held_out_texts(sizes)
    answers = classify(loaded, [each.text for each in asked])
    said = [max(found, key=found.__getitem__) for answer in answers for found in answer.values()]
    return same(said, [label for each in asked for label in each.labels])


def classified_in_writing(loaded: Loaded, sizes: Sizes) -> float:
    """The labels written one after the other."""
    asked = held_out_texts(sizes)
    written = translate(loaded.model, loaded.tokenizer, [each.text for each in asked], greedy(8))
    said = [word for sample in written for word in (*sample.text.split(), "", "")[: len(NUMBERS.questions)]]
    return same(said, [label for each in asked for label in each.labels])


def translated(loaded: Loaded, sizes: Sizes) -> float:
    """The words written while looking at the number."""
    asked = held_out_pairs(sizes)
    written = translate(loaded.model, loaded.tokenizer, [pair.source for pair in asked], greedy(60))
    return same([sample.text for sample in written], [pair.target for pair in asked])


def translated_as_text(loaded: Loaded, sizes: Sizes) -> float:
    """The words written after the number."""
    asked = held_out_pairs(sizes)
    said = [complete(loaded.model, loaded.tokenizer, p.source + SEPARATOR, greedy(60))[0].text for p in asked]
    return same([text.strip() for text in said], [pair.target for pair in asked])


def greedy(tokens: int) -> Sampling:
    """The likeliest token, always."""
    return Sampling(max_tokens=tokens, temperature=0.0)


def translated_by_masks(loaded: Loaded, sizes: Sizes) -> float:
    """A mask for every token of the words (so their number is given away), filled from left to right."""
    mask, right = loaded.tokenizer.roles.mask, 0
    for pair in held_out_pairs(sizes):
        begun = loaded.tokenizer.encode(pair.source + SEPARATOR)
        wanted = loaded.tokenizer.encode(f" {pair.target}")
        tokens = torch.tensor([begun + [mask] * len(wanted)])
        with reading_only(loaded.model):
            for place in range(len(begun), tokens.shape[1]):
                tokens[0, place] = loaded.model(tokens)[0, place].argmax()
        right += tokens[0, len(begun) :].tolist() == wanted
    return right / sizes.asked


@dataclass(frozen=True)
class Way:
    """How a task is learned: the settings of a recipe that goes on from the trained model, on which file; and asked."""

    words: str
    file: str
    settings: tuple[str, ...]
    asked: Callable[[Loaded, Sizes], float]


@dataclass(frozen=True)
class Contender:
    """One of the three."""

    name: str
    task: str
    architecture: str
    depth: int
    ways: Mapping[str, Way]


COLUMNS = f"data.columns={json.dumps(['text', *NUMBERS.questions])}"
PAIRS = 'data.columns=["source", "target"]'

TRANSLATE = "translate numbers"
CONTENDERS = (
    Contender(
        "decoder",
        "next_token",
        "decoder",
        4,
        {
            "classify": Way(
                "a head on the last token",
                "labels",
                ("task={kind='classify', pooling='last'}", COLUMNS),
                classified_by_head,
            ),
            TRANSLATE: Way(
                "goes on after the number",
                "pairs",
                (f"task={{kind='continue', separator='{SEPARATOR}'}}", PAIRS),
                translated_as_text,
            ),
        },
    ),
    Contender(
        "encoder",
        "masked_tokens",
        "encoder",
        4,
        {
            "classify": Way(
                "a head on the mean", "labels", ("task={kind='classify', pooling='mean'}", COLUMNS), classified_by_head
            ),
            TRANSLATE: Way(
                "fills in as many masks as the answer has tokens",
                "pair-texts",
                ("task={kind='masked_tokens', share=0.5}", "data.order=packed"),
                translated_by_masks,
            ),
        },
    ),
    Contender(
        "encoder-decoder",
        "cut_spans",
        "encoder_decoder",
        2,
        {
            "classify": Way("writes the labels", "label-pairs", ("task=translate", PAIRS), classified_in_writing),
            TRANSLATE: Way("writes, and looks at the number", "pairs", ("task=translate", PAIRS), translated),
        },
    ),
)
"""Who is compared; the encoder-decoder has half of its layers on either side."""

ZERO_SHOT: Mapping[str, Callable[[Loaded, Any, Sizes], float]] = {"fill in": filled_in, "continue": continued}
TASKS = ("classify", "fill in", TRANSLATE, "continue")
