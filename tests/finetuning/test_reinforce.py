"""Rewards: advantages, the clipped gradient against one written out, and a model that learns from reward alone."""

from __future__ import annotations

import pytest
import torch

from hornbook.batches import IGNORED, Questions
from hornbook.data.config import Reinforce
from hornbook.errors import SettingError
from hornbook.finetuning.reinforce import ADVANTAGES, CREDITS, LEVELS, Answer, ReinforceObjective, Rollout, answered
from hornbook.finetuning.reinforce import token_log_probabilities as log_probabilities
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder, build_model
from hornbook.tokenizers.characters import CharacterTokenizer
from hornbook.tokenizers.protocol import Tokenizer

CONFIG = ModelConfig(vocabulary=12, context=16, width=16, heads=2, depth=1)
END = 11


def model_of(seed: int) -> Decoder:
    """A small decoder."""
    model = build_model(CONFIG)
    initialise(model, CONFIG, seed)
    assert isinstance(model, Decoder)
    return model


@pytest.fixture(scope="module")
def digits() -> Tokenizer:
    """Ten digits and a sign."""
    return CharacterTokenizer.train(["+0123456789"])


def questions(number: int = 0) -> Questions:
    """Two questions of different lengths."""
    tokens = torch.tensor([[1, 2, 3], [4, 5, 0]])
    return Questions(tokens, torch.tensor([3, 2]), torch.tensor([0, 1]), torch.tensor(number))


def objective(tokenizer: Tokenizer, reference: Decoder | None = None, **settings: object) -> ReinforceObjective:
    """One that knows two answers."""
    task = Reinforce(**{"group": 4, "max_tokens": 3, **settings})
    return ReinforceObjective(task, ["7", "8"], tokenizer, END, 1, reference)


def rollout_of(own: ReinforceObjective) -> Rollout:
    """What was drawn last."""
    return list(own.drawn.values())[-1]


def exchange(own: ReinforceObjective, rollout: Rollout) -> None:
    """Put something else in its place."""
    [key] = own.drawn
    own.drawn[key] = rollout


def test_advantages_compare_within_a_group():
    rewards = torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    grouped = ADVANTAGES["group"](rewards)
    assert grouped[0].tolist() == pytest.approx([1.5, -0.5, -0.5, -0.5], rel=1e-3)
    assert grouped[1].tolist() == [0.0] * 4, "where all are right there is nothing to learn"
    assert ADVANTAGES["centred"](rewards)[0].tolist() == [0.75, -0.25, -0.25, -0.25]
    assert ADVANTAGES["plain"](rewards).tolist() == rewards.tolist()


def test_a_token_is_credited_with_the_answer_or_with_what_follows_it():
    answer, decode = Answer([4, 7, 8], "478", True, 0.75), lambda tokens: "".join(map(str, tokens))
    assert CREDITS["answer"](answer, "479", 5, decode) == [0.75] * 5
    assert CREDITS["rest"](answer, "479", 5, decode) == [0.75, 0.5, 0.25, 0.25, 0.0]
    endless = Answer([4, 7, 9], "479", False, 0.0)
    assert CREDITS["rest"](endless, "479", 4, decode) == [0.75, 0.5, 0.25, 0.0], "and it has not come to its end"


def test_a_token_is_compared_with_those_at_its_place(digits):
    own = objective(digits, group=2, reward="letters", credit="rest", advantage="centred")
    drawn = [[*digits.encode(said), END] for said in ("47", "48", "5", "49")]
    known = ["47", "47", "49", "49"]
    texts = answered([[1, 2], [1, 2], [3], [3]], drawn, torch.device("cpu"))
    judged = [own.judged(tokens, right) for tokens, right in zip(drawn, known, strict=True)]
    sixths = (own.advantages(judged, known, texts) * 6).round().tolist()  # a letter is a third, its mean of two half
    assert sixths[:2] == [[0, 1, 1, 0], [0, -1, -1, 0]], "both have come to their end: there they do not differ"
    assert sixths[2:] == [[-3, -2, 0, 0], [3, 2, 1, 0]], "an answer that is over has no more tokens"


def test_levels_weigh_tokens_or_answers():
    losses, asked = torch.tensor([[1.0, 1.0, 1.0], [4.0, 0.0, 0.0]]), torch.tensor([[True] * 3, [True, False, False]])
    by_token, by_sequence = (LEVELS[name](losses, asked) for name in ("token", "sequence"))
    assert float(by_token.total / by_token.count) == 7 / 4
    assert float(by_sequence.total / by_sequence.count) == 5 / 2


def test_answers_are_asked_for_and_prompts_are_not():
    texts = answered([[1, 2, 3], [4]], [[5, END], [6, 7, END]], torch.device("cpu"))
    assert texts.tokens.tolist() == [[1, 2, 3, 5], [4, 6, 7, 0]]
    assert texts.targets.tolist() == [[IGNORED, IGNORED, 5, END], [6, 7, END, IGNORED]]
    assert texts.positions is not None
    assert texts.positions.index.tolist() == [[0, 1, 2, 3], [0, 1, 2, -1]]


def test_a_step_on_its_own_answers_has_the_gradient_of_reinforce(digits):
    model, own = model_of(1), objective(digits)
    own(model, questions())
    rollout = rollout_of(own)
    advantages = torch.linspace(-1, 1, rollout.advantages.numel()).view_as(rollout.advantages)  # whatever they are
    exchange(own, Rollout(rollout.texts, advantages, rollout.old, None, {}))
    own(model, questions()).total.backward()
    found = {name: parameter.grad for name, parameter in model.named_parameters()}
    model.zero_grad()
    nats, _, _ = log_probabilities(model, rollout.texts)
    (-(nats * advantages).sum()).backward()
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(found[name], parameter.grad, atol=1e-5, rtol=1e-4)


def test_the_gradient_is_that_of_the_distribution_that_the_answers_were_drawn_from(digits):
    model, own = model_of(1), objective(digits, temperature=2.0)
    own(model, questions())
    rollout = rollout_of(own)
    advantages = torch.linspace(-1, 1, rollout.advantages.numel()).view_as(rollout.advantages)
    exchange(own, Rollout(rollout.texts, advantages, rollout.old, None, {}))
    own(model, questions()).total.backward()
    found = next(model.parameters()).grad
    assert found is not None
    model.zero_grad()
    hidden = model.hidden(rollout.texts.tokens, rollout.texts.positions)
    warm = (model.write(hidden) / 2).softmax(dim=-1)
    asked = rollout.texts.targets != IGNORED
    chosen = warm.gather(-1, rollout.texts.targets.clamp(min=0)[..., None])[..., 0].log()
    (-(chosen * asked * advantages).sum()).backward()
    torch.testing.assert_close(found, next(model.parameters()).grad, atol=1e-5, rtol=1e-4)


def test_a_probability_that_moved_far_enough_has_no_gradient(digits):
    model, own = model_of(1), objective(digits, updates=2, clip=0.2)
    own(model, questions())
    rollout = rollout_of(own)
    nats, _, asked = log_probabilities(model, rollout.texts)
    far = (nats - 0.5).detach()  # every token is e^0.5 as likely now as when it was drawn
    exchange(own, Rollout(rollout.texts, torch.ones_like(nats), far, None, {}))
    loss = own(model, questions())
    loss.total.backward()
    assert float(loss.total.detach()) == pytest.approx(-1.2 * int(asked.sum()), rel=1e-5)
    assert all(parameter.grad is None or not parameter.grad.any() for parameter in model.parameters())
    assert loss.notes is not None
    assert loss.notes["clipped"] == 1.0


def test_one_round_draws_once_and_the_next_anew(digits):
    model, own = model_of(1), objective(digits, updates=2)
    own(model, questions(0))
    first = rollout_of(own)
    own(model, questions(0))
    assert rollout_of(own) is first
    own(model, questions(1))
    assert rollout_of(own) is not first


def test_leaving_the_reference_has_a_price_of_zero_where_nothing_has_moved(digits):
    stays = objective(digits, reference=model_of(1), kl=0.5)(model_of(1), questions())
    moved = objective(digits, reference=model_of(2), kl=0.5)(model_of(1), questions())
    assert stays.notes is not None
    assert moved.notes is not None
    assert stays.notes["divergence"] == pytest.approx(0.0, abs=1e-6)
    assert moved.notes["divergence"] > 0


def test_the_same_seed_draws_the_same_answers(digits):
    drawn = []
    for seed in (1, 1, 2):
        own = objective(digits)
        own.seed = seed
        own(model_of(1), questions())
        drawn.append(rollout_of(own).texts.tokens)
    assert torch.equal(drawn[0], drawn[1])
    assert drawn[0].shape != drawn[2].shape or not torch.equal(drawn[0], drawn[2])


@pytest.mark.slow
def test_a_model_learns_from_reward_alone(digits):
    model, own = model_of(1), objective(digits, group=16, max_tokens=2)
    own.known = ["7", "7"]
    optimizer = torch.optim.Adam(model.parameters(), 2e-2)
    rewards = []
    for step in range(80):
        optimizer.zero_grad()
        loss = own(model, questions(step))
        (loss.total / loss.count).backward()
        optimizer.step()
        assert loss.notes is not None
        rewards.append(loss.notes["reward"])
    assert sum(rewards[:5]) / 5 < 0.2
    assert sum(rewards[-5:]) / 5 > 0.9


@pytest.mark.parametrize(
    "wrong", [{"group": 1}, {"max_tokens": 0}, {"updates": 0}, {"temperature": 0.0}, {"clip": 0.0}, {"kl": -1.0}]
)
def test_numbers_that_are_none_are_refused(wrong):
    with pytest.raises(SettingError, match="expected"):
        Reinforce(**wrong)


def test_where_only_the_whole_answer_is_worth_something_the_rest_is_worth_as_much(digits):
    drawn, known = [[*digits.encode(said), END] for said in ("47", "48")], ["47", "47"]
    texts = answered([[1, 2], [1, 2]], drawn, torch.device("cpu"))
    found = []
    for credit in ("answer", "rest"):
        own = objective(digits, group=2, reward="exact", credit=credit)
        judged = [own.judged(tokens, right) for tokens, right in zip(drawn, known, strict=True)]
        found.append(own.advantages(judged, known, texts))
    assert torch.equal(*found)
    assert found[0].any()
