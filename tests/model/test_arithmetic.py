"""Products in bfloat16 mean the same by the processor's own instructions and by the detour through float32."""

from __future__ import annotations

import pytest
import torch

from hornbook.model import arithmetic
from hornbook.model.arithmetic import WORTH_WIDENING, bfloat16_product, in_float32
from hornbook.seeds import torch_generator


def drawn(*shape: int) -> torch.Tensor:
    return torch.empty(shape).normal_(generator=torch_generator(3, "products"))


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.int8])
def test_the_detour_gives_what_bfloat16_gives_up_to_its_last_place(kind, monkeypatch) -> None:
    monkeypatch.setattr(arithmetic, "AT_ONCE", 7)  # so that the last part is not whole
    hidden, weight = drawn(3, 17, 46), (20 * drawn(31, 46)).round().to(kind)
    direct = torch.nn.functional.linear(hidden.bfloat16(), weight.bfloat16())
    around = in_float32(hidden, weight)
    assert around.dtype == direct.dtype == torch.bfloat16 and around.shape == direct.shape == (3, 17, 31)
    torch.testing.assert_close(around, direct, rtol=2**-7, atol=0.1)
    exact = hidden.bfloat16().double() @ weight.bfloat16().double().T
    torch.testing.assert_close(around, exact.bfloat16(), rtol=2**-7, atol=1e-3)


@pytest.mark.parametrize(
    ("flags", "rows", "takes_it"), [({"avx2"}, 5, True), ({"avx2"}, 4, False), ({"bf16"}, 5, False)]
)
def test_it_is_taken_for_many_rows_where_the_processor_has_no_such_instructions(
    monkeypatch, flags, rows, takes_it
) -> None:
    assert WORTH_WIDENING == 4
    taken = []
    monkeypatch.setattr(arithmetic, "processor_flags", lambda: frozenset(flags))
    monkeypatch.setattr(arithmetic, "in_float32", lambda *given: taken.append(in_float32(*given)) or taken[0])
    found = bfloat16_product(drawn(rows, 46), drawn(31, 46))
    assert bool(taken) == takes_it and found.shape == (rows, 31)


def test_what_is_learned_from_goes_the_usual_way(monkeypatch) -> None:
    monkeypatch.setattr(arithmetic, "processor_flags", frozenset)
    hidden = drawn(9, 46).requires_grad_()
    bfloat16_product(hidden, drawn(31, 46)).sum().backward()
    assert hidden.grad is not None and hidden.grad.abs().sum() > 0
