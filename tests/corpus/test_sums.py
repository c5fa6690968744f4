"""Sums: every answer is right, and none of the test is ever practised."""

from __future__ import annotations

from hornbook.corpus.sums import ONE_IN, Sums, is_held_out


def test_every_sum_is_right():
    for each in Sums().training_conversations(1, 300):
        first, second = map(int, each.messages[0]["content"].split("+"))
        assert int(each.messages[1]["content"]) == first + second
        assert 10 <= first <= 999
        assert 10 <= second <= 999


def test_what_is_held_out_is_never_practised_in_either_order():
    asked = [
        [each.messages[0]["content"] for each in part]
        for part in (Sums().training_conversations(1, 3000), Sums().held_out_conversations(1, 500))
    ]
    practised, held_out = ({frozenset(sum_.split("+")) for sum_ in part} for part in asked)
    assert not practised & held_out
    assert all(is_held_out(*map(int, sum_.split("+"))) for sum_ in asked[1])


def test_held_out_is_a_fixed_share_of_all_pairs():
    share = sum(is_held_out(a, b) for a in range(100, 200) for b in range(200, 300)) / 10_000
    assert abs(share - 1 / ONE_IN) < 0.01
    assert all(is_held_out(a, 500) == is_held_out(500, a) for a in range(100, 300))


def test_numbers_of_all_lengths_come_up():
    names = {each.name.split("/")[1] for each in Sums().training_conversations(1, 100)}
    assert names == {"2 and 2 digits", "2 and 3 digits", "3 and 3 digits"}
