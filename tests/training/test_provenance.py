"""Where a run comes from, as far as it can be known."""

from __future__ import annotations

import subprocess

from hornbook.training.provenance import git_state, machine, versions


def test_versions_and_machine_are_known():
    assert all(versions().values())
    assert versions()["torch"].startswith("2.")
    assert machine()["processor"]
    assert machine()["memory"] > 0


def test_outside_a_repository_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_state(tmp_path) is None
    assert git_state(tmp_path / "nowhere") is None


def test_inside_a_repository_the_commit_and_changes_are_told(tmp_path):
    def git(*arguments: str) -> None:
        name = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *name, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    assert git_state(tmp_path) is None, "no commit yet"
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "-m", "first", "--no-verify")
    state = git_state(tmp_path)
    assert state is not None
    assert len(state["commit"]) == 40
    assert state["changed"] is False
    (tmp_path / "file").write_text("two")
    assert git_state(tmp_path) == state | {"changed": True}
