"""What is put on a model that reads: padding has no part in it, and every text stands for itself."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch import nn

from hornbook.batches import NOTHING, Positions
from hornbook.errors import SettingError
from hornbook.model.config import BlockConfig, DecoderOnly, EncoderOnly, Layer, ModelConfig, Rotary
from hornbook.model.heads import POOLINGS, Classifier, TokenClassifier, find_pooling, sentence_embeddings
from hornbook.model.models import Decoder, Encoder
from tests.model.lively import close, enliven, pad, padded, some_tokens

VOCABULARY = 31
ENCODER = ModelConfig(
    architecture=EncoderOnly(segments=3),
    vocabulary=VOCABULARY,
    context=23,
    width=30,
    heads=5,
    depth=2,
    pattern=(BlockConfig(placement="post"),),
    embedding_norm=Layer(),
)
DECODER = replace(
    ENCODER,
    architecture=DecoderOnly(),
    pattern=(BlockConfig(),),
    position_encoding=Rotary(100.0),
)
TEXTS = [some_tokens(1, length, VOCABULARY, length)[0] for length in (11, 3, 7, 1)]


def a_body(kind):
    return Encoder(ENCODER) if kind == "encoder" else Decoder(DECODER)


# Pooling --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["right", "left"])
def test_pooling_takes_the_vectors_it_names(side):
    hidden = torch.randn(4, 13, 5, generator=torch.Generator().manual_seed(0)).double()
    positions = padded([13, 4, 9, 1], 13, side)
    for row in range(4):
        text = hidden[row][positions.index[row] >= 0]
        close(POOLINGS["first"](hidden, positions)[row], text[0])
        close(POOLINGS["last"](hidden, positions)[row], text[-1])
        close(POOLINGS["mean"](hidden, positions)[row], text.mean(dim=0))


@pytest.mark.parametrize("pooling", POOLINGS.values(), ids=POOLINGS)
def test_padding_has_no_part_in_a_pooled_vector_even_where_it_is_no_number(pooling):
    hidden, positions = torch.randn(2, 7, 5, generator=torch.Generator().manual_seed(0)), padded([7, 4], 7)
    before = pooling(hidden, positions)
    hidden[1, 4:] = torch.nan
    assert torch.equal(pooling(hidden, positions), before)


def test_a_text_without_a_token_has_a_mean_of_zeros():
    positions = Positions(torch.tensor([[0, 1], [NOTHING, NOTHING]]))
    assert torch.equal(POOLINGS["mean"](torch.ones(2, 2, 3), positions), torch.tensor([[1.0] * 3, [0.0] * 3]))


def test_a_mean_in_16_bits_is_taken_in_32():
    hidden = torch.randn(1, 301, 7, generator=torch.Generator().manual_seed(0)).bfloat16() + 1
    pooled = POOLINGS["mean"](hidden, Positions.counting(1, 301))
    assert pooled.dtype == torch.bfloat16
    assert torch.equal(pooled, hidden.double().mean(dim=1).bfloat16())


@pytest.mark.parametrize("pooling", POOLINGS)
def test_gradients_reach_the_tokens_that_were_pooled_and_no_others(pooling):
    hidden, positions = torch.randn(2, 7, 5, requires_grad=True), padded([7, 4], 7)
    POOLINGS[pooling](hidden, positions).sum().backward()
    reached = (hidden.grad != 0).any(-1).sum(1).tolist()
    assert reached == ([7, 4] if pooling == "mean" else [1, 1])


def test_a_pooling_that_does_not_exist_is_refused_with_the_nearest_name():
    with pytest.raises(SettingError, match=r"'frist' is none of first, last, mean \(did you mean 'first'\?\)"):
        find_pooling("frist")
    with pytest.raises(SettingError, match="pooling"):
        Classifier(a_body("encoder"), [2], pooling="max")


# Sentences ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
@pytest.mark.parametrize("pooling", POOLINGS)
@torch.no_grad()
def test_a_sentence_embedding_has_length_1_and_knows_nothing_of_its_companions(kind, pooling):
    model = enliven(a_body(kind))
    for side in ("right", "left"):
        embeddings = sentence_embeddings(model, *pad(TEXTS, 13, side, filler=4), pooling=pooling)
        close(embeddings.norm(dim=-1), torch.ones(4).double())
        for text, embedding in zip(TEXTS, embeddings, strict=True):
            close(sentence_embeddings(model, text[None], padded([len(text)], len(text)), pooling=pooling)[0], embedding)


# Classes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pooler", [False, True])
@pytest.mark.parametrize(("kind", "pooling"), [("encoder", "first"), ("encoder", "mean"), ("decoder", "last")])
@torch.no_grad()
def test_padding_changes_no_logit_of_a_class(kind, pooling, pooler):
    model = enliven(Classifier(a_body(kind), [2, 5], pooling, pooler))
    for side in ("right", "left"):
        together = model(*pad(TEXTS, 13, side, filler=4))
        assert [answer.shape for answer in together] == [(4, 2), (4, 5)]
        for row, text in enumerate(TEXTS):
            alone = model(text[None], padded([len(text)], len(text)))
            for one, other in zip(alone, together, strict=True):
                close(one[0], other[row])


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
@torch.no_grad()
def test_padding_changes_no_class_of_a_token(kind):
    model = enliven(TokenClassifier(a_body(kind), 5))
    for side in ("right", "left"):
        tokens, positions = pad(TEXTS, 13, side, filler=4)
        together = model(tokens, positions)
        assert together.shape == (4, 13, 5)
        for row, text in enumerate(TEXTS):
            close(model(text[None], padded([len(text)], len(text)))[0], together[row, positions.index[row] >= 0])


@torch.no_grad()
def test_a_class_is_chosen_by_pooler_and_head():
    model = enliven(Classifier(a_body("encoder"), [2, 5], "first", pooler=True))
    tokens, positions = some_tokens(3, 7, VOCABULARY), padded([7, 7, 7], 7)
    pooled = model.body.hidden(tokens, positions)[:, 0]
    ready = torch.tanh(pooled @ model.pooler.linear.weight.T + model.pooler.linear.bias)
    close(torch.cat(model(tokens, positions), dim=1), ready @ model.head.weight.T + model.head.bias)


@torch.no_grad()
def test_segments_matter_to_a_model_that_was_taught_the_difference_and_to_no_other():
    tokens, positions = some_tokens(2, 7, VOCABULARY), padded([7, 7], 7)
    segments = torch.tensor([[0, 0, 1, 1, 1, 2, 2]] * 2)
    for kind, matter in (("encoder", True), ("decoder", False)):
        for model in (Classifier(a_body(kind), [3]), TokenClassifier(a_body(kind), 3)):
            enliven(model)
            one, other = model(tokens, positions), model(tokens, positions, segments)
            one, other = (one[0], other[0]) if isinstance(one, tuple) else (one, other)
            assert torch.allclose(one, other, atol=1e-6) is not matter


def test_a_classifier_learns_to_the_bottom():
    model = enliven(Classifier(a_body("encoder"), [2, 5], "mean", pooler=True))
    tokens, positions = pad(TEXTS, 13)
    labels = torch.tensor([[0, 4], [1, 2], [1, 0], [0, 3]])
    answers = model(tokens, positions, torch.randint(3, tokens.shape, generator=torch.Generator().manual_seed(0)))
    sum(nn.functional.cross_entropy(answer, labels[:, i]) for i, answer in enumerate(answers)).backward()
    untouched = [name for name, parameter in model.named_parameters() if parameter.grad is None]
    assert untouched == []
    assert model.body.embedding.tokens.weight.grad.abs().max() > 1e-3


@pytest.mark.parametrize("classes", [[], [3, 0], [-1]])
def test_a_question_without_classes_is_refused(classes):
    with pytest.raises(SettingError, match="classes: expected"):
        Classifier(a_body("encoder"), classes)


def test_tokens_without_classes_are_refused():
    with pytest.raises(SettingError, match="classes: expected"):
        TokenClassifier(a_body("encoder"), 0)


# In a process of its own: dynamo cannot trace through the wrappers that check shapes in tests.
PROGRAM = """
import torch
from hornbook.batches import Positions
from hornbook.model.config import *
from hornbook.model.heads import POOLINGS, Classifier, TokenClassifier
from hornbook.model.initialise import initialise
from hornbook.model.models import build_model

torch.set_num_threads(1)
source, target = torch.randint(31, (3, 7)), torch.randint(31, (3, 9))
read, written = Positions.lengths(torch.tensor([7, 4, 5]), 7), Positions.lengths(torch.tensor([9, 3, 8]), 9)

def check(model, *inputs):
    initialise(model, config, 0)
    torch._dynamo.reset()
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(*inputs), model(*inputs), atol=1e-5, rtol=1e-4)

for encoding, other in ((Sinusoidal(), None), (Learned(), None), (RelativeBias(8, 16, True), None)):
    config = ModelConfig(vocabulary=31, context=16, width=32, heads=4, depth=2, position_encoding=encoding,
                         pattern=(BlockConfig(placement="post"),), architecture=EncoderOnly(transform="gelu"))
    check(build_model(config), target, written)
    for pooling in POOLINGS:
        check(Classifier(build_model(config), [2, 3], pooling, True), target, written)
    check(TokenClassifier(build_model(config), 3), target, written)
    config = ModelConfig(vocabulary=31, context=16, width=32, heads=4, depth=2, position_encoding=encoding,
                         architecture=EncoderAndDecoder(position_encoding=other))
    check(build_model(config), source, target, read, written)
"""


@pytest.mark.slow
def test_all_that_reads_compiles_into_one_graph_and_means_the_same():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
