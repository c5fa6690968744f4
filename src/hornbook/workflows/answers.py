"""What a run that was taught to answer says to its held-out questions, beside what it should have said.

The lines are what `hornbook rate new --prompts` reads: question and reference can be put to people, or to a judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from hornbook.data.asked import AskedFile
from hornbook.data.chat_templates import ChatTemplate
from hornbook.data.config import Instruct
from hornbook.errors import SettingError
from hornbook.generation.config import Sampling
from hornbook.generation.translate import continuations
from hornbook.training.journal import Journal
from hornbook.workflows.load import Loaded, load_prepared, load_run

MARK = "\u2042"
"""A character that stands for the question, to find out what a template puts around it."""


@dataclass(frozen=True)
class Answer:
    """A held-out question, what should have been said, and what was."""

    name: str
    prompt: str
    reference: str
    answer: str


def write_answers(run: str | Path, out: Path, at_most: int, sampling: Sampling, checkpoint: str = "best") -> int:
    """Write the answers of a run to at most so many held-out questions as JSON lines into a new file; how many.

    Raises:
        SettingError: the run was not taught to answer, or the file is there already.
        MissingError: there is no such run, or its data are gone.
    """
    if out.exists():
        raise SettingError(f"out: {out} is there already; give a new file")
    loaded = load_run(run, checkpoint)
    if not isinstance(loaded.recipe.task, Instruct):
        raise SettingError(f"{loaded.run.folder} was not taught to answer; `hornbook finetune instruct` does that")
    answers = list(held_out_answers(loaded, load_prepared(loaded.run).validation, at_most, sampling))
    with Journal(out) as journal:
        for answer in answers:
            journal.write(asdict(answer))
    return len(answers)


def held_out_answers(loaded: Loaded, held_out: AskedFile, at_most: int, sampling: Sampling) -> Iterator[Answer]:
    """Every turn of the assistant in the first ``at_most`` held-out turns, written by the model alone."""
    template, tokenizer = ChatTemplate(str(loaded.run.info["template"])), loaded.tokenizer
    end = template.end(tokenizer)
    asked = [(held_out.name(number), *turn) for number in range(len(held_out)) for turn in held_out.turns(number)]
    asked = asked[:at_most]
    found = continuations(loaded.model, [prompt for _, prompt, _ in asked], end, sampling)
    around, _ = template.encode([{"role": "user", "content": MARK}], tokenizer, prompt=True)
    before, _, behind = tokenizer.decode(around).partition(MARK)
    for (name, prompt, wanted), [said] in zip(asked, found, strict=True):
        question = tokenizer.decode(prompt).removeprefix(before).removesuffix(behind)
        reference = tokenizer.decode([token for token in wanted if token != end])
        yield Answer(name, question.strip(), reference.strip(), tokenizer.decode(said.tokens).strip())
