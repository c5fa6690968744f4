"""Paths lead through lessons in order, and progress is what was solved."""

from __future__ import annotations

import pytest

from hornbook.course.lesson import read_lessons
from hornbook.course.paths import COMPLETE, PATHS, find_path, lessons_of
from hornbook.course.progress import Progress, progress_file
from hornbook.errors import DamagedError, SettingError

LESSONS = read_lessons()


@pytest.mark.parametrize("name", PATHS)
def test_a_path_never_goes_back_inside_a_milestone_nor_comes_twice_to_a_lesson(name: str) -> None:
    path = find_path(name)
    assert len(set(path.numbers)) == len(path.numbers)
    assert all(list(each.lessons) == sorted(each.lessons) and each.lessons for each in path.milestones)


def test_the_complete_path_has_every_lesson_in_order() -> None:
    assert lessons_of(COMPLETE, LESSONS) == LESSONS
    with pytest.raises(SettingError, match="did you mean 'practical'"):
        find_path("practicle")


@pytest.mark.parametrize("name", PATHS)
def test_a_path_takes_the_hours_that_it_says(name: str) -> None:
    path = find_path(name)
    reading = path.hours - 2 * (name == "complete")  # the rest is for exercises
    minutes = sum(lesson.minutes for lesson in lessons_of(path, LESSONS))
    assert 60 * reading - 45 < minutes <= 60 * reading
    assert len(lessons_of(path, LESSONS)) == len(path.numbers), "every lesson of the path is there"


def test_what_was_solved_is_kept_and_leads_to_the_next_lesson() -> None:
    first, second = LESSONS[:2]
    assert Progress.load().next(LESSONS) == first
    Progress.load().add(first, [first.exercises[0].name])
    assert Progress.load().solved_of(first) == 1 and not Progress.load().done(first)
    Progress.load().add(first, [each.name for each in first.exercises])
    kept = Progress.load()
    assert kept.done(first) and kept.next(LESSONS) == second
    assert kept.solved[first.name] == [each.name for each in first.exercises], "nothing is kept twice"


@pytest.mark.parametrize("damage", ["[]", '{"solved": 3}', '{"solved": {"a": 1}}', "{"])
def test_a_damaged_record_is_an_error_that_names_the_file(damage: str) -> None:
    progress_file().parent.mkdir(parents=True, exist_ok=True)
    progress_file().write_text(damage, encoding="utf-8")
    with pytest.raises(DamagedError, match=r"learn\.json"):
        Progress.load()
