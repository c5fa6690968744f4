"""What a run says by itself, where there are right answers or better ones."""

from __future__ import annotations

import dataclasses
from typing import Any

from hornbook.corpus.pair_sources import CONVERSATIONS
from hornbook.data.chat_templates import ChatTemplate
from hornbook.data.config import Prefer
from hornbook.evaluation.accuracy import Guesses
from hornbook.finetuning.preferences import PreferenceObjective, Preferred
from hornbook.generation.config import Sampling
from hornbook.generation.translate import continuations
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder, build_model
from hornbook.workflows import preference_tasks, reinforce_tasks
from hornbook.workflows.examination import Examination, Group, counted
from hornbook.workflows.load import Loaded, load_run, with_vocabulary
from hornbook.workflows.tasks import Score

ANSWERS_AT_MOST = 1200
SHORT_ANSWER = 24
"""Tokens: of longer answers there are too many good ones for a comparison letter by letter."""


def examine_answers(loaded: Loaded, prepared: Any, score: Score) -> Examination:
    """Every answer of the held-out conversations written by the model alone, greedily, and compared to the last token.

    Conversations of a world that is generated are called CORPUS/KIND/..., and counted by kind.
    """
    assert isinstance(score, Guesses)
    held_out, ended = prepared.validation, ChatTemplate(prepared.info["template"]).end(loaded.tokenizer)
    remark = (
        f"shown what it should have said, it gets {score.accuracy:.2%} of {score.tokens:,} tokens right, "
        f"and {score.exact_match:.2%} of the conversations whole"
    )
    asked = [(number, *turn) for number in range(len(held_out)) for turn in held_out.turns(number)]
    wanted = [answer[:-1] if answer[-1] == ended else answer for _, _, answer in asked][:ANSWERS_AT_MOST]
    if sum(map(len, wanted)) / len(wanted) > SHORT_ANSWER:
        return Examination(score, remarks=(remark,), more={"teacher_forced": score.accuracy})
    how = Sampling(max_tokens=max(map(len, wanted)) + 1, temperature=0.0)
    prompts = [prompt for _, prompt, _ in asked[:ANSWERS_AT_MOST]]
    models = {RIGHT: loaded.model} | began_as(loaded)
    found = [continuations(model, prompts, ended, how) for model in models.values()]
    verdicts = []
    for (number, _, _), answer, *said in zip(asked, wanted, *found, strict=False):
        right = {way: each[0].tokens == answer for way, each in zip(models, said, strict=True)}
        verdicts.append((kinds_of(held_out.name(number)), right))
    ways = tuple(models)
    return Examination(score, ways, counted(verdicts, ways), (remark,), {"teacher_forced": score.accuracy})


RIGHT, BEGAN_AS = "exactly right", "the model it began as"


def began_as(loaded: Loaded) -> dict[str, Any]:
    """The model of the run that a run began with, under its heading, if that can be asked too."""
    if loaded.recipe.base is None:
        return {}
    base = load_run(loaded.recipe.base).model
    return {BEGAN_AS: base} if isinstance(base, Decoder) else {}


def kinds_of(name: str) -> tuple[str, ...]:
    """The kind of a question from a world that is generated: CORPUS/KIND/..."""
    corpus, *kinds = name.split("/")
    return (kinds[0],) if len(kinds) > 1 and corpus in CONVERSATIONS else ()


def examine_preferences(loaded: Loaded, prepared: Any, score: Score) -> Examination:
    """How often the better answer wins: for this model, for what it began as, for one that knows nothing, by length."""
    assert isinstance(score, Preferred)
    recipe = loaded.recipe
    groups = [Group("this model", score.pairs, {WAY: score.likelier})]
    if isinstance(recipe.task, Prefer):
        loss, file = PreferenceObjective(recipe.task.loss), dataclasses.replace(prepared.validation, reference=None)
        config = with_vocabulary(recipe.model, loaded.tokenizer)
        untrained = build_model(config)
        initialise(untrained, config, recipe.seed)
        others = {"a model that was not trained": untrained}
        if recipe.base is not None:
            others = {"the model it began as": load_run(recipe.base).model} | others
        for name, model in others.items():
            judged = preference_tasks.judged(model, recipe, file, loss)
            groups.append(Group(name, judged.pairs, {WAY: judged.likelier}))
    groups.append(Group("the shorter answer (in tokens)", score.pairs, {WAY: score.shorter}))
    moved = 0.0 if score.moved is None else score.moved / score.pairs
    remark = f"the better answer gained more against the reference in {moved:.1%} of the pairs"
    return Examination(score, (WAY,), tuple(groups), () if score.moved is None else (remark,))


WAY = "finds the better answer better"


def examine_rewarded(loaded: Loaded, prepared: Any, score: Score) -> Examination:
    """Every held-out question answered greedily, beside the model it began as."""
    models = {RIGHT: loaded.model} | began_as(loaded)
    found = [reinforce_tasks.answered(model, loaded.recipe, prepared) for model in models.values()]
    verdicts = [
        (kinds_of(answers[0][0]), {way: bool(right) for way, (_, right) in zip(models, answers, strict=True)})
        for answers in zip(*found, strict=True)
    ]
    return Examination(score, tuple(models), counted(verdicts, tuple(models)))
