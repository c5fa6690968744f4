"""Text comes out whole: no broken characters, no stop strings, nothing lost between the pieces."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hornbook.errors import TextError
from hornbook.generation.config import Sampling
from hornbook.generation.generate import generate, recomputed
from hornbook.generation.text import Sample, Writing, begin, complete, encode_prompt, overlap, stream, write
from hornbook.model.config import BlockConfig, Dense, ModelConfig, Rotary
from hornbook.model.models import Decoder
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.config import BytePair, Characters, Words
from hornbook.tokenizers.patterns import pattern_named
from hornbook.tokenizers.taken_over import TakenOver

BYTES = BytePairTokenizer.from_merges([], pattern_named("gpt2"))
"""A byte-level tokenizer that has learned nothing: a token is a byte, 256 is the end of the text."""

WITHOUT_BLANKS = {
    "model": {
        "type": "WordPiece",
        "vocab": {"[PAD]": 0, "one": 1, "two": 2},
        "unk_token": "[PAD]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
    },
    "added_tokens": [{"id": 0, "content": "[PAD]", "special": True}],
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": False},
}
"""The ``tokenizer.json`` of words between blanks, with nothing that begins or ends a text."""

TEXT = "The verdict was: ‘naïve’ — 日本, said Ann. Bob said so too, and so said Ann again.\n"


def writer(tokenizer, seed=0):
    config = ModelConfig(
        vocabulary=tokenizer.vocab_size,
        context=23,
        width=40,
        heads=4,
        depth=1,
        position_encoding=Rotary(),
        pattern=(BlockConfig(feed_forward=Dense(44)),),
        tied=False,
    )
    made, draw = Decoder(config), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=draw) * 0.2)
    return made.eval()


def pieces(tokens, tokenizer, prompt=(), **sampling):
    """(pieces, writing) of pushing ``tokens`` one by one until the writing is over."""
    writing = Writing(tokenizer, list(prompt), Sampling(max_tokens=len(tokens), **sampling))
    gained = []
    for token in tokens:
        gained.append(writing.push(token))
        if writing.finish_reason:
            break
    return gained, writing


@given(st.binary(min_size=1, max_size=40) | st.text(min_size=1, max_size=20).map(str.encode))
def test_pieces_join_to_the_decoded_whole_for_any_bytes(data):
    gained, writing = pieces(list(data), BYTES)
    assert "".join(gained) == writing.text == BYTES.decode(list(data))
    assert writing.finish_reason == "length"
    assert writing.token_ids == list(data)


@given(st.text(min_size=1, max_size=20))
def test_no_piece_has_half_a_character(text):
    gained, _ = pieces(list(text.encode()), BYTES)
    assert "\N{REPLACEMENT CHARACTER}" in text or "\N{REPLACEMENT CHARACTER}" not in "".join(gained)
    assert "".join(gained) == text


@given(
    st.text("ab€", min_size=1, max_size=12),
    st.lists(st.text("ab€", min_size=1, max_size=4), min_size=1, max_size=3),
    st.integers(1, 5),
)
def test_a_stop_string_is_never_in_the_text_and_nothing_before_it_is_lost(text, stops, size):
    data = text.encode()
    writing = Writing(BYTES, [], Sampling(max_tokens=len(data), stop=tuple(stops)))
    gained = "".join(writing.push(byte) for byte in data if writing.finish_reason is None)
    assert gained == writing.text
    assert not any(stop in gained for stop in stops)
    assert text.startswith(gained)
    ends = [text.find(stop) + len(stop) for stop in stops if stop in text]
    assert writing.finish_reason == ("stop" if ends else "length")
    if ends:  # cut where the stop string that was complete first begins
        assert any(text[: min(ends)] == gained + stop for stop in stops)
        assert len(writing.token_ids) == len(text[: min(ends)].encode())
    else:
        assert gained == text


def test_a_stop_string_across_tokens_is_held_back_until_it_is_certain():
    gained, writing = pieces(list(b"so said Ann said Bob"), BYTES, stop=("said Bob",))
    assert "".join(gained) == "so said Ann "
    assert gained[3:7] == ["", "", "", ""]
    assert gained[8] == "said A"
    assert writing.finish_reason == "stop"


def in_chunks(*texts: str) -> tuple[list[int], BytePairTokenizer]:
    """A tokenizer in which each of the texts is one token, and their tokens."""
    tokens = dict.fromkeys([*(bytes([value]) for value in range(256)), *map(str.encode, texts)])
    ranks = {token: rank for rank, token in enumerate(tokens)}
    return [ranks[text.encode()] for text in texts], BytePairTokenizer(ranks, pattern_named("gpt2"), {})


@given(
    st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=4),
    st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=3),
)
def test_in_what_pieces_the_text_comes_does_not_decide_where_it_stops(chunks, stops):
    _, coarse = pieces(*in_chunks(*chunks), stop=tuple(stops))
    _, fine = pieces(list("".join(chunks).encode()), BYTES, stop=tuple(stops))
    assert (coarse.text, coarse.finish_reason) == (fine.text, fine.finish_reason)


@pytest.mark.parametrize(("stops", "text"), [(("c", "ab"), ""), (("abc", "b"), "a"), (("bc", "abc"), "")])
def test_of_two_stop_strings_in_one_token_the_one_that_is_complete_first_counts(stops, text):
    _, writing = pieces(*in_chunks("abc"), stop=stops)
    assert (writing.text, writing.finish_reason) == (text, "stop")


def test_a_stop_string_that_never_comes_keeps_nothing_back_at_the_end():
    gained, writing = pieces(list(b"and so"), BYTES, stop=("so long",))
    assert ("".join(gained), writing.finish_reason) == ("and so", "length")
    gained, writing = pieces([*b"and so", 256, *b"more"], BYTES, stop=("so long",))
    assert ("".join(gained), writing.finish_reason) == ("and so", "end")
    assert writing.token_ids == list(b"and so")


def test_the_stop_string_in_the_prompt_stops_nothing():
    _, writing = pieces(list(b"b.c"), BYTES, prompt=b"a.b.", stop=(".",))
    assert writing.text == "b"


def test_a_character_that_starts_in_one_token_and_ends_after_the_last_is_shown_broken():
    gained, _ = pieces(list("né".encode())[:2], BYTES)
    assert gained == ["n", "\N{REPLACEMENT CHARACTER}"]


def test_overlap_is_the_longest_beginning_at_the_end():
    assert overlap("abab", "abac") == 3 - 1
    assert overlap("aba", "abac") == 3
    assert overlap("xyz", "abac") == 0
    assert overlap("abac", "abac") == 0


TOKENIZERS = {"bytes": BYTES, **{str(c): c for c in (Characters(), Words(), BytePair(vocabulary=300))}}


@pytest.fixture(scope="module", params=TOKENIZERS)
def tokenizer(request):
    made = TOKENIZERS[request.param]
    return made if isinstance(made, BytePairTokenizer) else build_tokenizer(made, [TEXT])


@pytest.mark.slow
@pytest.mark.parametrize("stop", [(), ("a", "said")], ids=["free", "stopped"])
def test_streamed_pieces_are_the_completed_text(tokenizer, stop):
    model = writer(tokenizer)
    for seed in range(3):
        sampling = Sampling(max_tokens=29, seed=seed, stop=stop)
        [sample] = complete(model, tokenizer, "The verdict", sampling)
        assert "".join(stream(model, tokenizer, "The verdict", sampling)) == sample.text
        assert not any(word in sample.text for word in stop)
        [plain] = complete(model, tokenizer, "The verdict", sampling, steps=partial(generate, reading=recomputed))
        assert plain == sample


def test_text_follows_its_prompt_as_the_tokenizer_would_write_it(tokenizer):
    model, prompt = writer(tokenizer), "The verdict"
    tokens = encode_prompt(tokenizer, prompt)
    for seed in range(3):
        [sample] = complete(model, tokenizer, prompt, Sampling(max_tokens=13, seed=seed))
        assert tokenizer.decode(tokens) + sample.text == tokenizer.decode(tokens + sample.token_ids)


def test_samples_are_those_that_are_drawn_alone(tokenizer):
    model, sampling = writer(tokenizer), Sampling(max_tokens=19, seed=2)
    three = complete(model, tokenizer, "The", sampling, samples=3)
    assert three[:2] == complete(model, tokenizer, "The", sampling, samples=2)
    assert len({sample.text for sample in three}) == 3
    assert all(len(sample.token_ids) == 19 or sample.finish_reason == "end" for sample in three)


def test_a_prompt_longer_than_the_context_loses_nothing():
    tokenizer, prompt = BYTES, TEXT * 2
    model = writer(tokenizer)
    [sample] = complete(model, tokenizer, prompt, Sampling(max_tokens=5))
    assert len(sample.token_ids) == 5
    text = tokenizer.encode(prompt) + sample.token_ids
    assert tokenizer.decode(text) == prompt + sample.text


def test_the_end_of_the_text_is_no_part_of_it():
    tokenizer = BYTES
    model = writer(tokenizer)
    with torch.no_grad():
        model.embedding.head.weight.zero_()
        model.embedding.head.weight[256] = 5.0
        model.stack.norm.scale.zero_()
        model.stack.norm.shift.fill_(1.0)
    [sample] = complete(model, tokenizer, "so", Sampling(max_tokens=9, temperature=0.0))
    assert (sample.text, sample.token_ids, sample.finish_reason) == ("", [], "end")
    assert list(stream(model, tokenizer, "so", Sampling(max_tokens=9, temperature=0.0))) == []


@pytest.mark.parametrize("last", [65, 256])
def test_a_turn_ends_with_its_own_sign_and_with_the_end_of_the_text(last):
    [writing] = begin(BYTES, [1], Sampling(max_tokens=9), 1)
    writing.end = 65
    assert [writing.push(token) for token in (66, 67)] == ["B", "C"]
    assert writing.push(last) == "" and writing.sample() == Sample("BC", [66, 67], "end")


def test_writing_stops_when_all_texts_have():
    tokenizer, sampling = BYTES, Sampling(max_tokens=1000, stop=tuple(map(chr, range(32, 127))))
    model = writer(tokenizer)
    tokens = encode_prompt(tokenizer, "so")
    writings = begin(tokenizer, tokens, sampling, 3)
    steps = len(list(write(model, tokens, writings, sampling)))
    assert steps == max(len(writing.token_ids) for writing in writings) < 1000


def test_an_empty_prompt_begins_a_text_where_the_tokenizer_knows_how():
    assert encode_prompt(BYTES, "") == [256]
    lines = build_tokenizer(Characters(), ["one\ntwo"])
    assert encode_prompt(lines, "") == lines.encode("\n")


def test_an_empty_prompt_begins_with_the_first_token_that_is_text_where_nothing_begins_one():
    one_line = build_tokenizer(Characters(), ["one two"])
    assert encode_prompt(one_line, "") == one_line.encode(" ") == [0]
    begun = complete(writer(one_line), one_line, "", Sampling(max_tokens=7))
    assert len(begun[0].token_ids) == 7
    drops_blanks = TakenOver(WITHOUT_BLANKS, {})
    assert drops_blanks.encode("\n") == []
    assert encode_prompt(drops_blanks, "") == drops_blanks.encode("one") == [1]


def test_a_character_that_a_tokenizer_never_saw_is_an_error_that_names_it():
    tokenizer = build_tokenizer(Characters(), ["one two"])
    with pytest.raises(TextError, match="z"):
        complete(writer(tokenizer), tokenizer, "zoo", Sampling())
    with pytest.raises(TextError, match="z"):
        next(stream(writer(tokenizer), tokenizer, "zoo", Sampling()))
