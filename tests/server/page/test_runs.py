"""Train: runs as they are in their folders, and one that is being written."""

from __future__ import annotations

import json
import shutil
import threading

import pytest

from hornbook.training.journal import read_journal
from hornbook.training.run_folder import Run
from tests.server.asking import ask, events
from tests.server.serving import serving


def test_runs_are_told_apart_by_what_they_have_learned(page) -> None:
    found = {each["run"]: each for each in ask(page, "GET", "/page/runs")[1]["runs"]}
    assert set(found) == {"letters", "turner", "writer", "answerer", "reader"}
    assert found["letters"]["state"] == "finished" and found["letters"]["steps"] == 30 and not found["letters"]["live"]
    details = ask(page, "GET", "/page/runs/letters")[1]
    assert details["nats_per_bit_per_byte"] == pytest.approx(details["val_loss"] / details["bits_per_byte"])
    assert details["recipe"] == "letters" and 'kind = "characters"' in details["config"]


def test_curves_are_the_journal_in_columns_and_thinned_ones_its_means(page, runs) -> None:
    journal = read_journal(runs / "letters" / "metrics.jsonl")
    losses = [entry["loss"] for entry in journal if entry["kind"] == "update"]
    whole = ask(page, "GET", "/page/runs/letters/metrics")[1]
    assert whole["updates"]["loss"] == losses and whole["updates"]["step"] == list(range(1, 31))
    assert whole["offset"] == (runs / "letters" / "metrics.jsonl").stat().st_size
    assert whole["evaluations"]["step"] == [10, 20, 30] == whole["checkpoints"]
    thin = ask(page, "GET", "/page/runs/letters/metrics?points=10")[1]["updates"]
    assert thin["step"] == list(range(3, 31, 3)) and thin["tokens"][-1] == whole["updates"]["tokens"][-1]
    assert thin["loss"][0] == pytest.approx(sum(losses[:3]) / 3)


def test_samples_and_differences_are_shown(page) -> None:
    samples = ask(page, "GET", "/page/runs/letters/samples")[1]["samples"]
    assert [each["step"] for each in samples] == [10, 20, 30] and samples[0]["prompt"] == "ab"
    found = ask(page, "GET", "/page/compare?run=letters&run=writer")[1]
    assert found["differences"]["tokenizer.kind"] == {"letters": "characters", "writer": "bytepair"}
    assert [each["run"] for each in found["lines"]] == ["letters", "writer"]
    asked = ask(page, "GET", "/page/compare?run=writer&run=answerer&run=turner")[1]
    assert asked["differences"]["task.kind"]["answerer"] == "instruct" and not asked["same_validation_text"]


def test_a_browser_that_comes_again_is_told_what_it_has_missed_and_no_more(page, runs) -> None:
    lines = (runs / "letters" / "metrics.jsonl").read_bytes().splitlines(keepends=True)
    offset = sum(map(len, lines[:-3]))
    first, *rows, last = events(page, "GET", "/page/runs/letters/events?offset=0", Last_Event_ID=str(offset))
    assert first == last == {"kind": "state", "state": "finished"}
    assert [row["kind"] for row in rows] == [json.loads(line)["kind"] for line in lines[-3:]]
    tokens = ask(page, "GET", "/page/runs/letters/metrics")[1]["updates"]["tokens"]
    assert [row["tokens"] for row in rows if row["kind"] == "update"] == tokens[-2:]


def test_a_run_that_is_written_is_followed_to_its_end(runs, tmp_path) -> None:
    shutil.copytree(runs / "letters", tmp_path / "growing")
    run = Run(tmp_path / "growing")
    lines = run.metrics.read_bytes().splitlines(keepends=True)
    run.metrics.write_bytes(b"".join(lines[:5]))
    (run.folder / "latest").write_text("step-000010\n")
    with serving([run.folder], root=tmp_path) as server:
        found: list[dict] = []
        with run.lock():
            path = f"/page/runs/growing/events?offset={sum(map(len, lines[:5]))}"
            follower = threading.Thread(target=lambda: found.extend(events(server, "GET", path)))
            follower.start()
            assert ask(server, "GET", "/page/runs")[1]["runs"][0]["state"] == "training"
            with run.metrics.open("ab") as file:
                for line in lines[5:8]:
                    file.write(line[:10])
                    file.flush()
                    file.write(line[10:])
                    file.flush()
            (run.folder / "latest").write_text("step-000020\n")
        follower.join(timeout=60)
        assert not follower.is_alive()
    kinds = [row["kind"] for row in found]
    assert kinds[0] == kinds[-1] == "state" and kinds.count("update") == 3
    assert [row["step"] for row in found if row["kind"] == "update"] == [6, 7, 8]


def test_what_is_no_run_of_these_is_not_there(page) -> None:
    for path in (
        "/page/runs/nobody",
        "/page/runs/..%2f..",
        "/page/runs/nobody/events",
        "/page/compare?run=letters&run=x",
    ):
        status, answer, _ = ask(page, "GET", path)
        assert status == 404 and answer["error"]["message"], path


def test_what_happened_in_a_run_is_told_in_the_order_of_its_steps(page) -> None:
    found = ask(page, "GET", "/page/runs/letters/markers")[1]["markers"]
    assert [each["step"] for each in found] == sorted(each["step"] for each in found)
    checkpoints = [each["checkpoint"] for each in found if each["kind"] == "checkpoint"]
    assert checkpoints == ["step-000010", "step-000020", "step-000030"]
    assert found[-1]["kind"] == "finished" and all(each["means"] and each["advice"] for each in found)
    assert ask(page, "GET", "/page/runs/nobody/markers")[0] == 404
