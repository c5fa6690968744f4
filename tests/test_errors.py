"""The class of an error decides the exit code; its sentence ends with the nearest name."""

from __future__ import annotations

import pytest

from hornbook.errors import (
    CheckError,
    DamagedError,
    HornbookError,
    MissingError,
    SettingError,
    TextError,
    nearest,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [(HornbookError, 1), (TextError, 1), (DamagedError, 1), (SettingError, 2), (MissingError, 3), (CheckError, 4)],
)
def test_every_error_has_the_exit_code_that_is_documented(kind: type[HornbookError], code: int) -> None:
    assert kind("what was found").exit_code == code


def test_the_nearest_name_is_offered_only_when_one_is_near() -> None:
    assert nearest("widht", ["width", "heads"]) == " (did you mean 'width'?)"
    assert nearest("quite something else", ["width", "heads"]) == ""
    assert nearest("width", iter(["width"])) == " (did you mean 'width'?)"
