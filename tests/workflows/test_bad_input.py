"""Bad input, as a person gives it: a clear message, the documented exit code, and nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Hornbook = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, small_recipe: str) -> Path:
    """A run of a few steps, to be copied."""
    from hornbook.workflows.recipe import load_recipe
    from hornbook.workflows.train import train

    folder = tmp_path_factory.mktemp("trained")
    (folder / "small.toml").write_text(small_recipe, encoding="utf-8")
    (folder / "text.txt").write_text("the cat sat on the mat. " * 300, encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        train(load_recipe("small.toml", ["training.steps=6"]), Path("run"))
    finally:
        os.chdir(before)
    return folder / "run"


@pytest.mark.slow
@pytest.mark.parametrize(
    "content, code, says",
    [
        (b"", 1, "no text in this file"),
        (b"\x00\x01\x02\x00" * 500, 1, "binary"),
        (b"short", 1, "nothing is left|a context of 13 needs"),
    ],
    ids=["empty", "binary", "shorter than the context"],
)
def test_a_text_that_cannot_be_used(place: Path, hornbook: Hornbook, content: bytes, code: int, says: str) -> None:
    (place / "text.txt").write_bytes(content)
    told = hornbook("train", "small.toml", "--run", "run", expect=code).stderr
    assert "text.txt" in told or "context" in told
    assert any(part in told for part in says.split("|")), told
    assert "Traceback" not in told
    assert not (place / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments, code, says",
    [
        (["train", "small.toml", "--corpus", "tinyshakespear"], 2, "did you mean 'tinyshakespeare'"),
        (["train", "small.toml", "model.detph=3"], 2, "did you mean 'depth'"),
        (["train", "smal"], 3, "there is no recipe 'smal'"),
        (["train", "nowhere.toml"], 3, "nowhere.toml does not exist"),
        (["train"], 2, "which recipe?"),
        (["train", "small.toml", "--minuts", "3"], 2, "--minutes"),
        (["train", "--resume", "nothing"], 3, "nothing does not exist"),
        (["generate", "nothing", "hello"], 3, "nothing does not exist"),
        (["evaluate", "nothing"], 3, "nothing does not exist"),
        (["train", "small.toml", "--text", "absent.txt"], 3, "absent.txt"),
        (["trian"], 2, "train"),
        (["train", "small.toml", "model.vocabulary=7"], 2, "model.vocabulary: 7 is too small"),
        (["train", "small.toml", "--run", "text.txt"], 2, "text.txt"),
    ],
)
@pytest.mark.usefixtures("place")
def test_a_name_that_is_wrong(hornbook: Hornbook, arguments: list[str], code: int, says: str) -> None:
    told = hornbook(*arguments, expect=code)
    assert says in told.stderr, told.stderr
    assert "Traceback" not in told.stderr and told.stdout == ""


@pytest.mark.slow
def test_a_prompt_with_characters_the_tokenizer_never_saw(trained: Path, hornbook: Hornbook) -> None:
    told = hornbook("generate", trained, "Ünknown", expect=1).stderr
    assert "'Ü'" in told and "Traceback" not in told


@pytest.mark.slow
def test_a_vocabulary_that_is_not_the_checkpoints(trained: Path, hornbook: Hornbook, tmp_path: Path) -> None:
    run = shutil.copytree(trained, tmp_path / "copy")
    (tmp_path / "other.txt").write_text("quite other letters: zyxwvq " * 50)
    hornbook("tokenizer", "train", "other.txt", "--kind", "characters", "--out", "other")
    shutil.rmtree(run / "tokenizer")
    shutil.copytree(tmp_path / "other", run / "tokenizer")
    told = hornbook("generate", run, "the", expect=1).stderr
    assert "vocabulary" in told and "Traceback" not in told


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["truncated", "altered"])
@pytest.mark.parametrize("command", [["generate", "the"], ["evaluate"]])
def test_a_damaged_checkpoint(trained: Path, hornbook: Hornbook, tmp_path: Path, harm: str, command: list[str]) -> None:
    run = shutil.copytree(trained, tmp_path / "copy")
    file = run / "checkpoints" / "step-000006" / "model.safetensors"
    data = bytearray(file.read_bytes())
    if harm == "truncated":
        del data[len(data) // 2 :]
    else:
        data[-3] ^= 8
    file.write_bytes(data)
    told = hornbook(command[0], run, *command[1:], expect=1).stderr
    assert "model.safetensors" in told and "step-000005" in told and "Traceback" not in told
    hornbook("runs", "verify", run, expect=4)


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_a_disk_that_fills_up_leaves_the_last_whole_checkpoint(place: Path, hornbook: Hornbook) -> None:
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))"
    limited = f"{limit}; from hornbook.cli.app import main; main(sys.argv[1:])"
    arguments = ["train", "small.toml", "--run", "run", "model.width=110"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    done = subprocess.run(
        [sys.executable, "-c", limited, *arguments], cwd=place, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1 and "cannot write" in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert not list(place.glob("run/checkpoints/*")) and not list(place.glob("run/checkpoints/.*"))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
@pytest.mark.usefixtures("place")
def test_a_folder_that_cannot_be_written(hornbook: Hornbook) -> None:
    told = hornbook("train", "small.toml", "--run", "/proc/run", expect=1).stderr
    assert "/proc/run" in told and "Traceback" not in told


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_no_network_says_what_to_do_instead(hornbook: Hornbook) -> None:
    environment = {"HORNBOOK_MIRROR": "http://127.0.0.1:9/"}  # nobody answers there
    told = hornbook(
        "train", "small.toml", "--corpus", "tinyshakespeare", "--run", "run", env=environment, expect=3
    ).stderr
    assert "--from" in told and "Traceback" not in told


@pytest.mark.slow
def test_generate_and_evaluate_print_one_json_object(trained: Path, hornbook: Hornbook) -> None:
    told = json.loads(hornbook("generate", trained, "the ", "-n", "2", "--max-tokens", "7", "--json").stdout)
    assert [set(sample) for sample in told["samples"]] == [{"text", "token_ids", "finish_reason"}] * 2
    scored = json.loads(hornbook("evaluate", trained, "--json").stdout)
    assert set(scored) >= {"val_loss", "bits_per_byte", "perplexity", "tokens", "baselines", "floor"}
    assert set(scored["baselines"]) >= {"uniform", "unigram", "kneser_ney"}
    assert set(scored["baselines"]["kneser_ney"]) >= {"loss", "order", "by_order"}
