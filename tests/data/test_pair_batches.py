"""Batches of pairs and labelled texts: what is shown, what is asked, where padding stands, and in which order."""

from __future__ import annotations

import itertools
import json

import pytest
import torch

from hornbook.batches import IGNORED, NOTHING, Labelled, Pairs, Texts
from hornbook.data.config import Classify, Continue, DataConfig, NextToken, Prefer, Reward, Translate
from hornbook.data.labels import prepare_labelled
from hornbook.data.pair_batches import PairBatches, describe_rows, evaluation_batches
from hornbook.data.pairs import prepare_pairs
from hornbook.data.views import VIEWS
from hornbook.errors import SettingError
from hornbook.tokenizers.config import BytePair, Characters, Words

PAIRS = [("ab.\n" * (n % 5) + f"n{n}.", "xyz " * (n % 7) + f"m{n}") for n in range(37)]
TASKS = [Translate(), Continue("\n"), Classify()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for everything that is prepared here."""
    return tmp_path_factory.mktemp("pairs")


@pytest.fixture(scope="module")
def pairs(folder):
    """Pairs of different lengths, in tokens of GPT-4's pattern, which joins a full stop and a line end."""
    path = folder / "pairs.jsonl"
    path.write_text("\n".join(json.dumps({"source": source, "target": target}) for source, target in PAIRS))
    return prepare_pairs(
        DataConfig(text=(str(path),), validation_fraction=0.2), BytePair(270, "gpt4"), folder / "pairs", 3
    )


@pytest.fixture(scope="module")
def labelled(folder):
    """Their sources with two labels, some unknown."""
    path = folder / "labelled.csv"
    parities = ["odd" if n % 5 == 1 else "even" if n % 2 == 0 else "" for n in range(len(PAIRS))]
    rows = [
        f'"{source}",{n % 3},{parity}\n' for n, ((source, _), parity) in enumerate(zip(PAIRS, parities, strict=True))
    ]
    path.write_text("".join(rows))
    config = DataConfig(text=(str(path),), validation_fraction=0.2, columns=("text", "rest", "parity"))
    return prepare_labelled(config, Characters(), folder / "labelled", 3)


@pytest.fixture
def file_of(pairs, labelled):
    """The training part that a task reads."""
    return lambda task: labelled.train if isinstance(task, Classify) else pairs.train


def tensors(batch) -> list[torch.Tensor]:
    """Everything in a micro-batch."""
    if isinstance(batch, Pairs):
        return [batch.source, batch.source_positions.index, *tensors(batch.target)]
    rest = [batch.labels] if isinstance(batch, Labelled) else [batch.targets]
    return [batch.tokens, batch.positions.index, *rest]


def same(one, other) -> bool:
    """Whether two lists of micro-batches are equal in everything."""
    return len(one) == len(other) and all(
        type(a) is type(b) and all(map(torch.equal, tensors(a), tensors(b))) for a, b in zip(one, other, strict=True)
    )


def answers(batch) -> Texts:
    """What is written: a decoder's part of a pair, or the whole text."""
    return batch.target if isinstance(batch, Pairs) else batch


def test_an_answer_is_shown_from_its_start_and_asked_for_to_its_end(pairs):
    batches = PairBatches(pairs.train, Translate(), 5, batch=7, context=64, start=1, end=2)
    (batch,) = batches.batch(0)
    for row, index in enumerate(batches.rows(0)):
        source, target = (ids.tolist() for ids in pairs.train.pair(index))
        stands = batch.source_positions.index[row] != NOTHING
        assert batch.source[row][stands].tolist() == source
        assert batch.source_positions.index[row][stands].tolist() == list(range(len(source)))
        stands = batch.target.positions.index[row] != NOTHING
        assert batch.target.tokens[row][stands].tolist() == [1, *target]
        assert batch.target.targets[row][stands].tolist() == [*target, 2]
        assert batch.target.positions.index[row][stands].tolist() == list(range(len(target) + 1))


def test_an_answer_begins_and_ends_with_end_of_text_unless_told_otherwise(pairs):
    end = pairs.tokenizer.special["<|endoftext|>"]
    for batch in evaluation_batches(pairs.validation, Translate(), 3):
        assert (batch.target.tokens[:, 0] == end).all()
        assert ((batch.target.targets == end).sum(dim=1) == 1).all()


@pytest.mark.parametrize("task", [Translate(), Continue("\n")], ids=str)
def test_end_of_text_stands_before_the_padding_in_every_row(task, pairs):
    end, padded = pairs.tokenizer.special["<|endoftext|>"], 0
    for batch in evaluation_batches(pairs.train, task, 5):
        texts = answers(batch)
        for targets, index in zip(texts.targets, texts.positions.index, strict=True):
            last = int((index != NOTHING).sum()) - 1
            assert targets[last] == end
            assert (index[: last + 1] == torch.arange(last + 1)).all() and (index[last + 1 :] == NOTHING).all()
            padded += len(index) - last - 1
    assert padded > 30


@pytest.mark.parametrize("task", [Translate(), Continue("\n")], ids=str)
def test_padding_is_never_a_target(task, pairs):
    batches = PairBatches(pairs.train, task, 5, batch=7, context=64)
    for batch in itertools.chain(
        *(batches.batch(step) for step in range(11)), evaluation_batches(pairs.train, task, 4)
    ):
        texts = answers(batch)
        assert (texts.targets[texts.positions.index == NOTHING] == IGNORED).all()
        asked = texts.targets[texts.targets != IGNORED]
        assert ((asked >= 0) & (asked < pairs.tokenizer.vocab_size)).all()
    asked = sum(int((answers(batch).targets != IGNORED).sum()) for batch in evaluation_batches(pairs.train, task, 4))
    assert asked == sum(len(pairs.train.pair(index)[1]) + 1 for index in range(len(pairs.train)))


def test_a_pair_as_one_text_is_asked_for_from_the_first_token_of_the_target_on(pairs):
    tokenizer, joined = pairs.tokenizer, 0
    for index, texts in enumerate(evaluation_batches(pairs.train, Continue("\n"), 1)):
        source, target = (tokenizer.decode(ids.tolist()) for ids in pairs.train.pair(index))
        prompt = tokenizer.encode(source + "\n")
        joined += len(prompt) < len(pairs.train.pair(index)[0]) + 1
        whole = [*prompt, *tokenizer.encode(target), tokenizer.special["<|endoftext|>"]]
        stands = texts.positions.index[0] != NOTHING
        assert texts.tokens[0][stands].tolist() == whole[:-1]
        assert texts.targets[0][stands].tolist() == [IGNORED] * (len(prompt) - 1) + whole[len(prompt) :]
    assert joined > 0, "the separator shares a token with the end of some source"


def test_a_separator_that_the_tokenizer_drops_is_refused(pairs, folder):
    words = prepare_pairs(DataConfig(text=(str(folder / "pairs.jsonl"),)), Words(), folder / "words", 3)
    with pytest.raises(SettingError, match=r"task\.separator: the words tokenizer makes no token of '\\n'"):
        PairBatches(words.train, Continue("\n"), 5, batch=2, context=99)
    texts = next(evaluation_batches(words.train, Continue(" . "), 2))
    assert (texts.targets != IGNORED).any()


def test_labels_stand_beside_their_texts(labelled):
    batches = PairBatches(labelled.train, Classify(), 5, batch=7, context=64)
    (batch,) = batches.batch(2)
    assert batch.labels.shape == (7, 2) and batch.labels.dtype == batch.tokens.dtype == torch.int64
    for row, index in enumerate(batches.rows(2)):
        stands = batch.positions.index[row] != NOTHING
        assert batch.tokens[row][stands].tolist() == labelled.train.ids(index).tolist()
        assert batch.labels[row].tolist() == labelled.train.labels[index].tolist()
    assert (labelled.train.labels == IGNORED).any()


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_a_batch_is_a_function_of_seed_and_step(task, file_of):
    file = file_of(task)
    one, two = (PairBatches(file, task, 5, batch=7, context=64) for _ in range(2))
    forward = [one.batch(step) for step in range(13)]
    assert all(same(two.batch(step), forward[step]) for step in reversed(range(13)))
    assert not same(PairBatches(file, task, 6, batch=7, context=64).batch(0), forward[0])
    assert not same(forward[0], forward[1])


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_every_row_comes_once_an_epoch_and_batches_of_answers_have_one_shape(task, file_of):
    file = file_of(task)
    batches = PairBatches(file, task, 5, batch=7, context=64)
    rows = list(itertools.chain(*map(batches.rows, range(2 * batches.steps_per_epoch))))
    count = len(file)
    assert sorted(rows[:count]) == sorted(rows[count : 2 * count]) == list(range(count))
    assert rows[:count] != rows[count : 2 * count]
    assert batches.steps_per_epoch == -(-count // 7)
    shapes = {tuple(each.shape for each in tensors(*batches.batch(step))) for step in range(13)}
    evaluated = {tuple(each.shape[1:] for each in tensors(batch)) for batch in evaluation_batches(file, task, 5)}
    if isinstance(task, Classify):  # as wide as its own texts, in steps of 16
        assert {shape[0][1] % 16 for shape in shapes} <= {0, max(shape[0][1] for shape in shapes) % 16}
    else:
        assert len(shapes) == 1 and evaluated == {tuple(shape[1:] for shape in shapes.pop())}


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_rows_are_no_wider_than_the_longest_needs(task, file_of):
    (batch,) = evaluation_batches(file_of(task), task, len(file_of(task)))
    positions = [answers(batch).positions, *([batch.source_positions] if isinstance(batch, Pairs) else [])]
    assert all(int(each.index.max()) == each.index.shape[1] - 1 for each in positions)


@pytest.mark.parametrize("task", TASKS, ids=str)
@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_every_micro_batch_split_adds_up_to_the_same_tokens(task, count, file_of):
    whole = PairBatches(file_of(task), task, 5, batch=6, context=64).batch(3)
    parts = PairBatches(file_of(task), task, 5, batch=6, context=64, micro_batches=count).batch(3)
    assert len(parts) == count
    assert {len(each) for part in parts for each in tensors(part)} == {6 // count}
    for together, each in zip(zip(*map(tensors, parts), strict=True), tensors(whole[0]), strict=True):
        assert torch.equal(torch.cat(together), each)


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_prefetched_batches_are_the_batches(task, file_of):
    batches = PairBatches(file_of(task), task, 5, batch=4, context=64, micro_batches=2)
    stream = batches.prefetched(7)
    assert all(same(next(stream), batches.batch(step)) for step in range(7, 17))
    stream.close()


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_evaluation_walks_the_file_once_in_order(task, file_of):
    file = file_of(task)
    small, large = (list(evaluation_batches(file, task, batch)) for batch in (1, len(file)))
    assert len(small) == len(file) and len(large) == 1
    for one, many in zip(zip(*map(tensors, small), strict=True), tensors(large[0]), strict=True):
        for row, alone in enumerate(one):
            width = alone.shape[1]
            assert torch.equal(alone[0], many[row, :width])
            assert (many[row, width:] <= 0).all(), "there is nothing but filling"
    sizes = [len(tensors(batch)[0]) for batch in evaluation_batches(file, task, 7)]
    assert sum(sizes) == len(file) and set(sizes[:-1]) == {7} and 0 < sizes[-1] <= 7


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_a_row_that_is_too_long_is_named_with_its_length(task, file_of):
    file = file_of(task)
    [whole] = evaluation_batches(file, task, len(file))
    width = max(each.shape[1] for each in tensors(whole) if each.shape[1] > 2)
    PairBatches(file, task, 5, batch=2, context=width)
    with pytest.raises(
        SettingError, match=rf"^context: .*l:\d+ has {width} tokens .*{width - 1};|v:\d+ has {width} tok"
    ):
        PairBatches(file, task, 5, batch=2, context=width - 1)


def test_sizes_and_tasks_that_do_not_fit_are_refused_by_name(pairs, labelled):
    for settings, name in (
        ({"batch": 0, "context": 50}, "batch"),
        ({"batch": 3, "context": 0}, "context"),
        ({"batch": 3, "context": 50, "micro_batches": 0}, "micro_batches"),
        ({"batch": 6, "context": 50, "micro_batches": 4}, "micro_batches: 4 does not divide batch 6; try 3"),
    ):
        with pytest.raises(SettingError) as raised:
            PairBatches(pairs.train, Translate(), 5, **settings)
        assert str(raised.value).startswith(name)
    for file, task in ((pairs.train, Classify()), (labelled.train, Translate()), (pairs.train, NextToken())):
        with pytest.raises(SettingError, match=f"task: {type(task).__name__} cannot read"):
            PairBatches(file, task, 5, batch=2, context=50)
    with pytest.raises(SettingError, match="batch: found 0"):
        evaluation_batches(pairs.train, Translate(), 0)
    assert VIEWS.keys() == {type(task) for task in TASKS} | {Prefer, Reward}  # test_conversations.py


def test_a_step_is_described_with_the_texts_of_its_rows(pairs, labelled):
    batches = PairBatches(pairs.train, Translate(), 5, batch=6, context=64, micro_batches=2)
    described = describe_rows(batches, 4, pairs.tokenizer)
    assert [row["index"] for row in described] == batches.rows(4)
    assert [row["micro_batch"] for row in described] == [0, 0, 0, 1, 1, 1]
    assert all((row["texts"]["source"], row["texts"]["target"]) in PAIRS for row in described)
    (row,) = describe_rows(PairBatches(labelled.train, Classify(), 5, batch=1, context=64), 0, labelled.tokenizer)
    assert row["texts"].keys() == {"text"} and row["name"] == labelled.train.name(row["index"])


def test_a_step_names_its_rows(pairs):
    batches = PairBatches(pairs.train, Translate(), 5, batch=3, context=64)
    assert batches.named(4) == f"rows {', '.join(map(pairs.train.name, batches.rows(4)))}, ..."
