"""``hornbook import`` and ``hornbook export`` as a person uses them: real folders, real files, a real server."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch

from hornbook.formats.huggingface import write_folder
from hornbook.model.config import RMS, AttentionConfig, BlockConfig, Dense, ModelConfig, Rotary
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Llama-like model of ours as a folder of Hugging Face, its byte-level tokenizer beside it."""
    block = BlockConfig(
        norm=RMS(), attention=AttentionConfig(bias=False), feed_forward=Dense(48, "silu", gated=True, bias=False)
    )
    tokenizer = build_tokenizer(BytePair(300), ["the cat sat on the mat " * 30])
    config = ModelConfig(
        vocabulary=tokenizer.vocab_size,
        context=32,
        width=24,
        heads=3,
        depth=2,
        pattern=(block,),
        position_encoding=Rotary(),
    )
    model = Decoder(config)
    initialise(model, config, 1)
    place = tmp_path / "theirs"
    place.mkdir()
    write_folder(place, model, end=tokenizer.roles.end)
    tokenizer.save(place)
    return place


@pytest.mark.slow
def test_a_folder_becomes_a_run_that_writes_and_goes_out_again(hornbook, folder, tmp_path):
    said = hornbook("import", folder, "--out", "mine").stdout
    assert "run     mine" in said
    first = json.loads(hornbook("generate", "mine", "the cat", "--max-tokens", "5", "--json").stdout)
    assert len(first["samples"][0]["token_ids"]) <= 5
    exported = hornbook("export", "mine", "--to", "hf", "--out", "out", "--verify").stdout
    assert "out: a llama model" in exported or "out: a mistral model" in exported
    assert "no logit differs by more than 0 " in exported
    assert sorted(path.name for path in (tmp_path / "out").iterdir())[0] == "config.json"
    hornbook("import", "out", "--out", "again")
    again = json.loads(hornbook("generate", "again", "the cat", "--max-tokens", "5", "--json").stdout)
    assert again["samples"] == first["samples"]


@pytest.mark.slow
def test_a_story_comes_in_and_goes_out_as_gguf(hornbook, shared, tmp_path):
    hornbook(
        "import", shared / "models/stories260K.bin", "--tokenizer", shared / "models/tok512.bin", "--out", "stories"
    )
    valid = shared / "corpora" / "tinystories_valid_sample.txt"
    measured = json.loads(hornbook("evaluate", "stories", "--text", valid, "--json").stdout)
    assert 0.6 < measured["bits_per_byte"] < 1.4, "it has read such stories"
    assert "brought no data" in hornbook("evaluate", "stories", expect=2).stderr
    assert "whole" in hornbook("runs", "verify", "stories").stdout
    text = hornbook("generate", "stories", "--temperature", "0", "--max-tokens", "40").stdout
    assert text.startswith("Once upon a time, there was a little girl named Lily. She loved to play outside")
    said = hornbook(
        "export", "stories", "--to", "gguf", "--out", "s.gguf", "--kind", "Q8_0", "--verify", "--json"
    ).stdout
    found = json.loads(said)
    assert found["model_type"] == "llama" and 0 < found["largest_difference"] < 2
    assert (tmp_path / "s.gguf").read_bytes()[:4] == b"GGUF"


def broken(folder: Path, what: str) -> None:
    """Do one thing to a folder that makes it wrong."""
    settings = json.loads((folder / "config.json").read_text())
    weights = folder / "model.safetensors"
    if what == "truncated":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif what == "type":
        settings["model_type"] = "lama"
    elif what == "heads":
        settings["num_key_value_heads"] = 2
    elif what == "depth":
        settings["num_hidden_layers"] = 3
    elif what == "width":
        settings["intermediate_size"] = 50
    elif what == "tensor":
        from safetensors.torch import load_file, save_file

        save_file({**load_file(weights), "model.layers.0.self_attn.extra.weight": torch.ones(2)}, weights)
    elif what == "shard":
        weights.unlink()
    (folder / "config.json").write_text(json.dumps(settings))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "code", "says"),
    [
        ("truncated", 1, r"model\.safetensors"),
        ("type", 2, r"model_type: 'lama' is none of .*did you mean 'llama'"),
        ("heads", 2, r"num_key_value_heads: 2 does not divide num_attention_heads 3"),
        ("depth", 1, r"model\.layers\.2\.\S+, shape .*, is missing"),
        ("width", 1, r"model\.layers\.0\.mlp\.gate_proj\.weight has the shape \(48, 24\).*would have \(50, 24\)"),
        ("tensor", 1, r"model\.layers\.0\.self_attn\.extra\.weight.* has no such tensor"),
        ("shard", 3, r"model\.safetensors"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said_by_name_and_nothing_is_left(hornbook, folder, tmp_path, what, code, says):
    broken(folder, what)
    done = hornbook("import", folder, "--out", "mine", expect=code)
    assert re.search(says, done.stderr), done.stderr
    assert not (tmp_path / "mine").exists()


@pytest.mark.slow
def test_without_a_network_it_is_said_what_to_do(hornbook, tmp_path):
    environment = {"HORNBOOK_HF_ENDPOINT": "http://127.0.0.1:9", "HORNBOOK_HOME": str(tmp_path / "home")}
    error = hornbook("import", "hf:openai-community/gpt2", expect=3, env=environment).stderr
    assert "openai-community/gpt2" in error and "hornbook import FOLDER" in error


@pytest.mark.slow
def test_what_is_no_source_and_what_cannot_be_said_are_refused(hornbook, folder, tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    assert "hf:OWNER/NAME" in hornbook("import", "model.gguf", expect=2).stderr
    assert "does not exist" in hornbook("import", "nothing.bin", expect=3).stderr
    hornbook("import", folder, "--out", "mine")
    assert "is there already" in hornbook("export", "mine", "--to", "hf", "--out", folder, expect=2).stderr
