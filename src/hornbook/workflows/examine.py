"""What a finished run can do, where loss alone does not say it: answers counted as right or wrong, group by group.

For pairs: answers that the model wrote by itself, greedily and with beams, beside the share of tokens it gets right
when it is shown what it should have written so far (teacher forcing); the two differ by what mistakes cost that lead
to others. For labels: the share that is right, beside that of always saying the most frequent one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from hornbook.batches import IGNORED
from hornbook.data.config import (
    Classify,
    Continue,
    CutSpans,
    Instruct,
    MaskedTokens,
    Prefer,
    Reinforce,
    Reward,
    Translate,
)
from hornbook.evaluation.accuracy import Answers, Guesses
from hornbook.evaluation.classes import class_scores, naive_bayes
from hornbook.generation.config import Beams, Sampling
from hornbook.generation.translate import answers_of
from hornbook.workflows.examination import Examination, Group, counted
from hornbook.workflows.examine_answers import examine_answers, examine_preferences, examine_rewarded
from hornbook.workflows.load import Loaded
from hornbook.workflows.tasks import Score, task_of

NUMBERS = "numbers"
"""The first word in the names of pairs from the generated task."""

WAYS_OF_NUMBERS = {"words": "digits to words", "digits": "words to digits"}

BEAMS = 4

MANY_CLASSES = 12
"""So many classes are spoken of one by one."""


def examine(loaded: Loaded, prepared: Any) -> Examination:
    """A run's model on everything that was held out for it."""
    recipe = loaded.recipe
    score = task_of(recipe).score(loaded.model, recipe, prepared, torch.float32)
    return EXAMINERS[type(recipe.task)](loaded, prepared, score)


def examine_tokens(loaded: Loaded, prepared: Any, score: Score) -> Examination:
    """Hidden tokens and cut spans: what was guessed is all there is."""
    assert isinstance(score, Guesses)
    return Examination(score, remarks=(f"{score.accuracy:.1%} of {score.tokens:,} hidden tokens guessed",))


def examine_pairs(loaded: Loaded, prepared: Any, score: Score) -> Examination:
    """Every held-out source answered by the model alone."""
    assert isinstance(score, Guesses)
    held_out = prepared.validation
    pairs = [held_out.pair(number) for number in range(len(held_out))]
    sources, wanted = [source.tolist() for source, _ in pairs], [target.tolist() for _, target in pairs]
    longest = max(map(len, wanted)) + 1
    greedy = answers_of(
        loaded.model, loaded.recipe.task, loaded.tokenizer, sources, Sampling(max_tokens=longest, temperature=0.0)
    )
    beams = answers_of(
        loaded.model, loaded.recipe.task, loaded.tokenizer, sources, Beams(beams=BEAMS, max_tokens=longest)
    )
    ways = ("greedy", f"{BEAMS} beams")
    verdicts = [
        (group, {ways[0]: one == target, ways[1]: other == target})
        for group, one, other, target in zip(groups_of(held_out), greedy, beams, wanted, strict=True)
    ]
    remark = (
        f"shown what it should have written, it gets {score.accuracy:.2%} of {score.tokens:,} tokens right, "
        f"and {score.exact_match:.2%} of the answers whole"
    )
    return Examination(score, ways, counted(verdicts, ways), (remark,), {"teacher_forced": score.accuracy})


def examine_labels(loaded: Loaded, prepared: Any, score: Score) -> Examination:
    """Every question of every held-out text, beside what is right most often."""
    assert isinstance(score, Answers)
    questions = [question["name"] for question in loaded.run.info["questions"]]
    ways = ("right", "always the most frequent", "naive Bayes")
    groups = [
        Group(name, asked, {ways[0]: right, ways[1]: int(table.sum(axis=1).max())})
        for name, asked, right, table in zip(questions, score.labels, score.right, score.confusion, strict=True)
    ]
    for group, right in zip(groups, bayes_right(prepared), strict=True):
        group.right[ways[2]] = right
    both = {way: sum(group.right[way] for group in groups) for way in ways}
    total = Group("all questions", sum(score.labels), both)
    remarks = []
    for question, table in zip(loaded.run.info["questions"], score.confusion, strict=True):
        for name, each in zip(question["classes"], class_scores(table), strict=True):
            remarks.append(
                f"{question['name']} = {name}: F1 {each.f1:.3f}, precision {each.precision:.3f}, "
                f"recall {each.recall:.3f} ({each.there:,} texts)"
            )
    if len(remarks) > MANY_CLASSES:
        remarks = [f"{len(remarks)} classes; evaluation.json has precision, recall and F1 of each"]
    if len(groups) > 1:
        remarks.insert(0, f"{score.exact_match:.1%} of {score.texts:,} texts have all answers right")
    remarks.append(f"its confidence is off by {score.calibration.error:.1%} on average (calibration error)")
    return Examination(score, ways, (total, *groups) if len(groups) > 1 else tuple(groups), tuple(remarks))


def bayes_right(prepared: Any) -> list[int]:
    """How many held-out labels naive Bayes gives rightly, question by question, from the tokens of the same texts."""
    train, held_out = prepared.train, prepared.validation
    found, seen = ([part.ids(row) for row in range(len(part))] for part in (held_out, train))
    right = []
    for column, question in enumerate(prepared.questions):
        known, wanted = train.labels[:, column] != IGNORED, held_out.labels[:, column]
        prior, likelihood = naive_bayes(
            [ids for ids, there in zip(seen, known, strict=True) if there],
            train.labels[known, column],
            len(question.classes),
            prepared.tokenizer.vocab_size,
        )
        said = [int((prior + likelihood[ids].sum(axis=0)).argmax()) for ids in found]
        right.append(int((np.array(said) == wanted).sum()))
    return right


EXAMINERS: dict[type, Callable[[Loaded, Any, Score], Examination]] = {
    MaskedTokens: examine_tokens,
    CutSpans: examine_tokens,
    Translate: examine_pairs,
    Continue: examine_pairs,
    Classify: examine_labels,
    Instruct: examine_answers,
    Prefer: examine_preferences,
    Reward: examine_preferences,
    Reinforce: examine_rewarded,
}


def groups_of(held_out: Any) -> list[tuple[str, ...]]:
    """The groups that each pair belongs to: numbers by language and direction, and by how many digits they have."""
    found: list[tuple[str, ...]] = []
    for number in range(len(held_out)):
        corpus, *parts = held_out.name(number).split("/")
        if corpus != NUMBERS:
            found.append(())
            continue
        texts = [held_out.tokenizer.decode(ids.tolist()) for ids in held_out.pair(number)]
        digits = max(sum(letter.isdigit() for letter in text) for text in texts)
        language, direction = parts[:2]
        found.append((f"{language}: {WAYS_OF_NUMBERS[direction]}", f"{digits} digits"))
    return found
