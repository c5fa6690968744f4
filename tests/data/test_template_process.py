"""A chat template may take so much time and memory and no more, and what it does harms nobody who asks after it."""

from __future__ import annotations

import os
import signal
import time

import pytest

from hornbook.data.chat_templates import TEMPLATES, ChatTemplate
from hornbook.data.template_process import RENDERER, SECONDS, Renderer, filled
from hornbook.errors import SettingError

TALK = [{"role": "user", "content": "Hi!"}]

HARM = {
    "loops in loops": "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "calls upon calls": "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(40) }}",
    "a long text": "{{ 'a' * 10**10 }}",
    "a wide number": "{{ '%999999999d' % 1 }}",
    "a text doubled": "{% set x = namespace(a='ab') %}{% for i in range(60) %}{% set x.a = x.a ~ x.a %}{% endfor %}",
    "a list doubled": (
        "{% set x = namespace(a=[1]) %}{% for i in range(60) %}{% set x.a = [x.a, x.a] %}{% endfor %}{{ x.a }}"
    ),
}


def rendered(source: str) -> str:
    """What a template makes of a word."""
    return ChatTemplate(source).render(TALK, {}).text


@pytest.mark.slow
@pytest.mark.parametrize("what", HARM)
def test_what_takes_too_much_is_refused_in_time_and_the_next_template_is_filled(what) -> None:
    began = time.monotonic()
    with pytest.raises(SettingError, match=r"template: it (takes more than|fails on these messages)"):
        rendered(HARM[what])
    assert time.monotonic() - began < 45 * SECONDS
    assert rendered("{{ messages[0].content }}") == "Hi!"


def test_what_is_longer_than_anything_that_is_read_is_refused() -> None:
    with pytest.raises(SettingError, match="20,000,000 characters"):
        rendered("{{ 'a' * 20000000 }}")


@pytest.mark.slow
def test_a_number_that_no_machine_can_write_down_ends_the_process_and_not_us() -> None:
    with pytest.raises(SettingError, match="takes more than"):
        rendered("{{ (7 ** 99999999) % 3 }}")
    assert rendered("{{ 1 }}") == "1"


def test_a_process_that_was_killed_is_begun_again() -> None:
    assert rendered("{{ 1 }}") == "1"
    assert RENDERER.process is not None
    os.kill(RENDERER.process.pid, signal.SIGKILL)
    RENDERER.process.wait()
    assert rendered("{{ 2 }}") == "2"


@pytest.mark.parametrize("name", TEMPLATES)
def test_formats_of_ours_are_filled_here_to_the_same_text(name, monkeypatch) -> None:
    talk = [*TALK, {"role": "assistant", "content": "Ho!"}]
    values = {"messages": talk, "add_generation_prompt": True, "eos_token": "<end>"}
    question = {"source": TEMPLATES[name], "marks": ["<", ">"], "values": values}
    assert "<Ho!" in filled(**question)["text"]
    assert RENDERER.ask(question) == filled(**question)
    monkeypatch.setattr(Renderer, "running", lambda self: pytest.fail("a process was asked for"))
    assert "Ho!" in ChatTemplate(TEMPLATES[name]).render(talk, {}).text


def test_half_a_character_and_marks_come_through_as_they_are() -> None:
    renderer = Renderer()
    try:
        values = {"messages": [{"content": "\ud800 é"}], "add_generation_prompt": False, "eos_token": ""}
        source = "{% generation %}{{ messages[0].content }}{% endgeneration %}"
        assert renderer.ask({"source": source, "marks": ["<", ">"], "values": values}) == {"text": "<\ud800 é>"}
    finally:
        renderer.close()
