"""``hornbook tokenizer`` as a person runs it."""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hornbook.cli.app import run
from hornbook.tokenizers.characters import CharacterTokenizer

Run = Callable[..., subprocess.CompletedProcess[str]]
Say = Callable[..., str]
TEXT = "the theme of the thesis, then: it's the theory of theatres\nnaïve façade, 日本 and 👩‍👩‍👧\n" * 11


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """``hornbook tokenizer ARGS...`` in this process, in a folder with ``text.txt``: what it writes to stdout."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")

    def call(*arguments: str) -> str:
        code, written = run(["tokenizer", *arguments]), capsys.readouterr()
        assert code == 0, written.err
        return written.out

    return call


@pytest.fixture
def ask(say: Say) -> Callable[..., Any]:
    """The same with ``--json``: the object it prints."""
    return lambda *arguments: json.loads(say(*arguments, "--json"))


@pytest.fixture
def trained(ask: Callable[..., Any]) -> dict[str, Any]:
    """What is said about a tokenizer of 307 tokens that was trained into the folder ``tok``."""
    result: dict[str, Any] = ask("train", "text.txt", "--vocab", "307", "--out", "tok")
    return result


def test_train_says_what_it_made(trained: dict[str, Any]) -> None:
    assert trained["schema"] == 1
    assert (trained["kind"], trained["vocab_size"], trained["documents"]) == ("bytepair", 307, 1)
    assert trained["bytes"] == len(TEXT.encode())
    assert trained["special"] == {"<|endoftext|>": 306}


@pytest.mark.usefixtures("trained")
def test_encode_prints_ids_and_pieces(say: Say, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = ask("encode", "tok", "the thesis<|endoftext|>")
    assert 306 not in encoded["ids"]
    assert b"".join(bytes.fromhex(piece["data"]) for piece in encoded["pieces"]) == b"the thesis<|endoftext|>"
    assert say("encode", "tok", "the thesis<|endoftext|>", "--allow-special").split()[-1] == "306"
    monkeypatch.setattr("sys.stdin", io.StringIO("the thesis\n"))
    shown = say("encode", "tok", "--show")
    assert shown.startswith("the|")
    assert "74 68 65" in shown


def test_show_prints_vocabulary_ancestry_and_replay(say: Say, ask: Callable[..., Any], trained: dict[str, Any]) -> None:
    shown = ask("show", "tok", "--first", "7")
    assert shown["fingerprint"] == trained["fingerprint"]
    assert [token["token"] for token in shown["tokens"]] == list(range(256, 263))
    assert "50 merges" in say("show", "tok")
    assert say("show", "tok", "--token", "the").count("\n") == 5
    tree = ask("show", "tok", "--token", "256")["ancestry"]
    assert tree["left"]["data"] + tree["right"]["data"] == tree["data"]
    steps = say("show", "tok", "--merges", "the").splitlines()
    assert steps[0].split() == ["bytes", "'t'", "'h'", "'e'"]
    assert steps[-1].split()[1:] == ["'the'"]
    assert len(ask("show", "tok", "--merges", "the theme")["pieces"]) == 2


@pytest.mark.usefixtures("trained")
def test_compare_counts_tokens_and_bytes(say: Say, ask: Callable[..., Any]) -> None:
    say("train", "text.txt", "--kind", "characters", "--out", "letters")
    first, second = ask("compare", "tok", "letters", "--text", "text.txt")["tokenizers"]
    assert (first["name"], second["name"]) == ("tok", "letters")
    assert first["bytes_per_token"] == pytest.approx(first["bytes"] / first["tokens"])
    assert second["tokens"] == second["characters"] > first["tokens"]
    assert first["round_trip"] is second["round_trip"] is True
    assert "bytes/token" in say("compare", "tok", "--text", "text.txt")


@pytest.mark.parametrize(("kind", "first"), [("characters", r"'\n'"), ("words", "','")])
def test_every_kind_can_be_trained_and_shown(say: Say, kind: str, first: str) -> None:
    say("train", "text.txt", "--kind", kind, "--out", kind)
    assert first in say("show", kind)


def test_results_are_on_stdout_and_progress_on_stderr(hornbook: Run, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    done = hornbook("tokenizer", "train", "text.txt", "--kind", "characters", "--out", "tok")
    assert done.stdout.startswith("tok: ")
    assert done.stdout.count("\n") == 1
    assert "trained in" in done.stderr


def test_gpt2_is_a_tokenizer_by_name(hornbook: Run, shared: Path) -> None:
    environment: dict[str, str | None] = {"HORNBOOK_GPT2": str(shared / "gpt2" / "r50k_base.tiktoken")}
    assert hornbook("tokenizer", "encode", "gpt2", "Hello, world", env=environment).stdout == "15496 11 995\n"


def test_a_text_too_small_for_the_vocabulary_is_said_on_stderr(hornbook: Run, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("the the the", encoding="utf-8")
    done = hornbook("tokenizer", "train", "text.txt", "--out", "tok", "--json")
    assert "too small for a vocabulary of 4096" in done.stderr
    assert json.loads(done.stdout)["vocab_size"] < 270


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["train", "--out", "tok"], 2, "--corpus"),
        (["train", "missing.txt", "--out", "tok"], 3, "missing.txt"),
        (["train", "empty.txt", "--out", "tok"], 1, "empty"),
        (["train", "text.txt", "--vocab", "100", "--out", "tok"], 2, "257"),
        (["train", "text.txt", "--kind", "characters", "--vocab", "100", "--out", "tok"], 2, "--vocab"),
        (["train", "text.txt", "--kind", "words", "--pattern", "gpt4", "--out", "tok"], 2, "--pattern"),
        (["train", "text.txt", "--corpus", "tinyshakespear", "--out", "tok"], 2, "--corpus"),
        (["train", "--corpus", "tinyshakespear", "--out", "tok"], 2, "tinyshakespeare"),
        (["encode", "nowhere", "text"], 3, "nowhere"),
        (["show", "letters", "--merges", "a"], 2, "no merges"),
        (["show", "letters", "--token", "abcdef"], 1, "alphabet|not among"),
        (["compare", "letters", "--text", "other.txt"], 1, "not among"),
    ],
    ids=str,
)
def test_what_goes_wrong_is_said_and_leaves_nothing(
    say: Say, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    (tmp_path / "other.txt").write_text("ΩΩΩ", encoding="utf-8")
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    CharacterTokenizer.train(["the letters"]).save(tmp_path / "letters")
    assert run(["tokenizer", *arguments]) == code
    written = capsys.readouterr()
    assert re.search(said, written.err)
    assert written.out == ""
    assert not (tmp_path / "tok").exists()


def test_a_run_is_meant_by_its_name_or_as_the_latest(say: Say, tmp_path: Path) -> None:
    run_of_mine = tmp_path / "runs" / "mine"
    say("train", "text.txt", "--kind", "characters", "--out", str(run_of_mine / "tokenizer"))
    (run_of_mine / "run.json").write_text('{"schema": 1}')
    expected = say("encode", str(run_of_mine), "then")
    assert say("encode", "mine", "then") == say("encode", "latest", "then") == expected
    assert run(["tokenizer", "encode", "yours", "then"]) == 3
