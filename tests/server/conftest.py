"""Runs that are trained once: one that continues texts, one that answers, one that reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hornbook.workflows.recipe import read_recipe
from hornbook.workflows.train import train
from hornbook.workflows.watchers import Silent
from tests.server.serving import Running, serving

SIZES = """
[model]
context = 64
width = 32
heads = 2
depth = 2
dropout = 0.0
[training]
steps = 30
batch = 8
compile = "never"
threads = 1
evaluate_every = 0
[samples]
prompts = []
"""
TEXT = "The café was near — 🎈 the old mill. A small bird sang: naïve, naïve!\n" * 60


def trained(folder: Path, name: str, recipe: str) -> Path:
    """A run of a recipe."""
    path = folder / f"{name}.toml"
    path.write_text(recipe, encoding="utf-8")
    train(read_recipe(path), folder / name, Silent())
    return folder / name


@pytest.fixture(scope="session")
def writer(tmp_path_factory) -> Path:
    """A run that continues texts whose characters are often spread over several tokens."""
    folder = tmp_path_factory.mktemp("writer")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    head = f'name = "writer"\n[data]\ntext = ["{folder}/text.txt"]\nsplit = "position"\nvalidation_fraction = 0.1\n'
    return trained(folder, "writer", head + '[tokenizer]\nkind = "bytepair"\nvocabulary = 270\n' + SIZES)


@pytest.fixture(scope="session")
def answerer(tmp_path_factory) -> Path:
    """A run that was taught to answer."""
    folder = tmp_path_factory.mktemp("answerer")
    rows = [{"instruction": f"Say {n}.", "output": f"{n}, naïve!"} for n in range(60)]
    (folder / "asked.json").write_text(json.dumps(rows), encoding="utf-8")
    head = 'name = "answerer"\ntask = {kind = "instruct", template = "chatml", cut = true}\n'
    data = f'[data]\ntext = ["{folder}/asked.json"]\nsplit = "document"\nvalidation_fraction = 0.1\n'
    tokenizer = '[tokenizer]\nkind = "bytepair"\nvocabulary = 280\nspecial = ["<|im_start|>", "<|im_end|>"]\n'
    return trained(folder, "answerer", head + data + tokenizer + SIZES)


@pytest.fixture(scope="session")
def reader(tmp_path_factory) -> Path:
    """An encoder."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    head = f'name = "reader"\ntask = "masked_tokens"\n[data]\ntext = ["{folder}/text.txt"]\nsplit = "position"\n'
    tokenizer = 'validation_fraction = 0.1\n[tokenizer]\nkind = "bytepair"\nvocabulary = 270\nspecial = ["<|mask|>"]\n'
    return trained(folder, "reader", head + tokenizer + SIZES.replace("[model]", '[model]\narchitecture = "encoder"'))


@pytest.fixture(scope="session")
def server(writer, answerer, reader) -> Running:
    """All three behind one address."""
    with serving([writer, answerer, reader]) as running:
        yield running
