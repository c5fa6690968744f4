"""The pages beside the course: lessons, commands and links that exist, and figures that a lesson asserts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hornbook.cli.app import app
from hornbook.course.lesson import read_lessons

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ["glossary", "troubleshooting", "hyper-parameters", "own-parts"]
LESSONS = {lesson.number: lesson for lesson in read_lessons()}
NUMBERS = range(1, 31)

FIGURES = [
    ("troubleshooting", "7.62", 29, "7.62"),
    ("troubleshooting", "10.82", 29, "10.82"),
    ("troubleshooting", "with the cache 23 (lesson 23)", 23, "4 + 19"),
    ("troubleshooting", "270 tokens through the model", 23, "sum(range(4, 24))"),
    ("troubleshooting", "16 steps in batches of two that wait, 13", 26, "== 16 and continuous_steps(wanted, 2) == 13"),
    ("troubleshooting", "67 million scores", 23, "8192 * 8192 > 67_000_000"),
    ("troubleshooting", "25 GB", 27, "round(everything / 1e9) == 25"),
    ("troubleshooting", "3,584 of 30,208", 17, "3_584 and all_of_them == 30_208"),
    ("troubleshooting", "36,864 bytes", 23, "gpt2 == 2 * 12 * 768 * 2"),
    ("troubleshooting", "one instead of four, a quarter", 23, "== 4 * count(grouped)"),
    ("troubleshooting", "49,000 tokens of 0.001 %", 13, "49_000 * 0.001 / 100, 0.49"),
    ("troubleshooting", "by more than 1", 14, '["a square matrix sideways"] > 1'),
    ("troubleshooting", "by less than 0.01", 14, '["the exact GELU"] < 0.01'),
    ("troubleshooting", "scores of 2 and -1 into 1.6 and -1.25", 13, "[[1.6, 1.0, 0.0, -1.25]]"),
    ("troubleshooting", "chance of 0.36", 22, "0.36"),
    ("troubleshooting", "less than 0.5 bits, its whole layer by more than 5", 25, "max(heads) < 0.5"),
    ("hyper-parameters", "0.003 at width 128", 29, "3e-3 * 128 / width"),
    ("hyper-parameters", "20 tokens for each parameter", 29, "20 * count(model).parameters"),
]


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "said", "number", "asserted"), FIGURES)
def test_a_figure_stands_on_the_page_and_its_lesson_asserts_it(
    name: str, said: str, number: int, asserted: str
) -> None:
    assert said in " ".join(page(name).split())
    assert asserted in LESSONS[number].path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_lessons_links_and_commands_of_a_page_exist(name: str) -> None:
    text = page(name)
    for group in re.findall(r"[Ll]essons? (\d+(?:(?:,| and|, and) \d+)*)", text):
        assert all(int(number) in NUMBERS for number in re.findall(r"\d+", group)), group
    for link in re.findall(r"\]\(([\w./-]+)\)", text):
        assert (DOCS / link).exists(), link
    for first, second in re.findall(r"hornbook ([a-z]+)(?: ([a-z-]+))?", text):
        command = app[first]
        assert command is not None
        if first == "learn" and second:
            assert command[second] is not None


def test_the_glossary_is_in_order_and_leads_to_lessons() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+?) \| ([\d, ]+) \|$", page("glossary"), re.M)
    terms = [term.lower() for term, _, _ in rows]
    assert len(rows) > 90
    assert terms == sorted(terms)
    for term, _, numbers in rows:
        assert all(int(number) in NUMBERS for number in numbers.split(",")), term
