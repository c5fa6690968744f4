"""What a learner has solved so far: one small file, in the folder that is kept between runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hornbook.course.lesson import Lesson
from hornbook.errors import DamagedError
from hornbook.files import home, read_json, write_json


def progress_file() -> Path:
    """``learn.json`` in ``HORNBOOK_HOME``."""
    return home() / "learn.json"


@dataclass(frozen=True)
class Progress:
    """The exercises that were right at least once, by the name of their lesson."""

    solved: dict[str, list[str]]

    @classmethod
    def load(cls) -> Progress:
        """What is kept, or nothing yet.

        Raises:
            DamagedError: the file is not what was written; the message says where it lies.
        """
        path = progress_file()
        if not path.exists():
            return cls({})
        kept = read_json(path)
        solved = kept.get("solved") if isinstance(kept, dict) else None
        if not isinstance(solved, dict) or not all(isinstance(names, list) for names in solved.values()):
            raise DamagedError(f"{path} is no record of solved exercises; move it away to begin a new one")
        return cls(solved)

    def add(self, lesson: Lesson, names: Iterable[str]) -> Progress:
        """The same with these exercises of a lesson solved, written down."""
        together = dict.fromkeys([*self.solved.get(lesson.name, []), *names])
        progress = Progress({**self.solved, lesson.name: list(together)})
        write_json(progress_file(), {"schema": 1, "solved": progress.solved})
        return progress

    def solved_of(self, lesson: Lesson) -> int:
        """How many exercises of a lesson have been solved."""
        return sum(exercise.name in self.solved.get(lesson.name, []) for exercise in lesson.exercises)

    def done(self, lesson: Lesson) -> bool:
        """Have all exercises of a lesson been solved?"""
        return self.solved_of(lesson) == len(lesson.exercises)

    def next(self, lessons: Sequence[Lesson]) -> Lesson | None:
        """The first of these lessons that is not done."""
        return next((lesson for lesson in lessons if not self.done(lesson)), None)
