"""Questions and pairs: equal to what can be worked out one continuation at a time, and bad files are named."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from hornbook.errors import MissingError, TextError
from hornbook.evaluation.questions.files import Question, read_choices, read_exact, read_pairs
from hornbook.evaluation.questions.likelihood import likelihoods, request, rolling
from hornbook.evaluation.questions.scores import choice_scores, is_right, number_in, pair_scores
from hornbook.model.config import ModelConfig
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.tokenizers.characters import CharacterTokenizer

LETTERS = "\n abcdefgh?."
CONTEXT = 17


@pytest.fixture(scope="module")
def tokenizer() -> CharacterTokenizer:
    return CharacterTokenizer.train([LETTERS])


@pytest.fixture(scope="module")
def model(tokenizer: CharacterTokenizer) -> Decoder:
    config = ModelConfig(vocabulary=tokenizer.vocab_size, context=CONTEXT, width=26, depth=2, heads=2)
    decoder = Decoder(config)
    with torch.no_grad():
        for number, parameter in enumerate(decoder.parameters()):
            parameter.normal_(std=0.3, generator=torch_generator(7, "weights", number))
    return decoder.eval()


def one_by_one(model: Decoder, before: list[int], asked: list[int]) -> tuple[float, bool]:
    """The log-probability of ``asked``, each token from a pass of its own."""
    total, greedy = 0.0, True
    window = ([*before, *asked])[-CONTEXT - 1 :]
    start = len(window) - len(asked)
    with torch.no_grad():
        for place in range(start, len(window)):
            logits = model(torch.tensor([window[:place]]))[0, -1].double()
            total += float(logits.log_softmax(-1)[window[place]])
            greedy &= int(logits.argmax()) == window[place]
    return total, greedy


def test_likelihoods_of_many_rows_are_those_of_each_alone(model: Decoder, tokenizer: CharacterTokenizer) -> None:
    texts = [
        ("ab cd", " ef"),
        ("a", "b"),
        ("", "gh"),
        ("abcdefghabcdefghabcd", " abcdefg"),
        ("hg? ", "fe"),
        ("ab", "c" * 17),
    ]
    requests = [request(tokenizer, *each) for each in texts]
    for each, found in zip(requests, likelihoods(model, requests), strict=True):
        total, greedy = one_by_one(model, list(each.before), list(each.asked))
        assert found.total == pytest.approx(total, rel=1e-5)
        assert found.greedy == greedy


def test_what_the_model_would_write_itself_is_greedy(model: Decoder, tokenizer: CharacterTokenizer) -> None:
    ids = tokenizer.encode("abc")
    with torch.no_grad():
        for _ in range(5):
            ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
    own = request(tokenizer, "abc", tokenizer.decode(ids[3:]))
    assert likelihoods(model, [own])[0].greedy


def test_blanks_between_belong_to_the_continuation(tokenizer: CharacterTokenizer) -> None:
    assert request(tokenizer, "ab  ", "cd") == request(tokenizer, "ab", "  cd")
    assert tokenizer.decode(list(request(tokenizer, "ab ", "cd").asked)) == " cd"


def test_every_token_of_a_long_text_is_asked_once(model: Decoder, tokenizer: CharacterTokenizer) -> None:
    text = "abcdefgh" * 6
    parts = rolling(tokenizer, text, CONTEXT)
    assert tokenizer.decode([token for part in parts for token in part.asked]) == text
    assert [len(part.asked) for part in parts] == [17, 17, 14]
    assert len(parts[-1].before) == CONTEXT  # the last looks back as far as it can


def test_a_continuation_longer_than_the_context_is_refused(model: Decoder, tokenizer: CharacterTokenizer) -> None:
    with pytest.raises(TextError, match="18 tokens does not fit into the context of 17"):
        likelihoods(model, [request(tokenizer, "ab", "c" * 18)])
    with pytest.raises(TextError, match="without a token"):
        request(tokenizer, "ab", "")


@pytest.mark.slow
def test_choices_are_counted_by_likelihood_and_by_character(model: Decoder, tokenizer: CharacterTokenizer) -> None:
    questions = [
        Question(f"{a}{b}?", (a, f"{b}{a}b", "cdefgh"), place % 3)
        for place, (a, b) in enumerate(zip("abcdefghabc", "hgfedcbadef", strict=True))
    ]
    right, normed, bits, sizes = 0, 0, 0.0, 0
    for each in questions:
        totals = [
            one_by_one(model, tokenizer.encode(each.text), tokenizer.encode(f" {choice}"))[0] for choice in each.choices
        ]
        right += totals.index(max(totals)) == each.answer
        per = [total / len(choice) for total, choice in zip(totals, each.choices, strict=True)]
        normed += per.index(max(per)) == each.answer
        bits -= totals[each.answer] / math.log(2)
        sizes += 1 + len(each.choices[each.answer])
    scores = choice_scores(model, tokenizer, questions)
    assert scores["acc"].value == pytest.approx(right / 11)
    assert scores["acc_norm"].value == pytest.approx(normed / 11)
    assert 0 < right < 11 and right != normed
    assert scores["bits_per_byte"].value == pytest.approx(bits / sizes, rel=1e-5)
    assert scores["chance"].value == pytest.approx(1 / 3)


def test_pairs_know_no_preference_between_equals_and_one_between_others(
    model: Decoder, tokenizer: CharacterTokenizer
) -> None:
    pairs = [("ab cd", "ab cd"), ("abc", "hgf"), ("hgf", "abc")]
    same = pair_scores(model, tokenizer, pairs)
    assert same["prefers_first"].value == 0.5
    assert same["log_ratio"].value == pytest.approx(0, abs=1e-6)
    own, other = (likelihoods(model, [request(tokenizer, "", text)])[0].total for text in ("abc", "hgf"))
    found = pair_scores(model, tokenizer, [("abc", "hgf")] * 9)
    assert found["log_ratio"].value == pytest.approx(own - other, rel=1e-5)
    assert found["prefers_first"].value == float(own > other)
    assert found["log_ratio"].interval is not None


@pytest.mark.parametrize(
    "text, number",
    [
        ("so 3 and 4\n#### 42", "42"),
        ("#### 1,234", "1234"),
        ("#### $5.50", "5.5"),
        ("it costs $1,000.00.", "1000"),
        ("first 12, then -7", "-7"),
        ("#### 10\nQuestion: 99", "10"),
        ("#### nothing, 8", "8"),
        ("about .5 of it", ".5"),
        ("none at all", None),
    ],
)
def test_the_number_in_an_answer(text: str, number: str | None) -> None:
    assert number_in(text) == number


def test_an_answer_is_right_by_number_or_by_words() -> None:
    assert is_right("She has 1,200 eggs.", "2 * 600 = 1200\n#### 1200")
    assert not is_right("She has 1,201 eggs.", "#### 1200")
    assert not is_right("no idea", "#### ")
    assert is_right(" A red kite.\nand more", "a red kite")
    assert not is_right("a red kite, or so", "a red kite")


def test_answers_of_gsm8k_are_found_in_its_own_solutions(shared: Path) -> None:
    rows = read_exact(shared / "corpora" / "gsm8k" / "test.jsonl")
    assert len(rows) > 1000
    for _, answer in rows:
        assert number_in(answer) == answer.rpartition("#### ")[2].replace(",", "")
        assert is_right(f"The answer is {answer.rpartition('#### ')[2]}.", answer)


def test_rows_of_both_kinds_of_files(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(
        '{"question": "2+2?", "choices": ["3", "4"], "answer": 1}\n\n'
        '{"question": "b?", "choices": ["x", "y"], "answer": "B"}\n'
        '{"question": "c?", "choices": ["x", "y"], "answer": "x"}'
    )
    assert [each.answer for each in read_choices(tmp_path / "q.jsonl")] == [1, 1, 0]
    (tmp_path / "q.csv").write_text('"What, then?",one,"two, or so",three,four,C\n')
    text = "What, then?\nA. one\nB. two, or so\nC. three\nD. four\nAnswer:"
    assert read_choices(tmp_path / "q.csv") == [Question(text, ("A", "B", "C", "D"), 2)]


@pytest.mark.parametrize(
    "read, name, content, says",
    [
        (read_choices, "q.jsonl", "", "no question in it"),
        (read_choices, "q.csv", "", "no question in it"),
        (read_choices, "q.jsonl", '{"question": "a"}', "line 1: has no 'choices'"),
        (read_choices, "q.jsonl", '{"question": "a", "choice": [], "answer": 0}', "did you mean 'choice'"),
        (read_choices, "q.jsonl", '{"question": "a", "choices": ["b"], "answer": 0}', "two texts or more"),
        (read_choices, "q.jsonl", '{"question": "a", "choices": ["b", "c"], "answer": 2}', "from 0 to 1"),
        (read_choices, "q.csv", "a,b\n", "row 1: expected a question, choices and a letter"),
        (read_choices, "q.csv", "a,b,c,E\n", "from A to B"),
        (read_exact, "q.jsonl", "nonsense", "line 1: expected one JSON object a line"),
        (read_exact, "q.jsonl", "[1]", "expected a JSON object, found list"),
        (read_pairs, "q.jsonl", '{"first": "a"}', "has no 'second'"),
    ],
)
def test_a_file_that_is_wrong_is_named(
    tmp_path: Path, read: Callable[[Path], object], name: str, content: str, says: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(TextError, match="q") as told:
        read(tmp_path / name)
    assert says in str(told.value)
    with pytest.raises(MissingError):
        read(tmp_path / "absent.jsonl")
