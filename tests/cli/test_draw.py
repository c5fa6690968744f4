"""``hornbook draw`` as a person uses it: pictures as files, a list of them, and errors that name the nearest."""

from __future__ import annotations

import json

import pytest

from hornbook.cli.app import run


@pytest.fixture
def draw(tmp_path, monkeypatch, capsys):
    """Run ``hornbook draw`` in an empty folder: what it printed, and what it said on stderr."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str, expect: int = 0):
        assert run(["draw", *arguments]) == expect
        return capsys.readouterr()

    return command


@pytest.mark.slow
def test_a_picture_is_written_as_svg_and_png(hornbook, tmp_path) -> None:
    assert hornbook("draw", "masks").stdout == "figures/masks.png\n"
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == ["masks.png", "masks.svg"]
    assert "sliding window" in (tmp_path / "figures" / "masks.svg").read_text()


def test_programs_are_told_where_it_went(draw, tmp_path) -> None:
    told = json.loads(draw("schedules", "--out", "here/and/there", "--json").out)
    assert told["pictures"] == [
        {"name": "schedules", "svg": "here/and/there/schedules.svg", "png": "here/and/there/schedules.png"}
    ]
    assert (tmp_path / "here" / "and" / "there" / "schedules.png").read_bytes().startswith(b"\x89PNG")


def test_the_list_names_every_picture_and_what_it_needs(draw) -> None:
    rows = json.loads(draw("list", "--json").out)["pictures"]
    needs = {row["name"]: row["needs"] for row in rows}
    assert needs["masks"] == "" and needs["architecture"] == "a run"
    assert len(rows) == len(needs)
    printed = draw("list").out
    assert all(name in printed for name in needs)


def test_what_cannot_be_drawn_is_refused_with_the_way_out(draw) -> None:
    assert "'mask' is no picture (did you mean 'masks'?)" in draw("mask", expect=2).err
    assert "a picture of a run; name one: hornbook draw architecture RUN" in draw("architecture", expect=2).err
    draw("architecture", "nowhere", expect=3)
