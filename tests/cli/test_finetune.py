"""``hornbook finetune``, ``classify`` and ``chat`` as a person runs them, on models of a few thousand weights."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

SMALL = (
    "--steps",
    "3",
    "training.precision=float32",
    "training.compile=never",
    "training.threads=1",
    "training.batch=4",
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of labelled texts, a file of instructions and one of preferences."""
    folder = tmp_path_factory.mktemp("desk")
    rows = [
        f"{'buy now and win' if n % 3 == 0 else 'see you at noon'} {n}\t{'spam' if n % 3 == 0 else 'ham'}"
        for n in range(40)
    ]
    (folder / "messages.tsv").write_text("\n".join(["message\tkind", *rows, rows[0]]) + "\n")
    asked = [{"instruction": f"Say {n}.", "input": "", "output": f"{n}!"} for n in range(40)]
    (folder / "asked.json").write_text(json.dumps(asked))
    return folder


@pytest.fixture(scope="module")
def spam(desk, tmp_path_factory) -> Path:
    """A run that classifies, made by hand once for all tests of this file."""
    from hornbook.workflows.recipe import load_recipe
    from hornbook.workflows.train import train

    settings = ["training.minutes=none", "training.steps=4", "training.precision=float32", "training.threads=1"]
    settings += [
        f"data.text=['{desk / 'messages.tsv'}']",
        "data.columns=['message','kind']",
        "tokenizer.vocabulary=300",
    ]
    settings += ["model.width=20", "model.heads=2", "model.depth=1"]
    return train(load_recipe("classify", settings), tmp_path_factory.mktemp("runs") / "spam").run.folder


@pytest.mark.slow
def test_a_table_becomes_a_classifier_with_its_scores(hornbook, desk):
    table = ("--text", desk / "messages.tsv", "--columns", "message", "--columns", "kind")
    model = ("model.width=20", "model.heads=2", "model.depth=1", "tokenizer.vocabulary=300")
    done = hornbook("finetune", "classify", *table, *SMALL, *model)
    assert "dropped 1 of 41 texts that had come before" in done.stderr
    assert "kind = spam: F1" in done.stdout
    assert "always the most frequent" in done.stdout
    assert "naive Bayes" in done.stdout


@pytest.mark.slow
def test_one_text_several_and_those_of_a_pipe_are_judged(hornbook, spam):
    one = hornbook("classify", spam, "buy now").stdout
    assert one.split("\t")[0] in ("spam", "ham")
    assert one.strip().endswith("%")
    several = hornbook("classify", spam, "buy now", "see you").stdout.splitlines()
    assert [line.split("\t")[2] for line in several] == ["buy now", "see you"]
    piped = hornbook("classify", spam, stdin="buy now\nsee you\n").stdout.splitlines()
    assert piped == several


@pytest.mark.slow
def test_json_has_the_chance_of_every_class(hornbook, spam):
    [found] = json.loads(hornbook("classify", spam, "buy now", "--json").stdout)["texts"]
    assert found["text"] == "buy now"
    assert sum(found["answers"]["kind"].values()) == pytest.approx(1.0)
    assert found["answers"]["kind"].keys() == {"ham", "spam"}


@pytest.mark.slow
def test_what_cannot_be_judged_is_said(hornbook, spam, tmp_path):
    assert "text 1 is empty" in hornbook("classify", spam, "", expect=1).stderr
    table = tmp_path / "t.tsv"
    table.write_text("message\tkind\na\tspam\nb\tham\n")
    named = ("--columns", "mesage", "--columns", "kind")
    done = hornbook("finetune", "classify", "--text", table, *named, expect=1)
    assert "no column 'mesage' (did you mean 'message'?)" in done.stderr


@pytest.mark.slow
def test_instructions_are_learned_and_talked_with(hornbook, desk, tmp_path):
    model = ("model.width=20", "model.heads=2", "model.depth=1", "tokenizer.vocabulary=400")
    hornbook("finetune", "instruct", "--text", desk / "asked.json", "--run", "talks", *SMALL, *model)
    lines = (
        "/help\nSay 3.\n/again\n/system Be brief.\n/history\n/temperature 0.5\n/temperature hot\n/nope\n/new\n/quit\n"
    )
    done = hornbook("chat", "talks", "--max-tokens", "5", stdin=lines)
    assert "/again" in done.stdout
    assert "user: Say 3." in done.stdout
    assert "system: Be brief." in done.stdout
    assert "expected a number such as 0.8, found 'hot'" in done.stderr
    assert "/nope is not known" in done.stderr
    assert "was not trained to classify" in hornbook("classify", "talks", "x", expect=2).stderr


@pytest.mark.slow
def test_the_flag_says_what_learns_and_settings_say_which_of_it(hornbook, desk, spam, tmp_path):
    table = ("--text", desk / "messages.tsv", "--columns", "message", "--columns", "kind")
    thin = ("adapting.rank=2", "--adapting", "low_rank", 'adapting.targets=["up"]')
    hornbook("finetune", "classify", "--base", spam, *table, *SMALL, *thin, "--run", tmp_path / "thin")
    found = tomllib.loads((tmp_path / "thin" / "config.toml").read_text())["adapting"]
    assert (found["kind"], found["rank"], found["targets"]) == ("low_rank", 2, ["up"])


def test_a_recipe_for_something_else_is_refused(hornbook):
    done = hornbook("finetune", "instruct", "spam", expect=2)
    assert 'the recipe spam has "classify", and `hornbook finetune instruct` needs "instruct"' in done.stderr


@pytest.mark.slow
def test_a_run_that_was_not_taught_to_answer_needs_a_template(hornbook, spam):
    assert "writes no text" in hornbook("chat", spam, expect=2).stderr
