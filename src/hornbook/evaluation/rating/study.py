"""A study: texts that models have written, frozen, and the questions that are asked about them. Next: session.py.

    studies/NAME/study.json           prompts, texts, settings, checkpoints with their hashes, the seed of all orders
    studies/NAME/ratings/RATER.jsonl  one line for each answer, only ever added to

Whoever rates sees the same texts. The hash of ``study.json`` stands in every file of ratings, so that no answer is
counted for a text that it was not given to.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, get_args

from hornbook.errors import DamagedError, MissingError, SettingError, nearest
from hornbook.files import read_json, sha256_of, write_json

SCHEMA = 1

Mode = Literal["both", "scales", "pairs"]
"""What is asked: five steps for each text, which of two texts is better, or first the one and then the other."""

SCALES: dict[str, tuple[str, str, str, str, str]] = {
    "coherence": (
        "no connected meaning",
        "sentences that do not belong together",
        "can be followed, with breaks",
        "clear, with one slip",
        "clear throughout",
    ),
    "relevance": (
        "nothing to do with the prompt",
        "touches the prompt in passing",
        "about the prompt in part",
        "about the prompt, with one detour",
        "follows from the prompt throughout",
    ),
    "fluency": (
        "not a language",
        "hard to read, errors everywhere",
        "readable, with several errors",
        "well written, with one or two errors",
        "as a careful writer would put it",
    ),
}
"""The aspects, and what each of the steps 1 to 5 means; every rater reads these words."""


@dataclass(frozen=True)
class Model:
    """Who wrote: a run at a checkpoint, and the SHA-256 of its weights."""

    name: str
    run: str
    checkpoint: str
    weights_sha256: str


@dataclass(frozen=True)
class Prompt:
    """What was to be continued or answered, and perhaps what should have come."""

    prompt: str
    reference: str | None = None


@dataclass(frozen=True)
class Text:
    """One text: who wrote it (a number), to which prompt, and what it cost its own writer in nats."""

    model: int
    prompt: int
    sample: int
    text: str
    nats: float | None = None
    tokens: int = 0


@dataclass(frozen=True)
class Study:
    """Everything that is asked about, as it was written once."""

    name: str
    seed: int
    mode: Mode
    models: tuple[Model, ...]
    prompts: tuple[Prompt, ...]
    texts: tuple[Text, ...]
    settings: Mapping[str, Any]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Texts of two models to the same prompt, as numbers of texts; the same text twice is no question."""
        return [
            (first, second)
            for first, second in combinations(range(len(self.texts)), 2)
            if same_place(self.texts[first], self.texts[second])
            and self.texts[first].text.strip() != self.texts[second].text.strip()
        ]

    def question(self, text: int) -> Prompt:
        """The prompt of a text."""
        return self.prompts[self.texts[text].prompt]

    def writer(self, text: int) -> str:
        """The name of the model that wrote a text; for reports, never for raters."""
        return self.models[self.texts[text].model].name


def same_place(first: Text, second: Text) -> bool:
    """Whether two texts of different models are the same sample of the same prompt."""
    return first.model != second.model and (first.prompt, first.sample) == (second.prompt, second.sample)


# Files ----------------------------------------------------------------------------------------------------------------


def studies_root() -> Path:
    """Where studies are kept: ``HORNBOOK_STUDIES``, or ``studies`` in the current folder."""
    return Path(os.environ.get("HORNBOOK_STUDIES") or "studies")


def checked_name(what: str, name: str) -> str:
    """A name that is safe as the name of a file (``SettingError`` for any other)."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise SettingError(f"{what}: expected up to 64 letters, digits, points and dashes, found {name!r}")
    return name


def write_study(study: Study, folder: Path) -> Path:
    """Freeze a study; the path of its file.

    Raises:
        SettingError: there is one already, and it stays as it is.
    """
    path = folder / "study.json"
    if path.exists():
        raise SettingError(f"{path} is there already, and a study stays as it is; give another name")
    write_json(path, {"schema": SCHEMA, **asdict(study)})
    return path


def find_study(name: str | Path) -> Path:
    """The folder of a study: itself, or one of that name under ``studies_root``.

    Raises:
        MissingError: there is no such study.
    """
    for folder in (Path(name), studies_root() / name):
        if (folder / "study.json").is_file():
            return folder
    known = [path.parent.name for path in sorted(studies_root().glob("*/study.json"))]
    raise MissingError(
        f"there is no study {str(name)!r} in {studies_root()}{nearest(str(name), known)}; "
        f"there are {', '.join(known) or 'none yet'}; `hornbook rate new` makes one"
    )


def read_study(folder: Path) -> Study:
    """The study in a folder.

    Raises:
        DamagedError: its file is not one of ours.
    """
    path = folder / "study.json"
    found = read_json(path)
    if not isinstance(found, dict) or found.pop("schema", None) != SCHEMA:
        raise DamagedError(f"{path}: expected a study of schema {SCHEMA}")
    try:
        models = tuple(Model(**each) for each in found.pop("models"))
        prompts = tuple(Prompt(**each) for each in found.pop("prompts"))
        texts = tuple(Text(**each) for each in found.pop("texts"))
        study = Study(models=models, prompts=prompts, texts=texts, **found)
    except (KeyError, TypeError) as error:
        raise DamagedError(f"{path}: something is missing or unknown: {error}") from None
    if study.mode not in get_args(Mode):
        raise DamagedError(f"{path}: the mode {study.mode!r} is none of {', '.join(get_args(Mode))}")
    if any(text.model >= len(models) or text.prompt >= len(prompts) for text in texts):
        raise DamagedError(f"{path}: a text names a model or a prompt that is not there")
    return study


def fingerprint(folder: Path) -> str:
    """The SHA-256 of a study's file: what ratings are about."""
    return sha256_of(folder / "study.json")
