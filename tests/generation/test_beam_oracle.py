"""Beam search against transformers: the same texts and scores from the same weights, for T5 and GPT-2."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, GPT2Config, T5Config

from hornbook.batches import Positions
from hornbook.generation.beam import beam_search
from hornbook.generation.config import Beams
from hornbook.generation.generate import reading_only
from hornbook.generation.reading import answering, continuing
from hornbook.seeds import torch_generator
from tests.generation.small_models import prompts
from tests.oracles.huggingface import our_model, their_model

END, PADDING, LONGEST = 1, 0, 11
STOPPING = {"first": True, "likely": False, "proven": "never"}
"""What they call it."""

SEARCHES = [
    Beams(beams=4, best=4, max_tokens=LONGEST, early_stopping=stopping, length_penalty=penalty, **rules)
    for stopping in STOPPING
    for penalty, rules in [(1.0, {}), (0.0, {"no_repeat": 2}), (2.0, {"min_tokens": 3}), (-0.5, {}), (0.6, {})]
]


@pytest.fixture(scope="module")
def t5():
    """T5 whose answers differ in length."""
    config = T5Config(
        vocab_size=11, d_model=35, num_heads=5, d_kv=11, d_ff=53, num_layers=3, num_decoder_layers=3,
        relative_attention_num_buckets=8, feed_forward_proj="gated-gelu", tie_word_embeddings=False,
    )  # fmt: skip
    return flat_pair(their_model(config, AutoModelForSeq2SeqLM))


@pytest.fixture(scope="module")
def gpt2():
    """GPT-2, the same."""
    config = GPT2Config(vocab_size=11, n_embd=35, n_head=5, n_layer=2, n_positions=64, tie_word_embeddings=False)
    return flat_pair(their_model(config))


def flat_pair(theirs):
    """Theirs and ours in 64 bits, so that nearly equal scores are told apart alike.

    The table that writes has small numbers of its own, so that texts end now and then.
    """
    table = torch.empty_like(theirs.lm_head.weight).normal_(0.0, 0.12, generator=torch_generator(0, "head"))
    theirs.lm_head.weight = torch.nn.Parameter(table)
    return our_model(theirs).both(torch.float64)


def theirs(model, tokens, mask, beams):
    """What they find: for each row, (tokens without padding, score), best first."""
    found = model.generate(
        tokens,
        attention_mask=mask,
        num_beams=beams.beams,
        num_return_sequences=beams.best,
        length_penalty=beams.length_penalty,
        early_stopping=STOPPING[beams.early_stopping],
        no_repeat_ngram_size=beams.no_repeat,
        min_new_tokens=beams.min_tokens or None,
        max_new_tokens=beams.max_tokens,
        decoder_start_token_id=PADDING,
        eos_token_id=END,
        pad_token_id=PADDING,
        do_sample=False,
        return_dict_in_generate=True,
        output_scores=True,
    )
    start = 1 if model.config.is_encoder_decoder else tokens.shape[1]
    texts = [until_end(text[start:]) for text in found.sequences.tolist()]
    rows = list(zip(texts, found.sequences_scores.tolist(), strict=True))
    return [rows[at : at + beams.best] for at in range(0, len(rows), beams.best)]


def until_end(tokens):
    return tokens[: tokens.index(END)] if END in tokens else tokens


def agree(ours, others):
    """The same texts, the same scores (theirs are added up in 32 bits)."""
    lengths = set()
    for one, other in zip(ours, others, strict=True):
        assert [each.tokens for each in one] == [tokens for tokens, _ in other]
        assert [each.score for each in one] == pytest.approx([score for _, score in other], abs=1e-4)
        lengths |= {len(each.tokens) for each in one}
    return lengths


@pytest.mark.parametrize("beams", SEARCHES, ids=lambda each: f"{each.early_stopping} {each.length_penalty}")
def test_an_encoder_decoder_answers_as_theirs(t5, beams):
    rows = prompts([7, 3, 5, 7], vocabulary=9)
    rows = [[2 + token for token in row] for row in rows]
    width = max(map(len, rows))
    tokens = torch.tensor([row + [PADDING] * (width - len(row)) for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    mask = (torch.arange(width) < lengths[:, None]).long()
    with reading_only(t5.ours):
        memory = t5.ours.encode(tokens, Positions.lengths(lengths, width))
        ours = beam_search(answering(t5.ours, memory, PADDING, beams.max_tokens), beams, END)
    lengths = agree(ours, theirs(t5.theirs, tokens, mask, beams))
    assert len(lengths) > 2 or beams.length_penalty >= 1  # which favours long texts


@pytest.mark.parametrize("beams", SEARCHES, ids=lambda each: f"{each.early_stopping} {each.length_penalty}")
def test_a_decoder_continues_prompts_of_different_lengths_as_theirs(gpt2, beams):
    rows = [[2 + token for token in row] for row in prompts([7, 3, 5, 1], vocabulary=9)]
    width = max(map(len, rows))
    # they count padding as tokens where runs may not repeat; an end before the text forbids nothing in it
    tokens = torch.tensor([[END] * (width - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    with reading_only(gpt2.ours):
        ours = beam_search(continuing(gpt2.ours, rows, beams.max_tokens), beams, END)
    lengths = agree(ours, theirs(gpt2.theirs, tokens, mask, beams))
    assert len(lengths) > 2 or beams.length_penalty >= 1
