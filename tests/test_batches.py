"""The places of tokens in a batch."""

from __future__ import annotations

import torch

from hornbook.batches import IGNORED, NOTHING, Positions


def test_counting_positions_begin_at_0_in_every_row() -> None:
    positions = Positions.counting(3, 5)
    assert positions.index.tolist() == [[0, 1, 2, 3, 4]] * 3
    assert positions.plain and positions.document is None


def test_padded_rows_count_to_their_length_and_then_stand_nowhere() -> None:
    positions = Positions.lengths(torch.tensor([2, 5, 0]), 5)
    assert positions.index.tolist() == [[0, 1, -1, -1, -1], [0, 1, 2, 3, 4], [-1] * 5]
    assert not positions.plain


def test_what_means_nothing_can_be_no_position_and_no_token() -> None:
    assert NOTHING < 0 and IGNORED < 0
    assert torch.nn.functional.cross_entropy(torch.zeros(1, 3), torch.tensor([IGNORED]), reduction="sum") == 0
