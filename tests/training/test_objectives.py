"""A loss is a sum and a count."""

from __future__ import annotations

import dataclasses
import math
from typing import get_args

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hornbook.batches import IGNORED, Labelled, Pairs, Positions, Texts
from hornbook.data.config import (
    Classify,
    Continue,
    CutSpans,
    MaskedTokens,
    NextToken,
    Prefer,
    Reinforce,
    Reward,
    TaskConfig,
    Translate,
)
from hornbook.data.masking import Masking, masked
from hornbook.model.config import EncoderAndDecoder, EncoderOnly
from hornbook.model.heads import Classifier
from hornbook.model.initialise import initialise
from hornbook.model.models import EncoderDecoder, build_model
from hornbook.seeds import numpy_generator, torch_generator
from hornbook.training.loop import training_steps
from hornbook.training.objectives import (
    OBJECTIVES,
    SequenceToSequence,
    classification,
    masked_token,
    next_token,
    objective_for,
    token_loss,
)
from tests.training.small import SEED, VOCABULARY, a_batch, a_model, config

WORDS = torch.arange(VOCABULARY - 1).numpy()


def a_reader() -> nn.Module:
    """An encoder."""
    settings = dataclasses.replace(config(), architecture=EncoderOnly())
    model = build_model(settings)
    initialise(model, settings, SEED)
    return model


def a_translator() -> nn.Module:
    """An encoder-decoder."""
    settings = dataclasses.replace(config(), architecture=EncoderAndDecoder())
    model = build_model(settings)
    initialise(model, settings, SEED)
    return model


def a_judge(pooling: str = "mean") -> Classifier:
    """An encoder that answers two questions, of 3 and 5 classes."""
    body = a_reader()
    model = Classifier(body, (3, 5), pooling)
    initialise(model, body.config, SEED)
    model.head.weight.data *= 50  # so that texts are told apart
    return model


def hidden_batch(rows: int = 6) -> Texts:
    """A batch with tokens hidden, its rows of different lengths."""
    lengths = torch.arange(rows) % 5 + 3
    texts = dataclasses.replace(a_batch(0, rows), positions=Positions.lengths(lengths, 7))
    return masked(texts, Masking(0.4, VOCABULARY - 1, WORDS[:0], WORDS), numpy_generator(SEED, "mask"))


def pairs_batch(rows: int = 6) -> Pairs:
    """Sources and answers of different lengths, padded at their end."""
    draw = torch_generator(SEED, "pairs")
    source, answer = (torch.randint(VOCABULARY, (rows, time), generator=draw) for time in (7, 6))
    lengths = torch.arange(rows) % 4 + 2
    inside, outside = Positions.lengths(lengths + 1, 7), Positions.lengths(lengths, 5)
    targets = answer[:, 1:].masked_fill(outside.index < 0, IGNORED)
    return Pairs(source, inside, Texts(answer[:, :-1], targets, outside))


def labelled_batch(rows: int = 6) -> Labelled:
    """Texts of different lengths with two labels, some of them missing."""
    draw = torch_generator(SEED, "labels")
    tokens = torch.randint(VOCABULARY, (rows, 7), generator=draw)
    labels = torch.stack([torch.randint(classes, (rows,), generator=draw) for classes in (3, 5)], dim=1)
    labels[1, 0] = labels[4, 0] = labels[4, 1] = IGNORED
    return Labelled(tokens, Positions.lengths(torch.arange(rows) % 5 + 3, 7), labels)


def sliced(value, rows: slice):
    """Some rows of whatever a batch is made of."""
    if isinstance(value, torch.Tensor):
        return value[rows]
    if dataclasses.is_dataclass(value):
        return type(value)(*(sliced(getattr(value, each.name), rows) for each in dataclasses.fields(value)))
    return value


ASKED = {
    "next": (a_model, lambda: a_batch(0, 6, unasked=4), next_token),
    "masked": (a_reader, hidden_batch, masked_token),
    "pairs": (a_translator, pairs_batch, SequenceToSequence()),
    "smoothed": (a_translator, pairs_batch, SequenceToSequence(0.1)),
    "classes": (a_judge, labelled_batch, classification),
}
every_objective = pytest.mark.parametrize("name", ASKED)


def gradients(model: nn.Module) -> list[torch.Tensor]:
    """The gradients of a model, and none afterwards."""
    found = [parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None]
    model.zero_grad(set_to_none=True)
    return found


@every_objective
def test_uneven_splits_of_a_batch_add_up_to_the_same_sum_count_and_gradient(name):
    """None is left over, and a part with few targets weighs as much as these: sums, not means of means."""
    build, batch, objective = ASKED[name]
    model, whole = build(), batch()
    loss = objective(model, whole)
    loss.total.backward()
    expected = gradients(model)
    parts = [objective(model, sliced(whole, rows)) for rows in (slice(0, 1), slice(1, 5), slice(5, None))]
    for part in parts:
        part.total.backward()
    assert len({int(part.count) for part in parts}) > 1
    assert sum(int(part.count) for part in parts) == int(loss.count) > 0
    torch.testing.assert_close(sum(part.total for part in parts), loss.total)
    torch.testing.assert_close(gradients(model), expected, atol=5e-5, rtol=1e-5)


@pytest.mark.parametrize("name", [name for name in ASKED if name != "next"])
def test_padding_has_no_part_in_a_loss(name):
    """Whatever stands where nothing stands, and however much of it: sum, count and gradient are the same."""
    build, batch, objective = ASKED[name]
    model, loss = build(), None
    for token in (0, 11):
        padded = with_padding(batch(), token)
        found = objective(model, padded)
        found.total.backward()
        now = (found.total.detach(), found.count, gradients(model))
        torch.testing.assert_close(now, loss or now, atol=1e-5, rtol=1e-4)
        loss = now
    plain = objective(model, batch())
    torch.testing.assert_close((plain.total, plain.count), loss[:2], atol=1e-5, rtol=1e-4)


def with_padding(batch, token: int):
    """The same batch with ``token`` in every place where nothing stands, and, in front of texts to judge, two more."""
    if isinstance(batch, Labelled):
        index, wide = F.pad(batch.positions.index, (2, 0), value=-1), F.pad(batch.tokens, (2, 0))
        return Labelled(wide.where(index >= 0, token), Positions(index), batch.labels)
    if isinstance(batch, Pairs):
        source = batch.source.where(batch.source_positions.index >= 0, token)
        return Pairs(source, batch.source_positions, with_padding(batch.target, token))
    return dataclasses.replace(batch, tokens=batch.tokens.where(batch.positions.index >= 0, token))


def test_the_end_of_a_short_answer_is_scored_and_the_padding_behind_it_is_not():
    """Rows are ``w w END``, then padding: everything up to the end counts, and nothing after it."""
    batch = pairs_batch()
    counted = SequenceToSequence()(a_translator(), batch).count
    assert int(counted) == int((batch.target.positions.index >= 0).sum()) == 2 + 3 + 4 + 5 + 2 + 3


class Listening(EncoderDecoder):
    """Answers with whatever token it was shown, certainly; and remembers what it was shown."""

    def encode(self, source, positions=None):
        self.source = source
        return []

    def hidden(self, tokens, memory, positions=None, cache=None):
        self.shown = tokens
        return F.one_hot(tokens, VOCABULARY).float()

    def write(self, hidden):
        return 100.0 * hidden


def test_an_answer_is_asked_one_token_ahead_of_what_is_shown():
    """By hand: source 5 6, answer 7 7 8 between 0 and 0: an echo is right once, where 7 follows 7."""
    shown, asked = torch.tensor([[0, 7, 7, 8]]), torch.tensor([[7, 7, 8, 0]])
    echo, source = Listening(a_translator().config), torch.tensor([[5, 6]])
    loss = SequenceToSequence()(echo, Pairs(source, Positions.counting(1, 2), Texts(shown, asked)))
    assert (loss.total.item(), loss.count.item()) == (300.0, 4)
    assert echo.source is source and echo.shown is shown


def test_an_answer_cannot_be_read_off_what_is_shown_later():
    batch, model = pairs_batch(), a_translator()
    changed = batch.target.tokens.clone()
    changed[:, 3:] = (changed[:, 3:] + 1) % VOCABULARY
    logits = [model(batch.source, tokens, batch.source_positions, batch.target.positions)
              for tokens in (batch.target.tokens, changed)]  # fmt: skip
    torch.testing.assert_close(logits[0][:, :3], logits[1][:, :3])
    assert not torch.allclose(logits[0][:, 3:], logits[1][:, 3:])


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.37])
def test_label_smoothing_is_cross_entropy_with_a_distribution_of_its_own(smoothing):
    """(1 - s) on the target and s / V on all tokens, written out; and what PyTorch makes of it."""
    logits = torch.randn(3, 5, 7, generator=torch.Generator().manual_seed(0))
    targets = torch.randint(7, (3, 5), generator=torch.Generator().manual_seed(1))
    targets[0, :2] = IGNORED
    wanted = (1 - smoothing) * F.one_hot(targets.clamp(min=0), 7) + smoothing / 7
    expected = -(wanted * logits.log_softmax(-1)).sum(-1)[targets != IGNORED].sum()
    loss = token_loss(logits, targets, smoothing)
    torch.testing.assert_close(loss.total, expected)
    mean = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, label_smoothing=smoothing)
    torch.testing.assert_close(loss.total / loss.count, mean)
    if smoothing == 0:
        assert torch.equal(loss.total, token_loss(logits, targets).total)


def test_smoothing_reaches_the_loss_of_pairs():
    model, batch = a_translator(), pairs_batch()
    plain, smoothed = (SequenceToSequence(smoothing)(model, batch).total for smoothing in (0.0, 0.3))
    logits = model(batch.source, batch.target.tokens, batch.source_positions, batch.target.positions)
    torch.testing.assert_close(plain, token_loss(logits, batch.target.targets).total)
    torch.testing.assert_close(smoothed, token_loss(logits, batch.target.targets, 0.3).total)


def test_hidden_tokens_are_asked_where_they_stood():
    """Where a token was hidden its own id is the target; a shift by one would ask for its neighbour."""
    model, batch = a_reader(), hidden_batch()
    logits = model(batch.tokens, batch.positions).log_softmax(-1)
    original = a_batch(0, 6).tokens
    asked = batch.targets != IGNORED
    expected = -logits.take_along_dim(original[..., None], dim=-1)[..., 0][asked].sum()
    loss = masked_token(model, batch)
    torch.testing.assert_close(loss.total, expected)
    assert int(loss.count) == int(asked.sum())


def test_class_0_is_a_class_and_a_missing_label_is_no_class():
    """A classifier that ignores label 0 never learns the first class of any question."""
    model, batch = a_judge(), labelled_batch()
    batch.labels[0] = 0
    answers = model(batch.tokens, batch.positions)
    expected = sum(
        -answers[question][row].log_softmax(-1)[batch.labels[row, question]]
        for row in range(6) for question in range(2) if batch.labels[row, question] != IGNORED
    )  # fmt: skip
    loss = classification(model, batch)
    torch.testing.assert_close(loss.total, expected)
    assert int(loss.count) == 12 - 3
    alone = classification(model, sliced(batch, slice(0, 1)))
    assert int(alone.count) == 2 and alone.total > 0


def test_a_question_nobody_answered_costs_nothing():
    batch = labelled_batch()
    batch.labels[:, 0] = IGNORED
    loss = classification(a_judge(), batch)
    assert torch.isfinite(loss.total) and int(loss.count) == 5


def test_segments_reach_the_classifier():
    settings = dataclasses.replace(config(), architecture=EncoderOnly(segments=2))
    body = build_model(settings)
    model = Classifier(body, (3, 5))
    initialise(model, settings, SEED)
    body.segments.weight.data *= 100
    batch = labelled_batch()
    second = dataclasses.replace(batch, segments=(torch.arange(7) > 3).long().expand(6, 7))
    assert not torch.allclose(classification(model, batch).total, classification(model, second).total, atol=1e-3)


def test_token_0_is_seen_and_learned_like_any_other():
    """No id means padding: what stands nowhere says so by its position."""
    zeros = torch.zeros(2, 7, dtype=torch.long)
    for model in (a_model(), a_reader()):
        loss = next_token(model, Texts(zeros, zeros))
        loss.total.backward()
        assert int(loss.count) == 14
        assert model.embedding.tokens.weight.grad[0].abs().sum() > 0
    model, other = a_reader(), torch.ones(1, 7, dtype=torch.long)
    changed = other.clone()
    changed[0, 3] = 0
    assert not torch.allclose(model.hidden(other)[0, 5], model.hidden(changed)[0, 5], atol=1e-5)


@pytest.mark.slow
@every_objective
def test_a_model_learns_what_it_is_asked(name):
    build, batch, objective = ASKED[name]
    model = build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
    losses = [update.loss for update in training_steps(model, [[batch()]] * 30, objective, optimizer)]
    lowest = 0.1 * math.log(VOCABULARY) if name == "smoothed" else 0.0  # no less than the entropy of what is asked
    assert losses[-1] - lowest < 0.5 * (losses[0] - lowest)


@every_objective
def test_losses_are_float32_in_16_bit_arithmetic(name):
    build, batch, objective = ASKED[name]
    with torch.autocast("cpu", torch.bfloat16):
        loss = objective(build(), batch())
    assert loss.total.dtype == torch.float32


@every_objective
def test_a_model_of_16_bit_numbers_has_a_loss_of_32(name):
    build, batch, objective = ASKED[name]
    assert objective(build().bfloat16(), batch()).total.dtype == torch.float32


def test_every_task_has_its_objective():
    elsewhere = {Prefer, Reward, Reinforce}  # finetuning/
    assert OBJECTIVES.keys() | elsewhere == set(get_args(TaskConfig))
    assert objective_for(NextToken()) is next_token
    assert objective_for(MaskedTokens()) is masked_token
    assert objective_for(CutSpans()) == SequenceToSequence(0.0)
    assert objective_for(Translate(label_smoothing=0.1)) == SequenceToSequence(0.1)
    assert objective_for(Continue()) is next_token
    assert objective_for(Classify()) is classification


def test_the_loss_is_the_sum_of_minus_log_probability_over_what_is_asked():
    logits = torch.randn(3, 5, 7, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[0, 1, 2, 3, 4], [IGNORED, IGNORED, 6, 5, 4], [IGNORED] * 5])
    chances = logits.softmax(-1)
    expected = -sum(
        math.log(chances[row, place, targets[row, place]])
        for row in range(3) for place in range(5) if targets[row, place] != IGNORED
    )  # fmt: skip
    loss = token_loss(logits, targets)
    assert abs(loss.total.item() - expected) < 1e-4
    assert loss.count.item() == 8


def test_what_is_ignored_has_no_gradient():
    logits = torch.randn(2, 3, 7, generator=torch.Generator().manual_seed(0), requires_grad=True)
    targets = torch.tensor([[0, IGNORED, 2], [IGNORED, IGNORED, IGNORED]])
    token_loss(logits, targets).total.backward()
    assert logits.grad is not None
    assert (logits.grad.abs().sum(-1) > 0).tolist() == [[True, False, True], [False, False, False]]


def test_the_loss_is_summed_in_float32_whatever_the_logits_are():
    logits = torch.randn(3, 5, 7, generator=torch.Generator().manual_seed(0)).bfloat16()
    targets = torch.randint(7, (3, 5), generator=torch.Generator().manual_seed(1))
    half, full = token_loss(logits, targets), token_loss(logits.float(), targets)
    assert half.total.dtype == torch.float32
    assert torch.equal(half.total, full.total)


def test_a_mean_over_tokens_is_not_a_mean_over_batches():
    """Perplexity of 1 token at loss 4 and 9 at loss 2 is e^2.2, not e^3."""
    easy, hard = torch.zeros(1, 9, 2), torch.zeros(1, 1, 2)
    easy[..., 1] = math.log(math.exp(2.0) - 1)
    hard[..., 1] = math.log(math.exp(4.0) - 1)
    losses = [
        token_loss(easy, torch.zeros(1, 9, dtype=torch.long)),
        token_loss(hard, torch.zeros(1, 1, dtype=torch.long)),
    ]
    mean = sum(loss.total.item() for loss in losses) / sum(loss.count.item() for loss in losses)
    assert abs(math.exp(mean) - math.exp(2.2)) < 1e-4


def test_next_token_starts_near_the_logarithm_of_the_vocabulary():
    loss = next_token(a_model(), a_batch(0))
    assert abs((loss.total / loss.count).item() / math.log(VOCABULARY) - 1) < 0.05


def test_packed_texts_are_kept_apart_by_their_positions():
    batch = a_batch(0)
    index = torch.tensor([0, 1, 2, 0, 1, 2, 3]).expand(3, -1)
    document = torch.tensor([0, 0, 0, 1, 1, 1, 1]).expand(3, -1)
    packed = Texts(batch.tokens, batch.targets, Positions(index, document))
    first, second = (Texts(batch.tokens[:, part], batch.targets[:, part]) for part in (slice(3), slice(3, None)))
    model = a_model()
    alone = next_token(model, first).total + next_token(model, second).total
    assert torch.allclose(next_token(model, packed).total, alone, atol=1e-5)
    assert not torch.allclose(next_token(model, batch).total, alone, atol=1e-5)
