"""The checks that every other test relies on are there."""

from __future__ import annotations

import pytest
import torch


def test_a_shape_that_is_not_the_annotated_one_is_refused() -> None:
    from hornbook.training.muon import orthogonalized

    assert orthogonalized(torch.eye(3)).shape == (3, 3)
    with pytest.raises(TypeError, match=r"(?s)Type-check error.*orthogonalized"):
        orthogonalized(torch.zeros(3, 3, 3))


def test_a_type_that_is_not_the_annotated_one_is_refused_where_there_are_no_shapes() -> None:
    from hornbook.tokenizers.byte_alphabet import read_visible, write_visibly

    assert read_visible(write_visibly(b"a b")) == b"a b"
    with pytest.raises(TypeError, match=r"(?s)read_visible.*violates type hint"):
        read_visible(b"a b")  # type: ignore[arg-type]
