"""Many rows at once: each is read at its own place, whatever stands beside it, and however rows move."""

from __future__ import annotations

import pytest
import torch

from hornbook.batches import NOTHING, Positions
from hornbook.generation.generate import recomputed, remembered, window_start
from hornbook.generation.reading import answering, continuing, left_padded
from hornbook.model.config import Alibi, Learned, RelativeBias, Rotary, Sinusoidal
from tests.generation.small_models import decoder, pair_model, prompts
from tests.model.lively import close, pad

ENCODINGS = [Learned(), Sinusoidal(), Rotary(100.0), Alibi(), RelativeBias(8, 16)]


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("context", [23, 8, 3])
@torch.no_grad()
def test_rows_of_different_lengths_are_read_as_each_alone_within_the_context_and_beyond(encoding, context):
    model, rows = decoder(3, context=context, encoding=encoding), prompts([7, 3, 11, 1, 7])
    reading, draw = continuing(model, rows, 9), torch.Generator().manual_seed(1)
    for _ in range(9):
        for row, tokens in enumerate(rows):
            close(reading.logits[row : row + 1], recomputed(model, 0)(torch.tensor([tokens])))
        new = torch.randint(13, (5,), generator=draw)
        rows = [[*tokens, token] for tokens, token in zip(rows, new.tolist(), strict=True)]
        reading.go_on(new)
    assert [[token for token in row if token != NOTHING] for row in reading.text.tolist()] == rows


@torch.no_grad()
def test_rows_that_move_leave_and_multiply_take_everything_with_them():
    model, rows = decoder(5, context=8), prompts([2, 7, 4])
    reading, draw = continuing(model, rows, 11), torch.Generator().manual_seed(2)
    reading.repeat(2)
    rows = [row for row in rows for _ in range(2)]
    for order in ([5, 5, 0, 1, 3, 3], [1, 0, 2], [2, 2, 2, 0], [3, 1], [0, 1], [0]):
        new = torch.randint(13, (len(order),), generator=draw)
        reading.go_on(new, torch.tensor(order))
        rows = [[*rows[row], token] for row, token in zip(order, new.tolist(), strict=True)]
        for row, tokens in enumerate(rows):
            close(reading.logits[row : row + 1], recomputed(model, 0)(torch.tensor([tokens])))


@pytest.mark.parametrize("encoding", [Learned(), Rotary(100.0), RelativeBias(8, 16)], ids=lambda x: type(x).__name__)
@torch.no_grad()
def test_answers_look_at_their_own_source_wherever_their_rows_move(encoding):
    model, texts = pair_model(5, encoding=encoding), prompts([2, 7, 4])
    source, positions = pad([torch.tensor(text) for text in texts], 7)
    reading, draw = answering(model, model.encode(source, positions), 1, 6), torch.Generator().manual_seed(2)
    reading.repeat(2)
    rows, sources = [[1]] * 6, [0, 0, 1, 1, 2, 2]
    for order in ([1, 0, 2, 2, 5, 5], [5, 4, 0, 0], [1, 2, 3], [2, 0], [1]):
        new = torch.randint(13, (len(order),), generator=draw)
        reading.go_on(new, torch.tensor(order))
        rows = [[*rows[row], token] for row, token in zip(order, new.tolist(), strict=True)]
        sources = [sources[row] for row in order]
        for row, (tokens, number) in enumerate(zip(rows, sources, strict=True)):
            alone = model(torch.tensor([texts[number]]), torch.tensor([tokens]))
            close(reading.logits[row], alone[0, -1])


@torch.no_grad()
def test_one_prompt_is_read_as_generate_reads_it():
    model, [row] = decoder(7, context=8), prompts([5])
    reading, next_logits = continuing(model, [row], 20), remembered(model, 25)
    for _ in range(20):
        close(reading.logits, next_logits(torch.tensor([row])))
        token = int(reading.logits.argmax())
        row = [*row, token]
        reading.go_on(torch.tensor([token]))


@torch.no_grad()
def test_every_token_is_read_once_and_beams_that_stay_keep_their_memory():
    model, read = pair_model(1), []
    memory = model.encode(torch.tensor(prompts([5, 5])), Positions.counting(2, 5))
    model.decoder.register_forward_pre_hook(lambda module, inputs: read.append(tuple(inputs[0].shape[:2])))
    reading = answering(model, memory, 1, 4)
    reading.repeat(3)
    kept = reading.memory
    reading.go_on(torch.tensor([3, 4, 5, 3, 4, 5]), torch.tensor([2, 0, 0, 5, 5, 3]))
    assert reading.memory is kept
    reading.go_on(torch.tensor([3, 4, 5]), torch.tensor([3, 3, 4]))
    assert reading.memory is not kept
    assert read == [(2, 1), (6, 1), (3, 1)]


def test_rows_end_in_the_last_column():
    text, lengths = left_padded([[3, 1], [4, 1, 5]], torch.device("cpu"))
    assert text.tolist() == [[NOTHING, 3, 1], [4, 1, 5]]
    assert lengths.tolist() == [2, 3]
    assert window_start(9, 8) == 4
