"""Every lesson runs and its claims hold; its solutions are right, and a wrong answer gets the hint it needs."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

import pytest

from hornbook.course.grading import checks_of, grade
from hornbook.course.lesson import Lesson, lessons_folder, read_lessons
from tests.lessons.wrong_answers import WRONG, WrongOne
from tests.lessons.wrong_later import WRONG_LATER

LESSONS = read_lessons()
SLOW = {7, 9, 12}
"""Lessons that train for a few seconds."""
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
running = pytest.mark.parametrize(
    "lesson",
    [pytest.param(lesson, marks=[pytest.mark.slow] * (lesson.number in SLOW)) for lesson in LESSONS],
    ids=[lesson.stem for lesson in LESSONS],
)
CLAIMS = 5
MINUTES = 20


@pytest.mark.slow
@running
def test_every_claim_of_a_lesson_holds(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HORNBOOK_SMOKE", "1")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(lesson.path), run_name="__main__")
    assert 0 < len(capsys.readouterr().out.splitlines()) <= 60, "a lesson prints something, and not much"


@pytest.mark.broad
@each_lesson
def test_every_claim_of_a_lesson_holds_at_full_length(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HORNBOOK_SMOKE", raising=False)
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(lesson.path), run_name="__main__")
    assert 0 < len(capsys.readouterr().out.splitlines()) <= 60


@each_lesson
def test_a_lesson_has_all_that_a_lesson_has(lesson: Lesson) -> None:
    assert lesson.path.name.startswith(f"{lesson.number:02}_") and lesson.title in lesson.cells[0].source
    assert lesson.question.endswith("?") and lesson.need and 0 < lesson.minutes <= MINUTES
    tree = ast.parse(lesson.path.read_text(encoding="utf-8"))
    claims = sum(isinstance(node, ast.Assert) for node in ast.walk(tree))
    assert claims >= CLAIMS, f"{claims} computed values are asserted"
    text = "\n".join(cell.source for cell in lesson.cells if cell.kind == "markdown")
    assert "\n## What people get wrong\n" in text and "\n## Exercises\n" in text
    assert len(lesson.exercises) > 0 and all(each.task and each.hint for each in lesson.exercises)
    assert any("hornbook" in cell.source for cell in lesson.cells if cell.kind == "code"), "it uses the package"


def functions_of(path: Path) -> dict[str, str]:
    """The public functions of a file with their signatures, as a lesson writes them."""
    found = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]
    return {node.name: f"({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}" for node in found if node.returns}


@each_lesson
def test_an_exercise_is_set_prepared_solved_and_checked_under_one_name_and_signature(lesson: Lesson) -> None:
    told = {each.name: each.signature for each in lesson.exercises}
    solved = functions_of(lessons_folder() / "solutions" / lesson.path.name)
    assert functions_of(lessons_folder() / "exercises" / lesson.path.name) == told
    assert {name: solved.get(name) for name in told} == told
    assert list(checks_of(lesson)) == list(told)


@each_lesson
def test_the_solutions_are_right_and_nothing_is_solved_to_begin_with(lesson: Lesson) -> None:
    for grade_of in grade(lesson, lessons_folder() / "solutions" / lesson.path.name):
        assert grade_of.state == "right", grade_of
    for grade_of in grade(lesson, lessons_folder() / "exercises" / lesson.path.name):
        assert grade_of.state == "to write" and grade_of.hint, grade_of


@pytest.mark.parametrize("wrong", [*WRONG, *WRONG_LATER], ids=lambda wrong: f"{wrong.lesson}-{wrong.what}")
def test_a_common_wrong_answer_gets_the_hint_that_is_meant_for_it(wrong: WrongOne, tmp_path: Path) -> None:
    lesson = next(lesson for lesson in LESSONS if lesson.name == wrong.lesson)
    right = (lessons_folder() / "solutions" / lesson.path.name).read_text(encoding="utf-8")
    assert right.count(wrong.right) == 1, "the line that is made wrong stands once in the solutions"
    file = tmp_path / "answers.py"
    file.write_text(right.replace(wrong.right, wrong.wrong), encoding="utf-8")
    grades = {each.name: each for each in grade(lesson, file)}
    assert grades[wrong.exercise].state == "wrong", grades[wrong.exercise]
    assert wrong.hint in grades[wrong.exercise].hint, grades[wrong.exercise].hint
