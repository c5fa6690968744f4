"""A model that is the source itself is found to be it, at every place and through the whole way from text to table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from hornbook.corpus.markov import MarkovSource
from hornbook.data.config import DataConfig
from hornbook.data.prepare import prepare
from hornbook.errors import SettingError
from hornbook.evaluation.truth import TRUTHS
from hornbook.model.config import ModelConfig
from hornbook.tokenizers.config import BytePair, Characters
from hornbook.training.config import TrainingConfig
from hornbook.training.run_folder import Run
from hornbook.workflows.against_truth import run_against_truth
from hornbook.workflows.load import Loaded
from hornbook.workflows.recipe import Recipe


class Oracle(nn.Module):
    """Gives for every place the logarithm of the true probabilities; ``start`` tokens stand before the text."""

    def __init__(self, truth, start):
        super().__init__()
        self.truth, self.start = truth, start

    def forward(self, tokens):
        """[1 T] -> [1 T V]."""
        text = tokens[0].tolist()
        rows = [self.truth(text[self.start : place + 1]) for place in range(len(text))]
        return torch.from_numpy(np.log(np.maximum(np.stack(rows), 1e-300)))[None]


def loaded_oracle(folder, data, tokenizer, context):
    """The source of a corpus as a run, and its data."""
    prepared = prepare(data, tokenizer, folder, seed=3)
    recipe = Recipe(
        data=data, tokenizer=tokenizer, model=ModelConfig(context=context), training=TrainingConfig(steps=1)
    )
    start = 0 if prepared.tokenizer.roles.end is None else 1
    oracle = Oracle(TRUTHS[data.corpus](prepared.tokenizer), start)
    return Loaded(oracle, prepared.tokenizer, recipe, Run(folder), folder), prepared


@pytest.mark.parametrize("split", ["document", "position"])
def test_the_markov_source_itself_lies_on_the_diagonal(tmp_path, split):
    data = DataConfig(corpus="markov-2", documents=23, split=split, validation_fraction=0.27)
    found = run_against_truth(*loaded_oracle(tmp_path, data, Characters(), 47), places=101)
    assert found.places == 101
    assert found.divergence == pytest.approx(0, abs=1e-9)
    assert found.temperature == pytest.approx(1, abs=1e-3)
    assert found.entropy == pytest.approx(MarkovSource(2, 16, seed=0).entropy_rate, abs=0.25)
    assert found.stretches[0].first == 1  # without a token before the text, its first one is not asked for


def test_the_story_world_itself_lies_on_the_diagonal_in_tokens_of_bytes(tmp_path):
    data = DataConfig(corpus="stories", documents=41, split="document", validation_fraction=0.1)
    loaded, prepared = loaded_oracle(tmp_path, data, BytePair(vocabulary=389), 31)
    found = run_against_truth(loaded, prepared, places=29)
    assert found.divergence == pytest.approx(0, abs=1e-9)
    assert 0.1 < found.entropy < 3
    for said, is_true, _ in found.curve:
        assert said == pytest.approx(is_true, abs=1e-9)


def test_a_text_whose_source_nobody_knows_is_refused(tmp_path):
    data = DataConfig(corpus="markov-1", documents=5, split="document", validation_fraction=0.3)
    loaded, prepared = loaded_oracle(tmp_path, data, Characters(), 13)
    with pytest.raises(SettingError, match="places: expected 1 or more"):
        run_against_truth(loaded, prepared, places=0)
    other = replace(loaded, recipe=replace(loaded.recipe, data=DataConfig(corpus="benchmark")))
    with pytest.raises(SettingError, match="the source of benchmark is not known; it is of stories, markov-1"):
        run_against_truth(other, prepared)
