"""Looking through all texts finds the best of all texts, and a known one saves work and not the best."""

from __future__ import annotations

import pytest
import torch

from hornbook.errors import SettingError
from hornbook.generation.beam import beam_search
from hornbook.generation.config import Beams
from hornbook.generation.exhaustive import exhaustive_search
from hornbook.generation.generate import reading_only
from hornbook.generation.reading import continuing
from tests.generation.small_models import END, all_texts, decoder, same

PROMPT, SIZE, LONGEST = [3, 1], 5, 4


def next_logits(model):
    return lambda rows: continuing(model, [[*PROMPT, *row] for row in rows], LONGEST).logits


@pytest.mark.slow
@pytest.mark.parametrize("penalty", [0.0, 1.0, -0.5])
def test_the_best_of_all_texts_is_found(penalty) -> None:
    model = decoder(seed=4, vocabulary=SIZE).double()
    beams = Beams(beams=2, max_tokens=LONGEST, length_penalty=penalty)
    [best, *_] = all_texts(model, None, PROMPT, END, LONGEST, penalty)
    with reading_only(model):
        alone = exhaustive_search(next_logits(model), SIZE, beams, END)
        [[known]] = beam_search(continuing(model, [PROMPT], LONGEST), beams, END)
        helped = exhaustive_search(next_logits(model), SIZE, beams, END, known)
    same([alone.best], [best])
    same([helped.best], [best])
    assert helped.looked_at <= alone.looked_at <= (SIZE**LONGEST - 1) // (SIZE - 1)


def test_a_text_without_an_end_is_as_long_as_may_be() -> None:
    model = decoder(seed=1, vocabulary=SIZE).double()
    with reading_only(model):
        found = exhaustive_search(next_logits(model), SIZE, Beams(max_tokens=3, length_penalty=0.0), None)
    [best, *_] = all_texts(model, None, PROMPT, -1, 3, 0.0)
    same([found.best], [best])


def test_more_texts_than_can_be_looked_through_are_refused_before_any_is_read() -> None:
    def never(rows):
        raise AssertionError("something was read")

    with pytest.raises(SettingError, match=r"5\^30 texts"):
        exhaustive_search(never, 5, Beams(max_tokens=30), None)
    assert torch.is_grad_enabled()
