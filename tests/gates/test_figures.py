"""Figures in the documentation: each has a tag and is what the ledger holds; ``make docs-verify`` counts again."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tools import page_figures, verify_figures
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


@pytest.mark.parametrize("name", TAGGED)
def test_a_page_looks_the_same_without_its_tags(name: str) -> None:
    text = PAGES[name].text
    with_tags, without = (shown(each) for each in (text, page_figures.MARK.sub("", text)))
    assert with_tags == without


def shown(text: str) -> str:
    """A page as HTML, but for comments, and blanks where there are some already."""
    html = MarkdownIt("commonmark").enable("table").render(text)
    return re.sub(r">\s+<", "><", re.sub(r"\s+", " ", page_figures.COMMENT.sub("", html))).strip()


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


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one page, whose ledger has one entry of each kind."""
    monkeypatch.setattr(page_figures, "ROOT", tmp_path)
    monkeypatch.setattr(page_figures, "LEDGER", tmp_path / "docs" / "ledger")
    monkeypatch.setattr(verify_figures, "ROOT", tmp_path)
    page = (
        "Of <!-- figure: sum -->1,007<!-- / --> steps,\n\n<!-- figures: table -->\n\n| 2.5 | 3 |\n\n<!-- /figures -->\n"
    )
    ledger = {
        "sum": 'counted = "python -c \'print(1008)\'"\nnumbers = "1,007"',
        "table": 'measured = "python -c \'print(2.75, 3)\'"\nmachine = "2 cores"\ndate = 2026-11-30\nnumbers = "2.5 3"',
    }
    for name, text in {
        "README.md": page,
        "lessons/README.md": "",
        "benchmarks/README.md": "",
        "docs/ledger/readme.toml": "\n\n".join(f"[{name}]\n{entry}" for name, entry in ledger.items()) + "\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_count_that_drifts_is_named_with_page_line_old_new_and_command(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify_figures.verify() == 4
    said = capsys.readouterr().out
    assert "README.md:1: the page says 1,007, `python -c 'print(1008)'` gives 1008" in said
    assert "measured, held to the ledger, not rerun: 2\n" in said and "on 2 cores, 2026-11-30" in said


def test_new_numbers_are_written_into_page_and_ledger_and_are_right_then(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify_figures.measure("readme/sum", write=True) == verify_figures.measure("readme/table", write=True) == 0
    assert "2.5             2.75  +10.0%" in capsys.readouterr().out
    text = (small / "README.md").read_text(encoding="utf-8")
    assert "-->1008<!-- / -->" in text and "| 2.75 | 3 |" in text
    assert verify_figures.verify() == 0
    (page, *_) = pages()
    assert [entry.numbers for entry in page.entries.values()] == [["1008"], ["2.75", "3"]]
    assert page.entries["table"].date == "2026-11-30"


def test_what_is_counted_within_a_measurement_has_to_be_found_in_it(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = small / "docs" / "ledger" / "readme.toml"
    text = ledger.read_text(encoding="utf-8").replace("print(1008)", "print(1007)").replace("1,007", "1007")
    (small / "README.md").write_text((small / "README.md").read_text("utf-8").replace("1,007", "1007"), "utf-8")
    for printed, code in (("3", 0), ("2.5, 3", 0), ("3, 2.5", 4), ("4", 4)):
        counted = f"[table]\ncounted = \"python -c 'print({printed})'\""
        ledger.write_text(text.replace("[table]", counted), encoding="utf-8")
        assert verify_figures.verify() == code, capsys.readouterr().out


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"counted": "a", "published": "b"},
        {"measured": "a", "machine": "b"},
        {"stated": {"README.md": "a"}, "machine": "b"},
        {"counted": "a", "withn": 0.1},
    ],
)
def test_an_entry_without_an_origin_or_with_unknown_words_is_refused(entry: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\[name\]"):
        page_figures.entry("name", entry)
