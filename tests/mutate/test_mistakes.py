"""The table of planted mistakes stays true to the code that it breaks."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutate.mistake import Mistake
from tests.mutate.mistakes import MISTAKES

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.file}: {mistake.what}")
def test_the_right_text_is_there_once_and_the_wrong_one_is_still_python(mistake: Mistake) -> None:
    text = (ROOT / mistake.path).read_text(encoding="utf-8")
    assert text.count(mistake.right) == 1
    assert mistake.right != mistake.wrong
    ast.parse(text.replace(mistake.right, mistake.wrong))
    for test in mistake.tests:
        assert test.startswith("-") or (ROOT / "tests" / test.partition("::")[0]).exists()
