"""Three ways through the lessons, each with milestones: what you can do when you get there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hornbook.course.lesson import Lesson
from hornbook.errors import SettingError, nearest


@dataclass(frozen=True)
class Milestone:
    """A few lessons in a row, by their numbers, and what a person can do after them."""

    reached: str
    lessons: tuple[int, ...]


@dataclass(frozen=True)
class Path:
    """A way through the lessons; ``hours`` to read and run them, in ``complete`` with two for exercises."""

    name: str
    hours: int
    purpose: str
    milestones: tuple[Milestone, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of all its lessons, in order."""
        return tuple(number for milestone in self.milestones for number in milestone.lessons)


PRACTICAL = Path(
    "practical",
    3,
    "to train, measure and use models, with as little theory as that takes",
    (
        Milestone("you can turn a text into batches and a batch into predictions", (1, 2, 4, 6)),
        Milestone("you have trained a model of your own and can read its report", (8, 12)),
        Milestone("you can make a model write, and use the weights of others", (13, 14, 16)),
        Milestone("you can fine-tune a model with few parameters, and serve it", (17, 26)),
    ),
)

THEORETICAL = Path(
    "theoretical",
    4,
    "to know why every part is there, and what happens without it",
    (
        Milestone("you can derive the scale of attention and say why order has to be told", (1, 3, 4)),
        Milestone("you can say what each part of a block does to signals and gradients", (5, 6, 8)),
        Milestone("you can derive the update rule that trains a model, and its schedule", (10, 11)),
        Milestone("you know another architecture, and what attention replaced", (21, 28)),
        Milestone("you can read papers on preferences, rewards, scaling and the inside of models", (18, 19, 24, 25)),
    ),
)

COMPLETE = Path(
    "complete",
    10,
    "everything, in order, with two hours for exercises",
    (
        Milestone("text becomes numbers, and numbers become questions", (1, 2, 3)),
        Milestone("you have built a transformer, part by part", (4, 5, 6, 7)),
        Milestone("you have trained one, and know how good it is", (8, 9, 10, 11, 12)),
        Milestone("it writes as you like, or is somebody else's", (13, 14)),
        Milestone("it does what it is asked to", (15, 16, 17, 18, 19)),
        Milestone("you know its relatives", (20, 21, 22)),
        Milestone("it is fast, and you can plan a larger one", (23, 24)),
        Milestone("you can look inside, and let others use it", (25, 26, 27)),
        Milestone("you know what came before, and can choose sizes", (28, 29, 30)),
    ),
)

PATHS: dict[str, Path] = {path.name: path for path in (PRACTICAL, THEORETICAL, COMPLETE)}


def find_path(name: str) -> Path:
    """The path of that name; an unknown one is a ``SettingError`` with the nearest."""
    if name not in PATHS:
        raise SettingError(f"path: {name!r} is none of {', '.join(PATHS)}{nearest(name, PATHS)}")
    return PATHS[name]


def plan(path: Path, lessons: Iterable[Lesson]) -> list[tuple[Milestone, list[Lesson]]]:
    """Each milestone with its lessons."""
    numbered = {lesson.number: lesson for lesson in lessons}
    return [(each, [numbered[number] for number in each.lessons if number in numbered]) for each in path.milestones]


def lessons_of(path: Path, lessons: Sequence[Lesson]) -> list[Lesson]:
    """The lessons of a path, in its order."""
    return [lesson for _, found in plan(path, lessons) for lesson in found]
