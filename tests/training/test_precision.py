"""Which arithmetic, and what the loss is scaled by."""

from __future__ import annotations

import pytest
import torch

from hornbook.errors import SettingError
from hornbook.model import arithmetic as room
from hornbook.training.devices import choose_device, choose_threads, device_of, moved
from hornbook.training.precision import LossScale, Precision, choose_precision
from tests.training.small import a_batch, a_model

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"avx2", "avx512_bf16"}, "bfloat16"),
        ({"amx_bf16"}, "bfloat16"),
        ({"asimd", "bf16"}, "bfloat16"),
        ({"avx512f"}, "float32"),
        (set(), "float32"),
    ],
)
def test_a_processor_gets_bfloat16_where_it_multiplies_in_it(flags, expected, monkeypatch):
    monkeypatch.setattr(room, "processor_flags", lambda: frozenset(flags))
    assert choose_precision("auto", CPU).name == expected
    assert choose_precision("bfloat16", CPU).name == "bfloat16"
    assert choose_precision("float32", CPU).name == "float32"


@pytest.mark.parametrize(("supported", "expected"), [(True, "bfloat16"), (False, "float16")])
def test_a_gpu_without_bfloat16_gets_float16_with_a_scale(supported, expected, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: supported)
    chosen = choose_precision("auto", CUDA)
    assert chosen.name == expected
    assert chosen.loss_scale().moving == (expected == "float16")
    assert chosen.loss_scale().value == (65536.0 if expected == "float16" else 1.0)


@pytest.mark.parametrize("name", ["float16", "float8"])
def test_float16_and_float8_on_a_processor_are_refused(name):
    with pytest.raises(SettingError, match=f'precision: "{name}" is for GPUs'):
        choose_precision(name, CPU)


@pytest.mark.parametrize(("capability", "fits"), [((8, 0), False), ((8, 9), True), ((9, 0), True), ((10, 0), True)])
def test_float8_is_for_gpus_that_multiply_in_it(capability, fits, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    if fits:
        assert choose_precision("float8", CUDA) == Precision("float8", "cuda")
        return
    with pytest.raises(SettingError, match=r"wants a GPU of compute capability 8\.9 or more, and this one has 8\.0"):
        choose_precision("float8", CUDA)


def test_products_in_8_bits_are_told_in_bfloat16():
    names = ("float32", "bfloat16", "float16", "float8")
    assert [Precision(name).dtype for name in names] == [torch.float32, torch.bfloat16, torch.float16, torch.bfloat16]
    assert not Precision("float8").loss_scale().moving


def test_autocast_multiplies_in_the_arithmetic_of_the_run():
    matrix = torch.ones(3, 3)
    for name in ("float32", "bfloat16"):
        with Precision(name).autocast():
            assert (matrix @ matrix).dtype == getattr(torch, name)


def test_the_scale_falls_at_once_and_rises_with_patience():
    scale = LossScale(1024.0, moving=True, patience=3)
    assert [scale.update(finite) for finite in (True, True, False, True, True, True, True)] == [
        True,
        True,
        False,
        True,
        True,
        True,
        True,
    ]
    assert (scale.value, scale.good) == (1024.0, 1)
    still = LossScale()
    assert [still.update(finite) for finite in (True, False)] == [True, False]
    assert still == LossScale()
    assert not still.may_overflow


def test_asking_for_a_gpu_where_there_is_none_says_so(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == choose_device("cpu") == CPU
    with pytest.raises(SettingError, match='device: "cuda" was asked for'):
        choose_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == choose_device("cuda") == CUDA
    assert choose_device("cpu") == CPU


def test_threads_are_those_asked_for_or_those_there_are():
    assert choose_threads(1) == 1
    assert torch.get_num_threads() == 1
    assert choose_threads() >= 1


def test_a_batch_moves_with_everything_in_it():
    batch = a_batch(0)
    assert moved(batch, CPU) is batch
    far = moved(batch, torch.device("meta"))
    assert far.tokens.is_meta
    assert far.targets.is_meta
    assert far.positions is None
    assert device_of(a_model()) == CPU
