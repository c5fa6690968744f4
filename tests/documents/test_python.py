"""Every block of Python on a page is executed as it stands, a short while and on small models."""

from __future__ import annotations

import json
import textwrap
from contextlib import ExitStack
from typing import Any

import pytest

from hornbook.course.own.parts import PARTS, graded
from tests.documents.furnishing import PROCESS, QUESTIONS, SMALL
from tests.documents.reading import PAGES, ROOT, Block, read_json, read_page
from tests.documents.running import Place
from tests.server.serving import serving

BLOCKS = [block for name in PAGES for block in read_page(name).blocks if block.kind == "python"]
SHORTER = {"minutes=1.5": "minutes=0.01", 'tasks=["..."]': "tasks=[TASK]"}
"""What stands in a block for a long time, or for something that a reader brings."""
KINDS = {"python", "json", "toml", "shown"}


@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.page}:{block.line}")
def test_a_block_of_python_runs_as_it_stands(block: Block, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**PROCESS, **SMALL, "HORNBOOK_HOME": str(place.folder / "home")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(place.folder)
    source = textwrap.dedent(block.source)
    for words, other in SHORTER.items():
        source = source.replace(words, other)
    names: dict[str, Any] = {"__name__": "page", "TASK": task(place)} if "TASK" in source else {"__name__": "page"}
    place.said()
    with ExitStack() as stack:
        if "openai" in source:
            server = stack.enter_context(serving([place.folder / "runs" / "quickstart-1"]))
            source = source.replace(":8000/", f":{server.port}/")
        exec(compile(source, f"{block.page}:{block.line}", "exec"), names)
    assert ("print(" not in source) or place.said().strip()
    for name in PARTS.keys() & names.keys():
        graded(PARTS[name], names[name])


def task(place: Place) -> dict[str, Any]:
    """A task of two questions for EleutherAI's harness."""
    (place.folder / "questions.jsonl").write_text("".join(json.dumps(each) + "\n" for each in QUESTIONS))
    return {
        "task": "mine",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"validation": str(place.folder / "questions.jsonl")}},
        "output_type": "multiple_choice",
        "validation_split": "validation",
        "doc_to_text": "{{question}}",
        "doc_to_choice": "{{choices}}",
        "target_delimiter": "",
        "doc_to_target": "answer",
        "metric_list": [{"metric": "acc"}],
    }


def test_every_block_of_the_pages_is_of_a_kind_that_is_run_read_or_only_shown() -> None:
    found = [block for name in PAGES for block in read_page(name).blocks]
    assert len(BLOCKS) >= 6 and not [f"{each.page}:{each.line}" for each in found if each.kind not in KINDS]
    for block in found:
        if block.kind == "json" and "->" not in block.source and "(" not in block.source:
            assert read_json(block.source), f"{block.page}:{block.line} is no JSON"


def test_the_reader_finds_what_is_to_be_typed() -> None:
    page = read_page(
        "made-up.md",
        "# A page\n\nSee `hornbook\nlearn` or `make\nweb`, not `hornbook.load`.\n\n## Do\n\n    hornbook train A \\\n"
        "        --steps 3   # a remark\n    $ hornbook doctor latest\n    error: one\n\n"
        "| `hornbook rate new \\| go` | x |\n\n```\nmake test\n```\n\n    1 2 3\n\n```json\n{}\n```\n",
    )
    found = [(each.line, each.section, each.text, each.shown) for each in page.commands]
    assert found == [
        (3, "", "hornbook learn", ()),
        (4, "", "make web", ()),
        (9, "Do", "hornbook train A --steps 3", ()),
        (11, "Do", "hornbook doctor latest", ("error: one",)),
        (14, "Do", "hornbook rate new | go", ()),
        (17, "Do", "make test", ()),
    ]
    assert [block.kind for block in page.blocks] == ["shown", "json"]
    assert "README.md" in PAGES and (ROOT / PAGES[-1]).is_file()
