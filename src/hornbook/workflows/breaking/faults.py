"""The table of faults: a name, what is wrong, what one notices, how it is done. Next: seal.py."""

from __future__ import annotations

from hornbook.data.config import NextToken
from hornbook.errors import MissingError, SettingError, nearest
from hornbook.model.config import NoPositionEncoding
from hornbook.workflows.breaking import in_batches as batches
from hornbook.workflows.breaking import in_learning as learning
from hornbook.workflows.breaking import in_model as model
from hornbook.workflows.breaking import in_scores as scores
from hornbook.workflows.breaking.fault import Fault
from hornbook.workflows.recipe import Recipe


def running_text(recipe: Recipe) -> str:
    """What a fault in windows of text needs."""
    return "" if isinstance(recipe.task, NextToken) else "this fault is one of next-token recipes"


def tied(recipe: Recipe) -> str:
    """What a fault in a shared table needs."""
    return "" if recipe.model.tied else "the model has two tables already; set model.tied=true"


def dropout(recipe: Recipe) -> str:
    """What a fault in dropout needs."""
    return "" if recipe.model.dropout else "the model has no dropout; set model.dropout=0.1"


def warmup(recipe: Recipe) -> str:
    """What a fault in warm-up needs."""
    return "" if recipe.training.schedule.warmup else "the schedule has no warm-up; set training.schedule.warmup=0.1"


def ordered(recipe: Recipe) -> str:
    """What a fault in positions needs."""
    told = any(not isinstance(each, NoPositionEncoding) for each in recipe.model.position_encodings)
    return "" if told else "the model has no positions; set model.position_encoding=learned"


# fmt: off
IN_MODEL = (
    Fault("no-causal-mask", "Every token sees every token, the one it should predict among them.",
          "A training loss too good to be true, and samples that are noise.", model=model.without_mask),
    Fault("no-scale", "Scores are not divided by the square root of the head's width.",
          "Attention looks at one token only; loss falls slowly or unevenly.", model=model.without_scale),
    Fault("softmax-wrong-axis", "Attention's weights sum to 1 down the queries, not along the keys.",
          "Late tokens get next to nothing from attention; loss stays high.", model=model.with_softmax_over_queries),
    Fault("no-residual", "What a block computes replaces the stream instead of being added to it.",
          "The loss hardly falls below the frequencies of tokens.", model=model.without_residual),
    Fault("no-positions", "Nothing tells the model in which order tokens stand.",
          "Learns words but not their order.", model=model.without_positions, needs=ordered),
    Fault("dead-units", "The feed-forward units sit where their activation is flat.",
          "The feed-forward weights stay as they were.", model=model.with_dead_units),
    Fault("tied-table-lost", "The output table is a second one, begun anew and known to no optimizer.",
          "Loss falls slowly; the head never changes.", model=model.with_a_second_table, needs=tied),
)
IN_LEARNING = (
    Fault("weights-too-large", "All matrices begin twenty times too wide.",
          "The first loss is far above ln V.", training=learning.with_weights_times(20.0)),
    Fault("weights-too-small", "All matrices begin a hundred times too narrow.",
          "The first steps change next to nothing.", training=learning.with_weights_times(0.01)),
    Fault("frozen-block", "The first block is left out of what learns.",
          "Learns, but worse than its size would let one think.", training=learning.with_a_frozen_block),
    Fault("half-a-vocabulary", "The upper half of the token table gets no gradient.",
          "Some tokens are never written well.", training=learning.with_half_a_vocabulary),
    Fault("learning-rate-x100", "The learning rate is a hundred times the recipe's.",
          "Loss rises or jumps.", training=learning.with_learning_rate_times(100.0)),
    Fault("learning-rate-0", "The learning rate is 0.",
          "Nothing changes, however long one waits.", training=learning.with_learning_rate_times(0.0)),
    Fault("idle-steps", "Every second step is made with a learning rate of 0.",
          "Takes twice as long as it should.", training=learning.with_idle_steps),
    Fault("no-warm-up", "The first step is made at the peak of the learning rate.",
          "A bump in the first losses, or none at this size.", training=learning.without_warmup, needs=warmup),
    Fault("kept-gradients", "Gradients are not cleared between steps.",
          "Gradient norms grow; the loss swings.", training=learning.with_kept_gradients),
    Fault("weight-decay-too-high", "Nearly a third of every matrix decays at each step.",
          "Loss falls to the frequencies of tokens and stays.", training=learning.with_weight_decay),
    Fault("clipped-away", "Gradients are clipped to a norm of a millionth.",
          "Loss falls very slowly.", training=learning.with_tight_clipping),
    Fault("loss-summed", "The loss is a sum over targets that is called a mean.",
          "The first loss is thousands of nats.", training=learning.with_objective(learning.summed)),
)
IN_BATCHES = (
    Fault("targets-not-shifted", "Every token is asked for itself.",
          "Loss falls to 0, and the model repeats one token.", training=batches.each(batches.unshifted)),
    Fault("targets-one-too-far", "The token after the next one is asked for.",
          "Loss stays high; the samples skip letters.", training=batches.each(batches.one_too_far)),
    Fault("targets-shuffled", "The targets of a batch are dealt out at random.",
          "Loss stops at the frequencies of tokens.", training=batches.each(batches.shuffled_targets)),
    Fault("padding-asked", "Rows are filled up with one token, which is asked for like any other.",
          "Loss is low, and the samples end at once or repeat one token.", training=batches.each(batches.padded)),
    Fault("rows-alike", "All rows of a batch are the same.",
          "As noisy as a batch of one.", training=batches.each(batches.one_row)),
    Fault("one-batch", "The first batch is read at every step.",
          "Training loss falls to 0, validation rises.", training=batches.one_batch),
    Fault("no-shuffling", "Windows are read in the order of the text.",
          "Loss wanders with the subject of the text.", training=batches.read_from(batches.in_order)),
    Fault("first-page-only", "Only the first few windows of the text are ever read.",
          "Training loss falls far below validation.", training=batches.read_from(batches.near_the_beginning)),
    Fault("trains-on-validation", "The training reads the text that is held out.",
          "Validation is better than it has any right to be.",
          training=batches.read_from(batches.of_validation, "validation")),
)
IN_SCORES = (
    Fault("dropout-in-evaluation", "Dropout is at work while the model is scored.",
          "Validation is above training from the first step on, and never the same twice.",
          training=scores.scored_inside(scores.with_dropout), needs=dropout),
    Fault("another-vocabulary", "Validation is read with the ids of another vocabulary.",
          "Validation is far above ln V while training looks well.",
          training=scores.scored_inside(scores.misread)),
    Fault("scored-on-training", "What is called validation is the training text.",
          "Validation never rises, however long one trains.", training=scores.scored_on_training_text),
)
AFTERWARDS = (
    Fault("mask-off-by-one", "Every token sees the one after it, which it should predict.",
          "A training loss too good to be true, and samples that are noise.", model=model.with_a_mask_off_by_one),
    Fault("tokens-shuffled", "The tokens of a row are dealt out anew, and its targets are not.",
          "Loss stops at the frequencies of tokens.", training=batches.each(batches.shuffled_tokens)),
    Fault("four-times", "Every batch is read at four steps one after another.",
          "Loss falls in stairs; a quarter of the text is read.", training=batches.four_times),
    Fault("endless-warm-up", "The learning rate rises until the end of the training.",
          "Loss falls slowly at first, and never settles.", training=learning.with_endless_warmup, needs=warmup),
    Fault("uphill", "Gradients are added where they should be taken away.",
          "The loss rises.", training=learning.uphill),
)
"""Faults that were written when the doctor was finished, and to which nothing in it was fitted."""
# fmt: on

FAULTS: dict[str, Fault] = {
    fault.name: fault for fault in (*IN_MODEL, *IN_LEARNING, *IN_BATCHES, *IN_SCORES, *AFTERWARDS)
}
"""Every fault by its name."""


def fault_named(name: str, recipe: Recipe) -> Fault:
    """The fault of that name, if it is one in this recipe.

    Raises:
        MissingError: there is no such fault; SettingError: it would change nothing here.
    """
    if name not in FAULTS:
        raise MissingError(f"there is no fault {name!r}{nearest(name, FAULTS)}; hornbook train --break list shows all")
    fault = FAULTS[name]
    if lacking := running_text(recipe):
        raise SettingError(f"--break {name}: {lacking}")
    fault.check(recipe)
    return fault
