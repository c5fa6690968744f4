"""Three architectures on one task, under one budget: what each can do, what it cannot, and what it looks at.

The task is numbers in English words. The encoder reads the words and says how many digits they stand for and whether 3
divides the number; the decoder continues digits with words; the encoder-decoder reads digits and writes words.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from hornbook.corpus.numbers.task import NumbersTask
from hornbook.evaluation.attention_maps import cross_attention
from hornbook.figures.attention_map import attention_map
from hornbook.figures.style import save
from hornbook.files import write_json
from hornbook.training.run_folder import Run, runs_root
from hornbook.workflows.examination import Examination
from hornbook.workflows.load import Loaded, load_run
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.report import finish
from hornbook.workflows.tasks import task_of
from hornbook.workflows.train import train
from hornbook.workflows.watchers import Watcher

EXAMPLE = "en: 907060"
"""What the picture of attention shows: a number with zeros, over which the words pass without a word."""


QUESTIONS = NumbersTask().questions
"""What the encoder is asked."""


@dataclass(frozen=True)
class Contender:
    """One of the three: its recipe, and what is to be known before any number is read."""

    recipe: str
    task: str
    can: str
    cannot: str


CONTENDERS = (
    Contender(
        "numbers-encoder",
        "words -> facts",
        "sees all of a text from both sides and judges it at once",
        "write: it has an answer for each question, and no next token",
    ),
    Contender(
        "numbers-decoder",
        "digits -> words",
        "writes, and learns whatever can be put into one text",
        "look ahead: it reads a digit before it knows those behind it",
    ),
    Contender(
        "numbers-translator",
        "digits -> words",
        "reads all of a source both ways, and looks it up while it writes",
        "go on with a text of its own: there has to be a source",
    ),
)


@dataclass(frozen=True)
class Entry:
    """How one of them did; ``accuracy`` is the share of held-out questions answered rightly, to the last token."""

    contender: Contender
    run: Run
    parameters: int
    seconds: float
    accuracy: float
    questions: dict[str, float]
    answers: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "recipe": self.contender.recipe,
            "run": str(self.run.folder),
            "task": self.contender.task,
            "parameters": self.parameters,
            "seconds": self.seconds,
            "accuracy": self.accuracy,
            "questions": self.questions,
            "answers": self.answers,
        }


def free_name() -> Path:
    """The next free folder for a comparison."""
    number = 1
    while (runs_root() / f"three-{number}").exists():
        number += 1
    return runs_root() / f"three-{number}"


def train_three(out: Path, minutes: float, seed: int, watcher: Watcher) -> list[Entry] | int:
    """Train all three for ``minutes`` each, into folders of ``out``; an exit code where a signal stopped one.

    Beside the runs stand ``comparison.json`` and the picture ``cross-attention`` (SVG and PNG).
    """
    entries = []
    for contender in CONTENDERS:
        began = time.perf_counter()
        recipe = load_recipe(contender.recipe, [f"training.minutes={minutes}", f"seed={seed}"])
        outcome = train(recipe, out / contender.recipe, watcher)
        if outcome.exit_code:
            return outcome.exit_code
        result = finish(outcome.run)
        assert isinstance(result, Examination)
        seconds, loaded = time.perf_counter() - began, load_run(outcome.run.folder)
        parameters = sum(parameter.numel() for parameter in loaded.model.parameters())
        answers = {prompt: answer(loaded, prompt) for prompt in recipe.samples.prompts}
        kinds = {group.name: group.share(result.ways[0]) for group in result.groups[1:] if group.name in QUESTIONS}
        entries.append(Entry(contender, outcome.run, parameters, seconds, result.accuracy, kinds, answers))
        watcher.said(f"{contender.recipe}: {result.accuracy:.1%} right after {seconds:.0f} s in all")
    write_json(out / "comparison.json", {"schema": 1, "entries": [entry.as_json() for entry in entries]})
    draw_cross_attention(load_run(entries[-1].run.folder), EXAMPLE, out / "cross-attention")
    return entries


def answer(loaded: Loaded, prompt: str) -> str:
    """What a run's model has to say to a prompt."""
    recipe = loaded.recipe
    sampling = recipe.samples.sampling
    return task_of(recipe).answer(loaded.model, loaded.tokenizer, recipe, loaded.run.info, prompt, sampling).text


def draw_cross_attention(loaded: Loaded, prompt: str, path: Path) -> None:
    """Where the decoder looks in the source while it writes its own answer: the heads of its last layer."""
    tokenizer, end = loaded.tokenizer, loaded.tokenizer.roles.end
    source, written = tokenizer.encode(prompt), tokenizer.encode(answer(loaded, prompt))
    maps = cross_attention(loaded.model, torch.tensor([source]), torch.tensor([[end, *written]]))[-1][0]
    asking = [*(tokenizer.decode([token]).strip() or "␣" for token in written), "(end)"]
    answering = [tokenizer.decode([token]).strip() or "␣" for token in source]
    figure = attention_map(
        maps.numpy(),
        asking,
        answering,
        names=[f"head {head + 1}" for head in range(len(maps))],
        title="Where the decoder looks while it writes",
        remark=f"cross-attention of the last layer; rows: the word about to be written, columns: {prompt}",
    )
    save(figure, path)
