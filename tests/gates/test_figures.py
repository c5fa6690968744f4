"""Figures in the documentation: each has a tag and is what the ledger holds; ``make docs-verify`` counts again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.page_figures import NUMBER, Page, against_ledger, misplaced, numbers, pages, problems, untagged

PAGES = {page.name: page for page in pages()}
TAGGED = [name for name, page in PAGES.items() if page.tags]


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_of_a_page_stands_in_a_tag_and_in_the_ledger(name: str) -> None:
    found = problems(PAGES[name])
    assert not found, "CONTRIBUTING.md, Figures, says how a number is tagged:\n  " + "\n  ".join(found)


@pytest.mark.parametrize("name", TAGGED)
def test_any_other_number_in_a_tag_is_noticed_with_its_line(name: str) -> None:
    page = PAGES[name]
    tag = page.tags[-1]
    number = NUMBER.search(page.text, tag.start)
    assert number is not None
    wrong = page.text[: number.end() - 1] + str((int(number[0][-1]) + 1) % 10) + page.text[number.end() :]
    (said,) = against_ledger(replace(page, text=wrong))
    assert said.startswith(f"{name}:{page.line(number.start())}: ")
    assert f"[{tag.name}]" in said


@pytest.mark.parametrize("name", TAGGED)
def test_a_number_that_is_taken_out_is_noticed(name: str) -> None:
    page = PAGES[name]
    start, text = page.tags[0].start, page.tags[0].text
    assert list(against_ledger(replace(page, text=page.text[:start] + page.text[start + len(text) :])))


@pytest.mark.parametrize(
    "sentence",
    [
        "It writes 116 tokens/s.",
        "That costs 3 % more.",
        "That costs 3% more.",
        "A loss of 1.57 nats.",
        "It has 440,459 of them.",
        "Equal to 2e-5.",
        "It takes 4 to 5 minutes.",
        "| a cell | 0.5 |",
        "Twice, or 2.1 times, and [3.5 s](speed.md).",
        "0.8 million parameters",
    ],
)
def test_a_figure_outside_of_a_tag_is_noticed(sentence: str) -> None:
    page = PAGES["docs/scaling.md"]
    (said, *_) = untagged(replace(page, text=f"{page.text}\n{sentence}\n"))
    assert said.startswith(f"docs/scaling.md:{page.text.count(chr(10)) + 2}: ")


@pytest.mark.parametrize(
    "sentence",
    [
        "Python 3.11 or newer, PyTorch 2.13, Node 20.19, transformers 5.23.",
        "Lesson 12, in 2026, of GPT-2 124M in int8.",
        "Run `hornbook train own-text --minutes 5.5`.",
        "See [there](https://example.org/3.5/1,000).",
        "    indented 3.5 s",
        "```\n3.5 s\n```",
        "Said <!-- figures 3.5 s --> in a comment.",
        "Asked at 127.0.0.1 and 1/4.",
    ],
)
def test_versions_names_code_and_links_need_no_tag(sentence: str) -> None:
    page = PAGES["docs/scaling.md"]
    assert not list(untagged(replace(page, text=f"{page.text}\n{sentence}\n")))


@pytest.mark.parametrize(
    "text",
    [
        "One <!-- figure: a -->1.5 s without an end.",
        "A start\n<!-- figure: a -->1.5<!-- / --> s",
        "- <!-- figure: a -->1.5<!-- / --> s",
        "Text\n<!-- figures: a -->\n\n1.5\n\n<!-- /figures -->",
        "<!-- figures: a -->\n| 1.5 |\n\n<!-- /figures -->",
        "Text <!-- figures: a --> 1.5\n\n<!-- /figures -->",
    ],
)
def test_marks_that_a_reader_would_notice_are_refused(text: str) -> None:
    assert list(misplaced(replace(PAGES["docs/scaling.md"], text=text)))


def test_numbers_are_read_as_people_write_them() -> None:
    said = numbers("1,557,611,200 and 2,4,8; 32-35, -0.5 e-5 1e-5 30e9 +3 % (x-1) 128.")
    assert said == ["1,557,611,200", "2", "4", "8", "32", "35", "-0.5", "1e-5", "30e9", "+3", "128"]
    assert numbers("GPT-2, int8, F32, step-000120, v1.2, 1\u00d78\u00d7160, 124M <!-- 7 -->") == [
        "1",
        "8",
        "160",
        "124",
    ]


def test_a_page_without_a_ledger_has_no_entries() -> None:
    assert Page(PAGES["docs/scaling.md"].path.with_name("none.md"), "").entries == {}
