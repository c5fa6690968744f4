"""How this process asks the system for memory: in large pages, and not again for what it has just given back."""

from __future__ import annotations

import ctypes
import gc

TRIM_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -4, -8
"""What glibc's ``mallopt`` calls them (malloc.h)."""


def settle() -> None:
    """Once what has to be built is built: give back what building held, and from now on keep what is freed.

    Every step of a training asks for the same gigabyte in large pieces, every step of writing for the same table of
    logits. By default each piece is fetched from the system and given back again, and the system clears every page of
    it: a quarter of a training step of GPT-2 124M. Where the C library is not glibc nothing happens.
    """
    gc.collect()
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt") or not hasattr(library, "malloc_trim"):
        return
    library.malloc_trim(0)
    for setting, value in ((ARENA_MAX, 1), (MMAP_MAX, 0), (TRIM_THRESHOLD, 2**31 - 1)):
        library.mallopt(setting, value)
