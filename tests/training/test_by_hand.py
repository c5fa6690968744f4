"""The exchange of gradients that is written out equals PyTorch's, and sends what the formula says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from hornbook.training.by_hand import bytes_by_formula
from hornbook.workflows.launching import launch

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PROCESSES = 3
Found = dict[str, Any]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What three processes found out together."""
    root, file = Path(__file__).parents[2], tmp_path_factory.mktemp("by-hand") / "found.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{root / 'src'}:{root}")
        patch.setenv("OMP_NUM_THREADS", "1")
        assert launch([sys.executable, "-m", "tests.training.exchanging", str(file)], PROCESSES) == 0
    result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return result


def test_a_ring_sums_what_all_reduce_sums_with_the_bytes_of_the_formula(found: Found) -> None:
    vectors = found["vectors"]
    assert vectors["ring"] <= 1e-6
    assert vectors["sent"] == bytes_by_formula(vectors["size"], PROCESSES) == 4 / 3 * vectors["size"]


def test_buckets_sent_during_the_backward_pass_train_what_pytorchs_do(found: Found) -> None:
    trained = found["trained"]
    assert trained["buckets"] > 3, "several of them, so that some are sent early"
    assert trained["moved"] > 1e-2
    assert trained["bucketed"] <= 1e-9
    assert trained["sent"][0] == pytest.approx(bytes_by_formula(trained["gradients"], PROCESSES), rel=0.01)


def test_a_sharded_optimizer_trains_the_same_with_as_many_bytes_in_a_third_of_the_memory(
    found: dict[str, Any],
) -> None:
    trained = found["trained"]
    assert trained["sliced"] <= 1e-9
    assert trained["sent"][1] == pytest.approx(bytes_by_formula(trained["gradients"], PROCESSES), rel=0.01)
    assert trained["remembered"] == pytest.approx(trained["moments"] / PROCESSES, rel=0.01)


def test_nothing_is_sent_for_a_micro_batch_that_is_not_the_last(found: Found) -> None:
    assert found["accumulated"]["held"] == 0
    assert found["accumulated"]["apart"] <= 1e-4
