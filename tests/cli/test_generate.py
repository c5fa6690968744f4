"""``hornbook generate`` as a person runs it, on a tiny run that was never trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

TEXT = "The verdict was: said Ann. Bob said so too, and so said Ann again — ‘naïve’.\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with a one-layer model over characters."""
    from hornbook.model.config import ModelConfig
    from hornbook.model.initialise import initialise
    from hornbook.model.models import Decoder
    from hornbook.tokenizers.build import build_tokenizer
    from hornbook.tokenizers.config import Characters
    from hornbook.tokenizers.saved import fingerprint
    from hornbook.training.config import TrainingConfig
    from hornbook.training.run_folder import Run
    from hornbook.workflows.recipe import Recipe, to_toml

    tokenizer = build_tokenizer(Characters(), [TEXT])
    config = ModelConfig(vocabulary=tokenizer.vocab_size, context=13, width=24, heads=2, depth=1)
    recipe = Recipe(tokenizer=Characters(), model=config, training=TrainingConfig(steps=1))
    made = Run.create(tmp_path_factory.mktemp("runs") / "tiny", to_toml(recipe), {})
    tokenizer.save(made.tokenizer)
    model = Decoder(config)
    initialise(model, config, 0)
    vocabulary = {"fingerprint": fingerprint(tokenizer), "size": tokenizer.vocab_size}
    made.save(model, None, {"step": 1, "vocabulary": vocabulary}, best=True)
    initialise(model, config, 1)
    made.save(model, None, {"step": 2, "vocabulary": vocabulary})
    return made.folder


@pytest.mark.slow
def test_samples_come_as_one_json_object(hornbook, run):
    said = hornbook("generate", run, "The ", "--max-tokens", 7, "--seed", 5, "-n", 3, "--json").stdout
    result = json.loads(said)
    assert (result["schema"], result["prompt"], result["seed"]) == (1, "The ", 5)
    assert len(result["samples"]) == 3
    for sample in result["samples"]:
        assert sample.keys() == {"text", "token_ids", "finish_reason"}
        assert len(sample["token_ids"]) == len(sample["text"]) == 7
        assert sample["finish_reason"] == "length"
    again = json.loads(hornbook("generate", run, "The ", "--max-tokens", 7, "--seed", 5, "--json").stdout)
    assert again["samples"] == result["samples"][:1]


@pytest.mark.slow
def test_one_sample_is_written_after_its_prompt_and_the_speed_to_stderr(hornbook, run):
    prompt = "The verdict was: said Ann."  # longer than the context
    done = hornbook("generate", run, prompt, "--max-tokens", 7, "--seed", 5)
    expected = json.loads(hornbook("generate", run, prompt, "--max-tokens", 7, "--seed", 5, "--json").stdout)
    assert done.stdout == prompt + expected["samples"][0]["text"] + "\n"
    assert done.stderr.startswith("7 tokens (length); the first after ")
    assert done.stderr.endswith("tokens/s\n")


@pytest.mark.slow
def test_several_samples_are_told_apart(hornbook, run):
    said = hornbook("generate", run, "so", "-n", 2, "--max-tokens", 5, "--temperature", 0).stdout
    lines = said.split("--- ")
    assert lines[1].startswith("1 of 2 (length)\nso")
    assert lines[2].startswith("2 of 2 (length)\nso")
    assert lines[1][1:] == lines[2][1:]  # temperature 0 is greedy


@pytest.mark.slow
def test_a_stop_string_ends_the_text(hornbook, run):
    stops = [word for letter in "aeious n" for word in ("--stop", letter)]
    [sample] = json.loads(hornbook("generate", run, "so", "--max-tokens", 99, *stops, "--json").stdout)["samples"]
    assert sample["finish_reason"] == "stop"
    assert not set(sample["text"]) & set("aeious n")


@pytest.mark.slow
def test_an_empty_prompt_begins_a_text(hornbook, run):
    assert json.loads(hornbook("generate", run, "--max-tokens", 3, "--json").stdout)["prompt"] == ""


@pytest.mark.slow
def test_any_checkpoint_can_write(hornbook, run):
    texts = [
        json.loads(hornbook("generate", run, "so", "--checkpoint", which, "--max-tokens", 9, "--json").stdout)[
            "samples"
        ]
        for which in ("best", "latest", "step-000002")
    ]
    assert texts[0] != texts[1] == texts[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("so", "--temperature", "-1"), 2, "temperature: expected 0 (greedy)"),
        (("so", "--top-p", "1.5"), 2, "top_p: expected"),
        (("so", "-n", "0"), 2, "samples: expected"),
        (("so", "--top-q", "3"), 2, "top-q"),
        (("so", "--checkpoint", "step-000009"), 3, "has no checkpoint 'step-000009'"),
        (("zebra",), 1, "z"),
    ],
    ids=["temperature", "top-p", "samples", "flag", "checkpoint", "character"],
)
def test_what_cannot_be_done_is_said_on_stderr(hornbook, run, arguments, code, says):
    done = hornbook("generate", run, *arguments, "--max-tokens", 3, expect=code)
    assert says in done.stderr
    assert done.stdout == ""


@pytest.mark.slow
def test_a_run_that_is_not_there_is_missing(hornbook, tmp_path):
    assert "does not exist" in hornbook("generate", tmp_path / "nothing", "so", expect=3).stderr


@pytest.mark.slow
@pytest.mark.parametrize("weights", ["bfloat16", "int8", "int4"])
def test_weights_can_be_read_in_fewer_bits(hornbook, run, weights):
    done = hornbook("generate", run, "The ", "--max-tokens", 7, "--weights", weights)
    assert done.stdout.startswith("The ")
    assert done.stderr.startswith(f"{weights} weights, not compiled\n7 tokens (length)")


@pytest.mark.slow
def test_the_step_is_compiled_on_request_and_found_again_and_changes_no_text(hornbook, run):
    asked = ("generate", run, "The ", "--max-tokens", 20, "--seed", 3)
    plain = hornbook(*asked)
    first, again = (hornbook(*asked, "--compile", "always") for _ in range(2))
    assert plain.stdout == first.stdout == again.stdout
    assert first.stderr.startswith("compiling the step for this shape of model, about ")
    assert again.stderr.startswith("float32 weights, compiled\n20 tokens (length)")


@pytest.mark.slow
def test_what_weights_and_compile_are_not_for_is_said(hornbook, run):
    said = hornbook("generate", run, "The ", "--weights", "int9", expect=2).stderr
    assert "weights: 'int9' is none of float32, bfloat16, int8, int4" in said
    said = hornbook("generate", run, "The ", "--weights", "int8", "--beams", 2, expect=2).stderr
    assert "not for --beams" in said


@pytest.mark.slow
@pytest.mark.parametrize("draft", ["lookup", "itself"])
def test_guessing_ahead_changes_no_greedy_text(hornbook, run, draft):
    asked = ("generate", run, "The ", "--max-tokens", 30, "--temperature", 0)
    plain = hornbook(*asked).stdout
    assert hornbook(*asked, "--draft", run if draft == "itself" else draft).stdout == plain
    said = hornbook(*asked, "--draft", draft if draft == "lookup" else run, "-n", 2, expect=2).stderr
    assert "--draft is for one text" in said
