"""A run that was looked at three times while it learned, and one that answers sources; a page that shows all runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.server.conftest import SIZES, trained
from tests.server.serving import Running, serving

LETTERS = "abcab abcba abbca cabba\n" * 80


@pytest.fixture(scope="session")
def runs(tmp_path_factory, writer, answerer, reader) -> Path:
    """A folder of runs: a decoder of letters with three checkpoints, an encoder-decoder, and those of other tests."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "text.txt").write_text(LETTERS, encoding="utf-8")
    head = f'name = "letters"\n[data]\ntext = ["{folder}/text.txt"]\nsplit = "position"\nvalidation_fraction = 0.1\n'
    sizes = SIZES.replace("evaluate_every = 0", "evaluate_every = 10\nsave_every = 10\nkeep = 5")
    sizes = sizes.replace("prompts = []", 'prompts = ["ab"]\nsampling = {max_tokens = 5}')
    trained(folder, "letters", head + '[tokenizer]\nkind = "characters"\n' + sizes)
    rows = "".join(json.dumps({"source": f"{a} {b}", "target": f"{b} {a}"}) + "\n" for a in "abcd" for b in "abcd") * 6
    (folder / "pairs.jsonl").write_text(rows, encoding="utf-8")
    data = f'[data]\ntext = ["{folder}/pairs.jsonl"]\nsplit = "document"\nvalidation_fraction = 0.2\n'
    head = 'name = "turner"\ntask = "translate"\n' + data + '[tokenizer]\nkind = "words"\n'
    trained(folder, "turner", head + SIZES.replace("[model]", '[model]\narchitecture = "encoder_decoder"'))
    for run in (writer, answerer, reader):
        shutil.copytree(run, folder / run.name)
    return folder


@pytest.fixture(scope="session")
def page(runs) -> Running:
    """A server started with the run of letters, beside all others."""
    with serving([runs / "letters"], root=runs) as running:
        yield running
