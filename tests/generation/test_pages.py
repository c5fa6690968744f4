"""The book-keeping of pages: nothing is owned twice unawares, nothing is lost, and what is found is what was asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.generation.pages import Pages


def check(pages: Pages, texts: dict[int, tuple[list[int], list[int]]]) -> None:
    """Every page is owned by as many texts as have it, or free in exactly one way."""
    counted: dict[int, int] = {}
    for owned, _ in texts.values():
        for page in owned:
            counted[page] = counted.get(page, 0) + 1
    assert pages.owners == counted
    assert sorted([*counted, *pages.left, *pages.fresh]) == list(range(pages.count))
    assert {name: page for page, name in pages.names.items()} == pages.named
    assert set(pages.left) <= set(pages.names)
    assert not set(pages.fresh) & set(pages.names)


@given(st.data())
def test_whatever_comes_and_goes_every_page_is_accounted_for_and_shared_pages_hold_the_same(data):
    """Texts over two letters, so that many begin alike; a model of what each page holds stands beside."""
    pages, texts, holds = Pages(7, 2), {}, {}
    for number in range(data.draw(st.integers(1, 25))):
        if texts and data.draw(st.booleans()):
            owned, _ = texts.pop(data.draw(st.sampled_from(sorted(texts))))
            pages.give_back(owned)
        else:
            text = data.draw(st.lists(st.integers(0, 1), min_size=1, max_size=9))
            shared = pages.shared(text)
            for place, page in enumerate(shared):
                assert holds[page] == text[: (place + 1) * 2]
            for page in shared:
                pages.own(page)
            owned = list(shared)
            while len(owned) * 2 < len(text):
                page = pages.take()
                if page is None:
                    break
                owned.append(page)
            if len(owned) * 2 < len(text):
                pages.give_back(owned)
            else:
                for place, page in enumerate(owned):
                    if place >= len(shared):
                        holds[page] = text[: (place + 1) * 2]
                pages.fill(owned, text)
                texts[number] = owned, text
        check(pages, texts)
    for owned, _ in texts.values():
        pages.give_back(owned)
    assert pages.free == 7


def test_a_beginning_is_found_page_by_page_and_one_token_is_left_to_read():
    pages = Pages(4, 2)
    owned = [pages.take() for _ in range(3)]
    pages.fill(owned, [1, 2, 3, 4, 5])
    assert pages.shared([1, 2, 3, 4, 9]) == owned[:2]
    assert pages.shared([1, 2, 3, 4]) == owned[:1]
    assert pages.shared([1, 2]) == []
    assert pages.shared([2, 1, 3, 4, 5]) == []
    assert pages.shared([9, 9, 3, 4, 5]) == []


def test_what_was_left_is_found_until_its_room_is_needed_the_oldest_going_first():
    pages = Pages(2, 1)
    first, second = pages.take(), pages.take()
    pages.fill([first], [7, 0])
    pages.fill([second], [8, 0])
    pages.give_back([first])
    pages.give_back([second])
    assert pages.shared([7, 0]) == [first]
    assert pages.take() == first
    assert pages.shared([7, 0]) == []
    assert pages.shared([8, 0]) == [second]
    assert pages.take() == second
    assert pages.take() is None


@pytest.mark.parametrize("count", [1, 3])
def test_all_owned_is_all(count):
    pages = Pages(count, 4)
    assert all(pages.take() is not None for _ in range(count))
    assert pages.take() is None
    assert pages.free == 0
