"""Networks of one size are trained alike and scored alike, beside the run whose text it is."""

from __future__ import annotations

import math

import pytest

from hornbook.errors import SettingError
from hornbook.evaluation.loss import evaluate_loss
from hornbook.workflows.load import load_prepared, load_run
from hornbook.workflows.neural_baselines import ANEW, THIS, neural_baselines
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.train import train


@pytest.mark.slow
def test_every_network_has_a_row_beside_the_run(place):
    run = train(load_recipe("small.toml"), place / "run").run.folder
    loaded = load_run(run)
    prepared = load_prepared(loaded.run)
    with pytest.raises(SettingError, match="minutes: expected a number above 0"):
        next(neural_baselines(loaded, prepared, 0.0))
    rows = {row.name: row for row in neural_baselines(loaded, prepared, 0.05)}
    assert list(rows) == ["neural bigram", "LSTM", ANEW, THIS]
    size = rows[THIS].parameters
    for name in ("neural bigram", "LSTM"):
        assert 0.9 * size < rows[name].parameters <= size
    assert rows[ANEW].parameters == size
    assert rows["neural bigram"].loss < math.log(prepared.train.vocab_size)
    assert all(row.tokens_per_second > 0 for name, row in rows.items() if name != THIS)
    assert rows[THIS].tokens_per_second is None
    assert rows[THIS].loss == pytest.approx(evaluate_loss(loaded.model, prepared.validation, 13).loss)
