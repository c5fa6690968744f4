"""What training already has of the held-out text is found: whole rows and runs, all that was planted and no more."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.data.token_file import TokenFile
from hornbook.errors import SettingError
from hornbook.evaluation import contamination as module
from hornbook.evaluation.contamination import contamination, copied_rows, seen_in
from hornbook.seeds import numpy_generator

Make = Callable[..., TokenFile]
TOKENS = st.lists(st.integers(0, 2), max_size=43)


def by_looking(train: list[int], held_out: list[int], run: int) -> list[bool]:
    runs = {tuple(train[start : start + run]) for start in range(len(train) - run + 1)}
    seen = [False] * len(held_out)
    for start in range(len(held_out) - run + 1):
        if tuple(held_out[start : start + run]) in runs:
            seen[start : start + run] = [True] * run
    return seen


@given(TOKENS, TOKENS, st.integers(1, 6))
def test_seen_tokens_are_those_found_by_looking(train: list[int], held_out: list[int], run: int) -> None:
    found = seen_in(np.array(train, dtype=np.int64), np.array(held_out, dtype=np.int64), run)
    assert found.tolist() == by_looking(train, held_out, run)


def test_a_run_that_lies_across_two_pieces_of_training_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE", 7)
    train = numpy_generator(1, "train").integers(0, 10**6, 53)
    for start in range(48):
        assert seen_in(train, train[start : start + 5], 5).all()
    assert not seen_in(train, train[::-1].copy(), 5).any()


@pytest.mark.parametrize("end", [None, 0])
def test_planted_documents_and_planted_runs_are_all_found(token_file: Make, end: int | None) -> None:
    generator = numpy_generator(2, "documents")
    known, fresh = ([generator.integers(1, 997, 61).tolist() for _ in range(count)] for count in (31, 17))
    held_out = [known[5], *fresh[:7], known[23], *fresh[7:]]
    held_out[3] = [*held_out[3][:10], *known[2][20:50], *held_out[3][40:]]
    found = contamination(token_file(known, 997, end, name="train"), token_file(held_out, 997, end))
    assert found.copied == (0, 8)
    assert found.run == 25  # 50 bytes, two for each token
    assert 2 * 61 + 30 <= found.seen <= 2 * 61 + 30 + 4
    assert "training has 2 whole" in str(found)


def test_a_split_of_short_sequences_drawn_alike_shares_rows() -> None:
    # Independent draws of few sequences, split at random, as a toy data set may be: rows come on both sides.
    generator = numpy_generator(3, "rows")
    rows = [bytes(row) for row in generator.integers(0, 3, (1000, 6), dtype=np.uint8)]
    train, held_out = rows[:800], rows[800:]
    copied = copied_rows(train, held_out)
    assert list(copied) == [number for number, row in enumerate(held_out) if row in train]
    assert len(copied) > 100


def test_a_run_of_nothing_is_refused() -> None:
    with pytest.raises(SettingError):
        seen_in(np.arange(5), np.arange(5), 0)
