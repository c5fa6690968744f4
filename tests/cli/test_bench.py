"""``hornbook bench`` as a person runs it."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of a few steps over a small text."""
    from hornbook.workflows.recipe import Recipe
    from hornbook.workflows.train import train

    folder = tmp_path_factory.mktemp("bench")
    text = folder / "text.txt"
    text.write_text("the cat sat on the mat and the rat ate the cat\n\n" * 400, encoding="utf-8")
    from hornbook.data.config import DataConfig
    from hornbook.model.config import ModelConfig
    from hornbook.tokenizers.config import Characters
    from hornbook.training.config import TrainingConfig

    recipe = Recipe(
        data=DataConfig(text=(str(text),)),
        tokenizer=Characters(),
        model=ModelConfig(context=32, width=64, heads=2, depth=2),
        training=TrainingConfig(steps=30, batch=8, compile="never"),
    )
    return train(recipe, folder / "run").run.folder


@pytest.mark.slow
def test_numerics_prints_every_format_and_every_layer(hornbook, run):
    said = hornbook("bench", "numerics", run, "--tokens", 512).stdout
    for name in ("float64", "float32", "bfloat16", "float16", "int8", "int4"):
        assert f"\n{name} " in said
    assert "error of the stream after each layer" in said


@pytest.mark.slow
def test_numerics_as_json_on_another_text(hornbook, run, tmp_path):
    text = tmp_path / "other.txt"
    text.write_text("the rat sat on the cat\n" * 40, encoding="utf-8")
    found = json.loads(hornbook("bench", "numerics", run, "--text", text, "--tokens", 256, "--json").stdout)
    assert found["schema"] == 1
    assert found["tokens"] == found["bytes"] == 256
    by_name = {each["name"]: each for each in found["formats"]}
    assert by_name["float64"]["costs"] == 0
    assert abs(by_name["int8"]["costs"]) < 0.02
    assert by_name["int4"]["bits_per_byte"] == pytest.approx(by_name["int4"]["loss"] / 0.6931471805599453)


@pytest.mark.slow
def test_numerics_of_nothing_is_missing(hornbook, tmp_path):
    assert "does not exist" in hornbook("bench", "numerics", tmp_path / "none", expect=3).stderr


@pytest.mark.slow
def test_growth_prints_exponents_beside_what_was_expected(hornbook):
    said = hornbook("bench", "growth", "--seconds", 8).stdout
    assert said.count("exponent") == 5
    assert "expected 1 rising to 2" in said


@pytest.mark.slow
def test_doctor_says_which_path_a_run_took(hornbook, run):
    said = hornbook("doctor", run).stdout
    assert "compiled     no" in said
    assert "attention    direct on a processor (auto: 32 tokens are few), fused on a GPU" in said
    assert "loss         from a table of all logits" in said
    found = json.loads(hornbook("doctor", run, "--json").stdout)
    assert found["path"]["recomputing"] == "no"


@pytest.mark.slow
def test_decoding_has_a_row_for_every_way_and_one_for_the_text_itself(run):
    """Called as the command calls it: a small model of a text that repeats itself knows it by heart when greedy."""
    from hornbook.workflows.bench_decoding import HELD_OUT, WAYS, decoding
    from hornbook.workflows.load import load_run

    rows = {row.name: row for row in decoding(load_run(run), texts=3, tokens=17)}
    assert list(rows) == [*WAYS, HELD_OUT]
    assert all(row.length == 17 for row in rows.values())
    assert rows["greedy"].loss < rows["temperature 1"].loss
    assert rows["4 beams"].loss <= rows["greedy"].loss + 1e-6
    assert rows["greedy, repetition penalty 1.2"].distinct_1 >= rows["greedy"].distinct_1
    assert rows[HELD_OUT].tokens_per_second is None
    assert all(row.tokens_per_second > 0 for name, row in rows.items() if name != HELD_OUT)


def test_decoding_says_what_does_not_fit(run):
    from hornbook.errors import SettingError, TextError
    from hornbook.workflows.bench_decoding import decoding
    from hornbook.workflows.load import load_run

    with pytest.raises(SettingError, match="fit into the context of 32"):
        list(decoding(load_run(run), tokens=25))
    with pytest.raises(TextError, match="too few for 1000 texts of 25"):
        list(decoding(load_run(run), texts=1000, tokens=17))


@pytest.mark.slow
def test_decoding_prints_its_table(hornbook, run):
    said = hornbook("bench", "decoding", run, "--texts", 2, "--tokens", 11).stdout
    assert "rep-4" in said.splitlines()[0]
    assert said.splitlines()[-1].startswith("the held-out text")
