"""Memory that was freed stays at hand."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from hornbook.allocator import settle


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="glibc's settings")
def test_what_was_freed_is_at_hand_again_without_asking_the_system():
    script = """
import resource, torch
from hornbook.allocator import settle
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(50_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
torch.set_num_threads(1); faults(); plain = faults()
settle(); print(plain, min(faults() for _ in range(5)))
"""
    large = os.environ | {"THP_MEM_ALLOC_ENABLE": "1"}  # as the command line does
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=large)
    plain, settled = map(int, done.stdout.split())
    assert plain > 50 and settled < plain / 10


@pytest.mark.slow
def test_settling_twice_changes_nothing():
    settle()
    settle()
    assert torch.ones(10_000_000).sum() == 10_000_000
