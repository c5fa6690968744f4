"""Beam search: with enough beams it finds the best of all texts; every rule of it holds for one row and for many."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hornbook.errors import SettingError
from hornbook.generation.beam import Pool, beam_search, best_continuations, going_on, repeating
from hornbook.generation.config import Beams, Sampling
from hornbook.generation.generate import reading_only
from hornbook.generation.reading import answering, continuing
from hornbook.generation.translate import answers, continuations
from tests.generation.small_models import END, all_texts, decoder, nats, pair_model, prompts, same

SOURCES = prompts([3, 7, 5, 7, 1])
ENDS_OFTEN = 9
"""A model whose texts do."""


def searched(model, rows, beams, end=END):
    """The search alone, without the greedy path beside it."""
    with reading_only(model):
        if model.__class__.__name__ == "Decoder":
            return beam_search(continuing(model, rows, beams.max_tokens), beams, end)
        widths = {len(row) for row in rows}
        assert len(widths) == 1
        return beam_search(answering(model, model.encode(torch.tensor(rows)), 1, beams.max_tokens), beams, end)


# One step -------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 4), st.integers(1, 7), st.integers(0, 99))
def test_a_step_takes_the_best_of_all_continuations_and_those_that_end_do_not_go_on(beams, vocabulary, seed):
    scores = torch.randn(3, beams, vocabulary, generator=torch.Generator().manual_seed(seed))
    step = best_continuations(scores, 2 * beams)
    running = going_on(step, 0, beams)
    for row in range(3):
        ranked = sorted(
            (
                (float(scores[row, parent, token]), parent, token)
                for parent in range(beams)
                for token in range(vocabulary)
            ),
            reverse=True,
        )
        found = list(zip(step.scores[row].tolist(), step.parents[row].tolist(), step.tokens[row].tolist(), strict=True))
        assert found == ranked[: 2 * beams]
        expected = [each for each in found if each[2] != 0][:beams]
        rest = zip(
            running.scores[row].tolist(), running.parents[row].tolist(), running.tokens[row].tolist(), strict=True
        )
        assert [each for each in rest if each[0] != -torch.inf] == expected
        assert len(running.scores[row]) == beams
        assert vocabulary == 1 or len(expected) == beams


def test_a_handicap_changes_what_is_chosen_and_not_what_it_scores():
    scores = torch.tensor([[[-1.0, -1.5, -4.0]]])
    step = best_continuations(scores, 2, torch.tensor([[2.0, 0.0, 0.0]]))
    assert step.tokens.tolist() == [[1, 0]]
    assert step.scores.tolist() == [[-1.5, -1.0]]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=14), st.integers(0, 5), st.integers(0, 3))
def test_blocked_tokens_are_those_that_repeat_a_run(tokens, size, padding):
    found = repeating(torch.tensor([[-1] * padding + tokens]), size, 4)[0]
    runs = {tuple(tokens[at : at + size]) for at in range(len(tokens) - size + 1)}
    for token in range(4):
        longer = [*tokens, token]
        assert bool(found[token]) == (0 < size <= len(longer) and tuple(longer[-size:]) in runs)


# Against all texts there are ------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("end", [END, None])
@pytest.mark.parametrize("penalty", [0.0, 0.6, 1.0, 2.0, -0.5])
def test_with_enough_beams_a_decoder_finds_the_best_of_all_texts(end, penalty):
    for seed in range(2):
        model = decoder(seed, vocabulary=4)
        expected = all_texts(model, None, [3, 0], end, 4, penalty)
        beams = Beams(beams=256, best=7, length_penalty=penalty, max_tokens=4)
        same(searched(model, [[3, 0]], beams, end)[0], expected[:7])


@pytest.mark.slow
@pytest.mark.parametrize("end", [END, None])
@pytest.mark.parametrize("penalty", [0.0, 1.0, -0.5])
def test_with_enough_beams_an_encoder_decoder_finds_the_best_of_all_texts(end, penalty):
    model = pair_model(1, vocabulary=5)
    beams = Beams(beams=125, best=6, length_penalty=penalty, max_tokens=3)
    found = answers(model, [[3, 1, 4, 0], [2, 2]], 1, end, beams)
    for source, several in zip([[3, 1, 4, 0], [2, 2]], found, strict=True):
        same(several, all_texts(model, source, [1], end, 3, penalty)[:6])


def test_scores_are_those_of_the_model_read_without_a_memory():
    model = pair_model(3)
    for source, several in zip(SOURCES, answers(model, SOURCES, 1, END, Beams(best=4, max_tokens=9)), strict=True):
        for each in several:
            tokens = [*each.tokens, END] if each.ended else each.tokens
            assert each.log_probability == pytest.approx(nats(model, source, [1], tokens), abs=1e-8)
            assert each.score == pytest.approx(each.log_probability / len(tokens), abs=1e-9)


# Greedy ---------------------------------------------------------------------------------------------------------------


def greedy(model, rows, max_tokens):
    return [each[0] for each in continuations(model, rows, END, Sampling(temperature=0.0, max_tokens=max_tokens))]


@pytest.mark.parametrize(("stopping", "penalty"), [("first", 1.0), ("first", 0.0), ("proven", 0.0), ("likely", 0.0)])
def test_one_beam_is_greedy(stopping, penalty):
    for seed in (0, 3, 9, 11):
        model = decoder(seed)
        found = searched(model, SOURCES, Beams(beams=1, length_penalty=penalty, early_stopping=stopping, max_tokens=9))
        for [one], other in zip(found, greedy(model, SOURCES, 9), strict=True):
            assert (one.tokens, one.ended) == (other.tokens, other.ended)
            assert one.log_probability == pytest.approx(other.log_probability, abs=1e-9)


@pytest.mark.slow
def test_a_search_of_its_own_can_be_worse_than_greedy_and_what_is_answered_never_is():
    lost = 0
    for seed in (3, 5, 6, 9):
        model = decoder(seed)
        for penalty in (0.0, 1.0):
            beams = Beams(beams=2, length_penalty=penalty, max_tokens=17)
            alone, together = searched(model, SOURCES, beams), continuations(model, SOURCES, END, beams)
            for [one], [other], path in zip(alone, together, greedy(model, SOURCES, 17), strict=True):
                score = path.log_probability / (len(path.tokens) + path.ended) ** penalty
                lost += one.score < score - 1e-9
                assert other.score >= max(score, one.score) - 1e-9
    assert lost > 0


# When to stop ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("penalty", [0.0, 1.0, -1.0, 2.0])
def test_stopping_when_it_is_proven_finds_what_never_stopping_finds(penalty):
    for seed in (3, 9, 11):
        beams = Beams(beams=3, best=3, length_penalty=penalty, max_tokens=11)
        model, never = decoder(seed), replace(beams, early_stopping="never")
        for one, other in zip(searched(model, SOURCES, beams), searched(model, SOURCES, never), strict=True):
            same(one, other)


def test_stopping_at_the_first_never_finds_better_and_reads_less():
    read, model = {}, decoder(ENDS_OFTEN)
    for stopping in ("first", "likely", "proven", "never"):
        seen = []
        handle = model.stack.register_forward_pre_hook(lambda module, inputs, seen=seen: seen.append(len(inputs[0])))
        beams = Beams(beams=3, early_stopping=stopping, max_tokens=17, length_penalty=0.5)
        scores = [several[0].score for several in searched(model, SOURCES, beams)]
        handle.remove()
        read[stopping] = (sum(seen), scores)
    reads = [each for each, _ in read.values()]
    assert reads == sorted(reads)
    assert reads[0] < reads[-1]
    for stopping in read:
        assert all(one <= other + 1e-12 for one, other in zip(read[stopping][1], read["never"][1], strict=True))


def test_a_closed_pool_never_changes():
    pool = Pool(2)
    [[one], [other]] = searched(decoder(0), SOURCES[:2], Beams(beams=1, max_tokens=3))
    pool.add(one)
    pool.closed = True
    pool.add(other)
    assert pool.found == [one]


# Rules ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_run_of_tokens_comes_twice_in_prompt_and_text(size):
    for seed in range(3):
        model, beams = decoder(seed), Beams(beams=3, best=3, no_repeat=size, max_tokens=15)
        rows = [[1, 3], [5], [0, 4, 6, 7]]
        free = searched(model, rows, replace(beams, no_repeat=0))
        for row, several in zip(rows, searched(model, rows, beams), strict=True):
            for text in ([*row, *each.tokens] for each in several):
                runs = [tuple(text[at : at + size]) for at in range(len(text) - size + 1)]
                assert len(runs) == len(set(runs))
        assert free is not None


def test_a_text_that_nothing_may_follow_is_over_as_it_stands():
    model = decoder(0, vocabulary=3)
    [several] = searched(model, [[0]], Beams(beams=2, no_repeat=1, max_tokens=9), None)
    assert sorted(several[0].tokens) == [1, 2]
    assert not several[0].ended
    [[alone]] = searched(decoder(0, vocabulary=1), [[0]], Beams(beams=2, no_repeat=1, max_tokens=9), None)
    assert (alone.tokens, alone.ended, alone.score) == ([], False, 0.0)


def test_to_end_is_no_repetition_where_answers_begin_with_their_end():
    model = pair_model(1)
    with torch.no_grad():
        model.embedding.head.weight[END] *= 3
    found = answers(model, SOURCES, END, END, Beams(no_repeat=1, max_tokens=15))
    assert all(each.ended for [each] in found)


@pytest.mark.parametrize("least", [0, 1, 4, 9])
def test_no_text_ends_before_it_has_as_many_tokens_as_it_must(least):
    beams = Beams(beams=3, best=3, min_tokens=least, max_tokens=9, length_penalty=0.0)
    lengths = [len(each.tokens) for seed in range(5) for r in searched(decoder(seed), SOURCES, beams) for each in r]
    assert least <= min(lengths)
    assert max(lengths) <= 9
    assert least > 0 or min(lengths) < 4


@pytest.mark.parametrize("vocabulary", [1, 2, 3])
@pytest.mark.parametrize("end", [0, None])
def test_vocabularies_smaller_than_two_for_each_beam(vocabulary, end):
    model = decoder(0, vocabulary=vocabulary)
    beams = Beams(beams=5, best=5, max_tokens=3)
    same(searched(model, [[0]], beams, end)[0][:1], all_texts(model, None, [0], end, 3, 1.0)[:1])
    texts = [(tuple(each.tokens), each.ended) for each in searched(model, [[0]], beams, end)[0]]
    assert len(texts) == len(set(texts)) == min(5, len(all_texts(model, None, [0], end, 3, 1.0)))


def test_one_token_at_most():
    model = decoder(2)
    [several] = searched(model, [[3, 5]], Beams(beams=3, best=3, max_tokens=1))
    same(several, all_texts(model, None, [3, 5], END, 1, 1.0)[:3])


# Groups ---------------------------------------------------------------------------------------------------------------


def test_the_first_group_is_a_search_of_its_own_and_the_best_is_never_worse():
    for seed in range(5):
        model = decoder(seed)
        plain = searched(model, SOURCES, Beams(beams=2, best=2, max_tokens=7))
        diverse = searched(model, SOURCES, Beams(beams=6, best=6, groups=3, diversity=1.5, max_tokens=7))
        for one, other in zip(plain, diverse, strict=True):
            assert other[0].score >= one[0].score - 1e-12
            texts = [each.tokens for each in other]
            assert all(each.tokens in texts for each in one)


def test_without_diversity_all_groups_find_the_same_and_with_much_none_begins_like_another():
    model = decoder(4)
    alike = searched(model, SOURCES, Beams(beams=3, best=3, groups=3, max_tokens=7))
    assert [len(several) for several in alike] == [1] * len(SOURCES)
    different = searched(model, SOURCES, Beams(beams=3, best=3, groups=3, diversity=1e6, max_tokens=7, min_tokens=1))
    for several in different:
        assert len({each.tokens[0] for each in several}) == 3
        scores = [each.score for each in several]
        assert scores == sorted(scores, reverse=True)


# Many rows ------------------------------------------------------------------------------------------------------------


HOW = [
    Beams(beams=4, best=3, max_tokens=9),
    Beams(beams=3, early_stopping="first", max_tokens=12, length_penalty=0.3),
    Beams(beams=4, groups=2, diversity=0.7, best=2, no_repeat=2, max_tokens=9),
]


@pytest.mark.slow
@pytest.mark.parametrize("beams", HOW, ids=["proven", "first", "groups"])
@pytest.mark.parametrize("make", [decoder, pair_model])
def test_rows_together_are_rows_alone(make, beams):
    lengths = set()
    for seed in range(6):
        model = make(seed)
        if make is decoder:
            together = continuations(model, SOURCES, END, beams)
            alone = [continuations(model, [row], END, beams)[0] for row in SOURCES]
        else:
            together = answers(model, SOURCES, 1, END, beams)
            alone = [answers(model, [row], 1, END, beams)[0] for row in SOURCES]
        for one, other in zip(together, alone, strict=True):
            same(one, other)
            lengths.add(len(one[0].tokens))
    assert len(lengths) > 3  # they end at different steps


def test_what_the_encoder_read_follows_its_beams():
    model, beams = pair_model(2), Beams(beams=3, best=3, max_tokens=9, early_stopping="first")
    rows = prompts([5, 5, 5, 5, 5], seed=9)
    found = searched(model, rows, beams)
    assert len({len(several[0].tokens) for several in found}) > 1  # some leave the batch before others
    for row, several in zip(rows, found, strict=True):
        for each in several:
            tokens = [*each.tokens, END] if each.ended else each.tokens
            assert each.log_probability == pytest.approx(nats(model, row, [1], tokens), abs=1e-8)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"beams": 0}, "beams"),
        ({"best": 5}, "best: 4 beams cannot find 5"),
        ({"groups": 3}, "groups: 3 does not divide 4"),
        ({"diversity": -1.0}, "diversity"),
        ({"length_penalty": float("nan")}, "length_penalty"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"min_tokens": 9, "max_tokens": 8}, "min_tokens"),
        ({"no_repeat": -1}, "no_repeat"),
    ],
)
def test_searches_that_cannot_be_made_are_refused(wrong, said):
    with pytest.raises(SettingError, match=said):
        Beams(**wrong)
