"""GGUF files say to the gguf package's own reader what was meant, and read back equal; damage is named."""

from __future__ import annotations

import logging
import sys

import gguf
import numpy as np
import pytest
import torch

from hornbook.errors import DamagedError, MissingError, SettingError
from hornbook.formats.gguf_file import STORAGES, read_gguf, write_gguf
from hornbook.formats.quantise import dequantise, quantise
from hornbook.seeds import torch_generator

METADATA = {
    "general.architecture": "llama",
    "general.name": "naïve",
    "llama.block_count": 5,
    "llama.rope.freq_base": 10_000.0,
    "a.seed": 2**32 - 1,
    "a.large.number": 2**40,
    "a.debt": -7,
    "tokenizer.ggml.add_bos_token": True,
    "tokenizer.ggml.tokens": ["<s>", "", "ä", "Ġthe"],
    "tokenizer.ggml.token_type": [3, 1, 1, 1],
    "tokenizer.ggml.scores": [0.5, -1.0],
}


def tensors():
    generator = torch_generator(2, "tensors")
    return [
        ("token_embd.weight", torch.randn(11, 64, generator=generator), "Q8_0"),
        ("blk.0.attn_norm.weight", torch.randn(7, generator=generator), "F32"),
        ("blk.0.attn_q.weight", torch.randn(5, 3, generator=generator), "BF16"),
        ("blk.0.experts", torch.randn(2, 3, 32, generator=generator).bfloat16(), "Q8_0"),
    ]


@pytest.fixture
def path(tmp_path):
    """A file with the metadata and tensors above."""
    write_gguf(tmp_path / "model.gguf", METADATA, iter(tensors()))
    return tmp_path / "model.gguf"


def as_stored(tensor, storage):
    """What is left of a tensor's numbers."""
    return {
        "F32": lambda: tensor.float(),
        "BF16": lambda: tensor.bfloat16().float(),
        "Q8_0": lambda: dequantise(quantise(tensor, "")),
    }[storage]()


def test_what_is_written_is_read_back(path):
    metadata, found = read_gguf(path)
    assert metadata == METADATA
    assert list(found) == [name for name, _, _ in tensors()]
    for name, tensor, storage in tensors():
        assert torch.equal(found[name], as_stored(tensor, storage)), name


def test_the_gguf_package_reads_the_same(path):
    reader = gguf.GGUFReader(path)
    assert reader.fields["GGUF.version"].contents() == 3
    assert {name: field.contents() for name, field in reader.fields.items() if "GGUF" not in name} == METADATA
    for theirs, (name, tensor, storage) in zip(reader.tensors, tensors(), strict=True):
        assert theirs.name == name
        assert theirs.tensor_type == gguf.GGMLQuantizationType[storage]
        assert theirs.shape.tolist() == list(reversed(tensor.shape))
        assert theirs.data_offset % 32 == 0
        numbers = gguf.quants.dequantize(theirs.data, theirs.tensor_type)
        np.testing.assert_array_equal(numbers.reshape(tensor.shape), as_stored(tensor, storage).numpy())


def test_values_have_the_types_that_llama_cpp_expects(path):
    types = {name: field.types for name, field in gguf.GGUFReader(path).fields.items()}
    t = gguf.GGUFValueType
    assert types["llama.block_count"] == types["a.seed"] == [t.UINT32]
    assert types["llama.rope.freq_base"] == [t.FLOAT32]
    assert types["a.large.number"] == [t.INT64]
    assert types["a.debt"] == [t.INT32]
    assert types["tokenizer.ggml.add_bos_token"] == [t.BOOL]
    assert types["tokenizer.ggml.token_type"] == [t.ARRAY, t.INT32]
    assert types["tokenizer.ggml.tokens"] == [t.ARRAY, t.STRING]
    assert types["tokenizer.ggml.scores"] == [t.ARRAY, t.FLOAT32]


def test_a_parameter_and_a_view_are_written_like_any_tensor(tmp_path):
    parameter = torch.nn.Parameter(torch.arange(6.0).view(2, 3))
    write_gguf(tmp_path / "m.gguf", METADATA, [("one", parameter, "F32"), ("two", parameter.T, "BF16")])
    _, found = read_gguf(tmp_path / "m.gguf")
    assert found["one"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["two"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_writing_says_nothing_on_its_own(tmp_path, caplog, capfd):
    with caplog.at_level(logging.WARNING):
        write_gguf(tmp_path / "m.gguf", METADATA, tensors())
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (
            ("q", torch.zeros(3, 33), "Q8_0"),
            r"q: Q8_0 takes rows whose length is a multiple of 32, found shape \[3, 33\]",
        ),
        (("q", torch.zeros(3, 32), "Q8"), r"q: 'Q8' is no way to store.*did you mean 'Q8_0'.*F32, BF16, Q8_0"),
        (("one", torch.zeros(3), "F32"), "one: two tensors have this name"),
        (("q" * 64, torch.zeros(3), "F32"), "at most 63 bytes and 1 to 4 axes, found 64 bytes"),
        (("q", torch.zeros(1, 1, 1, 1, 3), "F32"), r"found 1 bytes and shape \[1, 1, 1, 1, 3\]"),
        (("q", torch.full((3, 32), torch.nan), "Q8_0"), "q: holds a number that is not finite"),
    ],
)
def test_a_tensor_that_cannot_be_stored_is_named_and_no_file_stays(tmp_path, tensor, message):
    with pytest.raises(SettingError, match=message):
        write_gguf(tmp_path / "m.gguf", METADATA, [("one", torch.zeros(5), "F32"), tensor])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [[], [1, "two"], [True, 2], 2**70, [2**70]], ids=str)
def test_a_value_that_cannot_be_stored_is_named_and_no_file_stays(tmp_path, value):
    with pytest.raises(SettingError, match=r"a\.value: "):
        write_gguf(tmp_path / "m.gguf", {**METADATA, "a.value": value}, tensors())
    assert list(tmp_path.iterdir()) == []


def test_without_an_architecture_nothing_is_written(tmp_path):
    with pytest.raises(SettingError, match=r"general\.architecture: expected a string such as 'llama', found None"):
        write_gguf(tmp_path / "m.gguf", {"general.name": "x"}, tensors())


@pytest.mark.parametrize("share", [0.001, 0.02, 0.1, 0.3, 0.5, 0.9, 0.97])
def test_a_truncated_file_is_named(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: max(4, int(len(data) * share))])
    with pytest.raises(DamagedError, match=r"model\.gguf \([\d,]+ bytes\) is a GGUF file that is truncated or altered"):
        read_gguf(path)


@pytest.mark.parametrize("at", [4, 8, 16, 24, 60])
def test_an_altered_beginning_is_named(path, at):
    data = bytearray(path.read_bytes())
    data[at : at + 8] = b"\xfe" * 8
    path.write_bytes(bytes(data))
    with pytest.raises(DamagedError, match="truncated or altered"):
        read_gguf(path)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 a zip archive", b"GGU"])
def test_another_file_is_named_by_how_it_begins(tmp_path, data):
    (tmp_path / "m.gguf").write_bytes(data)
    with pytest.raises(DamagedError, match=r"is not a GGUF file: it begins with b'.*', expected b'GGUF'"):
        read_gguf(tmp_path / "m.gguf")


def test_another_way_to_store_numbers_is_named(tmp_path):
    writer = gguf.GGUFWriter(tmp_path / "m.gguf", "llama")
    writer.add_tensor("half", np.zeros((3, 5), np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(DamagedError, match="half is stored as F16, and only F32, BF16, Q8_0 are read"):
        read_gguf(tmp_path / "m.gguf")


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(MissingError, match=r"none\.gguf does not exist"):
        read_gguf(tmp_path / "none.gguf")


def test_without_the_package_it_is_said_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gguf", None)
    for use in (lambda: write_gguf(tmp_path / "m.gguf", METADATA, []), lambda: read_gguf(tmp_path / "m.gguf")):
        with pytest.raises(MissingError, match=r"pip install 'hornbook\[gguf\]'"):
            use()


def test_every_storage_says_how_many_bytes_it_takes():
    for name, storage in STORAGES.items():
        row = torch.ones(storage.numbers * 3)
        assert storage.pack(row, name).numel() == storage.bytes * 3
        assert torch.equal(storage.unpack(storage.pack(row, name)), as_stored(row, name))
