"""A study made by hand, and people who answer by rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hornbook.evaluation.rating.session import Session, Shown
from hornbook.evaluation.rating.study import SCALES, Mode, Model, Prompt, Study, Text, write_study

NAMES = ("crane", "heron", "stork")


def study_of(models: int = 2, prompts: int = 11, samples: int = 1, mode: Mode = "both", seed: int = 5) -> Study:
    """Texts that say how good they are in numbers of words: those of the first model have most."""
    asked = tuple(Prompt(f"prompt {number}", f"good good {number}") for number in range(prompts))
    texts = tuple(
        Text(model, prompt, sample, f"{'good ' * (1 + models - model)}{prompt}-{sample}-{model * 7}", 3.0 + model, 2)
        for model in range(models)
        for prompt in range(prompts)
        for sample in range(samples)
    )
    made = tuple(Model(name, f"runs/{name}", "step-000002", name * 8) for name in NAMES[:models])
    return Study("birds", seed, mode, made, asked, texts, {"temperature": 1.0})


def frozen(folder: Path, study: Study) -> Path:
    """The study in a folder."""
    write_study(study, folder)
    return folder


def sensible(shown: Shown) -> dict[str, object]:
    """More of the word good is better."""
    goods = [text.count("good") for text in shown.texts]
    if len(goods) == 1:
        return {"scores": {aspect: min(5, goods[0]) for aspect in SCALES}}
    return {"choice": "tie" if goods[0] == goods[1] else "left" if goods[0] > goods[1] else "right"}


def answer_all(folder: Path, rater: str, how: Callable[[Shown], dict[str, object]] = sensible) -> Session:
    """A rater who answers everything."""
    session = Session.open(folder, rater)
    while shown := session.next():
        session.record(how(shown), shown.place, seconds=5.0)
    session.journal.close()
    return session
