"""The doctor judges machines that this one is not, and measures this one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hornbook.workflows.environment import (
    EXTRAS,
    GIGA,
    available_memory,
    check_compiler,
    check_disk,
    check_extra,
    check_memory,
    check_processor,
    check_python,
    check_torch,
    examine,
    free_bytes,
    gigaflops,
    nearest_existing,
    usable_cores,
)


def test_an_old_python_fails_and_says_which_to_install() -> None:
    assert check_python((3, 10, 17)).state == "fail"
    assert "3.11" in check_python((3, 10, 17)).advice
    assert check_python((3, 11, 0)).state == "ok"
    assert check_python((4, 0, 0)).state == "ok"


@pytest.mark.parametrize(
    ("found", "state"), [("2.5.1", "fail"), ("2.6.0+cpu", "ok"), ("2.13.0", "ok"), ("3.0.0a0+git1", "ok")]
)
def test_torch_is_compared_by_number_and_not_by_text(found: str, state: str) -> None:
    assert check_torch(found).state == state


@pytest.mark.parametrize(
    ("cores", "threads", "state"), [(2.0, 2, "ok"), (2.0, 1, "warn"), (2.0, 5, "warn"), (0.5, 1, "ok"), (1.5, 1, "ok")]
)
def test_threads_that_do_not_fit_the_cores_are_noticed(cores: float, threads: int, state: str) -> None:
    assert check_processor(cores, threads).state == state


@pytest.mark.parametrize(("gibibytes", "state"), [(0.7, "fail"), (2.3, "warn"), (11.0, "ok")])
def test_little_memory_warns_and_less_fails(gibibytes: float, state: str) -> None:
    assert check_memory(int(gibibytes * GIGA)).state == state


def test_memory_that_cannot_be_known_is_no_fault() -> None:
    assert check_memory(None).state == "ok"


@pytest.mark.parametrize(("gibibytes", "state"), [(0.1, "fail"), (1.3, "warn"), (7.0, "ok")])
def test_a_full_disk_warns_and_then_fails(tmp_path: Path, gibibytes: float, state: str) -> None:
    assert check_disk("disk", tmp_path, int(gibibytes * GIGA)).state == state


def test_a_folder_that_does_not_exist_yet_is_judged_by_the_one_above(tmp_path: Path) -> None:
    assert nearest_existing(tmp_path / "a" / "b") == tmp_path
    assert free_bytes(tmp_path / "a" / "b") == pytest.approx(free_bytes(tmp_path), rel=0.1)


def test_a_folder_that_cannot_be_made_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert check_disk("disk", tmp_path / "file" / "new", 7 * GIGA).state == "fail"
    assert check_disk("disk", tmp_path, None).state == "fail"


def test_an_extra_that_is_missing_is_no_fault_but_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXTRAS, "nothing", ("no_such_package_7", "does nothing"))
    finding = check_extra("nothing")
    assert finding.state == "ok"
    assert "hornbook[nothing]" in finding.advice


def test_a_missing_compiler_warns_that_training_is_slower(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    finding = check_compiler()
    assert finding.state == "warn"
    assert "g++" in finding.advice


def test_a_compiler_that_fails_warns_with_its_own_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "bad-compiler"
    program.write_text("#!/bin/sh\necho 'no space for stars' >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("CXX", str(program))
    assert "no space for stars" in check_compiler().found
    monkeypatch.setenv("CXX", str(tmp_path / "absent"))
    assert check_compiler().state == "warn"


def test_cores_and_memory_of_this_machine_are_plausible() -> None:
    assert 0 < usable_cores() <= (os.cpu_count() or 1)
    memory = available_memory()
    assert memory is None or 0 < memory < 2**50


def test_the_speed_is_that_of_the_products_and_not_of_their_number() -> None:
    small, large = gigaflops(0.1, size=127), gigaflops(0.1, size=509)
    assert small.keys() == large.keys() == {"float32", "bfloat16"}
    assert large["float32"] < 40 * small["float32"]
    assert small["float32"] < 40 * large["float32"]


@pytest.mark.slow
def test_this_machine_is_examined_and_can_run_hornbook() -> None:
    environment = examine(seconds=0.1)
    assert not environment.failed
    assert {finding.name for finding in environment.findings} >= {"Python", "PyTorch", "memory", "C++ compiler"}
    assert set(environment.choices) == {"device", "precision", "compile", "threads"}
