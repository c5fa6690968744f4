"""Another token in the text: by itself it changes nothing, nothing before it notices, and it is a plain pass."""

from __future__ import annotations

import pytest
import torch

from hornbook.errors import SettingError
from hornbook.evaluation.inside.editing import before_and_after, edited
from tests.evaluation.inside.small_models import KINDS, TOKENS, given, lively


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_replaced_by_itself_changes_nothing(kind):
    before, after = before_and_after(lively(KINDS[kind]), 2, 4, *given(kind))
    assert torch.equal(before, after)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "encoder"])
def test_nothing_before_an_edited_token_notices_it(kind):
    before, after = before_and_after(lively(KINDS[kind]), 2, 9, *given(kind))
    torch.testing.assert_close(after[:2], before[:2], atol=1e-6, rtol=1e-6)
    assert ((after[2:] - before[2:]).abs().amax(-1) > 1e-3).all()


@pytest.mark.parametrize("kind", KINDS)
def test_an_edited_text_is_read_as_any_other(kind):
    model = lively(KINDS[kind])
    *source, _ = given(kind)
    after = before_and_after(model, -3, 9, *given(kind))[1]
    plain = model(*source, torch.tensor([[3, 1, 9, 1, 5]]))[0].double().log_softmax(-1)
    torch.testing.assert_close(after, plain, atol=1e-6, rtol=1e-6)


def test_an_edit_leaves_the_text_it_was_given_alone():
    own = TOKENS.clone()
    assert edited(own, 0, 7).tolist() == [[7, 1, 4, 1, 5]] and torch.equal(own, TOKENS)


def test_places_and_tokens_that_are_not_there_are_refused():
    model = lively(KINDS["decoder"])
    for place in (5, -6):
        with pytest.raises(SettingError, match="text of 5 tokens"):
            before_and_after(model, place, 1, TOKENS)
    for token in (-1, 23):
        with pytest.raises(SettingError, match="expected one of 0 to 22"):
            before_and_after(model, 0, token, TOKENS)
