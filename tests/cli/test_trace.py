"""``hornbook trace`` on a tiny run that was never trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hornbook.cli.app import run as command
from hornbook.workflows.inside import condensed


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with a two-layer model over characters."""
    from hornbook.model.config import ModelConfig
    from hornbook.model.initialise import initialise
    from hornbook.model.models import Decoder
    from hornbook.tokenizers.build import build_tokenizer
    from hornbook.tokenizers.config import Characters
    from hornbook.tokenizers.saved import fingerprint
    from hornbook.training.config import TrainingConfig
    from hornbook.training.run_folder import Run
    from hornbook.workflows.recipe import Recipe, to_toml

    tokenizer = build_tokenizer(Characters(), ["to be or not to be"])
    config = ModelConfig(vocabulary=tokenizer.vocab_size, context=13, width=24, heads=3, depth=2)
    recipe = Recipe(tokenizer=Characters(), model=config, training=TrainingConfig(steps=1))
    made = Run.create(tmp_path_factory.mktemp("runs") / "tiny", to_toml(recipe), {})
    tokenizer.save(made.tokenizer)
    model = Decoder(config)
    initialise(model, config, 0)
    vocabulary = {"fingerprint": fingerprint(tokenizer), "size": tokenizer.vocab_size}
    made.save(model, None, {"step": 1, "vocabulary": vocabulary}, best=True)
    return made.folder


def test_programs_are_told_everything(run, capsys):
    assert command(["trace", str(run), "to be", "--lens", "--ablate", "head:1.2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [token["text"] for token in told["tokens"]] == ["'t'", "'o'", "' '", "'b'", "'e'"]
    assert told["tensors"][0]["shape"] == [1, 5, 24] and told["tensors"][0]["file"] == "model/models.py"
    assert [row["layer"] for row in told["lens"]] == [0, 1, 2] and told["lens"][-1]["rank_of_answer"] == 0
    assert told["lens"][-1]["top"] == told["next"][0]["text"]
    assert len(told["heads"]) == 6 and told["ablated"]["kl_bits"] > 0
    assert told["next"][0]["p"] >= told["next"][1]["p"]


@pytest.mark.slow
def test_people_see_every_tensor_and_what_comes_next(hornbook, run):
    said = hornbook("trace", run, "to be", "--ablate", "mlp:0").stdout
    assert " attention.py:" in said and "1×3×5×5" in said and "without mlp:0" in said


def test_of_what_a_line_makes_on_its_way_only_the_last_is_shown_unless_all_is_wanted():
    rows = [{"module": module, "file": "a.py", "line": line} for module, line in ("x1", "x1", "x2", "y2", "x2")]
    assert condensed(rows) == [rows[1], rows[2], rows[3], rows[4]]
    assert condensed([]) == []


def test_what_cannot_be_followed_is_refused(run, capsys):
    assert command(["trace", str(run), "to be or not to be"]) == 1
    assert "18 tokens; this model is followed through 1 to 13" in capsys.readouterr().err
    assert command(["trace", str(run), "to", "--ablate", "head:5.0"]) == 2
    assert "2 layers with 3 heads" in capsys.readouterr().err
