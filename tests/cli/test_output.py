"""How results look where nobody reads them on a screen."""

from __future__ import annotations

import pytest

from hornbook.cli.output import print_table

LONG = "blocks.3.feed_forward.activation " * 5


def test_a_line_of_a_table_is_not_broken_in_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    print_table(("module", "made by"), [(LONG.strip(), "linear")])
    assert any(LONG.strip() in line and "linear" in line for line in capsys.readouterr().out.splitlines())
    monkeypatch.setenv("COLUMNS", "80")
    print_table(("module", "made by"), [(LONG.strip(), "linear")])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
