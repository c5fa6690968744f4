"""One model behind two servers, ours and llama.cpp's with our GGUF file: the same request, the same greedy text.

Where two tokens are about as likely, rounding decides: llama.cpp keeps keys and values in 16 bits. Two texts may part
there and nowhere else: where by our own server's log-probabilities the two likeliest tokens are less than ``TIE``
apart. What stands behind it follows another text, and is not compared; how much was is counted, and has to be enough.
"""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from typing import Any

import pytest

from hornbook.cli.app import run
from hornbook.workflows.recipe import read_recipe
from hornbook.workflows.train import train
from hornbook.workflows.watchers import Silent
from tests.oracles.llama_cpp import llama_cpp_server
from tests.server.asking import asked_at
from tests.server.serving import serving

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.slow

TIE = 0.05
"""Nats: each of the two may differ by 0.02 from ours, with weights in 32 bits (test_llama_cpp.py)."""

LENGTH, LEAST = 48, 40
"""Tokens that are asked for, and that have to be compared."""

PROMPTS = ("The cat sat", "A king of seven lands", "Nobody saw the", "The rat ran to", "and then the king")
TEXT = (
    "The cat sat on the mat, and then the rat ate the cheese. A king of seven lands went out to see the fool. "
    "The rat ran to the king, and then the king sat on the cat. Nobody saw the fool, and the cat was seven years old.\n"
)
SIZES = """
name = "small"
[data]
text = ["{folder}/text.txt"]
split = "position"
validation_fraction = 0.1
[tokenizer]
kind = "bytepair"
vocabulary = 320
[training]
steps = 130
batch = 8
compile = "never"
precision = "float32"
threads = 1
evaluate_every = 0
optimizer = {{kind = "adamw", learning_rate = 3e-3}}
[samples]
prompts = []
[model]
context = 96
width = 48
heads = 4
depth = 2
dropout = 0.0
"""
STYLES = {
    "gpt2": """
[[model.pattern]]
feed_forward = {activation = "gelu_tanh"}
""",
    "llama": """
kv_heads = 2
tied = false
position_encoding = "rotary"
[[model.pattern]]
norm = {kind = "rms", epsilon = 1e-5}
attention = {bias = false}
feed_forward = {activation = "silu", gated = true, bias = false}
""",
}


@pytest.fixture(params=[pytest.param("gpt2", marks=pytest.mark.broad), "llama"])
def trained(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A run of a few seconds, which has learned enough to be sure of most of what it says."""
    (tmp_path / "text.txt").write_text(TEXT * 150, encoding="utf-8")
    (tmp_path / "small.toml").write_text(SIZES.format(folder=tmp_path) + STYLES[request.param], encoding="utf-8")
    return train(read_recipe(tmp_path / "small.toml"), tmp_path / "small", Silent()).run.folder


def agreed(mine: dict[str, Any], other: dict[str, Any]) -> int:
    """How many tokens of ours the other text begins with; it may part from it at a tie only."""
    if other["text"] == mine["text"]:
        return len(mine["logprobs"]["tokens"])
    same = zip(mine["text"], other["text"], strict=False)
    place = next((place for place, (own, their) in enumerate(same) if own != their), len(other["text"]))
    token = bisect_right(mine["logprobs"]["text_offset"], place) - 1
    first, second, *_ = sorted(mine["logprobs"]["top_logprobs"][token].values(), reverse=True)
    assert first - second < TIE, f"{mine['text']!r} and {other['text']!r} part where we are {first - second} nats sure"
    return token


def test_our_server_and_llama_cpp_write_the_same_greedy_text(trained: Path, tmp_path: Path) -> None:
    file = tmp_path / "small.gguf"
    assert run(["export", str(trained), "--to", "gguf", "--out", str(file)]) == 0
    compared = []
    with serving([trained]) as ours, llama_cpp_server(file, 96) as theirs:
        for prompt in PROMPTS:
            body = {"model": "small", "prompt": prompt, "max_tokens": LENGTH, "temperature": 0, "logprobs": 2}
            answers = [asked_at(f"{address}/v1/completions", body) for address in (ours.url, theirs)]
            (mine,), (other,) = (answer["choices"] for answer in answers)
            compared.append(agreed(mine, other))
    print(f"tokens that are the same, of {LENGTH}: {compared}")
    assert len([tokens for tokens in compared if tokens >= LEAST]) >= 4, "ties cut the rest short"
