"""Lesson 12, a first pre-training and its report. Read it here or with ``hornbook learn show 12``."""

# %% [markdown]
# # 12. A first pre-training, and reading its report
#
# **Question:** How does one train a model, and how does one know what came out?
#
# **You need:** Lessons 6 to 11.
#
# **Minutes:** 15
#
# Everything so far was a part. Now all of it runs together: text, tokenizer, batches, model, optimizer, schedule,
# measuring, samples. A training is described by a *recipe*, a short file; what comes out is a *run*, a folder.
#
# The text is the story world: short stories from a grammar whose chances are known exactly, so that the floor (lesson
# 8) is known. With your own text it is the same: `hornbook train own-text --text book.txt --minutes 5`.

# %%
from __future__ import annotations

import json
import math
import os
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F

from hornbook.training.journal import read_journal
from hornbook.training.schedules import factor
from hornbook.workflows.load import load_prepared, load_run
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.report import finish
from hornbook.workflows.train import train

SMOKE = os.environ.get("HORNBOOK_SMOKE") == "1"
STEPS, DOCUMENTS, WIDTH = (20, 60, 48) if SMOKE else (400, 1_500, 96)

# %% [markdown]
# ## The recipe
#
# Each line is one decision. What is not said has a default, and the run writes all of them down.

# %%
RECIPE = f"""
name = "first"
about = "A first model of stories."

[data]
corpus = "stories"
documents = {DOCUMENTS}
split = "document"            # whole stories are for training or for validation
validation_fraction = 0.1

[tokenizer]
kind = "bytepair"
vocabulary = 400

[model]
context = 64
width = {WIDTH}
heads = 2
depth = 2

[training]
steps = {STEPS}
batch = 8
compile = "never"
precision = "float32"
evaluate_every = 0.34         # of the run
schedule = {{kind = "cosine", warmup = 0.1, final = 0.1}}

[training.optimizer]
kind = "adamw"
learning_rate = 5e-3

[samples]
prompts = ["Once"]
sampling = {{max_tokens = 30, temperature = 0.8}}
"""
place = Path(tempfile.mkdtemp(prefix="hornbook-lesson-"))
(place / "first.toml").write_text(RECIPE, encoding="utf-8")
recipe = load_recipe(place / "first.toml", environment={})
outcome = train(recipe, place / "run")
run = outcome.run
assert outcome.exit_code == 0 and outcome.step == STEPS

# %% [markdown]
# On the command line these lines are `hornbook train first.toml --run run`. The run is a folder, and everything is in
# it: the recipe with all defaults, versions and seeds, the tokenizer, the prepared tokens, a line for every step,
# samples, checkpoints. Nothing is kept anywhere else, so a run can be copied, shared, resumed and checked.

# %%
held = {path.name for path in run.folder.iterdir()}
assert {"config.toml", "run.json", "tokenizer", "data", "metrics.jsonl", "samples.jsonl", "checkpoints"} <= held
facts = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
print(f"{facts['parameters']:,} parameters, seed {facts['seed']}, {facts['choices']['precision']}")

# %% [markdown]
# ## The curve
#
# `metrics.jsonl` has a line for each step. Four things to look at, in this order:
#
# 1. the *first* loss: about ln V, here ln 400 = 5.99. Else something is wrong before anything was learned (lesson 6);
# 2. the *shape*: steep, then flatter. A flat line from the start: the learning rate is far too low, or nothing is
#    asked. A jump: a bad batch, or the rate is too high;
# 3. the *gradient norm*: it should not grow without end;
# 4. the *validation* loss beside it: when it rises while the training loss falls, the model learns by heart.
#    Against that help more text, dropout (lesson 4), an earlier end, or *noising* (`task.noise=0.75`): tokens of the
#    batch become others as often as an n-gram model would doubt them.

# %%
journal = list(read_journal(run.metrics))
updates = [entry for entry in journal if entry["kind"] == "update"]
evaluations = [entry for entry in journal if entry["kind"] == "evaluation"]
assert [entry["step"] for entry in updates] == list(range(STEPS))
first, last = updates[0]["loss"], sum(entry["loss"] for entry in updates[-10:]) / 10
print(f"training loss {first:.3f} at first (ln 400 = {math.log(400):.3f}), {last:.3f} at the end")
assert abs(first - math.log(400)) < 0.15
assert last < first - 0.7
assert all(math.isfinite(entry["gradient_norm"]) for entry in updates)
rates = [entry["learning_rate"] / 5e-3 for entry in updates]
wanted = [factor(recipe.training.schedule, step, step / STEPS, STEPS) for step in range(STEPS)]
assert max(abs(rate - each) for rate, each in zip(rates, wanted, strict=True)) < 1e-6
assert sum(entry["tokens"] for entry in updates) == STEPS * 8 * 64
validation = {entry["step"]: entry["val_loss"] for entry in evaluations}
print("validation:", {step: round(loss, 3) for step, loss in validation.items()})
measured = list(validation.values())
assert list(validation)[-1] == STEPS and measured[-1] < measured[0]
best = min(validation, key=lambda step: validation[step])
assert (run.folder / "best").read_text(encoding="utf-8").strip() == f"step-{best:06d}"

# %% [markdown]
# ## The ladder
#
# `finish` takes the best checkpoint, measures it on the whole validation part, and writes `report.html`. (On the
# command line `hornbook train` does it at the end.) A loss alone says nothing; it stands on a ladder, between what it
# has to beat and the floor:

# %%
result = finish(run)
rungs = result.rungs()
for name, nats, bits, perplexity in rungs:
    print(f"{name:<36} {nats:7.4f} nats/token {bits:7.4f} bits/byte {perplexity:8.2f}")
ladder = {name.split(",")[0]: nats for name, nats, _, _ in rungs}
floor, ours = ladder["floor: the source itself"], ladder["this model"]
assert abs(ladder["uniform"] - math.log(400)) < 0.02
assert floor < ours < ladder["uniform"]
assert SMOKE or ladder["Kneser-Ney"] < ours < ladder["unigram"]
assert [nats for _, nats, _, _ in rungs] == sorted((nats for _, nats, _, _ in rungs), reverse=True)
print(result.sentence())
assert (run.folder / "report.html").stat().st_size > 10_000

# %% [markdown]
# This training took seconds, and ends between unigram and Kneser-Ney. `make demo` trains for 90 seconds with a better
# recipe, and passes Kneser-Ney. How to read such a ladder:
#
# - *worse than unigram*: it has not even learned which tokens are frequent: train longer, or the rate is wrong;
# - *between unigram and Kneser-Ney*: it has learned something, but counting short sequences would do better. Small
#   models on little text often end here, and many demonstrations never say so;
# - *below Kneser-Ney*: it uses what counting cannot;
# - *below the floor*: impossible. Look for the leak.
#
# ## Measure it yourself
#
# Is the number true? Take the model, walk through the validation tokens in windows, and add up -ln of the chances:

# %%
loaded, prepared = load_run(run.folder), load_prepared(run)
tokens = torch.tensor(prepared.validation.tokens.astype("int64"))
total = 0.0
with torch.no_grad():
    for start in range(0, len(tokens) - 1, 64):
        window = tokens[start : start + 65]
        logits = loaded.model(window[None, :-1])[0]
        total += float(F.cross_entropy(logits, window[1:], reduction="sum"))
by_hand = total / (len(tokens) - 1)
print(f"by hand {by_hand:.5f}, in the report {ours:.5f}")
assert abs(by_hand - ours) < 1e-4
bits_by_hand = total / math.log(2) / int(prepared.validation.bytes)
assert abs(bits_by_hand - result.measured.bits_per_byte) < 1e-4
assert abs(math.exp(by_hand) - result.measured.perplexity) < 0.05

# %% [markdown]
# ## And what does it write?
#
# Samples are the last thing to look at, not the first: a single text persuades too easily. With the same seed, the
# saved model writes what the log has:

# %%
sample = next(entry for entry in read_journal(run.samples) if entry["step"] == best)
steps = loaded.steps(loaded.model, loaded.tokenizer.encode("Once"), recipe.samples.sampling)
text = loaded.tokenizer.decode([step[0] for step in steps if step[0] is not None])
print(repr("Once" + text))
assert sample["prompt"] == "Once" and sample["text"] == text

# %% [markdown]
# ## What people get wrong
#
# - **Looking at samples only.** Fluent nonsense and real skill look alike for a line or two.
# - **The training loss as the result**, or the best of many validations as if it had been measured once.
# - **No baseline, no floor.**
# - **Two changes at once.** Then nobody knows which one helped. And one seed is no evidence: `hornbook study ab`.
# - **Changing the validation text**, or the tokenizer, and comparing losses per token.
# - **Not keeping the recipe.** After a week nobody knows what was trained.
#
# ## Exercises
#
# `hornbook learn start 12` writes the functions to fill in, `hornbook learn check 12` grades them.
#
# ### `training_curve(lines: list[str]) -> list[float]`
#
# The training losses in the order of steps, from the lines of a `metrics.jsonl`: JSON objects, of which those with
# `"kind": "update"` have `"step"` and `"loss"`. Lines may come in any order.
#
# Hint: `json.loads` each line, leave the evaluations out, sort by step.
#
# ### `best_step(validation: dict[int, float]) -> int`
#
# The step with the lowest validation loss; of equal ones the earliest.
#
# Hint: compare pairs (loss, step).
#
# ### `learning_by_heart(training: list[float], validation: list[float]) -> int`
#
# Both were measured at the same times. The first place from which on, to the end, the validation loss only rises while
# the training loss only falls; -1 if there is none.
#
# Hint: walk backwards from the end, as long as each place has a lower validation and a higher training loss than the
# one behind it.
