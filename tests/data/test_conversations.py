"""Conversations and preferences on the disk and as batches: what is asked, what is kept apart, what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from hornbook.batches import IGNORED
from hornbook.data.chat_templates import ChatTemplate
from hornbook.data.config import DataConfig, Instruct, Prefer
from hornbook.data.conversation_batches import ConversationBatches, conversation_batches, describe_conversations
from hornbook.data.conversations import (
    open_conversations,
    open_preferences,
    prepare_conversations,
    prepare_preferences,
)
from hornbook.data.pair_batches import PairBatches, evaluation_batches
from hornbook.errors import DamagedError, MissingError, SettingError
from hornbook.tokenizers.config import BytePair

TALKS = [
    [
        ("user", f"What is {n} and {n % 7}?"),
        ("assistant", f"It is {n + n % 7}."),
        ("user", "Sure?"),
        ("assistant", "Yes!"),
    ][: 2 + 2 * (n % 2)]
    for n in range(40)
]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A file of conversations and a file of preferences."""
    folder = tmp_path_factory.mktemp("files")
    talks = [{"messages": [{"role": role, "content": text} for role, text in talk]} for talk in TALKS]
    (folder / "talks.jsonl").write_text("".join(json.dumps(talk) + "\n" for talk in talks))
    pairs = [{"instruction": f"Count to {n}.", "chosen": "1 " * n, "rejected": "no"} for n in range(1, 31)]
    (folder / "pairs.json").write_text(json.dumps(pairs))
    return folder


@pytest.fixture(scope="module")
def talks(files, tmp_path_factory):
    """The conversations, prepared."""
    out = tmp_path_factory.mktemp("talks")
    config = DataConfig(text=(str(files / "talks.jsonl"),), validation_fraction=0.2)
    prepare_conversations(
        config, BytePair(300, special=("<|im_start|>", "<|im_end|>")), ChatTemplate.named("chatml"), out, 1
    )
    return open_conversations(out)


@pytest.fixture(scope="module")
def preferences(files, tmp_path_factory):
    """The preferences, prepared."""
    out = tmp_path_factory.mktemp("pairs")
    config = DataConfig(text=(str(files / "pairs.json"),), validation_fraction=0.2)
    prepare_preferences(config, BytePair(300), ChatTemplate.named("plain"), out, 1)
    return open_preferences(out)


def said(file, index) -> list[str]:
    """What is asked in a conversation, turn by turn."""
    return [file.tokenizer.decode(answer) for _, answer in file.turns(index)]


def test_every_turn_of_the_assistant_is_asked_for_and_nothing_else(talks):
    for part in (talks.train, talks.validation):
        for index in range(len(part)):
            number = int(part.name(index).rpartition(":")[2]) - 1
            wanted = [text for role, text in TALKS[number] if role == "assistant"]
            assert [text.removesuffix("<|im_end|>") for text in said(part, index)] == wanted


def test_packed_rows_ask_for_the_same_and_keep_conversations_apart(talks):
    task = Instruct(template="chatml")
    batches = ConversationBatches(talks.train, task, seed=1, batch=4, context=160)
    seen = []
    for step in range(batches.steps_per_epoch):
        [batch] = batches.batch(step)
        assert batch.tokens.shape == (4, 160)
        rows = batches.order.rows(step)
        for row, runs in enumerate(rows):
            for number, (start, _) in enumerate(runs):
                here = batch.positions.document[row] == number
                ids, asked = talks.train.conversation(talks.train.tokens.document_at(start))
                assert batch.tokens[row][here].tolist() == ids[:-1].tolist()
                wanted = np.where(asked[1:], ids[1:], IGNORED).tolist()
                assert batch.targets[row][here].tolist() == wanted
                assert batch.positions.index[row][here].tolist() == list(range(len(ids) - 1))
                seen.append(start)
            assert (batch.targets[row][batch.positions.document[row] == -1] == IGNORED).all()
    assert len(set(seen)) == len(talks.train)


def test_unpacked_rows_have_one_conversation_each(talks):
    batches = ConversationBatches(talks.train, Instruct(packed=False), seed=1, batch=8, context=160)
    assert batches.steps_per_epoch == -(-len(talks.train) // 8)
    assert all(len(runs) == 1 for runs in batches.order.rows(0))


def test_prompts_are_asked_for_where_that_is_wanted(talks):
    with_prompts = ConversationBatches(talks.train, Instruct(prompt_loss=True), seed=1, batch=4, context=160).batch(0)[
        0
    ]
    without = ConversationBatches(talks.train, Instruct(), seed=1, batch=4, context=160).batch(0)[0]
    there = with_prompts.positions.index >= 0
    assert ((with_prompts.targets != IGNORED) == there).all()
    assert (without.targets != IGNORED).sum() < there.sum() / 2


def test_evaluation_walks_over_every_conversation_once(talks):
    rows = sum(len(batch.tokens) for batch in conversation_batches(talks.validation, Instruct(), 160, 3))
    assert rows == len(talks.validation)


def test_a_conversation_longer_than_the_context_is_refused_or_cut(talks):
    with pytest.raises(
        SettingError, match=r"has \d+ tokens, and the context has 20; use one of \d+ or more, or task.cut"
    ):
        ConversationBatches(talks.train, Instruct(), seed=1, batch=4, context=20)
    [batch] = ConversationBatches(talks.train, Instruct(cut=True), seed=1, batch=4, context=20).batch(0)
    assert batch.tokens.shape == (4, 20)


def test_a_batch_can_be_shown(talks):
    batches = ConversationBatches(talks.train, Instruct(), seed=1, batch=2, context=160)
    first = describe_conversations(batches, 0, talks.tokenizer)[0]
    assert any("What is" in text for text in first["texts"].values())
    assert any(text.startswith("It is") for name, text in first["texts"].items() if name.endswith("asked"))
    assert "talks.jsonl:" in batches.named(0)


def test_a_damaged_folder_is_named(talks, tmp_path):
    import shutil

    shutil.copytree(talks.folder, tmp_path / "copy")
    asked = tmp_path / "copy" / "train.conversation.asked.npy"
    whole = np.load(asked)
    np.save(asked, ~whole)
    with pytest.raises(DamagedError, match="was altered"):
        open_conversations(tmp_path / "copy").verify()
    np.save(asked, whole[:-1])
    with pytest.raises(DamagedError, match="prepare the conversations again"):
        open_conversations(tmp_path / "copy")
    asked.unlink()
    with pytest.raises(MissingError, match="prepare the conversations again"):
        open_conversations(tmp_path / "copy")


def test_the_two_answers_of_a_preference_share_their_question(preferences):
    for index in range(len(preferences.train)):
        (prompt, chosen), (same, rejected) = (
            next(iter(file.turns(index))) for file in (preferences.train.chosen, preferences.train.rejected)
        )
        assert prompt == same
        decoded = [preferences.tokenizer.decode(ids[:-1]) for ids in (chosen, rejected)]
        assert decoded[0].startswith("1")
        assert decoded[1] == "no"


def test_a_batch_of_preferences_has_both_answers_and_what_the_reference_made_of_them(preferences):
    from dataclasses import replace

    file = preferences.train
    reference = np.arange(2 * len(file), dtype=np.float32).reshape(-1, 2)
    batches = PairBatches(replace(file, reference=reference), Prefer(), seed=1, batch=4, context=128, micro_batches=2)
    first, second = batches.batch(0)
    assert len(first.chosen.tokens) == len(second.rejected.tokens) == 2
    assert torch.cat([first.reference, second.reference]).tolist() == reference[batches.rows(0)].tolist()
    widths = {batch.chosen.tokens.shape[1] for batch in evaluation_batches(file, Prefer(), 4, 128)}
    assert len(widths) == 1, "one shape for compiled code"
