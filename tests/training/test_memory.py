"""Computing twice is chosen where a training would not fit, and only there."""

from __future__ import annotations

import mmap

import torch

from hornbook.training.memory import SHARE, choose_recomputing, free_memory, held_memory, peak_memory


def test_blocks_are_computed_twice_when_the_estimate_does_not_fit():
    free = 8_000_000_000
    assert not choose_recomputing("auto", int(SHARE * free) - 1, free).chosen
    tight = choose_recomputing("auto", int(SHARE * free) + 1, free)
    assert tight.chosen and tight.reason == "about 5.6 GB would be needed, 8.0 GB are free"
    assert not choose_recomputing("auto", free, None).chosen


def test_what_was_asked_for_is_done_whatever_fits():
    assert choose_recomputing("always", 1, 10**12).chosen
    assert not choose_recomputing("never", 10**12, 1).chosen


def test_free_memory_is_a_part_of_the_machines():
    free = free_memory(torch.device("cpu"))
    assert free is None or 1_000_000 < free < 10**14


def test_what_is_held_grows_and_falls_with_what_is_needed_and_the_most_stays():
    cpu = torch.device("cpu")
    before = held_memory(cpu)
    with mmap.mmap(-1, 200_000_000) as large:  # given back when it is closed, whatever the allocator keeps
        large.write(b"1" * len(large))
        during = held_memory(cpu)
    assert 150_000_000 < during - before < 450_000_000
    assert held_memory(cpu) < during - 150_000_000
    assert peak_memory(cpu) > during - 10_000_000  # Linux adds up what each thread took a little late
