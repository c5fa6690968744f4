"""Every part that can be written, written plainly: what the tests grade, put to work, and plant mistakes in."""

from __future__ import annotations

from itertools import pairwise

import torch


def attention(query, key, value, visible, scale):
    scores = query @ key.mT * scale
    scores = scores.masked_fill(~visible, -torch.inf)
    weights = scores.softmax(dim=-1)
    return weights @ value


def rotary(heads, positions, base):
    half = heads.shape[-1] // 2
    speed = base ** (-torch.arange(half) / half)
    angle = positions[:, None, :, None] * speed
    left, right = heads[..., :half], heads[..., half:]
    first = left * angle.cos() - right * angle.sin()
    second = right * angle.cos() + left * angle.sin()
    return torch.cat([first, second], dim=-1)


def positions(rows, table):
    return rows + table[: rows.shape[1]]


def block(hidden, attention, feed_forward, first_norm, second_norm):
    hidden = hidden + attention(first_norm(hidden))
    return hidden + feed_forward(second_norm(hidden))


def dropout(x, share, training):
    if not training:
        return x
    stays = torch.rand(x.shape) >= share
    return x * stays / (1 - share)


def lora(x, weight, down, up, scale):
    return x @ weight.T + scale * (x @ down.T) @ up.T


def cross_entropy(logits, targets):
    logits = logits - logits.amax(dim=-1, keepdim=True)
    logs = logits - logits.exp().sum(dim=-1, keepdim=True).log()
    asked = targets != -100
    chosen = logs.gather(-1, targets.clamp(min=0)[:, None])[:, 0]
    return -(chosen * asked).sum()


def adamw(weight, gradient, mean, square, step, rate, betas, epsilon, decay):
    mean = betas[0] * mean + (1 - betas[0]) * gradient
    square = betas[1] * square + (1 - betas[1]) * gradient**2
    corrected = mean / (1 - betas[0] ** step)
    below = (square / (1 - betas[1] ** step)).sqrt() + epsilon
    weight = weight * (1 - rate * decay)
    return weight - rate * corrected / below, mean, square


def dpo(chosen, rejected, beta):
    return -torch.nn.functional.logsigmoid(beta * (chosen - rejected))


def top_p(logits, mass):
    chances, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    late = chances.cumsum(dim=-1) - chances >= mass
    return logits.masked_fill(late.scatter(-1, order, late), -torch.inf)


def merges(words, count):
    texts = {word: list(word.encode()) for word in words}
    learned = []
    while len(learned) < count:
        counts = {}
        for word, ids in texts.items():
            for pair in pairwise(ids):
                counts[pair] = counts.get(pair, 0) + words[word]
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        token = 256 + len(learned)
        for word, ids in texts.items():
            joined = []
            while ids:
                if tuple(ids[:2]) == best:
                    joined, ids = [*joined, token], ids[2:]
                else:
                    joined, ids = [*joined, ids[0]], ids[1:]
            texts[word] = joined
        learned.append(best)
    return learned
