"""Files tokenized one by one: stopped and gone on with, divided among machines, always the bytes of ``prepare``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hornbook.cores import Shard
from hornbook.corpus.documents import write_documents
from hornbook.corpus.sources import load_corpus
from hornbook.data.config import DataConfig
from hornbook.data.prepare import Prepared, prepare
from hornbook.data.prepare_files import prepare_files
from hornbook.errors import SettingError, TextError
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair
from hornbook.tokenizers.protocol import Tokenizer


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files of stories, two of which are in two files, one with Windows' line ends."""
    folder = tmp_path_factory.mktemp("raw")
    stories = [document.text for document in load_corpus("stories", 40, 7)]
    parts = (stories[:14], [*stories[14:28], stories[3], stories[3]], [*stories[28:], stories[20], "Naïve.\r\nYes."])
    for name, texts in zip("abc", parts, strict=True):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return folder


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return build_tokenizer(BytePair(400), (document.text for document in load_corpus("stories", 20, 8)))


def asked(raw: Path, fraction: float = 0.2) -> DataConfig:
    return DataConfig(text=(str(raw),), split="document", validation_fraction=fraction)


def bytes_of(ready: Prepared) -> list[bytes]:
    return [(ready.folder / f"{part}.tokens").read_bytes() for part in ("train", "validation")]


@pytest.mark.parametrize(("seed", "fraction"), [(0, 0.02), (1, 0.2), (2, 0.7)])
def test_file_by_file_gives_the_bytes_of_prepare(raw: Path, tokenizer: Tokenizer, tmp_path, seed, fraction) -> None:
    config = asked(raw, fraction)
    once = prepare(config, tokenizer, tmp_path / "once", seed)
    apart = prepare_files(config, tokenizer, tmp_path / "apart", seed, workers=1)
    assert apart is not None
    assert bytes_of(apart) == bytes_of(once)
    assert {key: apart.info[key] for key in once.info} == once.info
    assert not (tmp_path / "apart" / "work").exists()
    apart.verify()


def test_documents_of_a_known_source_are_divided_as_prepare_divides_them(tokenizer: Tokenizer, tmp_path) -> None:
    stories = list(load_corpus("stories", 30, 5))
    for name, part in (("a", stories[:20]), ("b", [*stories[20:], stories[0]])):
        write_documents(part, tmp_path / "raw" / f"{name}.jsonl")
    config = asked(tmp_path / "raw")
    once = prepare(config, tokenizer, tmp_path / "once", 0)
    apart = prepare_files(config, tokenizer, tmp_path / "apart", 0, workers=1)
    assert apart is not None and apart.info["duplicates_dropped"] == 1
    assert bytes_of(apart) == bytes_of(once) and apart.validation.log_probability is not None


@pytest.mark.slow
def test_equal_texts_at_the_border_of_the_two_parts_are_dropped_as_prepare_drops_them(
    raw: Path, tokenizer: Tokenizer, tmp_path
) -> None:
    dropped = 0
    for seed in range(6):
        config = asked(raw, 0.5)
        once = prepare(config, tokenizer, tmp_path / f"once-{seed}", seed)
        apart = prepare_files(config, tokenizer, tmp_path / f"apart-{seed}", seed, workers=1)
        assert apart is not None and bytes_of(apart) == bytes_of(once)
        dropped += apart.info["duplicates_dropped"]
    assert dropped > 0, "no seed put the border among equal texts: the test has lost its point"


def test_stopped_by_a_file_that_is_no_text_it_goes_on_where_it_was(raw: Path, tokenizer: Tokenizer, tmp_path) -> None:
    copy = tmp_path / "raw"
    copy.mkdir()
    for file in raw.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    whole = (copy / "c.jsonl").read_bytes()
    (copy / "c.jsonl").write_bytes(whole[:-20] + b"\x00" * 20)
    out = tmp_path / "out"
    with pytest.raises(TextError, match=r"c\.jsonl"):
        prepare_files(asked(copy), tokenizer, out, 3, workers=1)
    (copy / "c.jsonl").write_bytes(whole)
    told: list[str] = []
    (out / ".train.tokens.partial-1").write_bytes(b"what a killed process left")
    ready = prepare_files(asked(copy), tokenizer, out, 3, workers=2, report=told.append)
    assert ready is not None and not list(out.glob(".*"))
    assert [line for line in told if line.startswith("tokenized")] == [told[0]] and "c.jsonl" in told[0]
    once = prepare(asked(copy), tokenizer, tmp_path / "once", 3)
    assert bytes_of(ready) == bytes_of(once)
    (out / "work").mkdir()
    assert prepare_files(asked(copy), tokenizer, out, 3, report=told.append) is not None
    assert not (out / "work").exists()
    assert told[-1] == f"{out} is finished; nothing is left to do"


def test_machines_that_share_a_folder_come_to_the_same(raw: Path, tokenizer: Tokenizer, tmp_path) -> None:
    out, config = tmp_path / "out", asked(raw)
    assert prepare_files(config, tokenizer, out, 1, Shard(1, 2), 1) is None, "the other has not come"
    assert prepare_files(config, tokenizer, out, 1, Shard(2, 2), 1) is None, "the first lays together"
    ready = prepare_files(config, tokenizer, out, 1, Shard(1, 2), 1)
    assert ready is not None
    assert bytes_of(ready) == bytes_of(prepare(config, tokenizer, tmp_path / "once", 1))


def test_what_cannot_be_done_file_by_file_is_refused_before_anything_is_written(
    raw: Path, tokenizer: Tokenizer, tmp_path
) -> None:
    out = tmp_path / "out"
    for config, given, said in (
        (DataConfig(text=(str(raw),)), tokenizer, "split: found"),
        (DataConfig("stories", split="document"), tokenizer, "a named corpus is made as a whole"),
        (DataConfig(text=(str(raw),), split="document", documents=3), tokenizer, "counted over all files"),
        (asked(raw), BytePair(300), "need one that exists"),
    ):
        with pytest.raises(SettingError, match=said):
            prepare_files(config, given, out, 0)
    assert not out.exists()
    prepare_files(asked(raw), tokenizer, out, 0, workers=1)
    with pytest.raises(SettingError, match="begun with other seed"):
        prepare_files(asked(raw), tokenizer, out, 1)
    with pytest.raises(SettingError, match="begun with other config"):
        prepare_files(asked(raw, 0.3), tokenizer, out, 0)
    grown = tmp_path / "grown.txt"
    grown.write_text("One text.<|endoftext|>And another, longer one.")
    prepare_files(asked(grown), tokenizer, tmp_path / "grown", 0)
    grown.write_text("One text.<|endoftext|>And another, longer one.\n")
    with pytest.raises(SettingError, match="begun with other files"):
        prepare_files(asked(grown), tokenizer, tmp_path / "grown", 0)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(SettingError, match="holds something else"):
        prepare_files(asked(raw), tokenizer, tmp_path / "full", 0)
