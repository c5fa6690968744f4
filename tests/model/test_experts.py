"""A mixture of experts: both ways to compute it agree, Mixtral's numbers, and a balance that keeps all experts busy."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hornbook.model.config import BlockConfig, Dense, Experts, ModelConfig, Sizes
from hornbook.model.experts import DISPATCH, Mixture, build_feed_forward, imbalance, with_gradient_of
from hornbook.model.feed_forward import FeedForward
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator

SIZES = Sizes(width=7, heads=1, kv_heads=1, head_width=7, context=5, dropout=0.0)
EACH = Dense(11, "silu", gated=True, bias=False)


def drawn(*shape: int, name: str = "hidden") -> Tensor:
    """Normal numbers."""
    return torch.empty(shape).normal_(generator=torch_generator(3, name))


def mixture(config: Experts) -> Mixture:
    """A mixture with the numbers that its names belong to."""
    made = build_feed_forward(config, SIZES)
    assert isinstance(made, Mixture)
    for name, parameter in made.named_parameters():
        parameter.data = drawn(*parameter.shape, name=name)
    return made


def run(made: Mixture, hidden: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The answer, and the gradients of a loss of it."""
    hidden = hidden.clone().requires_grad_()
    answer = made(hidden)
    (answer * drawn(*answer.shape, name="loss")).sum().backward()
    return answer.detach(), {"hidden": hidden.grad} | {name: p.grad for name, p in made.named_parameters()}


@pytest.mark.parametrize("chosen", [1, 2, 5])
@pytest.mark.parametrize("shared", [0, 2])
@pytest.mark.parametrize("balance", [0.0, 0.3])
def test_both_ways_to_compute_agree_in_value_and_gradient(chosen, shared, balance):
    found = [
        run(mixture(Experts(5, chosen, EACH, shared, balance, dispatch)), drawn(3, 13, 7)) for dispatch in DISPATCH
    ]
    torch.testing.assert_close(found[0], found[1], atol=1e-4, rtol=1e-4)
    assert all(gradient is not None for _, gradients in found for gradient in gradients.values())


@pytest.mark.parametrize("dispatch", DISPATCH)
def test_an_expert_that_nobody_chose_has_a_gradient_of_zero(dispatch):
    made = mixture(Experts(5, 2, EACH, balance=0.0, dispatch=dispatch))
    made.router.weight.data[3] = 0
    made.router.weight.data[[0, 1, 2, 4]] = torch.tensor([9.0, 8.0, 7.0, 6.0])[:, None]
    _, gradients = run(made, drawn(13, 7).abs())
    for part in ("up", "gate", "down"):
        assert gradients[f"experts.3.{part}.weight"].abs().sum() == 0
        assert gradients[f"experts.0.{part}.weight"].abs().sum() > 0


@pytest.mark.parametrize("dispatch", DISPATCH)
def test_a_mixture_equals_its_formula(dispatch):
    """By hand, token by token: softmax over the best scores, and the shared experts added."""
    made, hidden = mixture(Experts(5, 2, EACH, shared=1, dispatch=dispatch)), drawn(3, 4, 7)
    found = made(hidden)
    for row in range(3):
        for place in range(4):
            token = hidden[row, place]
            scores = made.router.weight @ token
            best = sorted(range(5), key=lambda number: -scores[number].item())[:2]
            weights = torch.stack([scores[number].exp() for number in best])
            expected = sum(w * made.experts[n](token) for w, n in zip(weights / weights.sum(), best, strict=True))
            torch.testing.assert_close(found[row, place], expected + made.shared[0](token), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("dispatch", DISPATCH)
def test_one_expert_is_a_feed_forward_network(dispatch):
    made, hidden = mixture(Experts(1, 1, EACH, dispatch=dispatch)), drawn(3, 13, 7)
    torch.testing.assert_close(made(hidden), made.experts[0](hidden))


@pytest.mark.parametrize("dispatch", DISPATCH)
def test_every_token_is_answered_alone(dispatch):
    made, hidden = mixture(Experts(5, 2, EACH, 1, dispatch=dispatch)).eval(), drawn(13, 7)
    changed = hidden.clone()
    changed[3] += 1.0
    same = torch.isclose(made(hidden), made(changed), atol=1e-6, rtol=1e-5).all(-1)
    assert same.tolist() == [place != 3 for place in range(13)]


def mixtral(made: Mixture) -> nn.Module:
    """Mixtral's block with the numbers of ``made``."""
    from transformers.models.mixtral.configuration_mixtral import MixtralConfig
    from transformers.models.mixtral.modeling_mixtral import MixtralSparseMoeBlock

    block = MixtralSparseMoeBlock(
        MixtralConfig(hidden_size=7, intermediate_size=11, num_local_experts=5, num_experts_per_tok=2)
    )
    block.gate.weight.data = made.router.weight.data.clone()
    for number, expert in enumerate(made.experts):
        block.experts.gate_up_proj.data[number] = torch.cat([expert.gate.weight.data, expert.up.weight.data])
        block.experts.down_proj.data[number] = expert.down.weight.data
    return block.eval()


@pytest.mark.parametrize("dispatch", DISPATCH)
def test_mixtrals_block_gives_the_same_values_and_gradients(dispatch):
    made, hidden = mixture(Experts(5, 2, EACH, balance=0.0, dispatch=dispatch)), drawn(3, 13, 7)
    answer, gradients = run(made, hidden)
    block, same = mixtral(made), hidden.clone().requires_grad_()
    theirs = block(same)
    (theirs * drawn(*theirs.shape, name="loss")).sum().backward()
    torch.testing.assert_close(answer, theirs, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(gradients["hidden"], same.grad, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(gradients["router.weight"], block.gate.weight.grad, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(
        gradients["experts.3.down.weight"], block.experts.down_proj.grad[3], atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("chosen", [1, 2, 4])
def test_imbalance_is_mixtrals_balancing_loss_for_each_choice(chosen):
    """Theirs counts every choice of a token for itself, so it is ``chosen`` times as large."""
    from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func

    scores = drawn(41, 5).requires_grad_()
    ours = imbalance(scores.softmax(-1), scores.topk(chosen).indices)
    theirs = load_balancing_loss_func((scores,), 5, chosen)
    torch.testing.assert_close(ours * chosen, theirs)
    gradients = [torch.autograd.grad(value, scores)[0] for value in (ours * chosen, theirs)]
    torch.testing.assert_close(*gradients)


def test_imbalance_is_1_when_balanced_and_the_number_of_experts_when_all_choose_one():
    even, one = torch.full((10, 5), 0.2), F.one_hot(torch.zeros(10, dtype=torch.long), 5).float()
    assert imbalance(even, torch.arange(10)[:, None] % 5).item() == pytest.approx(1.0)
    assert imbalance(one, torch.zeros(10, 1, dtype=torch.long)).item() == pytest.approx(5.0)


def test_a_loss_put_beside_an_answer_is_minimized_as_if_it_were_added():
    def gradients(beside: bool) -> tuple[Tensor, ...]:
        weight, other = (drawn(13, 7, name=name).requires_grad_() for name in ("weight", "other"))
        answer, loss = (weight * other).tanh(), 3.7 * (weight.square() * other.exp()).mean()
        total = with_gradient_of(answer, loss).sin().sum() if beside else answer.sin().sum() + loss
        return torch.autograd.grad(total, (weight, other))

    torch.testing.assert_close(gradients(True), gradients(False), atol=1e-7, rtol=1e-6)
    answer = drawn(13, 7)
    assert torch.equal(with_gradient_of(answer, torch.tensor(3.0)), answer)


@pytest.mark.parametrize("dispatch", DISPATCH)
def test_balance_adds_its_loss_once_per_token_in_training_and_never_else(dispatch):
    config = Experts(5, 2, EACH, balance=0.3, dispatch=dispatch)
    hidden, balanced = drawn(3, 13, 7), mixture(config)
    answer, found = run(balanced, hidden)
    plain = mixture(dataclasses.replace(config, balance=0.0))
    scores = F.linear(hidden.flatten(0, 1), plain.router.weight)
    (0.3 * 39 * imbalance(scores.softmax(-1), scores.topk(2).indices)).backward()
    expected, without = run(plain, hidden)
    assert torch.equal(answer, expected)
    torch.testing.assert_close(found["router.weight"], plain.router.weight.grad, atol=1e-4, rtol=1e-4)
    assert torch.equal(found["experts.2.up.weight"], without["experts.2.up.weight"])
    quiet = mixture(config).eval()
    _, evaluated = run(quiet, hidden)
    torch.testing.assert_close(evaluated["router.weight"], run(mixture(config).eval(), hidden)[1]["router.weight"])
    plain.zero_grad(set_to_none=True)
    torch.testing.assert_close(evaluated["router.weight"], run(plain, hidden)[1]["router.weight"])


@pytest.mark.parametrize("training", [False, True])
def test_a_hook_on_load_sees_the_probabilities_of_all_experts(training):
    made, hidden, seen = mixture(Experts(5, 2, EACH)).train(training), drawn(3, 13, 7), []
    made.load.register_forward_hook(lambda module, inputs, output: seen.append(output))
    made(hidden)
    torch.testing.assert_close(seen[0], (hidden.flatten(0, 1) @ made.router.weight.T).softmax(-1))


def loads(balance: float, seed: int) -> Tensor:
    """The share of the choices that falls on each of 6 experts, after training to do 4 different things.

    The router begins with two experts ahead: they answer, so they learn, so they stay ahead.
    """
    made = build_feed_forward(Experts(6, 2, Dense(9), balance=balance), SIZES)
    for name, parameter in made.named_parameters():
        parameter.data = 0.3 * drawn(*parameter.shape, name=f"{seed} {name}") if parameter.dim() > 1 else parameter * 0
    made.router.weight.data[:2, 0] += 2.0
    choices: list[Tensor] = []
    made.load.register_forward_hook(lambda module, inputs, output: choices.append(output.topk(2).indices))
    optimizer = torch.optim.SGD(made.parameters(), lr=0.001)
    turns = torch.stack([drawn(7, 7, name=f"{seed} turn {number}") for number in range(4)])
    for step in range(300):
        hidden = drawn(64, 7, name=f"{seed} step {step}")
        hidden[:, 0] = hidden[:, 0].abs() + 1.0
        kind = (hidden[:, 1] > 0).long() * 2 + (hidden[:, 2] > 0).long()
        wanted = (hidden[:, None] @ turns[kind]).squeeze(1)
        optimizer.zero_grad()
        (made(hidden) - wanted).square().mean(-1).sum().backward()
        optimizer.step()
    return torch.cat(choices[-20:]).flatten().bincount(minlength=6) / (20 * 64 * 2)


@pytest.mark.slow
def test_a_router_with_balance_collapses_less_than_one_without():
    collapsed, balanced = loads(0.0, seed=1), loads(1.0, seed=1)
    assert (collapsed > 0.05).sum() <= 3, "a few experts do all of the work"
    assert (balanced > 0.05).all(), "all of them work"
    assert balanced.max() < 0.6 * collapsed.max()


@pytest.mark.parametrize("dispatch", DISPATCH)
def test_in_16_bits_the_router_still_decides_in_32(dispatch):
    """A score rounded to bfloat16 ties with its neighbours and sends tokens elsewhere."""
    made, hidden = mixture(Experts(5, 2, EACH, 1, dispatch=dispatch)), drawn(211, 7)
    seen: list[Tensor] = []
    made.load.register_forward_hook(lambda module, inputs, output: seen.append(output))
    full = made(hidden)
    with torch.autocast("cpu", torch.bfloat16):
        half = made(hidden)
    assert torch.equal(seen[0], seen[1]) and seen[1].dtype == torch.float32
    assert half.dtype == full.dtype == torch.float32
    torch.testing.assert_close(half, full, atol=0.05 * full.abs().max().item(), rtol=0.05)
    half.sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in made.parameters())


@pytest.mark.parametrize("dispatch", DISPATCH)
def test_a_mixture_of_16_bit_numbers_answers_in_16_bits(dispatch):
    made = mixture(Experts(5, 2, EACH, 1, dispatch=dispatch)).bfloat16()
    answer = made(drawn(3, 13, 7).bfloat16())
    assert answer.dtype == torch.bfloat16
    answer.sum().backward()


def test_a_model_with_experts_starts_near_the_logarithm_of_the_vocabulary_and_writes_small_into_the_stream():
    block = BlockConfig(feed_forward=Experts(5, 2, EACH, shared=1))
    config = ModelConfig(vocabulary=101, context=13, width=22, heads=2, depth=2, pattern=(block,))
    model = Decoder(config)
    initialise(model, config, 5)
    tokens = torch.randint(101, (5, 13), generator=torch.Generator().manual_seed(0))
    loss = F.cross_entropy(model(tokens).flatten(0, 1), tokens.roll(-1, 1).flatten())
    assert loss.item() == pytest.approx(torch.tensor(101.0).log().item(), rel=0.05)
    experts = [module for module in model.modules() if isinstance(module, FeedForward)]
    assert len(experts) == 2 * 6
    assert all(0.005 < expert.down.weight.std() < 0.015 < expert.up.weight.std() for expert in experts)


# In a process of its own: dynamo cannot trace through the wrappers that check shapes in tests.
PROGRAM = """
import torch
from hornbook.model.config import *
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder

torch.set_num_threads(1)
block = BlockConfig(feed_forward=Experts(4, 2, Dense(11), shared=1, balance=0.3, dispatch="every"))
config = ModelConfig(vocabulary=31, context=13, width=22, heads=2, depth=1, pattern=(block,))
tokens, found = torch.arange(26).view(2, 13) % 31, []
for compiled in (False, True):
    model = Decoder(config)
    initialise(model, config, 5)
    call = torch.compile(model, backend="{backend}", fullgraph=True, dynamic=False) if compiled else model
    logits = call(tokens)
    logits.square().sum().backward()
    found.append([logits.detach(), *(parameter.grad.clone() for parameter in model.parameters())])
    with torch.autocast("cpu", torch.bfloat16):
        call(tokens).float().sum().backward()
torch.testing.assert_close(*found, atol=1e-5, rtol=1e-4)
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["aot_eager", pytest.param("inductor", marks=pytest.mark.broad)])
def test_with_every_expert_computed_a_mixture_compiles_into_one_graph(backend):
    done = subprocess.run([sys.executable, "-c", PROGRAM.replace("{backend}", backend)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
