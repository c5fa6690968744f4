"""What a fault is: two sentences for people, and what it does to a model or to a training. Next: faults.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hornbook.errors import SettingError
from hornbook.workflows.recipe import Recipe

if TYPE_CHECKING:
    from hornbook.workflows.setting_up import Training


def untouched(part: Any) -> None:
    """Leave a part as it is."""


@dataclass(frozen=True)
class Fault:
    """A mistake with a name.

    ``model`` puts broken parts into a model, wherever the model of the run is built; ``training`` spoils what stands
    around it. ``needs`` says what a recipe lacks for the fault to be one, or nothing.
    """

    name: str
    what: str
    symptom: str
    model: Callable[[Any], None] = untouched
    training: Callable[[Training], None] = untouched
    needs: Callable[[Recipe], str] = lambda recipe: ""

    def check(self, recipe: Recipe) -> None:
        """Refuse a recipe in which this fault would change nothing (``SettingError``)."""
        if lacking := self.needs(recipe):
            raise SettingError(f"--break {self.name}: {lacking}")

    def spoil(self, training: Training) -> None:
        """Make the mistake: in the model first, then around it."""
        self.model(training.model)
        self.training(training)
