"""Token files give back what was written, notice every damage, and cost no memory."""

from __future__ import annotations

import errno
import json
import resource

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.data.batches import Batches
from hornbook.data.config import RandomWindows
from hornbook.data.token_file import TOKENS_AT, TokenFile, TokenFileWriter, writing
from hornbook.errors import DamagedError, HornbookError, MissingError, TextError
from tests.data.samples import a_file
from tests.fuzz.token_files import parts, put_right

documents = st.lists(st.lists(st.integers(0, 1007), min_size=1, max_size=11), min_size=1, max_size=7)


@given(documents, st.sampled_from([None, 1008]), st.booleans())
def test_what_was_written_is_read_back(documents, end, ended):
    file = a_file(documents, end, ended=ended)
    expected, starts = ([] if end is None else [end]), []
    for number, document in enumerate(documents):
        starts.append(len(expected))
        expected += document + ([] if end is None or (not ended and number == len(documents) - 1) else [end])
    assert file.tokens.tolist() == expected
    assert file.document_starts.tolist() == starts
    assert file.document_bytes.tolist() == [2 * sum(map(len, documents[:i])) for i in range(len(documents))]
    assert file.names == [f"document {i}" for i in range(len(documents))]
    assert file.log_probabilities.tolist() == [-1.5 * i for i in range(len(documents))]
    assert file.log_probability == sum(-1.5 * i for i in range(len(documents)))
    assert file.bytes == 2 * sum(map(len, documents))
    assert (file.documents, file.end, file.vocab_size) == (len(documents), end, 1009)
    file.verify()


def test_every_token_knows_its_document():
    file = a_file([[1, 2], [3], [4, 5, 6]], end=0)
    assert file.tokens.tolist() == [0, 1, 2, 0, 3, 0, 4, 5, 6, 0]
    assert [file.document_at(token) for token in range(10)] == [0, 0, 0, 0, 1, 1, 2, 2, 2, 2]
    assert [file.document_stop(document) for document in range(3)] == [4, 6, 10]


@pytest.mark.parametrize(("vocab_size", "dtype"), [(256, "<u2"), (65536, "<u2"), (65537, "<u4"), (200_003, "<u4")])
def test_tokens_take_the_fewest_bytes_that_hold_the_vocabulary(vocab_size, dtype):
    file = a_file([[0, vocab_size - 1]], vocab_size=vocab_size)
    assert file.tokens.dtype.str == dtype
    assert file.tokens.tolist() == [0, vocab_size - 1]


def test_the_layout_is_the_documented_one():
    path = a_file([[258, 3], [5]], end=7).path
    data = path.read_bytes()
    header = json.loads(data[16 : 16 + int.from_bytes(data[8:12], "little")])
    assert data[:8] == b"HBTOKENS"
    assert data[TOKENS_AT : TOKENS_AT + 12] == bytes([7, 0, 2, 1, 3, 0, 7, 0, 5, 0, 7, 0])
    assert np.frombuffer(data, "<u8", 2, TOKENS_AT + 16).tolist() == [1, 4]  # document_starts, after 12 -> 16 bytes
    assert header["schema"] == 1 and header["size"] == len(data) and len(data) % 8 == 0


def test_a_log_probability_that_is_not_known_everywhere_has_no_sum(tmp_path):
    with writing(tmp_path / "x.tokens", 11, "", None) as writer:
        for value in (-3.0, None):
            writer.begin("text", value)
            writer.extend([1])
            writer.close(1)
    file = TokenFile.open(tmp_path / "x.tokens")
    assert file.log_probability is None
    assert file.log_probabilities[0] == -3.0 and np.isnan(file.log_probabilities[1])


@pytest.mark.parametrize("keep", [0, 7, 15, 300, TOKENS_AT - 1, TOKENS_AT, TOKENS_AT + 5, -1])
def test_a_truncated_file_is_refused(keep, tmp_path):
    data = a_file([[1, 2, 3], [4]]).path.read_bytes()
    (tmp_path / "x.tokens").write_bytes(data[:keep])
    with pytest.raises(DamagedError, match=r"x\.tokens"):
        TokenFile.open(tmp_path / "x.tokens")


def test_a_file_with_more_at_its_end_is_refused(tmp_path):
    (tmp_path / "x.tokens").write_bytes(a_file([[1, 2, 3]]).path.read_bytes() + b"\0")
    with pytest.raises(DamagedError, match="too long"):
        TokenFile.open(tmp_path / "x.tokens")


def test_any_changed_byte_is_noticed(tmp_path):
    data = a_file([[1, 2, 3], [4]], end=5).path.read_bytes()
    length = int.from_bytes(data[8:12], "little")
    for place in [*range(0, 16 + length, 5), *range(TOKENS_AT, len(data))]:
        changed = bytearray(data)
        changed[place] ^= 1
        (tmp_path / "x.tokens").write_bytes(changed)
        with pytest.raises(DamagedError):
            TokenFile.open(tmp_path / "x.tokens").verify()


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"tokens": None}, "tokens"),
        ({"tokens": 10**18}, "tokens"),
        ({"tokens": -3}, "tokens"),
        ({"documents": True}, "documents"),
        ({"dtype": "O"}, "dtype"),
        ({"vocab_size": 3.5}, "vocab_size"),
        ({"end": 5000}, "end-of-text"),
        ({"name_bytes": 0}, "its header does not belong to it"),
        ({"log_probability": float("nan")}, "log_probability"),
        ({"schema": [1]}, "schema"),
    ],
)
def test_a_header_that_cannot_be_true_is_refused_though_its_checksum_is_right(said, what, tmp_path):
    header, rest = parts(a_file([[1, 2, 3], [4]], end=5).path.read_bytes())
    (tmp_path / "x.tokens").write_bytes(put_right(header | said, rest))
    with pytest.raises(DamagedError, match=what):
        TokenFile.open(tmp_path / "x.tokens")


def test_tokens_and_documents_that_cannot_be_are_noticed_though_the_checksum_is_right(tmp_path):
    header, rest = parts(a_file([[1, 2, 3], [4]], vocab_size=11).path.read_bytes())
    for changed, what in ((b"\x0b" + rest[1:], "token 11"), (rest[:8] + b"\x09" + rest[9:], "table of its documents")):
        (tmp_path / "x.tokens").write_bytes(put_right(header, changed))
        with pytest.raises(DamagedError, match=what):
            TokenFile.open(tmp_path / "x.tokens").verify()


def test_a_foreign_and_a_missing_file_are_told_apart(tmp_path):
    (tmp_path / "x.tokens").write_text("To be, or not to be" * 1000)
    with pytest.raises(DamagedError, match="not a token file"):
        TokenFile.open(tmp_path / "x.tokens")
    with pytest.raises(MissingError, match="does not exist"):
        TokenFile.open(tmp_path / "y.tokens")


def test_an_id_outside_the_vocabulary_is_refused_and_nothing_is_left(tmp_path):
    for wrong in (11, -1):
        with pytest.raises(TextError, match=r"0\.\.10"), writing(tmp_path / "x.tokens", 11, "", None) as writer:
            writer.begin("text")
            writer.extend([1, wrong])
    with pytest.raises(TextError, match="not a single token"), writing(tmp_path / "x.tokens", 11, "", None):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "x.tokens"
    with writing(path, 11, "old", None) as writer:
        writer.begin("text")
        writer.extend([1])
        writer.close(1)

    def full(writer, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TokenFileWriter, "write", full)
    with pytest.raises(HornbookError, match="disk is full"), writing(path, 11, "new", None) as writer:
        writer.begin("text")
        writer.extend([2])
    assert TokenFile.open(path).vocabulary_hash == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.tokens"]


def memory() -> int:
    """Resident bytes of this process."""
    with open("/proc/self/statm") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * resource.getpagesize()


@pytest.mark.slow
def test_random_access_costs_no_memory_however_large_the_file(tmp_path):
    path, tokens = tmp_path / "train.tokens", 151_000_000  # 302 MB
    with writing(path, 1009, "", None) as writer:
        writer.begin("zeros")
        for _ in range(151):
            writer.extend(np.zeros(1_000_000, np.int64))
        writer.close(tokens)
    batches = Batches(TokenFile.open(path), RandomWindows(), seed=3, batch=67, context=257)
    batches.batch(0)
    before, most = memory(), 0
    for step in range(307):
        batches.batch(step)
        most = max(most, memory() - before)
    assert most < 10e6
