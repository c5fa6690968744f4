"""Lesson 29, choosing sizes. Read it here, as a notebook or with ``hornbook learn show 29``."""

# %% [markdown]
# # 29. Choosing sizes and settings
#
# **Question:** Which width, how many layers, which learning rate? Where does one begin?
#
# **You need:** Lessons 10, 11 and 24.
#
# **Minutes:** 15
#
# There are a dozen numbers to choose. Most of them hang together, so that one decides first how large the model may be,
# and takes the rest from rules. This lesson makes three settings, small, medium and large, and has each of them
# checked.
#
# ## The rules
#
# 1. **Heads of 32 to 128 numbers**; 64 is usual. So heads = width / 64. The width has to be divisible by the heads.
# 2. **Width over depth between 30 and 150.** GPT-2 small has 768/12 = 64. Very deep and narrow trains slowly.
# 3. **The network four times as wide** as the stream (with a gate 8/3).
# 4. **Learning rate falls with width.** AdamW takes about 0.003 at width 128 and 0.0005 at width 768. Halving it when
#    the width doubles is a fair rule.
# 5. **Warm up for a few hundred steps**, or 2 % of a short run; then a cosine down to a tenth.
# 6. **Batches of 16 thousand tokens** for small models, half a million for GPT-2.
# 7. **About 20 tokens for each parameter** (lesson 24). Fewer, and the model is too large for its text; with much
#    more a larger one would have been better.
# 8. **Dropout 0** when every text is read once or twice; 0.1 or 0.2 when it is read many times.

# %%
from __future__ import annotations

import math
from dataclasses import dataclass, replace

from hornbook.errors import SettingError
from hornbook.model.config import ModelConfig, nearest_divisor
from hornbook.model.count import count
from hornbook.model.models import build_model
from hornbook.model.presets import PRESETS
from hornbook.training.config import AdamW, Cosine, TrainingConfig
from hornbook.training.schedules import factor


@dataclass(frozen=True)
class Setting:
    """A model, and how it is trained."""

    model: ModelConfig
    training: TrainingConfig


def setting(width: int, depth: int, context: int, rows: int, vocabulary: int) -> Setting:
    """Everything else by the rules."""
    heads = max(1, width // 64) if width >= 128 else max(1, width // 32)
    model = ModelConfig(vocabulary=vocabulary, context=context, width=width, heads=heads, depth=depth)
    wanted = 20 * count(model).parameters  # tokens
    training = TrainingConfig(
        tokens=wanted,
        batch=rows,
        optimizer=AdamW(learning_rate=round(3e-3 * 128 / width, 6)),
        schedule=Cosine(warmup=0.02, final=0.1),
    )
    return Setting(model, training)


SETTINGS = {
    "small": setting(width=128, depth=4, context=128, rows=32, vocabulary=2048),
    "medium": setting(width=384, depth=6, context=256, rows=64, vocabulary=8192),
    "large": setting(width=768, depth=12, context=1024, rows=128, vocabulary=50257),
}
assert 768 / 12 == 64

for name, each in SETTINGS.items():
    counted = count(each.model)
    steps = each.training.total_steps(0, each.training.batch * each.model.context)
    memory = counted.training_memory(batch=1)
    print(
        f"{name:<7} {counted.parameters:>12,} parameters  {each.training.tokens:>13,} tokens  {steps:>6,} steps  "
        f"{memory.total / 2**20:>6,.0f} MiB for one row"
    )
    assert (steps - 1) * each.training.batch * each.model.context < 20 * counted.parameters  # no step too many
    assert steps * each.training.batch * each.model.context >= 20 * counted.parameters  # and none too few
sizes = [count(each.model).parameters for each in SETTINGS.values()]
assert sizes == sorted(sizes)
assert sizes[0] < 1.2e6 and 1e7 < sizes[1] < 2e7 and 1.2e8 < sizes[2] < 1.3e8
assert SETTINGS["large"].model == replace(PRESETS["gpt2"], pattern=SETTINGS["large"].model.pattern)

# %% [markdown]
# ## Having them checked
#
# A setting that cannot be is refused when it is made, not after an hour. The message says what was found and what to
# try.

# %%


def refused(**changed: object) -> str:
    """What is said about a small model with one thing changed; "" where it is accepted."""
    try:
        replace(SETTINGS["small"].model, **changed)
    except SettingError as error:
        return str(error)
    return ""


for changed in ({"heads": 3}, {"heads": 8, "kv_heads": 3}, {"dropout": 1.0}, {"depth": 0}):
    print(changed, "->", refused(**changed))
    assert refused(**changed)
assert "try heads = 4" in refused(heads=3) or "try heads = 2" in refused(heads=3)
assert nearest_divisor(128, 3) in (2, 4) and refused(heads=8) == ""


def broken_rules(each: Setting) -> list[str]:
    """Which of the rules above a setting breaks."""
    model, training = each.model, each.training
    rate = training.optimizer.learning_rate
    found = {
        "heads of 32 to 128": 32 <= model.sizes.head_width <= 128,
        "width over depth": 30 <= model.width / model.depth <= 150,
        "learning rate for its width": 0.5 <= rate / (3e-3 * 128 / model.width) <= 2,
        "20 tokens a parameter": 10 <= (training.tokens or 0) / count(model).parameters <= 40,
        "tokens in a batch": 2**12 <= training.batch * model.context <= 2**19,
    }
    return [rule for rule, kept in found.items() if not kept]


for name, each in SETTINGS.items():
    assert broken_rules(each) == [], (name, broken_rules(each))
too_hot = replace(SETTINGS["large"], training=replace(SETTINGS["large"].training, optimizer=AdamW(learning_rate=3e-3)))
assert broken_rules(too_hot) == ["learning rate for its width"]
thin = replace(SETTINGS["small"], model=replace(SETTINGS["small"].model, depth=24))
assert "width over depth" in broken_rules(thin)

# %% [markdown]
# ## The learning rate over time
#
# By hand, for 1,000 steps with 2 % warm-up: steps 0 to 19 rise; in the middle of the rest the cosine stands at half
# of its way, 0.1 + 0.9 · 0.5 = 0.55 of the peak; at the end at 0.1.

# %%
schedule = SETTINGS["small"].training.schedule
shares = [factor(schedule, step, step / 1000, 1000) for step in (0, 19, 20, 510, 999)]
print("share of the peak at steps 0, 19, 20, 510, 999:", [round(share, 3) for share in shares])
assert shares[0] < 0.1 and abs(shares[2] - 1.0) < 0.06
assert abs(shares[3] - 0.55) < 0.01 and abs(shares[4] - 0.1) < 0.01

# %% [markdown]
# ## Does it begin rightly?
#
# A new model should find all tokens equally likely: a first loss of ln V. If it does not, some setting of the
# beginning is wrong, whatever the rest. The counted sizes are the true ones:

# %%
small = build_model(SETTINGS["small"].model)
assert sum(each.numel() for each in small.parameters()) == count(SETTINGS["small"].model).parameters
print(f"expect a first loss of {math.log(2048):.2f} nats with 2,048 tokens, {math.log(50257):.2f} with 50,257")
assert round(math.log(2048), 2) == 7.62 and round(math.log(50257), 2) == 10.82

# %% [markdown]
# Then train for a minute, and change **one** thing at a time: `hornbook study ab A.toml B.toml` trains both with
# several seeds, and says whether B is better or only luckier. More in docs/hyper-parameters.md.
#
# ## What people get wrong
#
# - **Changing five things at once.** Nobody knows then which of them did it.
# - **One seed.** Seeds differ by more than most changes do.
# - **A large model for a small text.** Ten million parameters learn a book by heart.
# - **Tuning what does not matter.** Learning rate first, then batch and length; betas last.
# - **A rate from a paper with another width or batch.**
# - **Comparing losses of different tokenizers.** Use bits per byte.
#
# ## Exercises
#
# `hornbook learn start 29` writes the functions to fill in, `hornbook learn check 29` grades them.
#
# ### `heads_for(width: int, wish: int) -> int`
#
# A number of heads that divides the width and makes heads as near to `wish` numbers wide as possible; of two equally
# near ones the smaller number of heads.
#
# Hint: try all divisors.
#
# ### `steps_for(parameters: int, rows: int, context: int) -> int`
#
# How many steps read 20 tokens for each parameter, rounded up.
#
# Hint: a step reads rows · context tokens.
#
# ### `rate_for(width: int) -> float`
#
# 0.003 at width 128, half of it at twice the width.
#
# Hint: rate · width stays the same.
