"""``hornbook prepare``: what its flags mean, what it prints, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hornbook.cli.app import run
from hornbook.cli.prepare import tokenizer_named
from hornbook.data.prepare import Prepared
from hornbook.errors import MissingError, SettingError
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import GPT2, BytePair, Characters, Words


@pytest.fixture
def text(tmp_path):
    """A file with some prose."""
    path = tmp_path / "text.txt"
    path.write_text("The cat sat on the mat, and the dog sat on the cat.\n" * 23)
    return path


@pytest.mark.parametrize(
    ("name", "vocab", "meant"),
    [
        ("characters", None, Characters()),
        ("gpt2", None, GPT2()),
        ("words", None, Words()),
        ("words", 31, Words(31)),
        ("bytepair", None, BytePair()),
        ("bytepair:512", None, BytePair(512)),
        ("bytepair:512", 512, BytePair(512)),
        ("bytepair", 300, BytePair(300)),
    ],
)
def test_a_tokenizer_is_named_as_documented(name, vocab, meant):
    assert tokenizer_named(name, vocab) == meant


@pytest.mark.parametrize(
    ("name", "vocab", "error", "says"),
    [
        ("bytepare", None, SettingError, "did you mean 'bytepair'"),
        ("bytepair:many", None, SettingError, "bytepair:4096"),
        ("bytepair:300", 301, SettingError, "say it once"),
        ("characters", 50, SettingError, "cannot be chosen"),
        ("bytepair:7", None, SettingError, "256 bytes"),
        ("no/where", None, MissingError, "does not exist"),
    ],
)
def test_a_wrong_tokenizer_is_refused(name, vocab, error, says):
    with pytest.raises(error, match=says):
        tokenizer_named(name, vocab)


def test_a_saved_tokenizer_is_named_by_its_folder(tmp_path):
    made = build_tokenizer(Words(), ["one two three"])
    made.save(tmp_path)
    found = tokenizer_named(str(tmp_path))
    assert found.vocab_size == made.vocab_size and found.kind == "words"
    with pytest.raises(SettingError, match="vocabulary already"):
        tokenizer_named(str(tmp_path), 50)


def test_the_result_is_one_json_object_and_progress_is_elsewhere(text, tmp_path, capsys):
    out = tmp_path / "data"
    assert run(["prepare", str(text), "--tokenizer", "bytepair:270", "--out", str(out), "--json"]) == 0
    said = capsys.readouterr()
    result, ready = json.loads(said.out), Prepared.open(out)
    assert result["schema"] == 1 and Path(result["folder"]) == out.resolve()
    assert result["train"]["tokens"] == len(ready.train)
    assert result["validation"]["bytes"] == ready.validation.bytes
    assert result["train"]["bytes_per_token"] == ready.train.bytes / len(ready.train)
    assert result["tokenizer"]["kind"] == "bytepair"
    assert "split by position" in said.err


def test_the_table_shows_both_parts(text, tmp_path, capsys):
    assert run(["prepare", str(text), "--tokenizer", "characters", "--out", str(tmp_path / "data")]) == 0
    said = capsys.readouterr().out
    lines = [line.replace("│", " ").split() for line in said.splitlines()]
    assert ["training", "1", "1,076", "1,076", "1.000"] in lines
    assert ["validation", "1", "120", "120", "1.000"] in lines
    assert str(tmp_path / "data") in said.replace("\n", "")


def test_a_corpus_a_split_and_a_share_can_be_chosen(tmp_path, capsys):
    arguments = ["--corpus", "markov-1", "--documents", "20", "--split", "document", "--validation", "0.25"]
    assert run(["prepare", *arguments, "--tokenizer", "characters", "--out", str(tmp_path / "data"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["train"]["documents"], result["validation"]["documents"]) == (15, 5)
    assert result["validation"]["log_probability"] < 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "text"),
        (["a.txt", "--corpus", "stories"], 2, "corpus"),
        (["--corpus", "storys"], 2, "did you mean 'stories'"),
        (["nowhere.txt"], 3, "nowhere.txt"),
        (["--corpus", "stories", "--validation", "1.5"], 2, "validation_fraction"),
        (["--corpus", "stories", "--splt", "document"], 2, "--split"),
    ],
)
def test_what_is_wrong_is_said_with_its_exit_code(arguments, code, says, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["prepare", *arguments, "--out", "data"]) == code
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_empty_and_a_binary_file_fail_with_one_and_leave_nothing(tmp_path, capsys):
    for name, content in (("empty.txt", b""), ("binary.txt", b"\0\1\2" * 999)):
        (tmp_path / name).write_bytes(content)
        assert run(["prepare", str(tmp_path / name), "--out", str(tmp_path / "data")]) == 1
        assert name in capsys.readouterr().err
        assert not (tmp_path / "data").exists()
