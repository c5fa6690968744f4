"""A model in the place of a rater: what it is asked, and how its answer is read. The asking is workflows/judge.py.

Each pair is asked twice, with the sides exchanged: who prefers a side and not a text is found out (Zheng et al. 2023,
section 3.4). Where a prompt has a reference, texts are also scored from 0 to 100 against it. Answers are read
leniently, and what cannot be read is counted and never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hornbook.evaluation.rating.study import SCALES, Study

Read = Callable[[str], Mapping[str, Any] | None]

REFERENCE = "reference"
"""The name of the score against a reference."""

REMINDER = "That could not be read. Answer with the JSON object alone, and nothing before or behind it."


@dataclass(frozen=True)
class Question:
    """What a judge is asked about one text or two, and what reads its answer."""

    texts: tuple[int, ...]
    words: str
    read: Read


def questions(study: Study) -> list[Question]:
    """All that a judge is asked: scales, scores where there are references, and every pair in both orders."""
    found, single = [], range(len(study.texts))
    if study.mode != "pairs":
        found += [Question((text,), scales_question(study, text), read_scales) for text in single]
    scored = [text for text in single if study.question(text).reference is not None]
    found += [Question((text,), reference_question(study, text), read_reference) for text in scored]
    if study.mode != "scales":
        both = [pair for first, second in study.pairs for pair in ((first, second), (second, first))]
        found += [Question(pair, pair_question(study, pair), read_choice) for pair in both]
    return found


# What is asked --------------------------------------------------------------------------------------------------------


def scales_question(study: Study, text: int) -> str:
    """The three scales, with the words that people read too."""
    steps = "\n".join(
        f"{aspect}: " + "; ".join(f"{step} = {words}" for step, words in enumerate(anchors, 1))
        for aspect, anchors in SCALES.items()
    )
    form = ", ".join(f'"{aspect}": 1 to 5' for aspect in SCALES)
    shown = quoted("PROMPT", study.question(text).prompt) + quoted("TEXT", study.texts[text].text)
    return f"Rate the text that was written to a prompt.\n\n{shown}{steps}\n\nAnswer with JSON alone: {{{form}}}"


def reference_question(study: Study, text: int) -> str:
    """How near an answer comes to the reference."""
    question = study.question(text)
    shown = quoted("PROMPT", question.prompt) + quoted("REFERENCE ANSWER", question.reference or "")
    shown += quoted("ANSWER", study.texts[text].text)
    return (
        f"Score the answer against the reference answer.\n\n{shown}"
        "100 means as right and as complete as the reference, 50 half of it, 0 nothing of it. "
        'Other words for the same are as good.\n\nAnswer with JSON alone: {"score": 0 to 100}'
    )


def pair_question(study: Study, pair: tuple[int, int]) -> str:
    """Which of two texts is better."""
    shown = quoted("PROMPT", study.question(pair[0]).prompt)
    shown += "".join(quoted(f"TEXT {name}", study.texts[text].text) for name, text in zip("AB", pair, strict=True))
    return (
        f"Two texts were written to the same prompt. Which one is better?\n\n{shown}"
        "The longer one is not better for being longer, nor the first one for being first. "
        "Say tie if they are equally good, neither if both are bad.\n\n"
        'Answer with JSON alone: {"better": "A", "B", "tie" or "neither"}'
    )


def quoted(name: str, text: str) -> str:
    """A text with its borders, so that what stands in it is not taken for an instruction so easily."""
    return f"--- {name} ---\n{text.strip()}\n--- END OF {name} ---\n\n"


# How it is read -------------------------------------------------------------------------------------------------------


def read_scales(answer: str) -> Mapping[str, Any] | None:
    """The last whole number from 1 to 5 behind the name of every aspect."""
    scores = {aspect: last_number(aspect, answer, 1, 5) for aspect in SCALES}
    return None if None in scores.values() else {"scores": scores}


def read_reference(answer: str) -> Mapping[str, Any] | None:
    """The last number from 0 to 100 behind the word score, or a number that is the whole answer."""
    score = last_number("score", answer, 0, 100)
    alone = re.fullmatch(r"\W*(\d{1,3})(\s*/\s*100)?\W*", said(answer))
    if score is None and alone and int(alone[1]) <= 100:
        score = int(alone[1])
    return None if score is None else {"scores": {REFERENCE: score}}


def read_choice(answer: str) -> Mapping[str, Any] | None:
    """The last A, B, tie or neither behind a word such as better, in double brackets, or as the whole answer."""
    text = said(answer)
    word = r"(A|B|tie|neither)\b"
    for pattern in (
        rf"\b(?:better|verdict|winner|choice)\b(?: is| text|\W){{0,8}}?{word}",
        rf"\[\[{word}\]\]",
        rf"\A\W*(?:text )?{word}\W*\Z",
    ):
        found = re.findall(pattern, text, re.IGNORECASE)
        if found:
            return {"choice": {"a": "left", "b": "right"}.get(found[-1].lower(), found[-1].lower())}
    return None


def said(answer: str) -> str:
    """The answer without what the judge thought aloud before it."""
    return re.sub(r"(?s)<think>.*?(</think>|\Z)", "", answer)


def last_number(name: str, answer: str, low: int, high: int) -> int | None:
    """The last number behind ``name``, if it is a whole one within bounds."""
    found = re.findall(rf"\b{name}\b\W{{0,6}}?(-?\d+(?:\.\d+)?)", said(answer), re.IGNORECASE)
    whole = found and re.fullmatch(r"(\d+)(\.0+)?", found[-1])
    return int(whole[1]) if whole and low <= int(whole[1]) <= high else None
