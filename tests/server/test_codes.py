"""Every code that an error of the server can have is explained, and no other."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

import hornbook
from hornbook.course.http_codes import HTTP_CODES
from hornbook.errors import DamagedError
from hornbook.server.errors import CODES, RETRY_AFTER, STATUS, ApiError, refused
from tests.server.asking import ask

PACKAGE = Path(hornbook.__file__).parent
EXPLAINED = {(each.code, each.status) for each in HTTP_CODES}


def calls() -> list[tuple[str, ast.Call]]:
    """Every place in the server's source where an ``ApiError`` is made."""
    files = sorted((PACKAGE / "server").rglob("*.py"))
    nodes = [(file, node) for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    return [
        (f"{file.relative_to(PACKAGE)}:{node.lineno}", node)
        for file, node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ApiError"
    ]


def said() -> tuple[dict[tuple[str | None, int], str], list[str]]:
    """The codes with their statuses that are written out, where each is; and the places that take them from a table."""
    found: dict[tuple[str | None, int], str] = {}
    from_tables = []
    for place, call in calls():
        status, code = call.args[0], next((each.value for each in call.keywords if each.arg == "code"), None)
        if isinstance(status, ast.Constant) and (code is None or isinstance(code, ast.Constant)):
            found[(code.value if code else CODES.get(status.value), status.value)] = place
        else:
            from_tables.append(place)
    return found, from_tables


def test_every_code_of_the_server_is_explained_and_every_explained_one_can_be_answered() -> None:
    found, from_tables = said()
    assert len(found) > 15
    assert [place.rpartition(":")[0] for place in from_tables] == ["server/errors.py"] * 2, "refused, and CODES"
    tables = {(code, status) for status, code in CODES.items()} | {(code, status) for status, code in STATUS.values()}
    assert set(found) | tables == EXPLAINED, "add a row to course/http_codes.py, or take one away"


def test_each_code_has_one_status_a_meaning_something_to_do_and_a_place_that_exists() -> None:
    assert len({each.code for each in HTTP_CODES}) == len(HTTP_CODES)
    assert [each.status for each in HTTP_CODES] == sorted(each.status for each in HTTP_CODES)
    for each in HTTP_CODES:
        assert len(each.meaning) > 20 and len(each.remedy) > 9 and len({each.meaning, each.remedy}) == 2
        file, symbol = each.place.split(": ")
        assert re.search(rf"^(class |def |async def |){symbol}\b", (PACKAGE / file).read_text(encoding="utf-8"), re.M)
    assert {each.status for each in HTTP_CODES if "Retry-After" in each.remedy} == set(RETRY_AFTER)


@pytest.mark.parametrize("error", [*STATUS, DamagedError])
def test_an_error_of_ours_is_answered_with_a_code_that_is_explained(error) -> None:
    answer = refused(error("something"))
    assert (answer.code, answer.status) in EXPLAINED


def test_an_error_without_a_code_of_its_own_has_that_of_its_status(server) -> None:
    assert ApiError(400, "no").body()["error"]["code"] == "invalid_value"
    body = {"model": "writer", "prompt": "a", "logit_bias": {"x": 1}}
    status, answer, _ = ask(server, "POST", "/v1/completions", body)
    assert (status, answer["error"]["code"], answer["error"]["param"]) == (400, "invalid_value", "logit_bias")


def test_an_error_that_quotes_half_a_surrogate_pair_can_be_sent() -> None:
    answer = ApiError(400, "model: found '\ud800'", param="\udfff").response()
    assert json.loads(answer.body)["error"]["message"] == "model: found '\ufffd'"
