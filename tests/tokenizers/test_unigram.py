"""Unigram and SentencePiece's normalizer: the likeliest cut, and what real SentencePiece models say."""

from __future__ import annotations

import base64
import itertools
import json
import math

import pytest
import sentencepiece
import tokenizers as library
from hypothesis import given
from hypothesis import strategies as st

from hornbook.errors import DamagedError
from hornbook.tokenizers.precompiled import precompiled_normalizer
from hornbook.tokenizers.saved import load_tokenizer
from hornbook.tokenizers.unigram import UnigramModel
from tests.tokenizers.test_taken_over import ASSIGNED, TEXTS

PIECES = [("<unk>", 0.0), ("a", -3.0), ("b", -2.5), ("ab", -4.0), ("bab", -5.5), ("aba", -7.0)]


def test_the_cut_is_the_likeliest_of_all():
    model = UnigramModel(PIECES, 0)
    scores = dict(PIECES[1:])
    for length in range(1, 8):
        for letters in itertools.product("ab", repeat=length):
            text = "".join(letters)
            best = max(
                sum(scores.get(part, -math.inf) for part in cut)
                for ends in itertools.product([False, True], repeat=length - 1)
                for cut in ["".join(c + "|" * e for c, e in zip(text, [*ends, False], strict=True)).split("|")]
            )
            assert sum(scores[part] for part in model.cut(text)) == pytest.approx(best)


def test_unknown_characters_are_one_unknown_piece_or_bytes():
    assert UnigramModel(PIECES, 0).encode("aéüb") == [1, 0, 2]
    with_bytes = [*PIECES, *((f"<0x{byte:02X}>", -20.0) for byte in range(256))]
    ids = UnigramModel(with_bytes, 0, byte_fallback=True).encode("aéb")
    assert ids == [1, 6 + 0xC3, 6 + 0xA9, 2]


@pytest.fixture(scope="module")
def trained(shared, tmp_path_factory):
    """A real SentencePiece model and its description."""
    from sentencepiece import sentencepiece_model_pb2

    folder = tmp_path_factory.mktemp("sentencepiece")
    sentencepiece.SentencePieceTrainer.train(
        input=str(shared / "corpora" / "the_verdict.txt"),
        model_prefix=str(folder / "model"),
        vocab_size=600,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )
    description = sentencepiece_model_pb2.ModelProto()
    description.ParseFromString((folder / "model.model").read_bytes())
    return sentencepiece.SentencePieceProcessor(model_file=str(folder / "model.model")), description


def t5_like(description, folder):
    """The ``tokenizer.json`` that T5 has, around a SentencePiece model."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    special = [
        {"id": n, "content": name, "special": True, **flags} for n, name in enumerate(("<pad>", "</s>", "<unk>"))
    ]
    marks = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    charsmap = base64.b64encode(description.normalizer_spec.precompiled_charsmap).decode()
    pieces = [[piece.piece, piece.score] for piece in description.pieces]
    document = {
        "version": "1.0",
        "added_tokens": special,
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": charsmap},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, marks]},
        "post_processor": None,
        "decoder": marks,
        "model": {"type": "Unigram", "unk_id": 2, "vocab": pieces, "byte_fallback": False},
    }
    (folder / "tokenizer.json").write_text(json.dumps(document))
    return library.Tokenizer.from_file(str(folder / "tokenizer.json")), load_tokenizer(folder)


def test_ids_are_those_of_sentencepiece_itself_and_of_the_library(trained, shared, tmp_path):
    processor, description = trained
    theirs, ours = t5_like(description, tmp_path)
    text = (shared / "corpora" / "the_verdict.txt").read_text(encoding="utf-8")
    for line in [*text.splitlines(), *TEXTS[:5]]:
        assert ours.encode(line) == theirs.encode(line, add_special_tokens=False).ids
    for line in text.splitlines():
        assert ours.encode(line) == processor.encode(line)
        if 2 not in processor.encode(line):  # what is unknown is left out by us, and written ⁇ there
            assert ours.decode(ours.encode(line)) == processor.decode(processor.encode(line))


@given(text=st.text(ASSIGNED, max_size=20) | st.text(alphabet="ﬁ①Ａe\u0301\u00a0\u200b half½ㇰ\tx", max_size=20))
def test_the_normalizer_does_what_the_library_does(trained, text):
    charsmap = trained[1].normalizer_spec.precompiled_charsmap
    assert precompiled_normalizer(charsmap)(text) == library.normalizers.Precompiled(charsmap).normalize_str(text)


def test_a_cut_charsmap_is_refused():
    with pytest.raises(DamagedError, match="its trie is cut off"):
        precompiled_normalizer(b"\x40\0\0\0abc")
