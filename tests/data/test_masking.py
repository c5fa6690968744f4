"""Hidden tokens: how many, which, what stands in their place, and that nothing else is touched."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hornbook.batches import IGNORED, NOTHING, Positions, Texts
from hornbook.data.batches import Batches
from hornbook.data.config import MaskedTokens, Packed, RandomWindows, Shuffled
from hornbook.data.masking import (
    MASK,
    WORD_STARTS,
    MaskedBatches,
    Masking,
    masked,
    masked_windows,
    required,
    word_starts,
    words_of,
)
from hornbook.errors import SettingError
from hornbook.seeds import numpy_generator
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.config import Characters, Words
from hornbook.tokenizers.patterns import GPT2_PATTERN
from hornbook.tokenizers.protocol import END_OF_TEXT
from tests.data.samples import a_file, counting, noise
from tests.data.test_batches import same

WORDS = [b" the", b" cat", b"nap", b"ping", b" 19", b"84", b"caf", "é".encode(), b"n't", b", "]
BYTES = [bytes([value]) for value in range(256)]
RANKS = {token: rank for rank, token in enumerate([*BYTES, *WORDS])}
TOKENIZER = BytePairTokenizer(RANKS, GPT2_PATTERN, {END_OF_TEXT: len(RANKS), MASK: len(RANKS) + 1})
VOCABULARY, END, HIDDEN = TOKENIZER.vocab_size, len(RANKS), len(RANKS) + 1
MASKING = Masking.of(MaskedTokens(), TOKENIZER)
WHOLE = Masking.of(MaskedTokens(whole_words=True), TOKENIZER)


def texts_of(rows: int, time: int, seed: int = 0, top: int = VOCABULARY) -> Texts:
    """Random tokens, special ones among them; targets that mean nothing."""
    tokens = torch.from_numpy(numpy_generator(seed, "texts").integers(0, top, (rows, time)))
    return Texts(tokens, torch.zeros_like(tokens))


def spelt(*pieces: bytes) -> torch.Tensor:
    """The ids of tokens by their bytes, as one row."""
    return torch.tensor([[RANKS[piece] for piece in pieces]])


@given(st.integers(1, 7), st.integers(1, 61), st.floats(0.02, 0.97), st.booleans(), st.integers(0, 99))
def test_hidden_tokens_are_asked_and_the_others_are_left_alone(rows, time, share, whole, seed):
    texts = texts_of(rows, time, seed)
    length = torch.from_numpy(numpy_generator(seed, "lengths").integers(0, time + 1, rows))
    texts = dataclasses.replace(texts, positions=Positions.lengths(length, time))
    masking = dataclasses.replace(WHOLE if whole else MASKING, share=share)
    found = masked(texts, masking, numpy_generator(seed, "masks"))
    asked = found.targets != IGNORED
    assert torch.equal(found.targets[asked], texts.tokens[asked])
    assert torch.equal(found.tokens[~asked], texts.tokens[~asked])
    assert found.positions is texts.positions
    free = ~torch.isin(texts.tokens, torch.tensor([END, HIDDEN])) & (texts.positions.index != NOTHING)
    assert not (asked & ~free).any(), "padding and special tokens are never chosen"
    assert torch.equal(asked.any(1), free.any(1)), "every row with an ordinary token asks for one"
    if not whole:
        assert asked.sum(1).tolist() == [max(1, round(share * n)) if n else 0 for n in free.sum(1).tolist()]


def test_of_the_hidden_tokens_80_percent_are_masks_10_others_and_10_stay():
    texts = texts_of(401, 499, top=END)
    found = masked(texts, MASKING, numpy_generator(0, "masks"))
    asked = found.targets != IGNORED
    assert asked.sum(1).tolist() == [75] * 401  # 0.15 * 499 = 74.85
    shown, chosen = found.tokens[asked], texts.tokens[asked]
    count = len(shown)
    for share, hits in ((0.8, shown == HIDDEN), (0.1, shown == chosen), (0.1, (shown != HIDDEN) & (shown != chosen))):
        deviation = (count * share * (1 - share)) ** 0.5 + count * 0.1 / END  # another token may be the same one
        assert abs(int(hits.sum()) - share * count) < 4 * deviation
    others = shown[(shown != HIDDEN) & (shown != chosen)]
    assert END not in others, "no special token is put in"
    assert others.unique().numel() == END, "every ordinary token may be"


def test_every_place_is_chosen_equally_often():
    texts = texts_of(2003, 13, top=END)
    times = (masked(texts, MASKING, numpy_generator(1, "masks")).targets != IGNORED).sum(0).double()
    expected = 2003 * 2 / 13
    assert ((times - expected) ** 2 / expected).sum() < 32.9  # chi square, 12 degrees of freedom, one in a thousand


def test_words_begin_at_blanks_and_after_what_is_no_letter():
    pieces = [
        b" the",
        b" cat",
        b"nap",
        b"ping",
        b",",
        b"s",
        b" 19",
        b"84",
        b"caf",
        "é".encode(),
        b"n't",
        b"\xc3",
        b"\xa9",
    ]
    tokens = spelt(*pieces).numpy()
    starts = word_starts(TOKENIZER).of(tokens)[0]
    words, marked = [], b""
    for piece, start in zip(pieces, starts, strict=True):
        if start and marked:
            words.append(marked)
            marked = b""
        marked += piece
    assert [*words, marked] == [b" the", b" catnapping", b",", b"s", b" 1984caf\xc3\xa9n't\xc3\xa9"]


def test_a_special_token_is_no_part_of_a_word():
    tokens = np.array([[RANKS[b"nap"], END, RANKS[b"ping"]]])
    assert word_starts(TOKENIZER).of(tokens).tolist() == [[True, True, True]]


def test_every_word_of_a_word_tokenizer_and_every_run_of_letters_in_characters_is_a_word():
    text = "the cat, napping"
    words = build_tokenizer(Words(), [text])
    assert word_starts(words).of(np.array([words.encode(text)])).all()
    characters = build_tokenizer(Characters(), [text])
    starts = word_starts(characters).of(np.array(characters.encode(text)))
    assert [text[place] for place in np.flatnonzero(starts)] == ["t", " ", "c", ",", " ", "n"]


def test_a_word_ends_with_its_document():
    tokens = spelt(b" cat", b"nap", b"ping", b"nap")
    for index, words in (([0, 1, 2, 3], [0, 0, 0, 0]), ([0, 1, 0, 1], [0, 0, 1, 1])):
        assert words_of(Texts(tokens, tokens, Positions(torch.tensor([index]))), WHOLE).tolist() == [words]


def test_wordpiece_marks_what_goes_on_with_a_word():
    starts = WORD_STARTS["wordpiece"]([b"nap", b"##ping", b"cat", b"##", b"", b"##s"])
    assert starts.of(np.array([[0, 1, 5, 2, 0, 3, 4, 1]])).tolist() == [
        [True, False, False, True, True, True, True, False]
    ]


def test_whole_words_are_hidden_whole():
    row = [b" cat", b"nap", b"ping", b" the", b" 19", b"84", b",", b" caf", b"s"]
    tokens = spelt(*[piece for piece in row if piece in RANKS]).repeat(1009, 1)
    starts = WHOLE.words.of(tokens.numpy())
    word = torch.from_numpy(starts.cumsum(1))
    asked = masked(Texts(tokens, tokens), WHOLE, numpy_generator(0, "m")).targets != IGNORED
    for number in range(1, int(word.max()) + 1):
        part = asked[word == number].view(1009, -1)
        assert torch.equal(part.any(1), part.all(1))
        assert part.any()


def test_whole_words_do_not_hide_more_than_single_tokens_would():
    texts = texts_of(499, 257, top=END)
    texts.tokens[:] = torch.where(texts.tokens % 3 == 0, RANKS[b" cat"], RANKS[b"nap"])  # words of 1, 2, 3, ... tokens
    shares = [
        (masked(texts, how, numpy_generator(0, "m")).targets != IGNORED).double().mean() for how in (WHOLE, MASKING)
    ]
    assert abs(shares[0] / shares[1] - 1) < 0.02


@pytest.mark.parametrize("order", [RandomWindows(), Shuffled(), Packed()], ids=str)
@pytest.mark.parametrize("masking", [MASKING, WHOLE], ids=["tokens", "words"])
def test_masks_are_a_function_of_seed_and_step_whatever_the_micro_batches(order, masking):
    file = counting([11, 3, 29, 1, 17, 47, 5, 2, 83, 13, 7, 19])
    whole, parts = (MaskedBatches(Batches(file, order, 5, 6, 11, count), masking) for count in (1, 3))
    for step in (4, 0, 4):
        (one,), three = whole.batch(step), parts.batch(step)
        assert len(three) == 3
        assert torch.equal(torch.cat([part.tokens for part in three]), one.tokens)
        assert torch.equal(torch.cat([part.targets for part in three]), one.targets)


@pytest.mark.parametrize("masking", [MASKING, WHOLE], ids=["tokens", "words"])
def test_other_seeds_and_other_steps_hide_other_places_of_the_same_text(masking):
    file = a_file([[RANKS[b" the"]] * 500])
    first, other = (MaskedBatches(Batches(file, RandomWindows(), seed, 6, 11), masking) for seed in (5, 6))
    assert torch.equal(first.batches.batch(0)[0].tokens, other.batches.batch(1)[0].tokens)
    found = [batches.batch(step)[0].targets for batches in (first, other) for step in (0, 1)]
    assert all(not torch.equal(one, another) for one, another in itertools.combinations(found, 2))


def test_masked_batches_answer_like_the_batches_they_are_made_of():
    plain = Batches(noise(997, VOCABULARY), RandomWindows(), 5, batch=4, context=11, micro_batches=2)
    batches = MaskedBatches(plain, MASKING)
    assert batches.steps_per_epoch == plain.steps_per_epoch
    assert batches.rows(3) == plain.rows(3)
    assert batches.named(3) == plain.named(3)
    stream = batches.prefetched(7)
    assert all(same(next(stream), batches.batch(step)) for step in range(7, 19))
    stream.close()


@pytest.mark.slow
@given(st.integers(1, 53), st.integers(1, 11), st.integers(1, 5), st.booleans())
def test_evaluation_hides_the_same_whatever_the_batch_and_reads_every_token_once(tokens, context, batch, fixed):
    file = counting([tokens])
    masking = dataclasses.replace(MASKING, special=np.array([tokens]), ordinary=np.arange(tokens), mask=tokens)
    found, again = (list(masked_windows(file, masking, context, size, 3, fixed)) for size in (batch, 1))
    rows = [torch.cat([getattr(texts, name) for texts in found]) for name in ("tokens", "targets")]
    single = [torch.cat([getattr(texts, name) for texts in again]) for name in ("tokens", "targets")]
    assert all(torch.equal(one[: len(other)], other) for one, other in zip(rows, single, strict=True))
    index = torch.cat([texts.positions.index for texts in found])
    original = torch.where(rows[1] == IGNORED, rows[0], rows[1])
    assert original[index != NOTHING].tolist() == list(range(tokens))
    assert all(len(texts.tokens) == batch for texts in (found if fixed else found[:-1]))
    assert (rows[1][index == NOTHING] == IGNORED).all()


def test_other_seeds_hide_other_tokens_of_the_same_text():
    file = noise(211, END)
    first, other = (next(masked_windows(file, MASKING, 47, 3, seed)) for seed in (0, 1))
    assert not torch.equal(first.targets, other.targets)


def test_a_tokenizer_without_the_mask_is_told_the_line_that_adds_it():
    plain = BytePairTokenizer(RANKS, GPT2_PATTERN, {END_OF_TEXT: END, "<|user|>": END + 1})
    with pytest.raises(SettingError) as raised:
        Masking.of(MaskedTokens(), plain)
    assert str(raised.value).endswith('\nkind = "bytepair"\nspecial = ["<|user|>", "<|mask|>"]')
    with pytest.raises(SettingError, match=r"needs <\|a\|> and 1 more"):
        required(plain, ["<|a|>", END_OF_TEXT, "<|b|>"])
    assert required(plain, [END_OF_TEXT]) == [END]


def test_token_0_is_a_token_like_any_other():
    """An encoder that takes id 0 for padding never learns it (and never sees it)."""
    zeros = torch.zeros(3, 20, dtype=torch.long)
    asked = masked(Texts(zeros, zeros), MASKING, numpy_generator(0, "m")).targets
    assert ((asked == 0).sum(1) == 3).all()
