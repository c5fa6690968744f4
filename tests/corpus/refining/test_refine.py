"""Whole folders refined: stopped and gone on with, divided among machines, always with the same result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hornbook.cores import Shard
from hornbook.corpus.refining.refine import refine
from hornbook.corpus.refining.sifting import STEPS, Refining
from hornbook.corpus.sources import load_corpus
from hornbook.errors import SettingError, TextError

NOTICE = "This page belongs to the archive of the village school and may be read aloud."


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four files: stories, some of them told twice, a French page, a list, an address, and a notice on every page."""
    folder = tmp_path_factory.mktemp("raw")
    stories = [document.text for document in load_corpus("stories", 40, 7)]
    french = "Le matin, les enfants ont couru dans le jardin pour chercher des escargots avec leur mère. " * 1
    pages = {
        "a.jsonl": [f"{story}\n{NOTICE}" for story in stories[:15]],
        "b.jsonl": [*stories[15:28], stories[2] + " And that was all.", french * 9],
        "c.jsonl": [*(f"{NOTICE}\n{story}" for story in stories[28:]), "buy now " * 80],
        "d.jsonl": [stories[0], f"{stories[3]}\n\nWrite to me: tim@school.org."],
    }
    for name, texts in pages.items():
        (folder / name).write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return folder


def kept(out: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((out / "kept").iterdir())}


@pytest.fixture(scope="module")
def refined(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, int]]]:
    out = tmp_path_factory.mktemp("once") / "out"
    found = refine([raw], out, Refining(("en",)), workers=1)
    assert found is not None
    return out, found


def test_everything_that_was_read_was_kept_or_has_a_reason(
    refined: tuple[Path, dict[str, dict[str, int]]],
) -> None:
    out, found = refined
    documents = dict(found["documents"])
    assert documents.pop("read") == sum(documents.values()) == 15 + 15 + 13 + 2
    assert documents["language: fr"] == 1
    assert documents["near duplicate"] == 3, "two stories told again, and one with a few words more"
    assert sum(count for what, count in documents.items() if what.startswith("quality")) == 1
    texts = [json.loads(line)["text"] for file in kept(out).values() for line in file.decode().splitlines()]
    assert sum(NOTICE in text for text in texts) == 1
    assert found["changes"]["repeated line removed"] == 15 + 12 - 1 - 0
    assert json.loads((out / "report.json").read_text()) == found


def test_stopped_by_a_file_that_is_no_text_it_goes_on_where_it_was_and_gives_the_same(
    raw: Path, refined: tuple[Path, dict[str, dict[str, int]]], tmp_path: Path
) -> None:
    copy = tmp_path / "raw"
    copy.mkdir()
    for file in raw.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    whole = (copy / "c.jsonl").read_bytes()
    (copy / "c.jsonl").write_bytes(whole[:-20] + b"\x00" * 20)
    out = tmp_path / "out"
    with pytest.raises(TextError, match=r"c\.jsonl"):
        refine([copy], out, Refining(("en",)), workers=1)
    assert not (out / "kept").exists()
    before = (out / "work" / "00000" / "texts.jsonl").stat().st_mtime_ns
    (copy / "c.jsonl").write_bytes(whole)
    refine([copy], out, Refining(("en",)), workers=2)
    assert (out / "work" / "00000" / "texts.jsonl").stat().st_mtime_ns == before, "what was done is not done again"
    assert texts(out) == texts(refined[0])


def texts(out: Path) -> list[str]:
    return [json.loads(line)["text"] for file in kept(out).values() for line in file.decode().splitlines()]


def test_machines_that_share_a_folder_come_to_the_same(
    raw: Path, refined: tuple[Path, dict[str, dict[str, int]]], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    settings = Refining(("en",))
    assert refine([raw], out, settings, Shard.parsed("2/2"), 1) is None
    assert refine([raw], out, settings, Shard.parsed("1/2"), 1) is None, "the files of the other are not finished"
    assert refine([raw], out, settings, Shard.parsed("2/2"), 1) == refined[1]
    assert kept(out) == kept(refined[0])


def test_what_is_left_out_is_not_done(raw: Path, tmp_path: Path) -> None:
    found = refine([raw], tmp_path / "out", Refining(steps=()), workers=1)
    assert found is not None
    assert found["documents"] == {"read": 45, "kept": 45} and found["changes"] == {}
    assert tuple(STEPS) == ("quality", "private", "lines", "near")


def test_a_folder_begun_otherwise_is_refused_and_so_is_what_is_not_known(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    refine([raw / "d.jsonl"], out, workers=1)
    with pytest.raises(SettingError, match="other settings"):
        refine([raw / "d.jsonl"], out, Refining(("en",)))
    with pytest.raises(SettingError, match="other files"):
        refine([raw], out)
    with pytest.raises(SettingError, match="did you mean 'quality'"):
        refine([raw], tmp_path / "new", Refining(steps=("qualty",)))
    with pytest.raises(SettingError, match="'de' is not known"):
        refine([raw], tmp_path / "new", Refining(("de",)))
    with pytest.raises(SettingError, match="1/4 to 4/4"):
        Shard.parsed("5/4")
