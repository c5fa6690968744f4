"""Products in float32 by the other library: the sums of the usual one, whatever is asked of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hornbook.evaluation.loss import reading
from hornbook.model import arithmetic
from hornbook.model.arithmetic import halved, has_library, product
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.model.recompute import recompute
from hornbook.model.weight_formats import Wide
from hornbook.training import float32, precision
from hornbook.training.compiling import missing_compiler
from hornbook.training.config import AdamW
from hornbook.training.float32 import Float32Products
from hornbook.training.loop import training_steps
from hornbook.training.objectives import next_token
from hornbook.training.optimizers import build_optimizer
from hornbook.training.precision import Precision
from hornbook.workflows import paths
from tests.training.small import SEED, a_batch, config

ROOT = Path(__file__).resolve().parents[2]
CPU = torch.device("cpu")
pytestmark = pytest.mark.skipif(not has_library(CPU), reason="PyTorch was built without oneDNN for this processor")
needs_compiler = pytest.mark.skipif(bool(missing_compiler(CPU)), reason="no C++ compiler")


@pytest.fixture(autouse=True)
def any_processor(monkeypatch):
    """As on a processor of which half would be idle, for products of every size."""
    for each in (arithmetic, precision):
        monkeypatch.setattr(each, "halved", lambda device: True)
    for each in (arithmetic, float32):
        monkeypatch.setattr(each, "WORTH_ANOTHER", 1)


def some(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("outputs", [20, 60])  # a weight's gradient is taken either way round
@pytest.mark.parametrize("shape", [(7,), (3, 5), (1,)], ids=str)
def test_a_linear_layer_and_its_gradients_are_those_of_64_bits_to_the_last_of_32(shape, outputs, biased):
    layer, hidden, upstream = (
        nn.Linear(48, outputs, bias=biased),
        some(*shape, 48).requires_grad_(),
        some(*shape, outputs, seed=1),
    )
    exact = nn.Linear(48, outputs, bias=biased).double()
    exact.load_state_dict(layer.state_dict())
    wide = hidden.detach().double().requires_grad_()
    with Precision("float32").autocast():
        found = layer(hidden)
    found.backward(upstream)
    exact(wide).backward(upstream.double())
    near = partial(torch.testing.assert_close, atol=1e-5, rtol=1e-5)
    near(found.double(), exact(wide))
    near(hidden.grad.double(), wide.grad)
    for mine, theirs in zip(layer.parameters(), exact.parameters(), strict=True):
        near(mine.grad.double(), theirs.grad)


def calls(monkeypatch) -> list[tuple[int, ...]]:
    """The shapes of what the other library multiplies, from now on."""
    seen: list[tuple[int, ...]] = []

    def counted(hidden, weight, bias=None):
        seen.append((*hidden.shape, weight.shape[0]))
        return F.linear(hidden, weight, bias)

    for each in (arithmetic, float32):
        monkeypatch.setattr(each, "in_any_code", counted)
    return seen


def test_nothing_is_multiplied_for_what_does_not_learn(monkeypatch):
    seen, layer = calls(monkeypatch), nn.Linear(8, 4)
    layer.weight.requires_grad_(False)
    with Float32Products():
        layer(some(6, 8)).sum().backward()
    assert seen == [(6, 8, 4)] and layer.weight.grad is None
    assert layer.bias.grad.tolist() == [6.0] * 4


def test_other_formats_and_small_products_go_the_usual_way(monkeypatch):
    seen, layer = calls(monkeypatch), nn.Linear(8, 4)
    with Float32Products():
        layer.double()(some(6, 8).double())
        with torch.autocast("cpu", dtype=torch.bfloat16):
            layer.float()(some(6, 8))
        monkeypatch.setattr(float32, "WORTH_ANOTHER", 6 * 8 * 4 + 1)
        layer(some(6, 8))
        assert seen == []
        monkeypatch.setattr(float32, "WORTH_ANOTHER", 6 * 8 * 4)
        layer(some(6, 8))
    assert seen == [(6, 8, 4)]
    layer(some(6, 8))  # outside
    assert len(seen) == 1


def test_a_product_is_the_usual_one(monkeypatch):
    left, right = some(9, 30), some(30, 5, seed=1).T
    torch.testing.assert_close(product(left, right), left @ right.T)
    seen = calls(monkeypatch)
    product(left.double(), right.double())
    product(left.bfloat16(), right.bfloat16())
    assert seen == []


def test_what_learns_through_kept_weights_has_its_gradient(monkeypatch):
    kept, hidden = Wide(some(5, 30), None, torch.float32), some(9, 30, seed=1).requires_grad_()
    kept(hidden).sum().backward()
    torch.testing.assert_close(hidden.grad, kept.dense().sum(0).expand(9, 30))
    seen = calls(monkeypatch)
    kept(hidden)
    assert seen == []
    with torch.no_grad():
        kept(hidden)
    assert seen == [(9, 30, 5)]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"authenticamd", "avx2", "avx512f"}, True),
        ({"authenticamd", "avx2"}, False),
        ({"genuineintel", "avx2", "avx512f"}, False),
        (set(), False),
    ],
)
def test_half_is_idle_on_amds_processors_with_512_bits(monkeypatch, said, found):
    monkeypatch.setattr(arithmetic, "processor_flags", lambda: frozenset(said))
    assert halved(CPU) is found
    assert halved(torch.device("cuda")) is False


def losses(objective, where: str) -> list[float]:
    model = Decoder(replace(config(), width=64))
    initialise(model, model.config, SEED)
    optimizer = build_optimizer(AdamW(learning_rate=1e-2), model)
    steps = training_steps(
        model, iter([[a_batch(0, rows=16)]] * 5), objective, optimizer, clip=1.0, precision=Precision("float32", where)
    )
    return [update.loss for update in steps]


def test_a_training_takes_the_same_way(monkeypatch):
    found = losses(next_token, "cpu")
    seen = calls(monkeypatch)
    assert losses(next_token, "cpu") == pytest.approx(found, rel=1e-4)
    assert len(seen) > 5 * 3 * 2 * 6
    monkeypatch.setattr(precision, "halved", lambda device: False)
    assert losses(next_token, "cpu") == pytest.approx(found, rel=1e-4)
    assert found[-1] < found[0]


def test_what_is_computed_again_is_multiplied_as_the_first_time(monkeypatch):
    seen, gradients, counts = calls(monkeypatch), [], []
    for again in (False, True):
        sizes = replace(config(), width=64)
        model = Decoder(sizes)
        initialise(model, sizes, SEED)
        with Precision("float32").autocast():
            loss = next_token((recompute(model) if again else model).train(), a_batch(0, rows=16)).total
        before = len(seen)
        loss.backward()
        counts.append(len(seen) - before)
        gradients.append([each.grad for each in model.parameters()])
    assert counts[1] == counts[0] + 2 * 6  # six products in each of two blocks
    torch.testing.assert_close(*gradients)


COMPILED = """
import json, torch
from hornbook.evaluation.loss import reading
from hornbook.model import arithmetic
from hornbook.model.weight_formats import Wide
from hornbook.model.recompute import recompute
from hornbook.training import float32, precision
arithmetic.halved = precision.halved = lambda device: True
arithmetic.WORTH_ANOTHER = float32.WORTH_ANOTHER = 1
from hornbook.training.compiling import Compiling, prepared
from hornbook.training.config import AdamW
from hornbook.training.loop import training_steps
from hornbook.training.objectives import next_token
from hornbook.training.optimizers import build_optimizer
from hornbook.training.timer import BySteps
from hornbook.workflows import paths
from tests.training.small import a_model, batches

for compiled in (False, True):
    model, objective = a_model(), prepared(next_token, Compiling(compiled, ""))
    updates = training_steps(model, batches(), objective, build_optimizer(AdamW(), model), length=BySteps(3))
    print(json.dumps([update.loss for update in updates]))
"""


@needs_compiler
@pytest.mark.slow
def test_compiled_it_takes_the_same_way(tmp_path):
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = os.environ | {"PYTHONPATH": paths, "TORCHINDUCTOR_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", COMPILED], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "compiling failed" not in done.stderr
    eager, compiled = (json.loads(line) for line in done.stdout.splitlines())
    assert compiled == pytest.approx(eager, abs=1e-4)
    code = [path for path in tmp_path.rglob("*.py") if "torch.ops.hornbook.product" in path.read_text(encoding="utf-8")]
    assert code, "the compiled step calls the other library"


@pytest.mark.parametrize(("idle", "said"), [(True, "float32 (on this processor by oneDNN)"), (False, "float32")])
def test_the_path_of_a_run_says_who_multiplies(monkeypatch, idle, said):
    monkeypatch.setattr(paths, "halved", lambda device: idle)
    assert paths.products("float32", "cpu") == said
    assert paths.products("bfloat16", "cpu") == "bfloat16"
    assert paths.products("float32", "cuda") == "float32"


def test_what_is_evaluated_is_multiplied_by_it_too(monkeypatch):
    multiplied = []
    by_it = float32.in_any_code
    monkeypatch.setattr(float32, "in_any_code", lambda *case: multiplied.append(case) or by_it(*case))
    layer = nn.Linear(8, 4)
    with reading(CPU, torch.float32):
        layer(some(3, 8))
    with reading(CPU, torch.bfloat16):
        assert layer(some(3, 8)).dtype == torch.bfloat16
    assert len(multiplied) == 1
