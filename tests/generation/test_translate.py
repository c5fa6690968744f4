"""Answers by the thousand are those that are written alone, and text becomes text."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from hornbook.errors import SettingError, TextError
from hornbook.generation.config import Beams, Sampling
from hornbook.generation.generate import generate
from hornbook.generation.translate import answers, answers_of, continuations, translate, translations
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair, Characters
from hornbook.tokenizers.protocol import END_OF_TEXT
from tests.generation.small_models import END, decoder, nats, pair_model, prompts

GREEDY = Sampling(temperature=0.0, max_tokens=12)
LENGTHS = [3, 7, 5, 1, 11, 2, 7]


def texts(found):
    return [(several[0].tokens, several[0].ended) for several in found]


@pytest.mark.slow
@pytest.mark.parametrize("context", [23, 8])
@pytest.mark.parametrize("penalty", [1.0, 3.0])
def test_greedy_continuations_are_those_of_generate(context, penalty):
    sampling = Sampling(temperature=0.0, max_tokens=12, repetition_penalty=penalty)
    ends = 0
    for seed in (0, 3, 9, 11):
        model, rows = decoder(seed, context=context), prompts(LENGTHS)
        for row, (tokens, ended) in zip(rows, texts(continuations(model, rows, END, sampling)), strict=True):
            expected = [step[0] for step in generate(model, row, sampling, end=END)]
            assert ([*tokens, END] if ended else tokens) == expected
            ends += ended
    assert 0 < ends < 4 * len(LENGTHS)


@pytest.mark.slow
@torch.no_grad()
def test_greedy_answers_are_the_loop_of_argmax():
    kinds = set()
    for seed in range(9):
        model, sources = pair_model(seed), prompts(LENGTHS)
        for source, (tokens, ended) in zip(sources, texts(answers(model, sources, 1, END, GREEDY)), strict=True):
            text = [1]
            while len(text) <= 12 and (len(text) == 1 or text[-1] != END):
                text.append(int(model(torch.tensor([source]), torch.tensor([text]))[0, -1].argmax()))
            assert ([*tokens, END] if ended else tokens) == text[1:]
            kinds.add((ended, len(tokens)))
    assert len(kinds) > 3


@pytest.mark.parametrize("how", [GREEDY, Sampling(max_tokens=12, seed=3, top_p=0.9, repetition_penalty=1.5)])
def test_scores_are_the_log_probabilities_of_what_was_written(how):
    model, sources = pair_model(2), prompts(LENGTHS)
    for source, [each] in zip(sources, answers(model, sources, 1, END, how), strict=True):
        tokens = [*each.tokens, END] if each.ended else each.tokens
        assert each.log_probability == pytest.approx(nats(model, source, [1], tokens), abs=1e-8)


def test_draws_repeat_with_their_seed_and_do_not_depend_on_the_order_of_lengths():
    model, rows = decoder(1), prompts([4] * 9)
    drawn = [texts(continuations(model, rows, END, Sampling(max_tokens=9, seed=seed))) for seed in (5, 5, 6)]
    assert drawn[0] == drawn[1] != drawn[2]
    same = texts(continuations(model, [rows[0]] * 9, END, Sampling(max_tokens=9)))
    assert len({tuple(tokens) for tokens, _ in same}) == 9  # every row draws for itself
    alone = texts(continuations(model, [rows[0]], END, Sampling(max_tokens=9)))
    assert alone == same[:1]


@pytest.mark.slow
def test_hundreds_of_rows_come_back_in_their_order():
    model, sources = pair_model(3), prompts([1 + number * 7 % 11 for number in range(300)])
    together = texts(answers(model, sources, 1, END, GREEDY))
    for number in range(0, 300, 13):
        assert [together[number]] == texts(answers(model, [sources[number]], 1, END, GREEDY))


@pytest.mark.parametrize("how", [GREEDY, Beams(beams=3, max_tokens=12)])
def test_a_source_is_encoded_once_without_dropout_and_the_model_stays_as_it_was(how):
    model, sources, read = pair_model(3), prompts(LENGTHS), []
    expected = texts(answers(model, sources, 1, END, how))
    model.train()
    model.decoder.dropout.p = model.encoder.dropout.p = 0.5
    model.encoder.register_forward_pre_hook(lambda module, inputs: read.append(len(inputs[0])))
    assert texts(answers(model, sources, 1, END, how)) == expected
    assert read == [len(LENGTHS)]
    assert all(module.training for module in model.modules())
    assert torch.is_grad_enabled()


def test_nothing_asked_nothing_answered():
    assert answers(pair_model(), [], 1, END, GREEDY) == []
    assert continuations(decoder(), [], END, Beams()) == []


def test_what_cannot_be_answered_is_refused_clearly():
    model = pair_model()
    with pytest.raises(TextError, match="the text is empty"):
        answers(model, [[3], []], 1, END, GREEDY)
    with pytest.raises(TextError, match="the text has 24 tokens, but the model reads 23 at most"):
        answers(model, [[3] * 24], 1, END, GREEDY)
    with pytest.raises(TextError, match="the text has token 13, but the model knows tokens 0 to 12"):
        answers(model, [[3, 13]], 1, END, GREEDY)
    with pytest.raises(TextError, match="the beginning of an answer has token 99"):
        answers(model, [[3]], 99, END, GREEDY)
    with pytest.raises(TextError, match="the prompt is empty"):
        continuations(decoder(), [[]], END, GREEDY)


# Texts ----------------------------------------------------------------------------------------------------------------

WORDS = ["one two three", "four five", "six", "seven eight nine ten"]


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(BytePair(vocabulary=270), WORDS)


@dataclass(frozen=True)
class Joined:
    separator: str = " = "


@pytest.mark.parametrize("likelier", [0.0, 9.0])
def test_texts_become_texts_with_their_reasons_and_their_scores(tokenizer, likelier):
    end, rows = tokenizer.special[END_OF_TEXT], [tokenizer.encode(text) for text in WORDS]
    model = pair_model(4, vocabulary=tokenizer.vocab_size)
    model.decoder.norm.shift.data[0] = 3.0  # so that one feature of the last stream is never small ...
    model.embedding.head.weight.data[end, 0] = likelier  # ... and the end as likely as it should be
    how, reasons = Beams(beams=4, best=3, max_tokens=3, length_penalty=0.0), set()
    found = translations(model, tokenizer, WORDS, how)
    for several, expected in zip(found, answers(model, rows, end, end, how), strict=True):
        assert [each.score for each in several] == [each.score for each in expected]
        assert [each.log_probability for each in several] == [each.log_probability for each in expected]
        for sample, other in zip([each.sample for each in several], expected, strict=True):
            assert sample.token_ids == other.tokens
            assert sample.text == tokenizer.decode(other.tokens)
            assert sample.finish_reason == ("end" if other.ended else "length")
            reasons.add(sample.finish_reason)
    assert translate(model, tokenizer, WORDS, how) == [several[0].sample for several in found]
    assert ("end" if likelier else "length") in reasons


def test_a_stop_string_cuts_a_translation(tokenizer):
    model = pair_model(4, vocabulary=tokenizer.vocab_size)
    [free] = translate(model, tokenizer, WORDS[:1], Sampling(max_tokens=15, seed=1))
    stop = free.text[4:6]
    [cut] = translate(model, tokenizer, WORDS[:1], Sampling(max_tokens=15, seed=1, stop=(stop,)))
    assert (cut.text, cut.finish_reason) == (free.text[: free.text.index(stop)], "stop")


def test_pairs_are_answered_by_both_kinds_of_model(tokenizer):
    end, rows = tokenizer.special[END_OF_TEXT], [tokenizer.encode(text) for text in WORDS]
    reader, writer = (make(2, vocabulary=tokenizer.vocab_size, context=40) for make in (pair_model, decoder))
    assert answers_of(reader, Joined(), tokenizer, rows, GREEDY) == [
        each[0].tokens for each in answers(reader, rows, end, end, GREEDY)
    ]
    asked = [tokenizer.encode(text + " = ") for text in WORDS]
    assert answers_of(writer, Joined(), tokenizer, rows, GREEDY) == [
        each[0].tokens for each in continuations(writer, asked, end, GREEDY)
    ]


def test_a_tokenizer_without_an_end_is_refused():
    letters = build_tokenizer(Characters(), WORDS)
    with pytest.raises(SettingError, match=r"an answer ends with <\|endoftext\|>"):
        translate(pair_model(), letters, WORDS, GREEDY)
