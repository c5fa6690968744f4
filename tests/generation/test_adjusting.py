"""Biases and penalties change logits by what they say, and scores are those of the model."""

from __future__ import annotations

import pytest
import torch

from hornbook.generation.adjusting import NONE, Adjusting, scores_along, scores_of
from hornbook.generation.config import Sampling
from hornbook.generation.engine import Engine, Request
from tests.generation.small_models import decoder

LOGITS = torch.tensor([[0.5, -1.0, 2.0, 0.0, 1.5]])


def test_penalties_count_how_often_and_whether_and_biases_are_added() -> None:
    changed = Adjusting(presence=0.5, frequency=0.25, bias=((4, -3.0), (1, 2.0))).apply(LOGITS, [2, 0, 2])
    assert changed[0].tolist() == [0.5 - 0.75, -1.0 + 2.0, 2.0 - 1.0, 0.0, 1.5 - 3.0]
    assert LOGITS[0].tolist() == [0.5, -1.0, 2.0, 0.0, 1.5], "what was given stays as it was"
    assert NONE.apply(LOGITS, [2]) is LOGITS


def test_scores_are_log_probabilities_the_likeliest_first() -> None:
    scores = scores_of(LOGITS[0], 3, 2)
    logs = LOGITS[0].log_softmax(-1)
    assert scores.own == pytest.approx(float(logs[3])) and [token for token, _ in scores.top] == [2, 4]
    assert scores_along(LOGITS.expand(2, -1), [3, 2], 2) == [scores, scores_of(LOGITS[0], 2, 2)]


def test_an_engine_tells_scores_of_what_it_chose_and_obeys_a_bias() -> None:
    model = decoder()
    engine = Engine(model, rows=3, page=4)
    greedy = Sampling(max_tokens=3, temperature=0.0)
    plain = engine.submit(Request(prompt=(1, 2, 3), sampling=greedy, scores=2))
    biased = engine.submit(Request(prompt=(1, 2, 3), sampling=greedy, adjusting=Adjusting(bias=((5, 100.0),))))
    events = []
    while engine.busy:
        events += engine.step()
    assert [event.token for event in events if event.ticket == biased] == [5, 5, 5]
    text = [1, 2, 3]
    for event in events:
        if event.ticket == plain:
            logs = model(torch.tensor([text]))[0, -1].detach().log_softmax(-1)
            assert event.scores.own == pytest.approx(float(logs[event.token]), abs=1e-5)
            assert event.scores.top[0] == (event.token, event.scores.own), "the likeliest is the one that was taken"
            text.append(event.token)
    assert all(event.scores is None for event in events if event.ticket == biased)
