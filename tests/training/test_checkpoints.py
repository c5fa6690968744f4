"""A checkpoint is whole or not there; every kind of damage is noticed and named; nothing in it is executed."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from hornbook.errors import DamagedError, HornbookError, MissingError
from hornbook.files import write_json
from hornbook.training.checkpoints import (
    MANIFEST,
    MODEL,
    OPTIMIZER,
    PROGRESS,
    Progress,
    check_vocabulary,
    checkpoint_name,
    checkpoints_in,
    load_checkpoint,
    load_model,
    manifest,
    save_checkpoint,
    verify_checkpoint,
    write_tensors,
)
from hornbook.training.config import AdamW
from hornbook.training.optimizers import build_optimizer
from tests.training.small import a_model, same, train

FILES = (MODEL, OPTIMIZER, PROGRESS, MANIFEST)


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    """A checkpoint that nobody may change."""
    model = a_model()
    optimizer = build_optimizer(AdamW(), model)
    train(model, optimizer, steps=2)
    folder = tmp_path_factory.mktemp("run") / "checkpoints" / checkpoint_name(2)
    return save_checkpoint(folder, model, optimizer, {"step": 2, "tokens": 42})


@pytest.fixture
def checkpoint(original, tmp_path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(original, tmp_path / "checkpoints" / original.name))


def test_a_model_comes_back_as_it_was(tmp_path):
    model = a_model(tied=False)
    folder = save_checkpoint(tmp_path / "step-000007", model, None, {"step": 7, "fraction": 0.1 + 0.2})
    other = a_model(tied=False, seed=9)
    assert not same(model, other)
    progress = load_model(folder, other)
    assert same(model, other)
    assert progress == {"schema": 1, "step": 7, "fraction": 0.1 + 0.2}


def test_tensors_are_named_as_the_model_names_them_and_a_shared_weight_is_saved_once(original):
    tensors = load_file(original / MODEL)
    model = a_model(tied=True)
    assert set(tensors) == {name for name, _ in model.named_parameters()}
    assert "stack.blocks.1.attention.query.weight" in tensors


def test_a_weight_that_two_layers_share_is_saved_once_and_stays_shared(tmp_path):
    def tied() -> nn.Module:
        model = nn.ModuleDict({"table": nn.Embedding(7, 5), "head": nn.Linear(5, 7, bias=False)})
        model["head"].weight = model["table"].weight
        return model

    model, other = tied(), tied()
    folder = save_checkpoint(tmp_path / "step-000001", model, None, {"step": 1})
    assert list(load_file(folder / MODEL)) == ["table.weight"]
    load_model(folder, other)
    assert torch.equal(model["head"].weight, other["head"].weight)
    assert other["head"].weight is other["table"].weight


def test_buffers_are_saved_too(tmp_path):
    model = nn.BatchNorm1d(5)
    model.running_mean.fill_(3.0)
    folder = save_checkpoint(tmp_path / "step-000001", model, None, {"step": 1})
    other = nn.BatchNorm1d(5)
    load_model(folder, other)
    assert other.running_mean.tolist() == [3.0] * 5


def test_a_checkpoint_takes_the_place_of_one_with_its_name(tmp_path):
    folder = tmp_path / "step-000001"
    save_checkpoint(folder, a_model(seed=1), None, {"step": 1})
    save_checkpoint(folder, a_model(seed=2), None, {"step": 1})
    model = a_model()
    load_model(folder, model)
    assert same(model, a_model(seed=2))
    assert [path.name for path in tmp_path.iterdir()] == ["step-000001"]


# Damage ---------------------------------------------------------------------------------------------------------------


def refused(folder: Path) -> str:
    """What is said about a checkpoint that must not be loaded; the model stays as it was."""
    model = a_model(seed=11)
    with pytest.raises(DamagedError) as error:
        load_checkpoint(folder, model, build_optimizer(AdamW(), model))
    assert same(model, a_model(seed=11))
    return str(error.value)


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_at_any_length_is_noticed(name, checkpoint):
    whole = (checkpoint / name).read_bytes()
    for length in {0, 1, 7, 8, 9, len(whole) // 3, len(whole) // 2, len(whole) - 2, len(whole) - 1}:
        (checkpoint / name).write_bytes(whole[:length])
        assert name in refused(checkpoint)
    (checkpoint / name).write_bytes(whole + b"\n")
    assert name in refused(checkpoint)
    (checkpoint / name).write_bytes(whole)
    verify_checkpoint(checkpoint)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_is_noticed_wherever_it_is(name, checkpoint):
    whole = (checkpoint / name).read_bytes()
    places = (
        range(len(whole))
        if name == MANIFEST
        else sorted({0, 3, 8, 20, len(whole) // 2, len(whole) - 9, len(whole) - 1})
    )
    for place in places:
        for flip in (0xFF, 0x01, 0x20, 0x03):
            (checkpoint / name).write_bytes(whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :])
            with pytest.raises(DamagedError, match=str(checkpoint) if name == MANIFEST else name):
                verify_checkpoint(checkpoint)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(name, checkpoint):
    (checkpoint / name).unlink()
    assert f"{checkpoint / name} is missing" in refused(checkpoint)


def test_a_manifest_of_another_schema_or_of_something_else_is_refused(checkpoint):
    said = json.loads((checkpoint / MANIFEST).read_text())
    for wrong, says in [
        (said | {"schema": 2}, "expected schema 1, found 2"),
        ([], "not a manifest of ours"),
        ({"schema": 1}, "not a manifest of ours"),
        ({"schema": 1, "files": {}}, "expected an entry for model.safetensors, found none"),
        ({"schema": 1, "files": {MODEL: None}}, "not a manifest of ours"),
    ]:
        write_json(checkpoint / MANIFEST, wrong)
        assert says in refused(checkpoint)


def test_progress_of_another_schema_is_refused(checkpoint):
    write_json(checkpoint / PROGRESS, {"schema": 2, "step": 2})
    write_json(checkpoint / MANIFEST, manifest(checkpoint))
    assert "expected schema 1, found 2" in refused(checkpoint)


def test_the_message_names_the_last_whole_checkpoint_and_what_to_do(checkpoint):
    beside = checkpoint.parent
    for step in (1, 3, 4):
        shutil.copytree(checkpoint, beside / checkpoint_name(step))
    for damaged in (checkpoint, beside / checkpoint_name(4)):
        (damaged / MODEL).write_bytes(b"")
    message = refused(checkpoint)
    assert "the last whole one is step-000003" in message
    assert f"write that name into {beside.parent / 'latest'}" in message
    for step in (1, 3):
        shutil.rmtree(beside / checkpoint_name(step))
    assert "there is no other checkpoint beside it" in refused(checkpoint)


def test_checkpoints_are_listed_by_step_and_unfinished_ones_are_none(tmp_path):
    for name in (
        "step-999999",
        "step-000020",
        "step-1000000",
        ".step-000300.partial-17",
        "step-x",
        "step-000400.partial",
    ):
        (tmp_path / name).mkdir()
    (tmp_path / "step-000500").write_text("a file")
    assert [path.name for path in checkpoints_in(tmp_path)] == ["step-000020", "step-999999", "step-1000000"]


class Bomb:
    """Unpickling this makes a folder."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_pickle_in_place_of_tensors_is_refused_and_not_executed(checkpoint, tmp_path):
    harm = tmp_path / "harm"
    assert pickle.loads(pickle.dumps(Bomb(str(harm)))) is None  # noqa: S301 (it does go off where pickle is used)
    assert harm.exists()
    harm.rmdir()
    model = a_model()
    for name in (MODEL, OPTIMIZER):
        saved = (checkpoint / name).read_bytes()
        for dump in (pickle.dumps(Bomb(str(harm))), zipped(Bomb(str(harm)), tmp_path)):
            (checkpoint / name).write_bytes(dump)
            write_json(checkpoint / MANIFEST, manifest(checkpoint))  # an attacker knows how to hash
            with pytest.raises(DamagedError, match="not a safetensors file"):
                load_checkpoint(checkpoint, model, build_optimizer(AdamW(), model))
            assert not harm.exists()
        (checkpoint / name).write_bytes(saved)


def zipped(bomb: Bomb, folder: Path) -> bytes:
    """What ``torch.save`` makes of it."""
    torch.save(bomb, folder / "bomb.pt")
    return (folder / "bomb.pt").read_bytes()


# Another model --------------------------------------------------------------------------------------------------------


def test_a_missing_checkpoint_is_missing(tmp_path):
    with pytest.raises(MissingError, match=r"there is no checkpoint .*step-000009; there is no other"):
        load_model(tmp_path / "step-000009", a_model())


def test_a_checkpoint_without_optimizer_cannot_be_resumed(tmp_path):
    folder = save_checkpoint(tmp_path / "step-000001", a_model(), None, {"step": 1})
    model = a_model()
    with pytest.raises(MissingError, match="training cannot be resumed from it"):
        load_checkpoint(folder, model, build_optimizer(AdamW(), model))


def test_missing_left_over_and_misshaped_tensors_are_named_with_both_shapes(tmp_path):
    saved = nn.ModuleDict({"first": nn.Linear(3, 5), "second": nn.Linear(5, 7), "gone": nn.Linear(2, 2, bias=False)})
    built = nn.ModuleDict({"first": nn.Linear(3, 5), "second": nn.Linear(5, 11), "new": nn.Linear(2, 3, bias=False)})
    folder = save_checkpoint(tmp_path / "step-000001", saved, None, {"step": 1})
    before = {name: value.clone() for name, value in built.state_dict().items()}
    with pytest.raises(HornbookError) as error:
        load_model(folder, built)
    message = str(error.value)
    assert "new.weight: missing, expected [3, 2]" in message
    assert "gone.weight: not in this model, found [2, 2]" in message
    assert "second.weight: expected [11, 5], found [7, 5]" in message
    assert "first" not in message
    assert all(torch.equal(value, before[name]) for name, value in built.state_dict().items()), "it is as it was"


def test_another_vocabulary_is_recognised(tmp_path):
    folder = save_checkpoint(tmp_path / "step-000001", a_model(), None, {"step": 1})
    with pytest.raises(HornbookError) as error:
        load_model(folder, a_model(vocabulary=19))
    assert "its vocabulary seems to have 17 tokens, the model's 19: use the tokenizer of the same run" in str(
        error.value
    )
    with pytest.raises(HornbookError) as error:
        load_model(folder, a_model(tied=False))
    assert "its vocabulary" not in str(error.value)


def test_a_tokenizer_that_is_not_the_runs_is_refused():
    progress = {"vocabulary": {"fingerprint": "a" * 64, "size": 1009}}
    check_vocabulary(progress, "a" * 64, 1009)
    check_vocabulary({}, "b" * 64, 17)
    with pytest.raises(
        HornbookError, match=r"vocabulary of 1,009 tokens \(fingerprint a{12}\), this tokenizer has 1,009 \(b{12}\)"
    ):
        check_vocabulary(progress, "b" * 64, 1009)


GOING_ON = {
    "step": 2, "tokens": 42, "seconds": 1.5, "owed": False, "first_step_seconds": None,
    "best": {"step": 1, "loss": -2.5}, "scale": {"value": 1.0, "good": 0},
}  # fmt: skip


def test_a_progress_is_taken_up_as_it_was_said():
    progress = Progress.of(GOING_ON, Path("step-000002"))
    assert (progress.step, progress.tokens, progress.best, progress.scale) == (2, 42, (1, -2.5), 1.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("step", None), ("step", 1.5), ("tokens", "42"), ("seconds", float("nan")), ("seconds", -1), ("scale", 7),
     ("best", {"step": 1}), ("best", []), ("first_step_seconds", True), ("scale", {"value": 1e300, "good": 0})],
)  # fmt: skip
def test_a_progress_that_says_nothing_of_use_is_damage(name, value):
    with pytest.raises(DamagedError, match=r"progress\.json: expected a .*go on from another checkpoint"):
        Progress.of({**GOING_ON, name: value}, Path("step-000002"))


def test_a_manifest_may_name_what_no_file_can_be_called(checkpoint):
    said = json.loads((checkpoint / MANIFEST).read_text())
    said["files"]["a" * 5000] = {"size": 1, "sha256": ""}
    (checkpoint / MANIFEST).write_text(json.dumps(said, indent=2) + "\n")
    with pytest.raises(DamagedError, match="is missing"):
        verify_checkpoint(checkpoint)


def test_what_an_optimizer_cannot_go_on_with_is_refused(checkpoint):
    tensors = load_file(checkpoint / OPTIMIZER)
    name = next(name for name in tensors if name.endswith("exp_avg"))
    write_tensors(checkpoint / OPTIMIZER, {**tensors, name: tensors[name].to(torch.int32)})
    write_json(checkpoint / MANIFEST, manifest(checkpoint))
    model = a_model()
    with pytest.raises(HornbookError, match=r"exp_avg: expected torch\.float32, found torch\.int32"):
        load_checkpoint(checkpoint, model, build_optimizer(AdamW(), model))


def test_a_vocabulary_of_no_size_is_told_apart_all_the_same():
    with pytest.raises(HornbookError, match="a vocabulary of many tokens"):
        check_vocabulary({"vocabulary": {"fingerprint": "a", "size": "many"}}, "b", 3)
