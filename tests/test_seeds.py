"""Every random number is a pure function of the seed and of what it is for."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import torch

from hornbook.seeds import derive, numpy_generator, torch_generator


def test_the_same_names_give_the_same_seed_on_every_machine() -> None:
    assert derive(0) == 0x5FECEB66FFC86F38 >> 1  # the first eight bytes of SHA-256 of "0"
    assert derive(3, "dropout", 700) == derive(3, "dropout", 700)


def test_different_names_give_different_seeds() -> None:
    names = [(1, "2"), (12,), (1, "23"), (12, "3"), (1, "a", "b"), (1, "ab"), (1, "b", "a"), (1, "a", 0), (1, "a", 1)]
    assert len({derive(*name) for name in names}) == len(names)


def test_seeds_fit_what_pytorch_and_numpy_take() -> None:
    seeds = [derive(seed, "step", step) for seed, step in itertools.product(range(11), range(13))]
    assert min(seeds) >= 0 and max(seeds) < 2**63
    assert max(seeds) > 2**62


def test_a_generator_knows_nothing_of_the_others() -> None:
    first = torch.rand(7, generator=torch_generator(5, "a"))
    torch.rand(3, generator=torch_generator(5, "b"))
    assert torch.equal(first, torch.rand(7, generator=torch_generator(5, "a")))
    assert not torch.equal(first, torch.rand(7, generator=torch_generator(5, "b")))
    assert (numpy_generator(5, "a").random(7) == numpy_generator(5, "a").random(7)).all()
    assert (numpy_generator(5, "a").random(7) != numpy_generator(6, "a").random(7)).all()


def test_the_global_generators_are_left_alone() -> None:
    before = torch.random.get_rng_state()
    torch_generator(5, "a")
    numpy_generator(5, "a")
    assert torch.equal(before, torch.random.get_rng_state())


def test_another_process_with_another_hash_seed_gives_the_same() -> None:
    command = [sys.executable, "-c", "from hornbook.seeds import derive; print(derive(3, 'order', 7))"]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONHASHSEED": "11"}, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == derive(3, "order", 7)
