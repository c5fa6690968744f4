"""A run's folder: made, found, locked, pointed into, pruned, and taken up again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hornbook.errors import DamagedError, HornbookError, MissingError, SettingError
from hornbook.files import write_json
from hornbook.training.checkpoints import checkpoints_in
from hornbook.training.journal import Journal, read_journal
from hornbook.training.run_folder import Run, free_folder, runs_in, runs_root
from tests.training.small import a_model

ROOT = Path(__file__).resolve().parents[2]


def a_run(folder: Path, saves: int = 0, **how) -> Run:
    """A run with checkpoints of step 1, 2, ..."""
    run = Run.create(folder, "name = 'small'\n", {"seed": 7})
    for step in range(1, saves + 1):
        run.save(a_model(), None, {"step": step, "best": None}, **how)
    return run


def names(run: Run) -> list[str]:
    """Its checkpoints."""
    return [path.name for path in checkpoints_in(run.checkpoints)]


def test_a_new_run_says_where_it_comes_from_and_names_no_host(tmp_path):
    run = a_run(tmp_path / "run")
    info = run.info
    assert info["schema"] == 1
    assert info["seed"] == 7
    assert set(info["versions"]) >= {"python", "torch", "hornbook"}
    assert info["machine"]["cores"] >= 1
    assert os.uname().nodename not in (run.folder / "run.json").read_text()
    assert run.config == "name = 'small'\n"
    assert run.name == "run"
    assert run.latest is None
    assert run.best is None
    run.add_info(choices={"threads": 1})
    assert run.info == info | {"choices": {"threads": 1}}


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path):
    run = a_run(tmp_path / "run")
    with pytest.raises(SettingError, match=r"holds a run; `hornbook train --resume .*run` goes on with it"):
        Run.create(run.folder, "", {})
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("dear")
    with pytest.raises(SettingError, match="is not an empty folder; for a new run give another name"):
        Run.create(other, "", {})
    assert [path.name for path in other.iterdir()] == ["letter.txt"]
    with pytest.raises(SettingError, match="is not an empty folder"):
        Run.create(other / "letter.txt", "", {})
    (tmp_path / "empty").mkdir()
    assert Run.create(tmp_path / "empty", "", {}).info["schema"] == 1


def test_a_run_is_found_by_path_by_name_and_as_the_latest(tmp_path, monkeypatch):
    monkeypatch.setenv("HORNBOOK_RUNS", str(tmp_path))
    assert runs_root() == tmp_path
    with pytest.raises(MissingError, match="there are no runs in"):
        Run.open("latest")
    first, second = a_run(tmp_path / "oz-1"), a_run(tmp_path / "oz-2")
    later = time.time_ns() + 10**9
    os.utime(first.folder / "run.json", ns=(later, later))
    assert Run.open("latest") == first
    assert [folder.name for folder in runs_in(tmp_path)] == ["oz-2", "oz-1"]
    os.utime(second.folder / "run.json", ns=(later + 1, later + 1))
    assert Run.open("latest") == second
    assert [folder.name for folder in runs_in(tmp_path)] == ["oz-1", "oz-2"]
    assert Run.open("oz-2") == second
    assert Run.open(second.folder) == Run.open(str(second.folder)) == second
    with pytest.raises(MissingError, match=r"oz-3 does not exist \(did you mean 'oz-[12]'\?\); `hornbook runs list`"):
        Run.open("oz-3")
    (tmp_path / "notes").mkdir()
    with pytest.raises(MissingError, match=r"is no run: it has no run\.json"):
        Run.open(tmp_path / "notes")


def test_without_a_setting_runs_are_kept_in_runs(monkeypatch):
    monkeypatch.delenv("HORNBOOK_RUNS", raising=False)
    assert runs_root() == Path("runs")


def test_a_run_of_another_schema_or_damaged_is_refused(tmp_path):
    run = a_run(tmp_path / "run")
    write_json(run.folder / "run.json", {"schema": 2})
    with pytest.raises(DamagedError, match="reads schema 1, found 2"):
        Run.open(run.folder)
    write_json(run.folder / "run.json", [1])
    with pytest.raises(DamagedError, match="expected a table"):
        Run.open(run.folder)
    (run.folder / "run.json").write_text("{")
    with pytest.raises(DamagedError, match="not whole JSON"):
        Run.open(run.folder)


def test_a_new_runs_number_is_above_all_in_use(tmp_path, monkeypatch):
    monkeypatch.setenv("HORNBOOK_RUNS", str(tmp_path))
    assert free_folder("oz").name == "oz-1"
    for name in ("oz-1", "oz-10", "oz-9", "oz-x", "ozz-99", "oz.b-77"):
        (tmp_path / name).mkdir()
    assert free_folder("oz") == tmp_path / "oz-11"
    assert free_folder("o.").name == "o.-1"


# Checkpoints ----------------------------------------------------------------------------------------------------------


def test_saving_moves_latest_and_keeps_the_last_ones_and_the_best(tmp_path):
    run = a_run(tmp_path / "run", saves=2)
    assert run.latest == run.checkpoint(2)
    assert run.best is None
    run.save(a_model(), None, {"step": 3}, best=True)
    for step in (4, 5, 6):
        run.save(a_model(), None, {"step": step})
    assert names(run) == ["step-000003", "step-000005", "step-000006"]
    assert run.best == run.checkpoint(3)
    assert (run.folder / "latest").read_text() == "step-000006\n"
    run.save(a_model(), None, {"step": 7}, best=True, keep=1)
    assert names(run) == ["step-000007"]


def test_a_checkpoint_is_chosen_by_pointer_step_or_name(tmp_path):
    run = a_run(tmp_path / "run", saves=2)
    assert run.chosen() == run.chosen("latest") == run.chosen("2") == run.chosen("step-000002") == run.checkpoint(2)
    assert run.chosen("1") == run.checkpoint(1)
    with pytest.raises(MissingError, match="has no checkpoint 'best'; there are step-000001, step-000002"):
        run.chosen("best")
    with pytest.raises(MissingError, match="has no checkpoint '3'"):
        run.chosen("3")
    with pytest.raises(MissingError, match="there are none yet"):
        a_run(tmp_path / "empty").chosen()


def test_a_pointer_that_leads_elsewhere_is_damaged(tmp_path):
    run = a_run(tmp_path / "run", saves=1)
    for wrong in ("../../elsewhere", "", "step-1"):
        (run.folder / "latest").write_text(wrong)
        with pytest.raises(DamagedError, match="expected a name such as step-000200"):
            _ = run.latest


def test_going_on_takes_back_what_was_written_after_the_checkpoint(tmp_path):
    run = a_run(tmp_path / "run")
    with Journal(run.metrics) as metrics, Journal(run.samples) as samples:
        for step in range(1, 4):
            metrics.write({"kind": "update", "step": step - 1})
            samples.write({"step": step, "text": "é"})
            best = {"step": 2, "loss": 1.5} if step >= 2 else None
            run.save(a_model(), None, {"step": step, "best": best}, best=True, keep=9)
            metrics.write({"kind": "evaluation", "step": step})
    run.rewind(run.checkpoint(2))
    assert [(e["kind"], e["step"]) for e in read_journal(run.metrics)] == [
        ("update", 0),
        ("evaluation", 1),
        ("update", 1),
    ]
    assert [e["step"] for e in read_journal(run.samples)] == [1, 2]
    assert run.best == run.checkpoint(2)


# The lock -------------------------------------------------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from hornbook.training.run_folder import Run
with Run(Path(sys.argv[1])).lock():
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.mark.slow
def test_two_processes_never_write_one_run_and_the_message_says_who_does(tmp_path):
    run = a_run(tmp_path / "run")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", HOLD, str(run.folder)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(HornbookError, match=f"is being written by process {holder.pid} since"), run.lock():
            pass
        holder.kill()  # the lock goes with its holder
        holder.wait()
        with run.lock():
            assert json.loads((run.folder / ".lock").read_text())["process"] == os.getpid()
    with run.lock():
        pass


def test_what_fails_under_the_lock_keeps_its_own_words(tmp_path):
    run = a_run(tmp_path / "run")
    with pytest.raises(FileNotFoundError, match="elsewhere"), run.lock():
        raise FileNotFoundError("elsewhere")
    with run.lock():
        pass
