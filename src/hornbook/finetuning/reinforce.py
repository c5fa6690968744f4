"""Rewards instead of examples: the model answers, answers are compared, and what was better becomes likelier.

    q -> o_1 ... o_G, drawn from the model    A_i = (r_i - mean r) / std r        no critic: the group is the baseline
    w = p(token) / p_old(token)               loss = -min(w A, clip(w, 1 - c, 1 + c) A)  +  kl * (e^d - d - 1)

with d = log p_ref - log p (Shao et al. 2024, eq. 3 and 4; Schulman 2020 for the last term). In a step that draws its
own answers w is 1 and the gradient that of REINFORCE; with several ``updates`` from the same answers the clip keeps
them near the model that drew them. Next: rewards.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hornbook.batches import IGNORED, Positions, Questions, Texts
from hornbook.data.config import Reinforce
from hornbook.data.views import padded
from hornbook.finetuning.rewards import find_reward, letter_marks
from hornbook.generation.generate import reading_only
from hornbook.generation.reading import continuing
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.training.objectives import Loss


@dataclass(frozen=True)
class Rollout:
    """Answers that were drawn: prompt and answer as texts, how much better than the group each token's credit is, and
    log p then (``None``: there is but one step from them, before which nothing moves).

    ``notes`` say what is worth watching: mean reward, length, share of groups that agree (and teach nothing).
    """

    texts: Texts
    advantages: Float[Tensor, "N T"]
    old: Float[Tensor, "N T"] | None
    reference: Float[Tensor, "N T"] | None
    notes: dict[str, float]


def token_log_probabilities(
    model: Decoder, texts: Texts, temperature: float = 1.0
) -> tuple[Float[Tensor, "N T"], Float[Tensor, "N T"], Bool[Tensor, "N T"]]:
    """log p of every token that is asked (0 elsewhere), the entropy of the distribution there, and where that is.

    p is what answers are drawn from, the scores divided by ``temperature``.
    """
    logits = model.write(model.hidden(texts.tokens, texts.positions)).float() / temperature
    asked = texts.targets != IGNORED
    nats = logits.log_softmax(dim=-1)
    chosen = nats.gather(-1, texts.targets.clamp(min=0)[..., None])[..., 0]
    entropy = -(nats.exp() * nats).sum(dim=-1)
    return chosen * asked, entropy.detach() * asked, asked


# How much better than others ------------------------------------------------------------------------------------------


def in_deviations(rewards: Float[Tensor, "Q G *T"]) -> Float[Tensor, "Q G *T"]:
    """(r - mean) / std of each group; where all are alike, 0."""
    return centred(rewards) / (rewards.std(dim=1, keepdim=True) + 1e-4)


def centred(rewards: Float[Tensor, "Q G *T"]) -> Float[Tensor, "Q G *T"]:
    """r - mean of each group: hard and easy questions keep their weight (Liu et al. 2025)."""
    return rewards - rewards.mean(dim=1, keepdim=True)


def plain(rewards: Float[Tensor, "Q G *T"]) -> Float[Tensor, "Q G *T"]:
    """The reward itself (Williams 1992)."""
    return rewards


ADVANTAGES: dict[str, Callable[[Tensor], Tensor]] = {"group": in_deviations, "centred": centred, "plain": plain}


# What a token is credited with ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What was drawn, without the token that ends it; whether it came to its end, and what it is worth (0 where it
    did not)."""

    tokens: list[int]
    text: str
    ended: bool
    worth: float


Decode = Callable[[list[int]], str]


def of_answer(answer: Answer, known: str, size: int, decode: Decode) -> list[float]:
    """``size`` times what the answer is worth."""
    return [answer.worth] * size


def of_rest(answer: Answer, known: str, size: int, decode: Decode) -> list[float]:
    """What its own letters and those that follow are worth: what went before is not a token's doing, and would be noise
    (Shao et al. 2024, section 4.1.3). After the end there is nothing."""
    marks = letter_marks(answer.text, known)
    if not answer.ended:
        marks[-1] = 0.0
    rest = [sum(marks[len(decode(answer.tokens[:place])) :]) for place in range(len(answer.tokens) + answer.ended)]
    return rest + [0.0] * (size - len(rest))


CREDITS: dict[str, Callable[[Answer, str, int, Decode], list[float]]] = {"answer": of_answer, "rest": of_rest}


# What is averaged -----------------------------------------------------------------------------------------------------


def by_token(losses: Float[Tensor, "N T"], asked: Bool[Tensor, "N T"]) -> Loss:
    """Every token counts alike, so that long answers count more (Yu et al. 2025, DAPO)."""
    return Loss(losses.sum(), asked.sum())


def by_sequence(losses: Float[Tensor, "N T"], asked: Bool[Tensor, "N T"]) -> Loss:
    """Every answer counts alike (Shao et al. 2024)."""
    means = losses.sum(dim=1) / asked.sum(dim=1).clamp(min=1)
    return Loss(means.sum(), torch.tensor(len(means), device=means.device))


LEVELS: dict[str, Callable[[Tensor, Tensor], Loss]] = {"token": by_token, "sequence": by_sequence}


@dataclass
class ReinforceObjective:
    """Draws answers to a batch of questions, and says in which direction the model is to go.

    ``known`` are the right answers by row, ``end`` is the token that ends one, ``reference`` a model that does not
    learn (``None``: leaving it costs nothing).
    """

    task: Reinforce
    known: list[str]
    tokenizer: Tokenizer
    end: int | None
    seed: int
    reference: Decoder | None = None
    drawn: dict[tuple[int, ...], Rollout] = field(default_factory=dict)
    """What was drawn in this round, by round and rows."""

    def __call__(self, model: Decoder, batch: Questions) -> Loss:
        """The loss of the answers to these questions, which are drawn when their round begins."""
        key = (int(batch.round), *batch.rows.tolist())
        if key not in self.drawn:
            self.drawn = {known: rollout for known, rollout in self.drawn.items() if known[0] == key[0]}
            self.drawn[key] = self.rollout(model, batch)
        rollout = self.drawn[key]
        nats, entropy, asked = token_log_probabilities(model, rollout.texts, self.task.temperature)
        ratio = (nats - (nats.detach() if rollout.old is None else rollout.old)).exp()
        advantages = rollout.advantages
        clipped = ratio.clamp(1 - self.task.clip, 1 + self.task.clip)
        losses = -torch.minimum(ratio * advantages, clipped * advantages) * asked
        notes = dict(rollout.notes)
        if rollout.reference is not None:
            away = rollout.reference - nats
            divergence = (away.exp() - away - 1) * asked
            losses = losses + self.task.kl * divergence
            notes["divergence"] = float(divergence.detach().sum() / asked.sum())
        notes["entropy"] = float(entropy.sum() / asked.sum())
        notes["clipped"] = float(((ratio != clipped) & asked).sum() / asked.sum())
        return replace(LEVELS[self.task.level](losses, asked), notes=notes)

    @torch.no_grad()
    def rollout(self, model: Decoder, batch: Questions) -> Rollout:
        """A group of answers to each question, drawn from the model as it is now."""
        group = self.task.group
        prompts = [row[:size].tolist() for row, size in zip(batch.tokens, batch.lengths.tolist(), strict=True)]
        asked = [prompt for prompt in prompts for _ in range(group)]
        draw = torch_generator(self.seed, "rollout", int(batch.round), int(batch.rows[0]))
        answers = drawn(model, prompts, self.end, self.task, draw)
        known = [self.known[row] for row in batch.rows.tolist() for _ in range(group)]
        judged = [self.judged(answer, right) for answer, right in zip(answers, known, strict=True)]
        rewards = torch.tensor([each.worth for each in judged]).view(-1, group)
        texts = answered(asked, answers, batch.tokens.device)
        notes = {
            "reward": float(rewards.mean()),
            "length": sum(map(len, answers)) / len(answers),
            "agreed": float((rewards.std(dim=1) == 0).float().mean()),
        }
        warmth = self.task.temperature
        old = token_log_probabilities(model, texts, warmth)[0] if self.task.updates > 1 else None
        reference = None if self.reference is None else token_log_probabilities(self.reference, texts, warmth)[0]
        return Rollout(texts, self.advantages(judged, known, texts), old, reference, notes)

    def judged(self, tokens: list[int], known: str) -> Answer:
        """An answer and what it is worth."""
        ended = tokens[-1] == self.end
        said = tokens[:-1] if ended else tokens
        text = self.tokenizer.decode(said)
        return Answer(said, text, ended, find_reward(self.task.reward)(text, known) if ended else 0.0)

    def advantages(self, answers: list[Answer], known: list[str], texts: Texts) -> Float[Tensor, "N T"]:
        """By how much the credit of each token beats its group's, where that token is asked for; 0 elsewhere."""
        size = max(len(answer.tokens) + answer.ended for answer in answers)
        by_letter = self.task.reward == "letters"  # else the worth comes with the end, and the rest is all of it
        credit_of = CREDITS[self.task.credit if by_letter else "answer"]
        pairs = zip(answers, known, strict=True)
        credit = torch.tensor([credit_of(answer, right, size, self.tokenizer.decode) for answer, right in pairs])
        better = ADVANTAGES[self.task.advantage](credit.view(-1, self.task.group, size)).flatten(0, 1)
        placed = torch.zeros(texts.targets.shape)
        for row, asked in enumerate((texts.targets != IGNORED).cpu()):
            placed[row, asked] = better[row, : int(asked.sum())]
        return placed.to(texts.tokens.device)


def drawn(
    model: Decoder, prompts: list[list[int]], end: int | None, task: Reinforce, draw: torch.Generator
) -> list[list[int]]:
    """A group of answers to each prompt, with the token that ends one where it was drawn; all rows draw from one
    generator. A prompt is read once."""
    with reading_only(model):
        reading, written = continuing(model, prompts, task.max_tokens), list[Tensor]()
        reading.repeat(task.group)
        over = torch.zeros(len(reading), dtype=torch.bool)
        while True:
            chances = (reading.logits.float() / task.temperature).softmax(dim=-1)
            written.append(torch.multinomial(chances.cpu(), 1, generator=draw)[:, 0])
            over |= written[-1] == (-1 if end is None else end)
            if bool(over.all()) or len(written) == task.max_tokens:
                break
            reading.go_on(written[-1].to(reading.logits.device))
    rows = torch.stack(written, dim=1).tolist()
    return [row[: row.index(end) + 1] if end in row else row for row in rows]


def answered(prompts: list[list[int]], answers: list[list[int]], device: torch.device) -> Texts:
    """Prompts and answers as rows, padded on the right; the answers are asked for."""
    pairs = list(zip(prompts, answers, strict=True))
    shown = [np.array([*prompt, *answer[:-1]]) for prompt, answer in pairs]
    asked = [np.array([*[IGNORED] * (len(prompt) - 1), *answer]) for prompt, answer in pairs]
    width = max(map(len, shown))
    tokens, positions = padded(shown, width)
    targets, _ = padded(asked, width, IGNORED)
    return Texts(tokens.to(device), targets.to(device), Positions(positions.index.to(device)))
