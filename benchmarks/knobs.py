"""What each setting of a small training does to its loss: one knob turned at a time, the base with several seeds.

    python benchmarks/knobs.py [--steps 600] [--seeds 3] [--only WORDS]

Prints the table of docs/hyper-parameters.md. A model of two layers, 64 wide, learns stories from the built-in world,
letter by letter; every row changes one thing. Losses are nats per letter on held-out stories. The base is trained with
several seeds: a difference smaller than their spread says nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from hornbook.batches import Texts
from hornbook.corpus.sources import make_stories
from hornbook.model.config import ModelConfig, NoPositionEncoding, Rotary
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.tokenizers.characters import CharacterTokenizer
from hornbook.training.config import AdamW, Constant, Cosine, ScheduleConfig
from hornbook.training.loop import training_steps
from hornbook.training.objectives import next_token
from hornbook.training.optimizers import build_optimizer
from hornbook.training.schedules import factor


@dataclass(frozen=True)
class Knobs:
    """A training; ``letters`` is how much text it may read."""

    model: ModelConfig
    optimizer: AdamW = AdamW(learning_rate=3e-3)
    schedule: ScheduleConfig = Cosine(warmup=0.05, final=0.1)
    batch: int = 16
    steps: int = 600
    clip: float = 1.0
    letters: int = 200_000
    deviation: float = 1.0


def stories(letters: int, seed: int) -> str:
    """So many letters of stories."""
    found, length = [], 0
    for document in make_stories(seed):
        found.append(document.text)
        length += len(document.text) + 1
        if length >= letters:
            return "\n".join(found)[:letters]
    raise AssertionError("stories have no end")


def windows(ids: torch.Tensor, knobs: Knobs, seed: int) -> Iterator[list[Texts]]:
    """A batch of random windows for each step."""
    context = knobs.model.context
    for step in range(knobs.steps):
        draw = torch_generator(seed, "knobs", step)
        starts = torch.randint(len(ids) - context, (knobs.batch,), generator=draw)
        rows = ids[starts[:, None] + torch.arange(context + 1)]
        yield [Texts(rows[:, :-1], rows[:, 1:])]


def held_out_loss(model: Decoder, ids: torch.Tensor) -> float:
    """Nats per letter on the whole held-out text, window by window."""
    context = model.config.context
    rows = ids[: len(ids) // (context + 1) * (context + 1)].view(-1, context + 1)
    with torch.no_grad():
        loss = next_token(model.eval(), Texts(rows[:, :-1], rows[:, 1:]))
    return float(loss.total / loss.count)


def trained(knobs: Knobs, train: torch.Tensor, test: torch.Tensor, seed: int) -> tuple[float, float]:
    """The last training loss (mean of ten steps), and the held-out one; infinite where training diverged."""
    model = Decoder(knobs.model)
    initialise(model, knobs.model, seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(knobs.deviation if parameter.dim() > 1 else 1.0)
    losses = [
        update.loss
        for update in training_steps(
            model,
            windows(train[: knobs.letters], knobs, seed),
            next_token,
            build_optimizer(knobs.optimizer, model),
            length=lambda step: step / knobs.steps,
            schedule=lambda step, fraction: factor(knobs.schedule, step, fraction, knobs.steps),
            clip=knobs.clip,
            seed=seed,
        )
    ]
    return statistics.fmean(losses[-10:]), held_out_loss(model, test)


def rows_of(base: Knobs) -> dict[str, Knobs]:
    """Every row of the table by its name."""
    rates = (1e-4, 1e-3, 1e-2, 1e-1)
    optimizers = {f"learning rate {rate:g}": replace(base.optimizer, learning_rate=rate) for rate in rates}
    models = {
        "width 32": replace(base.model, width=32),
        "width 128": replace(base.model, width=128),
        "depth 1": replace(base.model, depth=1),
        "depth 4": replace(base.model, depth=4),
        "heads 1": replace(base.model, heads=1),
        "dropout 0.2": replace(base.model, dropout=0.2),
        "rotary positions": replace(base.model, position_encoding=Rotary()),
        "no positions": replace(base.model, position_encoding=NoPositionEncoding()),
    }
    return {
        **{name: replace(base, optimizer=optimizer) for name, optimizer in optimizers.items()},
        "no warm-up, rate 0.01": replace(
            base, optimizer=AdamW(learning_rate=1e-2), schedule=replace(base.schedule, warmup=0)
        ),
        "constant schedule": replace(base, schedule=Constant(warmup=0.05)),
        "batch 4": replace(base, batch=4),
        "batch 64": replace(base, batch=64),
        "no clipping": replace(base, clip=0.0),
        "weight decay 0": replace(base, optimizer=replace(base.optimizer, weight_decay=0.0)),
        "first weights 20 times as wide": replace(base, deviation=20.0),
        **{name: replace(base, model=model) for name, model in models.items()},
        "half the steps": replace(base, steps=base.steps // 2),
        "twice the steps": replace(base, steps=base.steps * 2),
        "2,000 letters of text": replace(base, letters=2_000),
    }


def main() -> None:
    """Train them all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    text, other = stories(200_000, seed=1), stories(20_000, seed=2)
    tokenizer = CharacterTokenizer.train([text, other])
    train, test = (torch.tensor(tokenizer.encode(each)) for each in (text, other))
    model = ModelConfig(vocabulary=tokenizer.vocab_size, context=32, width=64, heads=4, depth=2)
    base = Knobs(model, steps=asked.steps)
    print(f"{tokenizer.vocab_size} letters; {base.batch} windows of {model.context}, {base.steps} steps, rate 0.003\n")
    print("| changed | training loss | held-out loss | against the base |\n|---|---:|---:|---:|")
    found = [trained(base, train, test, seed) for seed in range(asked.seeds)]
    means = [statistics.fmean(each) for each in zip(*found, strict=True)]
    spread = max(each[1] for each in found) - min(each[1] for each in found)
    print(f"| nothing ({asked.seeds} seeds, spread {spread:.3f}) | {means[0]:.3f} | {means[1]:.3f} | |", flush=True)
    for name, knobs in rows_of(base).items():
        if asked.only in name:
            losses = trained(knobs, train, test, seed=0)
            against = losses[1] - found[0][1]
            print(f"| {name} | {losses[0]:.3f} | {losses[1]:.3f} | {against:+.3f} |", flush=True)


if __name__ == "__main__":
    main()
