"""Their encoders and ours side by side; what holds for BERT holds for its children, under other names."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import transformers

from hornbook.formats.classifiers import read_classifier, write_classifier
from hornbook.formats.huggingface import read_folder, settings_of, write_folder
from hornbook.model.heads import TokenClassifier
from hornbook.model.initialise import initialise
from hornbook.model.models import build_model
from hornbook.seeds import torch_generator
from tests.oracles.huggingface import (
    GRADIENTS,
    LENGTHS,
    LOGITS,
    VOCABULARY,
    Pair,
    near,
    numbers,
    our_model,
    padded,
    read_by_them,
    same_tensors,
    some_tokens,
    their_model,
)

GUESSES, BARE = transformers.AutoModelForMaskedLM, transformers.AutoModel


@dataclass(frozen=True)
class Answers:
    """What a model says of a batch; a bare one says no logits."""

    hidden: torch.Tensor
    logits: torch.Tensor | None


def an_encoder(config, head=GUESSES):
    """Their encoder of this configuration and ours, with the same numbers."""
    theirs = their_model(config, head)
    theirs.config.architectures = [type(theirs).__name__]
    return our_model(theirs)


def drawn_segments(pair, tokens):
    """A kind of text for each token, where the model knows several."""
    if pair.ours.segments is None:
        return None
    kinds = pair.ours.segments.num_embeddings
    return torch.randint(kinds, tokens.shape, generator=torch_generator(5, "segments"))


def said_by_them(pair, tokens, segments=None, there=None, index=None):
    """Their hidden states and logits."""
    more = {} if segments is None else {"token_type_ids": segments}
    said = pair.theirs(tokens, attention_mask=there, position_ids=index, output_hidden_states=True, **more)
    return Answers(said.hidden_states[-1], getattr(said, "logits", None))


def said_by_us(pair, tokens, segments=None, positions=None):
    """Our hidden states and logits."""
    hidden = pair.ours.hidden(tokens, positions, segments)
    return Answers(hidden, pair.ours.write(hidden) if pair.ours.config.head_bias else None)


def agree(theirs, ours, places=slice(None)):
    """Both say the same at these places."""
    assert theirs.hidden.std() > 0.3
    near(ours.hidden[places], theirs.hidden[places], LOGITS)
    assert (theirs.logits is None) == (ours.logits is None)
    if theirs.logits is not None:
        assert theirs.logits.std() > 0.3
        near(ours.logits[places], theirs.logits[places], LOGITS)


@torch.no_grad()
def agree_in_everything(pair):
    """The same tokens give the same hidden states and logits, with segments and without."""
    tokens = some_tokens()
    for segments in (None, drawn_segments(pair, tokens)):
        agree(said_by_them(pair, tokens, segments), said_by_us(pair, tokens, segments))


@torch.no_grad()
def agree_when_padded(pair):
    """Padding on either side changes nothing at the real places, in both of us alike.

    They count padding as tokens, we do not: behind padding on the left they have to be told where tokens stand.
    """
    for left in (False, True):
        tokens, there, positions = padded(left)
        segments, index = drawn_segments(pair, tokens), positions.index.clamp(min=0) if left else None
        ours = said_by_us(pair, tokens, segments, positions)
        agree(said_by_them(pair, tokens, segments, there, index), ours, there == 1)
        for row, length in enumerate(LENGTHS):
            real = there[row] == 1
            alone = said_by_us(pair, tokens[row, real][None], None if segments is None else segments[row, real][None])
            near(ours.hidden[row, real], alone.hidden[0], LOGITS)
            assert len(alone.hidden[0]) == length


def agree_in_gradients(pair):
    """The same loss has the same gradient in every parameter."""
    tokens = some_tokens(2, 17).clamp(min=1)  # what they read at token 0, padding, teaches their table nothing
    segments = drawn_segments(pair, tokens)
    asked = torch.empty(2, 17, VOCABULARY).normal_(generator=torch_generator(2, "asked")) / 60
    (said_by_them(pair, tokens, segments).logits * asked).sum().backward()
    (said_by_us(pair, tokens, segments).logits * asked).sum().backward()
    ours = {name: parameter.grad for name, parameter in pair.ours.named_parameters()}
    theirs = {name: parameter.grad for name, parameter in pair.theirs.named_parameters()}
    ties = pair.family.ties(pair.ours.config)
    assert {tie.theirs for tie in ties} == set(theirs)
    unused = {"cls.predictions.bias"} - {name for name, gradient in theirs.items() if gradient is not None}
    for tie in ties:
        if tie.theirs not in unused:
            near(tie.join(ours), theirs[tie.theirs], GRADIENTS)
    still = [name for name in set(theirs) - unused if theirs[name].abs().max() < 1e-4]
    assert all(name.endswith((".key.bias", ".k_lin.bias")) for name in still), still  # they move all scores alike


@torch.no_grad()
def agree_after_writing(pair, folder, head=GUESSES):
    """What we write, they read as the model that we meant; and what they write, we read."""
    write_folder(folder / "ours", pair.ours, family=pair.family, padding=0, max_shard_bytes=10_000)
    back = read_by_them(folder / "ours", head) if head is GUESSES else head.from_pretrained(folder / "ours").eval()
    assert type(back) is type(pair.theirs)
    tokens = some_tokens()
    segments = drawn_segments(pair, tokens)
    agree(said_by_them(Pair(back, pair.ours, pair.family), tokens, segments), said_by_us(pair, tokens, segments))
    pair.theirs.save_pretrained(folder / "theirs")
    config, state = read_folder(folder / "theirs")
    same_tensors(state, pair.ours.state_dict())
    assert settings_of(config, pair.family) == settings_of(pair.ours.config, pair.family)


def survives_the_trip(pair, folder):
    """A model of ours, begun anew, comes back from their format with every bit in its place."""
    model = build_model(pair.ours.config)
    initialise(model, model.config, seed=7)
    write_folder(folder, model, family=pair.family)
    config, state = read_folder(folder)
    same_tensors(state, model.state_dict())
    build_model(config).load_state_dict(state)


@torch.no_grad()
def classifiers_agree(config, head, folder):
    """What they write we read as the classifier it is, and they what we write: the same logits, padded on any side."""
    theirs = head(config).eval()
    numbers(theirs)
    theirs.save_pretrained(folder / "theirs")
    ours, labels = read_classifier(folder / "theirs")
    assert labels == [config.id2label[number] for number in range(config.num_labels)]
    assert write_classifier(folder / "ours", ours, labels) == head.__name__
    back = read_by_them(folder / "ours", head)
    assert back.config.id2label == config.id2label
    for left in (False, True):
        tokens, there, positions = padded(left)
        index = positions.index.clamp(min=0) if left else None
        said = theirs(tokens, attention_mask=there, position_ids=index).logits
        if isinstance(ours, TokenClassifier):
            near(ours(tokens, positions)[there == 1], said[there == 1], LOGITS)
        elif not left:  # they pool the first place, whether a token stands there or not
            near(ours(tokens, positions)[0], said, LOGITS)
        near(back(tokens, attention_mask=there, position_ids=index).logits, said, LOGITS)
        assert said.std() > 0.3
