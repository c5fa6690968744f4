"""Lines of JSON that survive a killed process and can be taken back."""

from __future__ import annotations

import pytest

from hornbook.errors import DamagedError, MissingError
from hornbook.training.journal import Journal, read_journal


def test_every_line_is_there_at_once_for_others_to_read(tmp_path):
    path = tmp_path / "a" / "metrics.jsonl"
    with Journal(path) as journal:
        for step in range(3):
            journal.write({"step": step, "text": "naïve"})
            assert read_journal(path)[-1] == {"step": step, "text": "naïve"}
            assert journal.position == path.stat().st_size
    with Journal(path) as journal:
        assert journal.position == path.stat().st_size
        journal.write({"step": 3})
    assert [entry["step"] for entry in read_journal(path)] == [0, 1, 2, 3]


def test_going_back_drops_what_came_after_and_a_line_that_is_not_whole(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with Journal(path) as journal:
        journal.write({"step": 0})
        place = journal.position
        journal.write({"step": 1})
        journal.rewind(place)
        assert journal.position == place
        journal.write({"step": 7})
    assert [entry["step"] for entry in read_journal(path)] == [0, 7]
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"step": 8, "lo')
    with Journal(path) as journal:
        journal.rewind(10**9)
        journal.write({"step": 8})
    assert path.read_bytes() == whole + b'{"step": 8}\n'


def test_a_line_cut_off_by_a_kill_is_passed_over_and_any_other_damage_is_an_error(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 0}\n{"step": 1, "lo')
    assert read_journal(path) == [{"step": 0}]
    path.write_text('{"step": 0}\n{"step"\n{"step": 2}\n')
    with pytest.raises(DamagedError, match="line 2, is not whole JSON"):
        read_journal(path)
    path.write_text("7\n")
    with pytest.raises(DamagedError, match="line 1: expected a JSON object, found '7'"):
        read_journal(path)
    with pytest.raises(MissingError):
        read_journal(tmp_path / "nothing.jsonl")


def test_a_number_that_is_none_is_not_written(tmp_path):
    with Journal(tmp_path / "metrics.jsonl") as journal, pytest.raises(ValueError, match="JSON compliant"):
        journal.write({"loss": float("nan")})
