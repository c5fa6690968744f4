"""What a run writes when it is asked, whatever it was trained for: texts continued, answered, filled in, judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hornbook.data.chat_templates import ChatTemplate
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
from hornbook.generation.config import Beams, Sampling
from hornbook.generation.generate import check_samples
from hornbook.generation.text import Sample, complete, encode_prompt
from hornbook.generation.translate import Translation, continuations, translation, translations
from hornbook.workflows.conversation_tasks import answer
from hornbook.workflows.load import Loaded
from hornbook.workflows.tasks import task_of

Written = tuple[Sample, float | None]
"""A text, and the score it was ranked by where it was searched."""


def written(loaded: Loaded, prompt: str, how: Sampling | Beams, samples: int = 1) -> list[Written]:
    """What a run has to say to a prompt: so many samples, or with beams the best texts and their scores.

    Raises:
        SettingError: the run was trained for something that cannot be done so.
        TextError: the prompt cannot be read.
    """
    check_samples(samples)
    return WRITERS[type(loaded.recipe.task)](loaded, prompt, how, samples)


def beginning(loaded: Loaded, prompt: str) -> str:
    """What a decoder continues: the prompt and, where it was trained on pairs, the separator behind it."""
    task = loaded.recipe.task
    return prompt + task.separator if isinstance(task, Continue) else prompt


def continued(loaded: Loaded, prompt: str, how: Sampling | Beams, samples: int) -> list[Written]:
    """A decoder's continuations."""
    text = beginning(loaded, prompt)
    if isinstance(how, Sampling):
        texts = complete(loaded.model, loaded.tokenizer, text, how, samples, loaded.steps)
        return [(sample, None) for sample in texts]
    tokens = encode_prompt(loaded.tokenizer, text)
    [found] = continuations(loaded.model, [tokens], loaded.tokenizer.roles.end, how)
    return scored([translation(each, loaded.tokenizer, how) for each in found])


def answered(loaded: Loaded, prompt: str, how: Sampling | Beams, samples: int) -> list[Written]:
    """An encoder-decoder's answers; every sample draws with a seed of its own."""
    if isinstance(how, Beams):
        return scored(translations(loaded.model, loaded.tokenizer, [prompt], how)[0])
    drawn = [replace(how, seed=how.seed + number) for number in range(samples)]
    return [(translations(loaded.model, loaded.tokenizer, [prompt], each)[0][0].sample, None) for each in drawn]


def scored(found: list[Translation]) -> list[Written]:
    """Samples with their scores, best first."""
    return [(each.sample, each.score) for each in found]


def said_at_once(loaded: Loaded, prompt: str, how: Sampling | Beams, samples: int) -> list[Written]:
    """What an encoder says: there is one answer, and nothing to draw or search."""
    if isinstance(how, Beams) or samples > 1:
        raise SettingError(
            "this run judges a text and writes none: it has one answer, so leave out --beams and --samples"
        )
    recipe = loaded.recipe
    return [(task_of(recipe).answer(loaded.model, loaded.tokenizer, recipe, loaded.run.info, prompt, how), None)]


def replied(loaded: Loaded, prompt: str, how: Sampling | Beams, samples: int) -> list[Written]:
    """An assistant's answers to a question; every sample draws with a seed of its own."""
    template, tokenizer = ChatTemplate(str(loaded.run.info["template"])), loaded.tokenizer
    messages = [{"role": "user", "content": prompt}]
    if isinstance(how, Beams):
        tokens, _ = template.encode(messages, tokenizer, prompt=True)
        [found] = continuations(loaded.model, [tokens], template.end(tokenizer), how)
        return scored([translation(each, tokenizer, how) for each in found])
    drawn = [replace(how, seed=how.seed + number) for number in range(samples)]
    return [(answer(loaded.model, tokenizer, template, messages, each, loaded.steps), None) for each in drawn]


WRITERS: dict[type, Callable[[Loaded, str, Sampling | Beams, int], list[Written]]] = {
    NextToken: continued,
    Continue: continued,
    Translate: answered,
    CutSpans: answered,
    MaskedTokens: said_at_once,
    Classify: said_at_once,
    Instruct: replied,
    Prefer: replied,
    Reinforce: replied,
    Reward: said_at_once,
}
