"""Models as folders of safetensors: laid out as Hugging Face does it, read lazily, and damage named."""

from __future__ import annotations

import json
import resource
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from huggingface_hub import load_torch_model, split_torch_state_dict_into_shards
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file

from hornbook.errors import DamagedError, HornbookError, MissingError, SettingError
from hornbook.formats.safetensors_files import INDEX, cut, open_tensors, write_tensors
from hornbook.seeds import torch_generator


def tensors():
    """Four tensors of 44, 60, 28 and 26 bytes."""
    generator = torch_generator(1, "tensors")
    return {
        "b.weight": torch.randn(11, generator=generator),
        "a.weight": torch.randn(3, 5, generator=generator),
        "c": torch.randn(7, 1, generator=generator),
        "d.bias": torch.randn(13, generator=generator).bfloat16(),
    }


def files(folder: Path) -> list[str]:
    """What is in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("limit", [10_000, 104, 50])
def test_what_is_written_is_read_back(tmp_path, limit):
    written = write_tensors(tmp_path / "model", tensors(), limit)
    assert files(tmp_path / "model") == sorted(path.name for path in written)
    opened = open_tensors(tmp_path / "model")
    assert opened.names == ("a.weight", "b.weight", "c", "d.bias")
    assert opened.shape("a.weight") == (3, 5)
    for name, tensor in tensors().items():
        assert opened.tensor(name).dtype == tensor.dtype
        assert torch.equal(opened.tensor(name), tensor)


def test_one_file_is_called_and_marked_as_hugging_face_does(tmp_path):
    assert write_tensors(tmp_path, tensors()) == [tmp_path / "model.safetensors"]
    with safe_open(tmp_path / "model.safetensors", framework="pt") as file:
        assert file.metadata() == {"format": "pt"}


@pytest.mark.parametrize("limit", [104, 59, 45, 27])
def test_shards_are_those_of_hugging_face_s_own_library(tmp_path, limit):
    write_tensors(tmp_path, tensors(), limit)
    split = split_torch_state_dict_into_shards(tensors(), max_shard_size=limit)
    index = json.loads((tmp_path / INDEX).read_text(encoding="utf-8"))
    assert {path.name for path in tmp_path.glob("*.safetensors")} == set(split.filename_to_tensors)
    assert index["metadata"]["total_size"] == split.metadata["total_size"] == 44 + 60 + 28 + 26
    found = {name: list(load_file(tmp_path / name)) for name in split.filename_to_tensors}
    assert {name: place for place, names in found.items() for name in names} == index["weight_map"]


def test_hugging_face_s_library_loads_the_shards(tmp_path):
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            for name, tensor in {"one": tensors()["b.weight"], "two": tensors()["a.weight"]}.items():
                self.register_parameter(name, torch.nn.Parameter(torch.zeros_like(tensor)))

    write_tensors(tmp_path, {"one": tensors()["b.weight"], "two": tensors()["a.weight"]}, 60)
    model = Model()
    load_torch_model(model, tmp_path, strict=True, safe=True)
    assert torch.equal(model.two.detach(), tensors()["a.weight"])


@given(st.lists(st.integers(1, 40), min_size=1, max_size=20), st.integers(1, 100))
def test_a_shard_is_within_the_limit_or_one_tensor(sizes, limit):
    sized = {str(number): torch.zeros(size, dtype=torch.uint8) for number, size in enumerate(sizes)}
    shards = cut(sized, limit)
    assert [name for shard in shards for name in shard] == list(sized)
    for shard in shards:
        assert len(shard) == 1 or sum(sized[name].nbytes for name in shard) <= limit
    for left, right in pairwise(shards):
        assert sum(sized[name].nbytes for name in left) + sized[right[0]].nbytes > limit


def test_views_and_tied_tensors_are_written_as_they_look(tmp_path):
    whole = torch.arange(30.0).view(5, 6)
    write_tensors(tmp_path, {"turned": whole.T, "part": whole[1:3], "whole": whole, "again": whole})
    opened = open_tensors(tmp_path)
    assert torch.equal(opened.tensor("turned"), whole.T)
    assert torch.equal(opened.tensor("part"), whole[1:3])
    assert torch.equal(opened.tensor("again"), whole)


def test_no_tensor_is_read_before_it_is_asked_for(tmp_path):
    [path] = write_tensors(tmp_path, {"small": torch.ones(3), "large": torch.zeros(100, 1_000_000, dtype=torch.int8)})
    opened = open_tensors(tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert opened.shape("large") == (100, 1_000_000)
    assert opened.tensor("small").tolist() == [1, 1, 1]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    path.unlink()


@pytest.mark.parametrize(("first", "second"), [(10_000, 60), (60, 10_000), (60, 30), (30, 60)])
def test_an_older_model_of_another_layout_does_not_stay(tmp_path, first, second):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    write_tensors(tmp_path, {name: torch.zeros_like(tensor) for name, tensor in tensors().items()}, first)
    written = write_tensors(tmp_path, tensors(), second)
    assert files(tmp_path) == sorted(["config.json", *(path.name for path in written)])
    assert torch.equal(open_tensors(tmp_path).tensor("c"), tensors()["c"])


def test_nothing_changes_when_writing_fails(tmp_path):
    write_tensors(tmp_path, tensors(), 60)
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
    try:
        with pytest.raises(HornbookError, match="cannot write"):
            write_tensors(tmp_path, {"first": torch.zeros(3), "huge": torch.zeros(3000)}, 60)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before


def test_nothing_to_write_and_no_room_are_refused(tmp_path):
    for given_tensors, limit in (({}, 5), (tensors(), 0)):
        with pytest.raises(SettingError, match=f"found {len(given_tensors)} and {limit}"):
            write_tensors(tmp_path / "model", given_tensors, limit)
    assert files(tmp_path) == []


# Damage ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sharded(tmp_path):
    """A folder with a model in shards."""
    write_tensors(tmp_path, tensors(), 60)
    return tmp_path


def change_index(folder, change):
    """Read the index, change it, write it."""
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    change(index)
    (folder / INDEX).write_text(json.dumps(index), encoding="utf-8")


def test_a_missing_shard_is_named(sharded):
    shard = sorted(sharded.glob("*.safetensors"))[1]
    shard.unlink()
    with pytest.raises(DamagedError, match=rf"{shard.name} is missing, and {INDEX} names it; fetch this file"):
        open_tensors(sharded)


@pytest.mark.parametrize("length", [0, 5, 40, -1])
def test_a_truncated_file_is_named(sharded, length):
    shard = sorted(sharded.glob("*.safetensors"))[0]
    data = shard.read_bytes()[:length]
    shard.write_bytes(data)
    with pytest.raises(DamagedError, match=rf"{shard.name} \({len(data)} bytes\) is truncated or not.*fetch it again"):
        open_tensors(sharded)


@pytest.mark.parametrize(
    "header", [b"no json at all", b'{"a": 3}', b'{"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 4]}}']
)
def test_a_header_that_is_none_is_named(tmp_path, header):
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    with pytest.raises(DamagedError, match=r"model\.safetensors .* is truncated or not a safetensors file"):
        open_tensors(tmp_path)


def test_an_index_that_names_what_no_shard_has_is_refused(sharded):
    change_index(sharded, lambda index: index["weight_map"].update({"lost": index["weight_map"]["c"]}))
    with pytest.raises(DamagedError, match=r"says that 'lost' is in model-\d{5}-of-\d{5}\.safetensors, and it is not"):
        open_tensors(sharded)


@pytest.mark.parametrize("place", ["../elsewhere.safetensors", "/etc/passwd", "..", "sub/x.safetensors", "a\\b", ""])
def test_an_index_that_leads_out_of_its_folder_is_refused(sharded, place):
    change_index(sharded, lambda index: index["weight_map"].update({"c": place}))
    with pytest.raises(DamagedError, match="which is no file beside it"):
        open_tensors(sharded)


@pytest.mark.parametrize("text", ["[]", "{}", '{"weight_map": {}}', '{"weight_map": {"a": 3}}', "{"])
def test_an_index_that_is_none_is_refused(sharded, text):
    (sharded / INDEX).write_text(text, encoding="utf-8")
    with pytest.raises(DamagedError, match=INDEX):
        open_tensors(sharded)


def test_a_tensor_that_is_not_there_gets_the_nearest(sharded):
    for ask in (open_tensors(sharded).tensor, open_tensors(sharded).shape):
        with pytest.raises(DamagedError, match=r"no tensor 'a\.wieght' \(did you mean 'a\.weight'\?\), and 4 others"):
            ask("a.wieght")


def test_a_folder_without_a_model_says_what_it_has(tmp_path):
    with pytest.raises(MissingError, match=r"neither model\.safetensors nor .*index\.json; give a folder"):
        open_tensors(tmp_path)
    with pytest.raises(MissingError, match="for there is no such folder"):
        open_tensors(tmp_path / "none")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x02cos\nsystem\n")
    with pytest.raises(MissingError, match=r"only pytorch_model\.bin: loading such a file would run a program"):
        open_tensors(tmp_path)


def test_a_file_that_has_gone_since_it_was_looked_into_is_said(sharded):
    opened = open_tensors(sharded)
    opened.files["c"].unlink()
    with pytest.raises(HornbookError, match=rf"cannot read .*{opened.files['c'].name}: No such file"):
        opened.tensor("c")
