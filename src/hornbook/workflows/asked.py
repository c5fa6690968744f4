"""A run asked from a file: questions with choices, questions to be answered, pairs of sentences.

In: a loaded run and a file. Out: ``Asked``, which prints itself as a table or as JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.errors import SettingError
from hornbook.evaluation.questions.files import read_choices, read_exact, read_pairs
from hornbook.evaluation.questions.scores import Mean, choice_scores, is_right, pair_scores
from hornbook.generation.config import Sampling
from hornbook.model.models import Decoder
from hornbook.workflows.load import Loaded
from hornbook.workflows.tasks import task_of

LONGEST = 256
"""Tokens of a written answer, at most."""


@dataclass(frozen=True)
class Asked:
    """What a file of ``count`` questions or pairs found out, by name; a few written answers as an example."""

    file: str
    count: int
    scores: dict[str, Mean]
    examples: tuple[dict[str, Any], ...] = ()

    def rows(self) -> list[tuple[str, ...]]:
        """Name, value, interval."""
        return [
            (name.replace("_", " "), f"{mean.value:.4f}", "" if mean.interval is None else str(mean.interval))
            for name, mean in self.scores.items()
        ]

    def as_json(self) -> dict[str, Any]:
        """Everything as plain data."""
        scores = {name: mean.as_json() for name, mean in self.scores.items()}
        return {"file": self.file, "count": self.count, **scores, "examples": list(self.examples)}


def ask_choices(loaded: Loaded, path: Path) -> Asked:
    """Which choice the run takes for the likeliest (``MissingError``, ``TextError``, ``SettingError``)."""
    questions = read_choices(path)
    return Asked(str(path), len(questions), choice_scores(writer(loaded), loaded.tokenizer, questions))


def ask_pairs(loaded: Loaded, path: Path) -> Asked:
    """Which of two sentences the run takes for likelier (``MissingError``, ``TextError``, ``SettingError``)."""
    pairs = read_pairs(path)
    return Asked(str(path), len(pairs), pair_scores(writer(loaded), loaded.tokenizer, pairs))


def ask_exact(loaded: Loaded, path: Path) -> Asked:
    """Whether what the run writes gives the answer (``MissingError``, ``TextError``, ``SettingError``).

    A run that was taught to answer gets the question in its template; any other continues ``Question: ... Answer:``.
    """
    rows = read_exact(path)
    context = writer(loaded).config.context
    sampling = Sampling(max_tokens=min(LONGEST, max(1, context // 2)), temperature=0.0, stop=("\nQuestion:",))
    taught = "template" in loaded.run.info
    right, examples = [], []
    for question, answer in rows:
        prompt = question if taught else f"Question: {question}\nAnswer:"
        said = task_of(loaded.recipe).answer(
            loaded.model, loaded.tokenizer, loaded.recipe, loaded.run.info, prompt, sampling
        )
        right.append(float(is_right(said.text, answer)))
        examples.append({"question": question, "answer": answer, "written": said.text, "right": bool(right[-1])})
    return Asked(str(path), len(rows), {"exact_match": Mean.of(right)}, tuple(examples))


def writer(loaded: Loaded) -> Decoder:
    """The run's model, if it continues texts (``SettingError``)."""
    if not isinstance(loaded.model, Decoder):
        raise SettingError(
            f"only models that continue texts can be asked: this run's is a {type(loaded.model).__name__}"
        )
    return loaded.model


WAYS: dict[str, Callable[[Loaded, Path], Asked]] = {
    "choices": ask_choices,
    "exact": ask_exact,
    "pairs": ask_pairs,
}
"""By the names of their flags."""
