"""llama2.c's files: every array is found where its own program looks, and a file of another length is refused."""

from __future__ import annotations

import math
import struct
from dataclasses import replace

import numpy as np
import pytest
import torch

from hornbook.batches import Positions
from hornbook.errors import DamagedError, MissingError
from hornbook.formats.llama2c import Llama2cHeader, permuted, read_llama2c, shapes, unpermuted
from hornbook.model.config import Rotary
from hornbook.model.position_encodings import RotaryEncoding
from hornbook.seeds import torch_generator

SMALL = Llama2cHeader(
    width=30, feed_forward_width=37, depth=3, heads=5, kv_heads=1, vocab_size=41, context=7, tied=True
)


def draw(*shape, what="numbers"):
    return torch.randn(*shape, generator=torch_generator(3, what))


def written(path, header):
    """A file with this header, each array filled with its own random numbers, which are returned by name."""
    vocabulary = header.vocab_size if header.tied else -header.vocab_size
    sizes = (header.width, header.feed_forward_width, header.depth, header.heads, header.kv_heads, vocabulary)
    arrays = {name: draw(*shape, what=name) for name, shape in shapes(header).items()}
    body = b"".join(array.numpy().astype("<f4").tobytes() for array in arrays.values())
    path.write_bytes(struct.pack("<7i", *sizes, header.context) + body)
    return arrays


@pytest.mark.parametrize("tied", [True, False])
def test_every_array_comes_back_under_its_name(tmp_path, tied):
    header = replace(SMALL, tied=tied)
    arrays = written(tmp_path / "model.bin", header)
    found, tensors = read_llama2c(tmp_path / "model.bin")
    assert found == header
    assert set(tensors) == set(arrays) - {"freq_cis_real", "freq_cis_imag"}
    assert ("wcls" in tensors) is not tied
    for name, tensor in tensors.items():
        assert torch.equal(tensor, arrays[name]), name


def test_the_order_and_shapes_are_those_of_the_published_layout():
    assert list(shapes(replace(SMALL, tied=False)).items()) == [
        ("token_embedding", (41, 30)),
        ("rms_att_weight", (3, 30)),
        ("wq", (3, 30, 30)),
        ("wk", (3, 6, 30)),
        ("wv", (3, 6, 30)),
        ("wo", (3, 30, 30)),
        ("rms_ffn_weight", (3, 30)),
        ("w1", (3, 37, 30)),
        ("w2", (3, 30, 37)),
        ("w3", (3, 37, 30)),
        ("rms_final", (30,)),
        ("freq_cis_real", (7, 3)),
        ("freq_cis_imag", (7, 3)),
        ("wcls", (41, 30)),
    ]


def test_a_published_model_is_read(shared):
    path = shared / "models" / "stories260K.bin"
    header, tensors = read_llama2c(path)
    assert header == Llama2cHeader(64, 172, 5, 8, 4, 512, 512, tied=True)
    assert tensors["wk"].shape == (5, 32, 64)
    # A trained norm is near one, a trained projection a spread of about 1/√width; misplaced arrays would not.
    for name in ("rms_att_weight", "rms_ffn_weight", "rms_final"):
        assert 0.3 < tensors[name].mean() < 8
        assert (tensors[name] > 0).float().mean() > 0.99, name
    for name in ("wq", "wk", "wv", "wo", "w1", "w2", "w3"):
        assert abs(tensors[name].mean()) < 0.02, name
        assert 0.03 < tensors[name].std() < 0.4, name


def test_what_is_skipped_are_the_rotary_angles(shared):
    path = shared / "models" / "stories260K.bin"
    header, tensors = read_llama2c(path)
    half = header.head_width // 2
    angles = np.fromfile(path, dtype="<f4")[-2 * header.context * half :].reshape(2, header.context, half)
    turned = np.arange(header.context)[:, None] * 10_000.0 ** (-np.arange(half) / half)
    np.testing.assert_allclose(angles, [np.cos(turned), np.sin(turned)], atol=1e-4)
    assert sum(tensor.numel() for tensor in tensors.values()) + angles.size + 7 == path.stat().st_size // 4


def test_writing_into_a_tensor_leaves_the_file_alone(tmp_path):
    written(tmp_path / "model.bin", SMALL)
    before = (tmp_path / "model.bin").read_bytes()
    read_llama2c(tmp_path / "model.bin")[1]["wq"].zero_()
    assert (tmp_path / "model.bin").read_bytes() == before


@pytest.mark.parametrize("change", [-4, -1, 1, 4])
def test_a_file_of_another_length_is_refused_with_both_lengths(tmp_path, change):
    written(tmp_path / "model.bin", SMALL)
    data = (tmp_path / "model.bin").read_bytes()
    whole = 28 + 4 * sum(math.prod(shape) for shape in shapes(SMALL).values())
    assert len(data) == whole
    (tmp_path / "model.bin").write_bytes(data[:change] if change < 0 else data + bytes(change))
    with pytest.raises(
        DamagedError, match=rf"model\.bin has {whole + change:,} bytes.* has {whole:,}; .*fetch it again"
    ):
        read_llama2c(tmp_path / "model.bin")


@pytest.mark.parametrize(
    "numbers",
    [
        (0, 37, 3, 5, 1, 41, 7),
        (30, -37, 3, 5, 1, 41, 7),
        (30, 37, 3, 4, 1, 41, 7),
        (15, 37, 3, 5, 1, 41, 7),
        (30, 37, 3, 5, 2, 41, 7),
        (30, 37, 3, 5, 1, 0, 7),
    ],
)
def test_a_header_that_cannot_be_one_is_refused(tmp_path, numbers):
    (tmp_path / "model.bin").write_bytes(struct.pack("<7i", *numbers) + bytes(400))
    with pytest.raises(DamagedError, match=r"is no model of llama2\.c: its first seven numbers"):
        read_llama2c(tmp_path / "model.bin")


def test_a_later_layout_is_named(tmp_path):
    (tmp_path / "model.bin").write_bytes(struct.pack("<7i", 0x616B3432, 2, 64, 172, 5, 8, 4) + bytes(400))
    with pytest.raises(DamagedError, match=r"is version 2 of llama2\.c's layouts.*--version 0"):
        read_llama2c(tmp_path / "model.bin")


def test_too_little_for_a_header_and_nothing_at_all_are_said(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"once upon a time")
    with pytest.raises(DamagedError, match=r"has 16 bytes, and the header of llama2\.c alone has 28"):
        read_llama2c(tmp_path / "model.bin")
    with pytest.raises(MissingError, match=r"none\.bin does not exist"):
        read_llama2c(tmp_path / "none.bin")


def neighbours_turned(heads):
    """Rotary as Llama was published: features 2i and 2i + 1 of [H, T, D] are a complex number that is turned."""
    pairs = torch.view_as_complex(heads.unflatten(-1, (-1, 2)).contiguous())
    time, half = pairs.shape[1:]
    angle = torch.arange(time)[:, None] * 10_000.0 ** (-torch.arange(half) / half)
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(-2)


def halves_turned(heads):
    """Rotary as Hornbook does it."""
    encoding = RotaryEncoding(Rotary(), heads.shape[-1])
    return encoding.rotate(heads[None], encoding.turns(Positions.counting(1, heads.shape[1])))[0]


def test_both_rotations_give_the_same_scores():
    heads, width, time = 3, 10, 7
    hidden, query, key = draw(time, 13), draw(heads * width, 13, what="query"), draw(heads * width, 13, what="key")

    def scores(turn, query, key):
        asked, answered = (turn((hidden @ w.T).view(time, heads, width).transpose(0, 1)) for w in (query, key))
        return asked @ answered.mT

    expected = scores(neighbours_turned, query, key)
    found = scores(halves_turned, unpermuted(query, heads), unpermuted(key, heads))
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-4)
    assert not torch.allclose(scores(halves_turned, query, key), expected, atol=0.1)


def test_rows_are_exchanged_within_their_heads():
    rows = torch.arange(12.0)[:, None].expand(12, 5)
    assert unpermuted(rows, 2)[:, 4].tolist() == [0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11]
    assert permuted(rows, 2)[:, 4].tolist() == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]


@pytest.mark.parametrize("shape", [(30, 13), (30,)], ids=["matrix", "bias"])
def test_one_direction_undoes_the_other(shape):
    weight = draw(*shape)
    assert torch.equal(permuted(unpermuted(weight, 3), 3), weight)
    assert torch.equal(unpermuted(permuted(weight, 3), 3), weight)
    assert not torch.equal(unpermuted(weight, 3), weight)
