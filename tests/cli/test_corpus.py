"""``hornbook corpus`` as a person runs it: results on stdout, everything else on stderr, exit codes as documented."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hornbook.corpus.reading import read_documents
from hornbook.files import sha256_of

Run = Callable[..., subprocess.CompletedProcess[str]]
DEAD = "http://127.0.0.1:9"


def test_list_names_every_corpus_with_licence_address_size_and_hash(hornbook: Run) -> None:
    done = hornbook("corpus", "list")
    assert done.stderr == ""
    for words in (
        "stories",
        "the_verdict",
        "openwebtext",
        "CC-BY-4.0",
        "24.2 GB",
        "not fetched",
        "86c4e6aa9db7",
        "not pinned",
    ):
        assert words in done.stdout
    result = json.loads(hornbook("corpus", "list", "--json").stdout)
    assert result["schema"] == 1
    entry = next(entry for entry in result["catalogue"] if entry["name"] == "tinyshakespeare")
    assert entry["bytes"] == 1_115_394
    assert entry["files"][0]["sha256"].startswith("86c4e6aa")
    assert entry["fetched"] == 0


def test_fetch_without_a_network_ends_with_3_and_says_what_to_do(hornbook: Run) -> None:
    done = hornbook("corpus", "fetch", "tinyshakespeare", "--mirror", DEAD, expect=3)
    assert done.stdout == ""
    assert f"error: tinyshakespeare: cannot fetch {DEAD}/tinyshakespeare/tinyshakespeare.txt" in done.stderr
    assert "hornbook corpus fetch tinyshakespeare --from FILE" in done.stderr


def test_fetch_takes_a_mirror_from_the_environment(hornbook: Run) -> None:
    done = hornbook("corpus", "fetch", "the_verdict", env={"HORNBOOK_MIRROR": DEAD}, expect=3)
    assert f"{DEAD}/the_verdict/the_verdict.txt" in done.stderr


def test_fetch_of_an_unknown_corpus_ends_with_2_and_the_nearest_name(hornbook: Run) -> None:
    assert "did you mean 'tinystories'?" in hornbook("corpus", "fetch", "tinystory", expect=2).stderr


def test_fetch_registers_a_copy_and_refuses_another(hornbook: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("To be, or not to be.\n" * 7, encoding="utf-8")
    home = {"HORNBOOK_HOME": str(tmp_path / "home")}
    done = hornbook("corpus", "fetch", "tinyshakespeare", "--from", "mine.txt", env=home, expect=1)
    assert "mine.txt is not the file that was expected" in done.stderr
    assert not list((tmp_path / "home").rglob("*.txt"))
    done = hornbook("corpus", "fetch", "tinyshakespeare", "--from", "mine.txt", "--accept", "--json", env=home)
    [file] = json.loads(done.stdout)["files"]
    assert file["sha256"] == sha256_of(tmp_path / "mine.txt")
    assert "accepted instead of 86c4e6aa" in done.stderr
    listed = hornbook("corpus", "list", env=home).stdout
    assert "1.12 MB, fetched" in listed
    done = hornbook("corpus", "fetch", "tinyshakespeare", "--to", "here", env=home)
    assert (tmp_path / "here" / "tinyshakespeare.txt").read_bytes() == (tmp_path / "mine.txt").read_bytes()


def test_make_writes_the_same_bytes_for_the_same_words(hornbook: Run, tmp_path: Path) -> None:
    first = json.loads(hornbook("corpus", "make", "stories", "--documents", "17", "--out", "a.jsonl", "--json").stdout)
    second = json.loads(hornbook("corpus", "make", "stories", "--documents", "17", "--out", "b.jsonl", "--json").stdout)
    other = hornbook(
        "corpus", "make", "stories", "--documents", "17", "--seed", "1", "--out", "c.jsonl", "--json"
    ).stdout
    assert first["sha256"] == second["sha256"] == sha256_of(tmp_path / "a.jsonl")
    assert json.loads(other)["sha256"] != first["sha256"]
    documents = list(read_documents([tmp_path / "a.jsonl"]))
    assert len(documents) == first["documents"] == 17
    assert sum(len(document.text.encode()) for document in documents) == first["bytes"]
    assert all(document.log_probability for document in documents)


@pytest.mark.slow
def test_make_prints_the_hash_for_people_too(hornbook: Run, tmp_path: Path) -> None:
    done = hornbook("corpus", "make", "benchmark", "--bytes", "100003", "--out", "b.txt")
    assert sha256_of(tmp_path / "b.txt") in done.stdout
    assert 50_000 < sum(len(document.text.encode()) for document in read_documents([tmp_path / "b.txt"])) <= 100_003


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("make", "stroies", "--out", "x.txt"), 2, "did you mean 'stories'?"),
        (("make", "stories", "--out", "x.csv"), 2, "end the name in .txt or .md or .jsonl"),
        (("make", "stories", "--documents", "3", "--bytes", "3", "--out", "x.txt"), 2, "give one of them"),
        (("make", "stories", "--seed", "x", "--out", "x.txt"), 2, "--seed"),
        (("stats", "nothing.txt"), 3, "nothing.txt does not exist"),
        (("stats", "tinystorys"), 2, "did you mean 'tinystories'?"),
        (("stats", "empty.txt"), 1, "empty.txt: there is no text in this file (0 bytes)"),
        (("clean", "empty.txt", "--out", "x.txt"), 1, "there is no text"),
        (("clean", "cat.txt", "--out", "x.txt"), 1, "cat.txt: this is a binary file"),
        (("clean", "good.txt", "cat.txt", "--out", "x.txt"), 1, "cat.txt: this is a binary file"),
        (("clean", "good.txt", "--encoding", "cp9", "--out", "x.txt"), 2, "encoding: 'cp9' is not known"),
        (("clean", "good.txt", "--out", "good.txt/x.txt"), 1, "cannot write"),
    ],
)
def test_bad_input_ends_with_its_code_and_message_and_writes_nothing(
    hornbook: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "cat.txt").write_bytes(bytes(range(256)))
    (tmp_path / "good.txt").write_text("good", encoding="utf-8")
    done = hornbook("corpus", *arguments, expect=code)
    assert done.stdout == ""
    assert done.stderr.splitlines()[0].startswith("error: ")
    assert message in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cat.txt", "empty.txt", "good.txt"]


def test_clean_says_what_it_changed_and_writes_the_rest(hornbook: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    (tmp_path / "b.txt").write_bytes("drei\nvier ä\n".encode("latin-1"))
    (tmp_path / "c.txt").write_bytes(b"five\n")
    done = hornbook("corpus", "clean", "a.txt", "b.txt", "c.txt", "--out", "all.txt", "--report")
    for words in ("a.txt", "byte order mark removed", "line end", "'one\\r\\ntwo", "b.txt", "cp1252, by a guess"):
        assert words in done.stdout
    assert "c.txt" not in done.stdout
    assert "2 of 3 documents changed; written to all.txt" in done.stderr
    expected = "one\ntwo\n\n<|endoftext|>\ndrei\nvier ä\n\n<|endoftext|>\nfive\n"
    assert (tmp_path / "all.txt").read_text(encoding="utf-8") == expected
    again = json.loads(hornbook("corpus", "clean", "all.txt", "--json").stdout)
    assert (again["documents"], again["changed"], again["changes"], again["out"]) == (3, 0, [], None)


def test_clean_adds_up_and_reports_as_json(hornbook: Run, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"content": "one\\r\\n"}\n{"content": "two\\r\\n"}\n', encoding="utf-8")
    done = hornbook("corpus", "clean", "a.jsonl", "--field", "content", "--report", "--json", "--out", "b.jsonl")
    result = json.loads(done.stdout)
    assert result["changes"] == [{"what": "line end \\r\\n or \\r made \\n", "count": 2}]
    assert [entry["name"] for entry in result["report"]] == ["a.jsonl:1", "a.jsonl:2"]
    assert [document.text for document in read_documents([tmp_path / "b.jsonl"])] == ["one\n", "two\n"]


def test_stats_count_the_same_for_people_and_machines(hornbook: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("the cat\n<|endoftext|>\nthe cat", encoding="utf-8")
    result = json.loads(hornbook("corpus", "stats", "a.txt", "--json").stdout)
    assert (result["documents"], result["duplicates"], result["words"], result["distinct_words"]) == (2, 1, 4, 2)
    table = hornbook("corpus", "stats", "a.txt").stdout
    assert "the: 2" in table
    stories = json.loads(hornbook("corpus", "stats", "stories", "--documents", "31", "--json").stdout)
    assert 0 < stories["bits_per_byte"] < 2


def test_moby_dick_is_cleaned_from_the_real_file(hornbook: Run, shared: Path, tmp_path: Path) -> None:
    done = hornbook("corpus", "clean", shared / "corpora" / "moby_dick.txt", "--out", "moby.txt")
    assert "Project Gutenberg's frame" in done.stdout
    assert (tmp_path / "moby.txt").read_text(encoding="utf-8").startswith("MOBY-DICK;")


def test_the_command_s_help_loads_nothing_heavy() -> None:
    heavy = "torch numpy pooch requests rich.table pyarrow matplotlib"
    code = f"import sys, hornbook.cli.corpus; print([name for name in '{heavy}'.split() if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.slow
def test_refine_says_what_became_of_everything_and_goes_on_after_a_kill(hornbook: Run, tmp_path: Path) -> None:
    raw, once, twice = tmp_path / "raw", tmp_path / "once", tmp_path / "twice"
    for seed in (1, 2):
        drawn = ("--documents", "40", "--seed", str(seed))
        hornbook("corpus", "make", "stories", *drawn, "--out", str(raw / f"{seed}.txt"))
    command = ("corpus", "refine", str(raw), "--languages", "en", "fr", "--workers", "1")
    table = hornbook(*command, "--out", str(once))
    assert "kept" in table.stdout and "100.0%" in table.stdout and "written to" in table.stderr
    first = [sys.executable, "-m", "hornbook", *command, "--out", str(twice)]
    with subprocess.Popen(first, stderr=subprocess.PIPE, text=True) as stopped:
        assert stopped.stderr is not None and stopped.stderr.readline().startswith("sifted")
        stopped.kill()
    found = json.loads(hornbook(*command, "--out", str(twice), "--json").stdout)
    assert found["documents"]["read"] == sum(found["documents"].values()) - 80 == 80
    files = sorted(path.name for path in (once / "kept").iterdir())
    assert files == ["00000.jsonl", "00001.jsonl"]
    assert all((once / "kept" / name).read_bytes() == (twice / "kept" / name).read_bytes() for name in files)
