"""Learn: the lessons of the course, cell by cell, with the screen that shows what they are about."""

from __future__ import annotations

from hornbook.course.lesson import read_lessons
from hornbook.server.page.static import STATIC
from tests.server.asking import ask


def test_lessons_are_those_of_the_course(page) -> None:
    found = ask(page, "GET", "/page/lessons")[1]["lessons"]
    course = read_lessons()
    assert [(each["number"], each["title"], each["question"]) for each in found] == [
        (each.number, each.title, each.question) for each in course
    ]
    assert ask(page, "GET", "/page/about")[1]["lessons"] == len(course)
    attention = next(each for each in found if each["name"].endswith("attention"))
    assert attention["panel"] == "inside" and attention["check"]


def test_a_lesson_comes_with_its_cells_and_exercises(page) -> None:
    lesson = read_lessons()[0]
    found = ask(page, "GET", f"/page/lessons/{lesson.number}")[1]
    assert [each["source"] for each in found["cells"]] == [each.source for each in lesson.cells]
    assert {each["kind"] for each in found["cells"]} == {"text", "code"}
    assert [each["title"].partition("(")[0] for each in found["exercises"]] == [each.name for each in lesson.exercises]
    assert ask(page, "GET", "/page/lessons/99")[0] == 404


def test_a_checkout_without_the_built_page_says_how_it_is_built(page) -> None:
    status, body, told = ask(page, "GET", "/")
    built = (STATIC / "index.html").is_file()
    assert status == (200 if built else 503) and told["content-type"].startswith("text/html")
    assert built or b"make web" in body
    assert ask(page, "GET", "/assets/../../app.py")[0] == 404 == ask(page, "GET", "/assets/%2e%2e/%2e%2e/app.py")[0]
