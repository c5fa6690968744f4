"""Numbers in words: as another program writes them, back to the same number, and none in both parts of the task."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from num2words import num2words

from hornbook.corpus.numbers.spelling import LANGUAGES, added_up, read, spell
from hornbook.corpus.numbers.task import NumbersTask, is_held_out
from hornbook.errors import SettingError, TextError


def in_english(number: int) -> str:
    """The oracle, without the British "and" and without commas."""
    return num2words(number, lang="en").replace(" and ", " ").replace(",", "")


def in_french(number: int) -> str:
    """The oracle as it is."""
    return num2words(number, lang="fr")


def in_italian(number: int) -> str:
    """The oracle with two corrections.

    It writes "centodicotto" for 118, where 18 is "diciotto" in every compound. And it forgets the accent of some
    compounds ("centoventitre", "ventitre milioni"): a word of several syllables whose last one is stressed has an
    accent, so all that end in "tre" have one ("ventitré", "centoventitré"), and only "tre" itself has not.
    """
    words = num2words(number, lang="it").replace("dicotto", "diciotto")
    return re.sub(r"(?<=\w)tre\b", "tré", words)


ORACLES = {"en": in_english, "fr": in_french, "it": in_italian}


def drawn(count: int, seed: int) -> list[int]:
    """Numbers of all lengths from 4 to 9 digits."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(4, 10, count).tolist()
    return [int(generator.integers(10**length // 10, 10**length)) for length in lengths]


def test_every_language_has_an_oracle() -> None:
    assert ORACLES.keys() == LANGUAGES.keys()


def edges() -> list[int]:
    """Round numbers and those beside them, up to the largest."""
    round_ones = [10**power * digit for power in range(4, 9) for digit in range(1, 10)]
    return [*(number + near for number in round_ones for near in (-1, 0, 1, 3, 8, 80, 200)), 10**9 - 1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_are_spelt_as_another_program_spells_them(language: str) -> None:
    for number in [*range(1009), *edges(), *drawn(211, 1)]:
        assert spell(number, language) == ORACLES[language](number)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_ten_thousand_numbers_are_spelt_as_another_program_spells_them(language: str) -> None:
    for number in [*range(10_000), *drawn(5003, 4)]:
        assert spell(number, language) == ORACLES[language](number)


@pytest.mark.parametrize("language", LANGUAGES)
def test_reading_undoes_spelling(language: str) -> None:
    for number in [*range(1009), *drawn(1009, 2), 10**9 - 1]:
        assert read(spell(number, language), language) == number


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_reading_undoes_spelling_of_every_number_below_a_hundred_thousand(language: str) -> None:
    for number in [*range(100_000), *drawn(20_011, 3)]:
        assert read(spell(number, language), language) == number


@pytest.mark.parametrize(
    ("number", "language", "words"),
    [
        (123_456, "en", "one hundred twenty-three thousand four hundred fifty-six"),
        (99, "fr", "quatre-vingt-dix-neuf"),
        (21, "fr", "vingt et un"),
        (81, "fr", "quatre-vingt-un"),
        (200, "fr", "deux cents"),
        (201, "fr", "deux cent un"),
        (80_080, "fr", "quatre-vingt mille quatre-vingts"),
        (200_200_000, "fr", "deux cents millions deux cent mille"),
        (123, "it", "centoventitré"),
        (118, "it", "centodiciotto"),
        (23_000, "it", "ventitremila"),
        (23_000_000, "it", "ventitré milioni"),
        (180, "it", "centottanta"),
        (1_000_001, "it", "un milione e uno"),
    ],
)
def test_the_rules_of_each_language(number: int, language: str, words: str) -> None:
    assert spell(number, language) == words


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("one hundred and one", "en"),
        ("twenty one", "en"),
        ("Twenty", "en"),
        ("thousand one", "en"),
        ("one thousand two thousand", "en"),
        ("million million", "en"),
        ("nonsense", "en"),
        ("", "en"),
        ("zero zero", "en"),
        ("deux cents un", "fr"),
        ("quatre-vingts mille", "fr"),
        ("vingt-et-un", "fr"),
        ("ventitre", "it"),
        ("centoottanta", "it"),
        ("ventiuno", "it"),
        (" due", "it"),
        ("due", "en"),
    ],
)
def test_what_is_spelt_otherwise_is_no_number(words: str, language: str) -> None:
    with pytest.raises(TextError, match=re.escape(repr(words))):
        read(words, language)


def test_a_misspelt_number_is_told_how_it_is_written() -> None:
    with pytest.raises(TextError, match="201 is written 'deux cent un'"):
        read("deux cents un", "fr")


def test_words_add_up_rank_by_rank() -> None:
    assert added_up([2, 100, 30, 4, 1000, 6]) == 234_006
    assert added_up([100, 1000]) == 100_000
    assert added_up([1000, 100, 1]) == 1101


@pytest.mark.parametrize("number", [-1, 10**9])
def test_other_numbers_and_languages_are_refused(number: int) -> None:
    with pytest.raises(SettingError, match="number: expected 0 to 999,999,999"):
        spell(number, "en")
    with pytest.raises(SettingError, match="did you mean 'en'"):
        spell(7, "eng")


# The task -------------------------------------------------------------------------------------------------------------


def number_of(pair) -> int:
    """The number that a pair is about, read from its texts and not from how it was drawn."""
    words, digits = (pair.target, pair.source) if "/words/" in pair.name else (pair.source, pair.target)
    language = pair.name.split("/")[1]
    expected = f"{language}: " if digits == pair.source else ""
    assert digits.startswith(expected) and words.startswith("digits: " if words == pair.source else "")
    number = int(digits.removeprefix(expected))
    assert read(words.removeprefix("digits: "), language) == number
    return number


@pytest.mark.parametrize("longest", [4, 9])
def test_validation_and_training_share_no_number(longest: int) -> None:
    task = NumbersTask(max_digits=longest)
    training = {number_of(pair) for pair in task.training_pairs(5, 6007)}
    held_out = {number_of(pair) for seed in (5, 6) for pair in task.held_out_pairs(seed, 31)}
    assert len(held_out) > 100
    assert not training & held_out
    assert not any(map(is_held_out, training)) and all(map(is_held_out, held_out))


def test_one_number_in_fifty_is_held_out_and_none_below_a_thousand() -> None:
    assert not any(is_held_out(number) for number in range(1000))
    found = sum(is_held_out(number) for number in range(1000, 30_000))
    assert abs(found - 580) < 4 * 580**0.5


@pytest.mark.slow
def test_every_number_below_a_thousand_is_learned() -> None:
    numbers = {number_of(pair) for pair in NumbersTask(("it",), ("digits",), 4).training_pairs(1, 30_011)}
    assert numbers >= set(range(1000))


@pytest.mark.slow
def test_the_held_out_part_has_a_thousand_of_each_language_and_direction_and_as_many_of_each_length() -> None:
    pairs = list(NumbersTask().held_out_pairs(3))
    groups = Counter(pair.name.rsplit("/", 2)[0] for pair in pairs)
    assert set(groups.values()) == {1000} and len(groups) == 6
    for group in groups:
        numbers = [number_of(pair) for pair in pairs if pair.name.startswith(group + "/")]
        assert len(set(numbers)) == 1000
        assert set(Counter(len(str(number)) for number in numbers)) == {4, 5, 6, 7, 8, 9}
        assert max(Counter(len(str(number)) for number in numbers).values()) == 167


def test_the_number_of_digits_is_uniform_and_so_are_language_and_direction() -> None:
    pairs = list(NumbersTask(max_digits=7).training_pairs(2, 5003))
    digits = Counter(len(str(number_of(pair))) for pair in pairs)
    assert sorted(digits) == [1, 2, 3, 4, 5, 6, 7]
    groups = Counter(pair.name.rsplit("/", 1)[0] for pair in pairs)
    for counts, kinds in ((digits, 7), (groups, 6)):
        expected = 5003 / kinds
        assert all(abs(count - expected) < 5 * expected**0.5 for count in counts.values())


def test_the_same_seed_is_the_same_pairs_however_many() -> None:
    task = NumbersTask()
    seven = list(task.training_pairs(3, 7))
    assert seven == list(task.training_pairs(3, 101))[:7]
    assert seven != list(task.training_pairs(4, 7))
    assert list(task.held_out_pairs(3, 13)) == list(task.held_out_pairs(3, 13)) != list(task.held_out_pairs(4, 13))
    assert len({pair.name for pair in task.held_out_pairs(3, 13)}) == 78


def test_labels_are_those_of_the_numbers_of_the_pairs() -> None:
    task = NumbersTask()
    for pairs, texts in (
        (task.training_pairs(3, 211), task.training_texts(3, 211)),
        (task.held_out_pairs(3, 11), task.held_out_texts(3, 11)),
    ):
        for pair, text in zip(pairs, texts, strict=True):
            number = number_of(pair)
            assert read(text.text, pair.name.split("/")[1]) == number
            assert text.labels == (str(len(str(number))), "yes" if number % 3 == 0 else "no")
    assert len(task.questions) == 2


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"languages": ("de",)}, "language: 'de'"),
        ({"languages": ()}, "languages"),
        ({"directions": ("word",)}, "did you mean 'words'"),
        ({"max_digits": 3}, "max_digits: expected 4 to 9, found 3"),
        ({"max_digits": 10}, "max_digits"),
    ],
)
def test_a_task_that_cannot_be_is_refused(settings, name) -> None:
    with pytest.raises(SettingError, match=re.escape(name)):
        NumbersTask(**settings)


@pytest.mark.slow
def test_more_held_out_numbers_than_there_are_are_refused() -> None:
    with pytest.raises(SettingError, match="per_group: found only 2"):
        list(NumbersTask(("en",), ("words",), max_digits=4).held_out_pairs(1, 251))
