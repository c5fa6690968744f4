"""``hornbook explain``: pages that are what the code says, words found by every name they have, lines that fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hornbook.cli.app import run
from hornbook.cli.explain import page_of, said
from hornbook.course.terms import find_terms

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"parts": "parts.md", "concepts": "glossary.md", "settings": "settings.md"}
Explain = Callable[..., str]


@pytest.fixture
def explain(capsys: pytest.CaptureFixture[str]) -> Explain:
    """What ``hornbook explain WORDS...`` prints; with ``expect`` above 0, what it complains of."""

    def printed(*words: str, expect: int = 0) -> str:
        assert run(["explain", *words]) == expect
        captured = capsys.readouterr()
        return captured.err if expect else captured.out

    return printed


@pytest.mark.slow
@pytest.mark.parametrize("term", PAGES)
def test_a_page_of_the_documentation_is_what_the_command_prints(term: str, explain: Explain) -> None:
    printed = explain(term, "--markdown")
    assert printed == page_of(term)
    written = (DOCS / PAGES[term]).read_text(encoding="utf-8")
    assert written == printed, f"write it anew: hornbook explain {term} --markdown > docs/{PAGES[term]}"


def test_a_part_is_explained_by_its_name_and_a_group_by_its_own(explain: Explain) -> None:
    assert "softmax([scores, s_h])" in explain("sinks")
    assert "model/scoring.py" in explain("sinks")
    found = json.loads(explain("position", "--json"))["parts"]
    assert [part["name"] for part in found] == ["none", "learned", "sinusoidal", "rotary", "alibi", "relative"]


def test_a_part_says_how_a_recipe_brings_it_in(explain: Explain) -> None:
    assert 'in a recipe: model.position_encoding = "rotary"' in explain("rotary")
    assert 'in a recipe: model.pattern.0.attention.kernel = "fused"' in explain("fused")


def test_a_bare_setting_lists_all_that_it_may_mean(explain: Explain) -> None:
    printed = explain("learning_rate")
    said = " ".join(printed.split())
    assert "training.optimizer.learning_rate = 0.001, where training.optimizer is adamw" in said
    assert "training.optimizer.learning_rate = 0.02, where training.optimizer is muon" in said
    assert "concept: learning rate" in printed
    assert printed == explain("Learning", "rate") == explain("learning-rate")


@pytest.mark.parametrize("path", ["model.pattern.0.attention.bias", "model.pattern.attention.bias", "attention.bias"])
def test_a_setting_is_found_by_its_path_and_by_some_of_its_words(path: str) -> None:
    owners = {each.owner for each in find_terms(path)["setting"]}
    assert "AttentionConfig" in owners
    assert "Dense" not in owners


def test_a_setting_tells_type_default_place_and_the_table_that_it_selects_from(explain: Explain) -> None:
    printed = " ".join(explain("model.position_encoding").split())
    assert 'model.position_encoding = "learned"' in printed
    assert "one of none, learned, sinusoidal, rotary, alibi, relative" in printed
    assert "(hornbook explain position has their table)" in printed
    assert "ModelConfig in src/hornbook/model/config.py:" in printed


def test_exit_codes_and_errors_lead_to_each_other(explain: Explain) -> None:
    assert "MissingError" in explain("3")
    assert "exit code 3" in explain("MissingError")
    assert "SIGTERM" in explain("143")
    assert [line.split()[0] for line in explain("exit-codes").splitlines() if line[0] != " "] == [
        "0", "1", "2", "3", "4", "75", "130", "143",
    ]  # fmt: skip


def test_a_code_in_a_servers_error_is_found_by_its_name_and_by_its_status(explain: Explain) -> None:
    assert explain("queue_full") == explain("429")
    printed = explain("queue_full")
    assert "http code: queue_full (429)" in printed and "what to do: try again after" in printed
    assert "in src/hornbook/server/worker.py: Worker" in printed
    found = json.loads(explain("404", "--json"))["http_codes"]
    assert [each["code"] for each in found] == ["unknown_url", "model_not_found", "not_found"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("rotery", "rotary"),
        ("learnign_rate", "learning_rate"),
        ("ConfigError", "SettingError"),
        ("model.attention.kv_heads", "model.kv_heads"),
        ("perplexty", "perplexity"),
        ("cosin", "cosine"),
        ("queue-ful", "queue_full"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest_of_any_kind(typed: str, meant: str, explain: Explain) -> None:
    assert f"{typed!r} is not known (did you mean {meant!r}?)" in explain(typed, expect=2)


def test_without_a_word_it_says_what_it_knows(explain: Explain) -> None:
    for kind in ("concepts", "parts", "choices", "settings", "errors", "exit-codes", "http-codes"):
        assert f"hornbook explain {kind}" in explain()
        assert len(explain(kind).splitlines()) > 7


@pytest.mark.parametrize("width", [80, 120])
def test_everything_fits_into_the_terminal(width: int, explain: Explain, monkeypatch, capsys) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    said(find_terms(None))
    printed = [capsys.readouterr().out, explain(), explain("settings"), explain("concepts"), explain("parts")]
    lines = [line for text in printed for line in text.splitlines()]
    assert len(lines) > 1000
    assert not [line for line in lines if len(line) > width]
