"""Right answers are counted, never averaged over batches; losses agree with the objectives that were trained on."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hornbook.batches import IGNORED, Labelled, Pairs, Positions, Texts
from hornbook.errors import TextError
from hornbook.evaluation.accuracy import (
    Answers,
    Guesses,
    evaluate_classes,
    evaluate_masked,
    evaluate_pairs,
    moved,
)
from hornbook.evaluation.classes import Calibration
from hornbook.model.config import EncoderAndDecoder, EncoderOnly, ModelConfig
from hornbook.model.heads import Classifier
from hornbook.model.initialise import initialise
from hornbook.model.models import build_model
from hornbook.seeds import torch_generator
from hornbook.training.objectives import SequenceToSequence, classification, masked_token

VOCABULARY, WIDTH = 19, 22


def settings(architecture: EncoderOnly | EncoderAndDecoder) -> ModelConfig:
    """Two layers with dropout, which must make no difference here."""
    return ModelConfig(
        architecture=architecture, vocabulary=VOCABULARY, context=11, width=WIDTH, heads=2, depth=2, dropout=0.5
    )


def built(architecture: EncoderOnly | EncoderAndDecoder) -> nn.Module:
    """A model that prefers some tokens to others."""
    model = build_model(settings(architecture))
    initialise(model, model.config, 5)
    model.embedding.tokens.weight.data *= 10
    return model


def draw(rows: int, time: int, top: int = VOCABULARY, name: str = "tokens") -> Tensor:
    """Random numbers below ``top``."""
    return torch.randint(top, (rows, time), generator=torch_generator(3, name))


def hidden_texts(rows: int = 7) -> Texts:
    """Texts of different lengths; asked is every third token, and of the last row nothing."""
    positions = Positions.lengths(torch.arange(rows) % 5 + 3, 7)
    asked = (torch.arange(7) % 3 == 1) & (positions.index >= 0)
    asked[-1] = False
    tokens = draw(rows, 7)
    return Texts(tokens, draw(rows, 7, name="targets").where(asked, IGNORED), positions)


def some_pairs(rows: int = 7) -> Pairs:
    """Pairs of different lengths."""
    inside, outside = Positions.lengths(torch.arange(rows) % 4 + 3, 7), Positions.lengths(torch.arange(rows) % 3 + 2, 5)
    targets = draw(rows, 5, name="targets").where(outside.index >= 0, IGNORED)
    return Pairs(draw(rows, 7, name="source"), inside, Texts(draw(rows, 5), targets, outside))


def some_labels(rows: int = 7) -> Labelled:
    """Texts with two labels of 3 and 5 classes, some of them missing."""
    labels = torch.cat([draw(rows, 1, 3, "three"), draw(rows, 1, 5, "five")], dim=1)
    labels[1, 0] = labels[-1, 0] = labels[-1, 1] = IGNORED
    return Labelled(draw(rows, 7), Positions.lengths(torch.arange(rows) % 5 + 3, 7), labels)


def sliced(value, rows: slice):
    """Some rows of whatever a batch is made of."""
    if isinstance(value, Tensor):
        return value[rows]
    if dataclasses.is_dataclass(value):
        return type(value)(*(sliced(getattr(value, each.name), rows) for each in dataclasses.fields(value)))
    return value


def split(batch) -> list:
    """A batch of seven rows as three of different sizes."""
    return [sliced(batch, rows) for rows in (slice(0, 1), slice(1, 3), slice(3, None))]


def a_judge() -> Classifier:
    """An encoder that answers two questions, with dropout."""
    body = built(EncoderOnly())
    model = Classifier(body, (3, 5))
    initialise(model, body.config, 1)
    model.head.weight.data *= 50
    return model


TOKENS = {
    "masked": (lambda: built(EncoderOnly()), hidden_texts, masked_token, evaluate_masked),
    "pairs": (lambda: built(EncoderAndDecoder()), some_pairs, SequenceToSequence(), evaluate_pairs),
}
on_tokens = pytest.mark.parametrize("name", TOKENS)


@on_tokens
def test_the_loss_is_that_of_the_objective_without_dropout(name):
    build, batch, objective, evaluate = TOKENS[name]
    model = build().eval()
    loss, found = objective(model, batch()), evaluate(model, split(batch()))
    assert found.tokens == int(loss.count)
    assert found.total == pytest.approx(loss.total.item(), rel=1e-5)
    assert found.loss == pytest.approx((loss.total / loss.count).item(), rel=1e-5)
    assert found.perplexity == pytest.approx(math.exp(found.loss))


@on_tokens
def test_any_split_into_batches_measures_the_same(name):
    build, batch, _, evaluate = TOKENS[name]
    model = build()
    whole, parts = evaluate(model, [batch()]), evaluate(model, split(batch()))
    assert parts.total == pytest.approx(whole.total, rel=1e-6)
    assert dataclasses.replace(parts, total=0.0) == dataclasses.replace(whole, total=0.0)


@on_tokens
def test_first_choices_are_counted_where_something_is_asked(name):
    """With the model's own first choices as targets all is right; one of them changed is one mistake in one row."""
    build, batch, _, evaluate = TOKENS[name]
    model, asked = build().eval(), batch()
    texts = asked.target if isinstance(asked, Pairs) else asked
    with torch.no_grad():
        logits = (
            model(asked.source, texts.tokens, asked.source_positions, texts.positions)
            if isinstance(asked, Pairs)
            else model(texts.tokens, texts.positions)
        )
    texts.targets[:] = logits.argmax(-1).where(texts.targets != IGNORED, IGNORED)
    tokens, rows = int((texts.targets != IGNORED).sum()), int((texts.targets != IGNORED).any(1).sum())
    found = evaluate(model, [asked])
    assert (found.right, found.tokens, found.rows_right, found.rows) == (tokens, tokens, rows, rows)
    assert found.accuracy == found.exact_match == 1.0
    place = tuple((texts.targets != IGNORED).nonzero()[4].tolist())
    texts.targets[place] = (texts.targets[place] + 1) % VOCABULARY
    found = evaluate(model, [asked])
    assert (found.right, found.rows_right) == (tokens - 1, rows - 1)
    assert found.exact_match == (rows - 1) / rows


@on_tokens
def test_evaluating_leaves_the_model_and_the_random_numbers_as_they_were(name):
    build, batch, _, evaluate = TOKENS[name]
    model = build()
    model.train()
    next(model.children()).eval()
    modes, state = [module.training for module in model.modules()], torch.get_rng_state()
    first, second = evaluate(model, [batch()]), evaluate(model, [batch()])
    assert first == second
    assert modes == [module.training for module in model.modules()]
    assert torch.equal(torch.get_rng_state(), state)
    assert all(parameter.grad is None for parameter in model.parameters())


@on_tokens
def test_a_long_batch_is_written_in_pieces_that_make_no_difference(name, monkeypatch):
    build, batch, _, evaluate = TOKENS[name]
    model = build()
    whole = evaluate(model, [batch()])
    monkeypatch.setattr("hornbook.evaluation.accuracy.LOGITS_AT_ONCE", 3)
    pieces = evaluate(model, [batch()])
    assert pieces.total == pytest.approx(whole.total, rel=1e-6) and pieces.right == whole.right


@on_tokens
def test_16_bits_measure_nearly_the_same(name):
    build, batch, _, evaluate = TOKENS[name]
    model = build()
    full, half = evaluate(model, [batch()]), evaluate(model, [batch()], autocast=torch.bfloat16)
    assert half.tokens == full.tokens
    assert half.total == pytest.approx(full.total, rel=0.05) and half.total != full.total


@on_tokens
def test_batches_that_ask_nothing_are_refused(name):
    build, batch, _, evaluate = TOKENS[name]
    empty = batch()
    (empty.target if isinstance(empty, Pairs) else empty).targets.fill_(IGNORED)
    with pytest.raises(TextError, match="nothing is asked"):
        evaluate(build(), [empty])
    with pytest.raises(TextError):
        evaluate(build(), [])


def test_guesses_say_themselves():
    guesses = Guesses(total=10.0, tokens=8, right=6, rows=4, rows_right=1)
    assert guesses.as_json() == {
        "val_loss": 1.25, "perplexity": math.exp(1.25), "accuracy": 0.75, "exact_match": 0.25, "tokens": 8, "rows": 4,
    }  # fmt: skip
    assert str(guesses) == "1.2500 nats/token  75.0 % of tokens right"


def test_answers_are_counted_question_by_question():
    model, batch = a_judge().eval(), some_labels()
    with torch.no_grad():
        choices = [logits.argmax(-1) for logits in model(batch.tokens, batch.positions)]
    found = evaluate_classes(model, split(batch))
    loss = classification(model, batch)
    assert found.total == pytest.approx(loss.total.item(), rel=1e-5)
    assert sum(found.labels) == int(loss.count) == 2 * 7 - 3
    assert found.labels == (5, 6) and found.texts == 6
    for question, table in enumerate(found.confusion):
        expected = torch.zeros(model.classes[question], model.classes[question], dtype=torch.long)
        for label, choice in zip(batch.labels[:, question].tolist(), choices[question].tolist(), strict=True):
            if label != IGNORED:
                expected[label, choice] += 1
        assert table.tolist() == expected.tolist()
    hits = [[label == int(choices[q][row]) for q, label in enumerate(labels) if label != IGNORED]
            for row, labels in enumerate(batch.labels.tolist())]  # fmt: skip
    assert sum(found.right) == sum(map(sum, hits))
    assert found.all_right == sum(all(row) for row in hits if row)
    assert found.accuracy == sum(found.right) / 11


def test_a_model_that_is_right_is_right_about_class_0_too():
    model, batch = a_judge().eval(), some_labels()
    with torch.no_grad():
        choices = torch.stack([logits.argmax(-1) for logits in model(batch.tokens, batch.positions)], dim=1)
    taught = dataclasses.replace(batch, labels=choices)
    found = evaluate_classes(model, split(taught))
    assert found.accuracies == (1.0, 1.0) and found.exact_match == 1.0 and found.texts == 7
    assert 0 in choices
    taught.labels[2, 0] = IGNORED
    found = evaluate_classes(model, split(taught))
    assert found.all_right == found.texts == 7, "what is not asked cannot be wrong"


def test_answers_do_not_depend_on_padding():
    """Two places of padding on either side of a text change no answer."""
    model, batch = a_judge(), some_labels()
    index = nn.functional.pad(batch.positions.index, (2, 2), value=-1)
    for token in (0, 13):
        tokens = nn.functional.pad(batch.tokens, (2, 2), value=token).where(index >= 0, token)
        padded = evaluate_classes(model, [Labelled(tokens, Positions(index), batch.labels)])
        plain = evaluate_classes(model, [batch])
        assert padded.total == pytest.approx(plain.total, rel=1e-5)
        assert [table.tolist() for table in padded.confusion] == [table.tolist() for table in plain.confusion]


def test_a_question_that_was_never_asked_has_no_accuracy():
    batch = some_labels()
    batch.labels[:, 1] = IGNORED
    found = evaluate_classes(a_judge(), [batch])
    assert found.labels == (5, 0) and math.isnan(found.accuracies[1])
    assert json.loads(json.dumps(found.as_json()))["questions"][1]["accuracy"] is None
    batch.labels[:] = IGNORED
    with pytest.raises(TextError, match="no text has a label"):
        evaluate_classes(a_judge(), [batch])


def test_answers_say_themselves():
    tables = (torch.tensor([[2, 1], [0, 1]]).numpy(), torch.tensor([[3]]).numpy())
    calibration = Calibration.of(np.full(7, 0.95), np.array([True] * 6 + [False]))
    answers = Answers(total=3.5, confusion=tables, texts=4, all_right=3, calibration=calibration)
    assert str(answers) == "0.5000 nats/label  85.7 % right"
    assert answers.as_json() == {
        "val_loss": 0.5, "accuracy": 6 / 7, "exact_match": 0.75, "labels": 7, "texts": 4,
        "questions": [
            {"accuracy": 0.75, "labels": 4, "right": 3, "confusion": [[2, 1], [0, 1]], "classes": [
                {"texts": 3, "precision": 1.0, "recall": 2 / 3, "f1": 0.8},
                {"texts": 1, "precision": 0.5, "recall": 1.0, "f1": 2 / 3},
            ]},
            {"accuracy": 1.0, "labels": 3, "right": 3, "confusion": [[3]], "classes": [
                {"texts": 3, "precision": 1.0, "recall": 1.0, "f1": 1.0},
            ]},
        ],
        "calibration": calibration.as_json(),
    }  # fmt: skip
    assert calibration.error == pytest.approx(abs(7 * 0.95 - 6) / 7)


def test_batches_of_every_kind_move_to_a_device_whole():
    for batch in (hidden_texts(), some_pairs(), some_labels()):
        there = moved(batch, torch.device("meta"))
        assert type(there) is type(batch)
        assert not [tensor for tensor in tensors(there) if tensor.device.type != "meta"]
        assert len(tensors(there)) == len(tensors(batch))


def tensors(value) -> list[Tensor]:
    """All tensors in a batch."""
    if isinstance(value, Tensor):
        return [value]
    if dataclasses.is_dataclass(value):
        return [found for each in dataclasses.fields(value) for found in tensors(getattr(value, each.name))]
    return []
