"""Files come back byte for byte through a model, and their size is the loss of that model."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hornbook.errors import DamagedError
from hornbook.evaluation.compressed_file import CompressedFile, unpacked
from hornbook.evaluation.compression import cumulative, decode, encode, of_kneser_ney, of_model
from hornbook.evaluation.exact_tokens import Said, said_by
from hornbook.evaluation.kneser_ney import KneserNey
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import numpy_generator
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.characters import CharacterTokenizer
from hornbook.tokenizers.patterns import GPT2_PATTERN
from hornbook.tokenizers.sentencepiece_bpe import SentencePieceBPE
from hornbook.tokenizers.words import WordTokenizer

CONFIG = ModelConfig(vocabulary=37, context=11, width=22, heads=2, depth=2)
TOKENIZERS = {
    "characters": CharacterTokenizer(sorted(" abcdeé\n")),
    "bytes": BytePairTokenizer.from_merges([(97, 98), (256, 99)], GPT2_PATTERN),
    "words": WordTokenizer(["abc", "cab"]),
}


@pytest.fixture(scope="module")
def model():
    """A model whose logits are lively."""
    built = Decoder(CONFIG)
    initialise(built, CONFIG, 3)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.mul_(3)
    return built.eval()


def some_tokens(count: int, seed: int = 5) -> list[int]:
    """Tokens below 37, of which a few are frequent."""
    return (numpy_generator(seed, "tokens").integers(0, 37, count) ** 2 // 37).tolist()


@pytest.mark.parametrize("name", TOKENIZERS)
@given(st.one_of(st.binary(max_size=41), st.text("abcé \nñ€", max_size=41).map(str.encode)))
def test_any_bytes_are_said_exactly(name, data):
    assert said_by(TOKENIZERS[name], data).joined(TOKENIZERS[name]) == data


def test_only_what_no_token_says_stays_as_it_is():
    said = said_by(TOKENIZERS["characters"], "abc ñ é".encode() + b"\xff" + b"dad" + b"\xfe" + b" b" * 4)
    assert said.between == {4: "ñ".encode(), 6: b"\xffdad\xfe"}
    assert said_by(TOKENIZERS["bytes"], "abc ñ € abc".encode()).between == {}


@pytest.mark.parametrize("start", [None, 2])
@pytest.mark.parametrize(("count", "streams"), [(0, 1), (1, 1), (5, 7), (61, 1), (61, 3), (97, 13)])
def test_tokens_and_what_stands_between_come_back(model, count, streams, start):
    between = {place: bytes([place, 255]) for place in (0, count // 2, count)}
    said = Said(some_tokens(count), between)
    length = -(-count // streams)
    coded = encode(said, streams, of_model(model, start, length))
    assert decode(coded.data, count, streams, of_model(model, start, length)) == said


def test_the_size_is_the_loss_that_a_forward_pass_finds(model):
    """The sum of -log2 p from whole rows at once, by another path than the coder's, within 0.1 % and 64 bits."""
    count, streams = 4 * CONFIG.context * 17, 4 * 17
    said = Said(some_tokens(count))
    coded = encode(said, streams, of_model(model, 2, CONFIG.context))
    rows = torch.tensor(said.tokens).view(streams, CONFIG.context)
    read = torch.cat([torch.full((streams, 1), 2), rows[:, :-1]], dim=1)
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(model(read).flatten(0, 1), rows.flatten(), reduction="sum")
    bits = float(loss) / math.log(2)
    assert coded.bits == pytest.approx(bits, rel=1e-5)
    assert bits - 1 < 8 * len(coded.data) < bits * 1.001 + 64


def test_a_longer_history_than_the_context_moves_on_as_in_writing(model):
    """Window by window of the text, as generation jumps forward by half a context."""
    said = Said(some_tokens(3 * CONFIG.context))
    bits = 0.0
    for place, token in enumerate(said.tokens):
        text = torch.tensor([[2, *said.tokens[:place]]])
        step = CONFIG.context // 2
        begins = -(-max(0, text.shape[1] - CONFIG.context) // step) * step
        with torch.no_grad():
            bits -= float(model(text[:, begins:])[0, -1].log_softmax(-1)[token]) / math.log(2)
    assert encode(said, 1, of_model(model, 2, len(said.tokens))).bits == pytest.approx(bits, rel=1e-5)


def test_the_number_of_threads_changes_nothing(model):
    said, expected = Said(some_tokens(211)), of_model(model, 2, 11)
    coded = encode(said, 19, expected)
    torch.set_num_threads(2)
    try:
        assert decode(coded.data, 211, 19, of_model(model, 2, 12)) == said
    finally:
        torch.set_num_threads(1)


def test_the_size_by_kneser_ney_is_its_loss():
    train, text = np.array(some_tokens(2003)), some_tokens(307, seed=6)
    model = KneserNey(train, 37, 3)
    said = Said(text)
    coded = encode(said, 1, of_kneser_ney(model, 3))
    bits = -(model.log_probabilities(np.array(text)).sum() + math.log(model.distribution([])[text[0]])) / math.log(2)
    assert coded.bits == pytest.approx(bits)
    assert bits - 1 < 8 * len(coded.data) < bits * 1.001 + 64
    assert decode(coded.data, 307, 1, of_kneser_ney(model, 3)) == said


def test_rounding_costs_less_than_a_millionth_of_a_bit():
    logits = numpy_generator(1, "logits").normal(0, 3, (503, 211))
    logarithms = logits / np.log(2) - np.log2(np.exp(logits).sum(1, keepdims=True))
    ends = cumulative(logarithms)
    shares = np.diff(ends)[:, :-1] / ends[:, -1:]
    assert (shares > 0).all()
    assert ((2**logarithms) * (logarithms - np.log2(shares))).sum(1).mean() < 2e-6


def test_what_can_hardly_come_can_still_be_coded():
    ends = cumulative(np.array([[0.0, -5000.0, -np.inf]]))
    assert np.diff(ends[0]).tolist() == [1 << 32, 1, 1, 1 << 12]


def test_a_file_that_was_cut_off_or_altered_is_noticed():
    file = CompressedFile(0, 0, 3, 17, 29, b"c" * 16, b"s" * 16, b"number")
    packed = file.packed()
    assert unpacked(packed, "a.hb") == file
    for place in range(len(packed)):
        with pytest.raises(DamagedError, match=r"^a\.hb "):
            unpacked(packed[:place], "a.hb")
        with pytest.raises(DamagedError, match=r"^a\.hb "):
            unpacked(packed[:place] + bytes([packed[place] ^ 1]) + packed[place + 1 :], "a.hb")


def test_a_tokenizer_that_puts_a_blank_before_its_text_loses_nothing():
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a", "b", "\n", "▁a", "ab"]
    tokenizer = SentencePieceBPE(pieces, [0.0] * 263 + [-1.0, -2.0])
    said = said_by(tokenizer, b"ab a\xffb a")
    assert said.between == {2: b"\xff"}
    assert said.joined(tokenizer) == b"ab a\xffb a"
