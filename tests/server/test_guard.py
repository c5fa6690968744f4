"""Which pages may ask, and how their browsers learn of it."""

from __future__ import annotations

import pytest

from tests.server.asking import ask
from tests.server.serving import serving

FRIEND = "https://friend.example"


@pytest.fixture(scope="module")
def open_to_a_friend(writer):
    with serving([writer], origins=(FRIEND,), api_key="secret") as running:
        yield running


def test_a_page_that_was_named_is_allowed_to_ask_before_it_asks(open_to_a_friend) -> None:
    enquiry = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    status, body, told = ask(open_to_a_friend, "OPTIONS", "/v1/completions", Origin=FRIEND, **enquiry)
    assert (status, body) == (204, b"")
    assert told["access-control-allow-origin"] == FRIEND
    assert "POST" in told["access-control-allow-methods"] and "Authorization" in told["access-control-allow-headers"]
    status, _, told = ask(open_to_a_friend, "OPTIONS", "/v1/completions", Origin="https://other.example", **enquiry)
    assert status == 403 and "access-control-allow-origin" not in told


def test_the_answer_itself_and_an_error_can_be_read_by_that_page(open_to_a_friend) -> None:
    for key, expected in (("secret", 200), ("wrong", 401)):
        status, _, told = ask(open_to_a_friend, "GET", "/v1/models", Origin=FRIEND, Authorization=f"Bearer {key}")
        assert status == expected
        assert (told["access-control-allow-origin"], told["vary"]) == (FRIEND, "Origin")


def test_with_a_key_the_server_s_own_page_is_answered_by_whatever_name_it_was_opened(open_to_a_friend) -> None:
    named = {"Host": "laptop.local:8000", "Authorization": "Bearer secret"}
    assert ask(open_to_a_friend, "GET", "/v1/models", Origin="http://laptop.local:8000", **named)[0] == 200
    assert ask(open_to_a_friend, "GET", "/v1/models", Origin="http://laptop.local:3000", **named)[0] == 403


def test_another_program_s_page_on_this_machine_is_a_stranger(server) -> None:
    assert ask(server, "GET", "/v1/models", Origin=f"http://127.0.0.1:{server.port}")[0] == 200
    assert ask(server, "GET", "/v1/models", Origin="http://127.0.0.1:1")[0] == 403


def test_a_method_that_a_path_does_not_know_is_told_those_it_does(server) -> None:
    status, answer, told = ask(server, "GET", "/v1/completions")
    assert (status, answer["error"]["code"], told["allow"]) == (405, "method_not_allowed", "POST")
