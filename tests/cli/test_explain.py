"""``hornbook explain``: the table of parts for people, for programs and as a page."""

from __future__ import annotations

import json
from pathlib import Path

from hornbook.workflows.explain import find_parts, page

PAGE = Path(__file__).parents[2] / "docs" / "parts.md"


def test_the_page_is_what_the_command_prints(hornbook):
    printed = hornbook("explain", "--markdown").stdout
    assert printed == page(find_parts(None)), "the command and the function agree"
    assert PAGE.read_text(encoding="utf-8") == printed, "write it anew: hornbook explain --markdown > docs/parts.md"


def test_a_part_is_explained_by_its_name_and_a_group_by_its_own(hornbook):
    said = hornbook("explain", "sinks").stdout
    assert "softmax([scores, s_h])" in said and "model/scoring.py" in said
    found = json.loads(hornbook("explain", "position", "--json").stdout)["parts"]
    assert [part["name"] for part in found] == ["none", "learned", "sinusoidal", "rotary", "alibi", "relative"]


def test_a_misspelt_part_is_answered_with_the_nearest(hornbook):
    error = hornbook("explain", "rotery", expect=2).stderr
    assert "'rotery' is no part (did you mean 'rotary'?)" in error
