"""A run compresses a file and restores it; another run, a damaged file and a taken name are told, and write nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch

from hornbook.errors import DamagedError, HornbookError, MissingError, SettingError
from hornbook.workflows.compress import compress, decompress
from hornbook.workflows.load import load_run
from hornbook.workflows.recipe import Recipe
from hornbook.workflows.train import train

TEXT = "the cat sat on the mat and the rat ate the cat\n\n" * 400


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A run of a few steps over a small text."""
    from hornbook.data.config import DataConfig
    from hornbook.model.config import ModelConfig
    from hornbook.tokenizers.config import Characters
    from hornbook.training.config import TrainingConfig

    folder = tmp_path_factory.mktemp("compress")
    text = folder / "text.txt"
    text.write_text(TEXT, encoding="utf-8")
    recipe = Recipe(
        data=DataConfig(text=(str(text),)),
        tokenizer=Characters(),
        model=ModelConfig(context=32, width=64, heads=2, depth=1),
        training=TrainingConfig(steps=30, batch=8, compile="never"),
    )
    return load_run(train(recipe, folder / "run").run.folder)


@pytest.fixture
def file(tmp_path):
    """A file like the text, with a character nobody has seen, bytes that are no UTF-8 and an end in between."""
    path = tmp_path / "file.txt"
    path.write_bytes(TEXT[:1501].encode() + "ñ€".encode() + TEXT[7:509].encode() + b"\xff\xfe" + b"the cat and\xc3")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("method", ["model", "kneser-ney"])
def test_a_file_comes_back_byte_for_byte_and_its_size_is_the_loss(loaded, file, method):
    found = compress(loaded, file, method=method)
    packed = file.with_name("file.txt.hb")
    assert packed.stat().st_size == found.coded + found.head
    assert found.unsaid == 8  # five of ñ€ and three that are no UTF-8
    between = 8.01 * (found.unsaid + 4) + 3 * 25  # these bytes, their ends, and the escapes before them
    assert found.bits < 8 * found.coded < found.bits * 1.001 + 64 + between
    assert found.coded < found.others["gzip -9"] * 9
    assert decompress(loaded, packed, file.with_name("back.txt")).read_bytes() == file.read_bytes()


def test_an_empty_file_comes_back_empty(loaded, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    assert compress(loaded, tmp_path / "empty").tokens == 0
    assert decompress(loaded, tmp_path / "empty.hb", tmp_path / "back").read_bytes() == b""


def test_another_model_is_refused_and_nothing_is_written(loaded, file):
    compress(loaded, file)
    other = load_run(loaded.run.folder)
    with torch.no_grad():
        next(other.model.parameters()).view(-1)[-1] += 1e-6
    packed, back = file.with_name("file.txt.hb"), file.with_name("back.txt")
    with pytest.raises(HornbookError, match=r"was compressed with another model: .*--checkpoint that compressed it"):
        decompress(other, packed, back)
    assert not back.exists()


@pytest.mark.slow
def test_a_machine_that_reckons_otherwise_is_told_and_nothing_is_written(loaded, file, monkeypatch):
    """The checksum of what comes out decides; here a share of the table is another."""
    from hornbook.evaluation import compression

    file.write_bytes(TEXT[:1501].encode())  # what comes out has as many bytes as what went in
    compress(loaded, file)
    monkeypatch.setattr(compression, "SHARES", compression.SHARES // 2 + 1)
    with pytest.raises(HornbookError, match="this machine reckons otherwise"):
        decompress(loaded, file.with_name("file.txt.hb"), file.with_name("back.txt"))
    assert sorted(path.name for path in file.parent.iterdir()) == ["file.txt", "file.txt.hb"]


def test_damage_a_taken_name_and_a_file_of_others_are_told(loaded, file, tmp_path):
    compress(loaded, file)
    packed = tmp_path / "file.txt.hb"
    with pytest.raises(SettingError, match="is there already"):
        compress(loaded, file)
    with pytest.raises(SettingError, match="is there already"):
        decompress(loaded, packed)
    with pytest.raises(DamagedError, match="not written by `hornbook compress`"):
        decompress(loaded, file)
    with pytest.raises(SettingError, match=r"does not end in \.hb"):
        decompress(loaded, packed.rename(tmp_path / "file.other"))
    (tmp_path / "cut.hb").write_bytes((tmp_path / "file.other").read_bytes()[:-9])
    with pytest.raises(DamagedError, match="cut off or altered"):
        decompress(loaded, tmp_path / "cut.hb")
    with pytest.raises(MissingError, match=re.escape(f"{tmp_path / 'none'} does not exist")):
        compress(loaded, tmp_path / "none")
    with pytest.raises(SettingError, match="streams: expected 1 to 65,535"):
        compress(loaded, file, tmp_path / "new", streams=0)
    with pytest.raises(SettingError, match="only decoders"):
        compress(replace(loaded, model=torch.nn.Linear(1, 1)), file, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.hb", "file.other", "file.txt"]


@pytest.mark.slow
def test_the_commands_say_what_they_did(hornbook, loaded, file):
    said = hornbook("compress", loaded.run.folder, file, "--out", "small.hb").stdout
    for name in ("as it is", "gzip -9", "bzip2 -9", "xz -9e", "this model"):
        assert f"\n {name} " in said
    assert "8 bytes have no token" in said
    assert "To restore it one needs the model too" in said
    back = hornbook("decompress", loaded.run.folder, "small.hb", "--out", "back.txt").stdout
    assert f"back.txt: {file.stat().st_size:,} bytes" in back
    assert file.with_name("back.txt").read_bytes() == file.read_bytes()
