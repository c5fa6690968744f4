"""What an answer is worth where the right one is known: rewards that nobody has to learn (Lambert et al. 2024)."""

from __future__ import annotations

import re
from collections.abc import Callable

from hornbook.errors import SettingError, nearest

Rewarding = Callable[[str, str], float]
"""An answer and the known one, to a number."""

NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def exact(answer: str, known: str) -> float:
    """1 for the known answer, 0 for any other; blanks around it do not count."""
    return float(answer.strip() == known.strip())


def number(answer: str, known: str) -> float:
    """1 where the last number in both is the same; after ``####``, where that is written (GSM8K's rule)."""
    found, wanted = final_number(answer), final_number(known)
    return float(wanted is not None and found == wanted)


def places(answer: str, known: str) -> float:
    """The share of the known answer's characters that stand in the right place, counted from the end.

    A blind guess of a digit is right one time in ten: such a reward says in which direction, where ``exact`` is silent.
    It is 1 for the known answer alone.
    """
    found, wanted = answer.strip()[::-1], known.strip()[::-1]
    right = sum(one == other for one, other in zip(found, wanted, strict=False))
    return right / max(len(found), len(wanted), 1)


def letters(answer: str, known: str) -> float:
    """The share of letters that are right where they stand, counted from the front, the end being one of them."""
    return sum(letter_marks(answer, known))


def letter_marks(answer: str, known: str) -> list[float]:
    """What each letter of the answer adds to ``letters``, and then its end; nothing that follows changes it."""
    one = 1 / (len(known) + 1)
    right = [letter == known[place : place + 1] for place, letter in enumerate(answer)]
    return [one * each for each in [*right, len(answer) == len(known)]]


def final_number(text: str) -> float | None:
    """The number that a text comes to; commas between thousands do not count."""
    numbers = NUMBER.findall(text.rpartition("####")[2]) or NUMBER.findall(text)
    return float(numbers[-1].replace(",", "")) if numbers else None


REWARDS: dict[str, Rewarding] = {"exact": exact, "number": number, "places": places, "letters": letters}


def find_reward(name: str) -> Rewarding:
    """The reward of this name (``SettingError`` where there is none)."""
    if name not in REWARDS:
        raise SettingError(f"reward: {name!r} is none of {', '.join(REWARDS)}{nearest(name, REWARDS)}")
    return REWARDS[name]
