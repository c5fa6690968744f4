"""`transformers` writing: generate() with a static cache and a compiled forward, or with a growing one, as asked."""

from __future__ import annotations

import time
from typing import Any

import torch
import transformers
from side_by_side import cores, serve

STATE: dict[str, Any] = {}


def prepare(folder: str, weights: str, compiled: bool, device: str) -> dict[str, Any]:
    """Load the model in a number format."""
    torch.set_num_threads(cores())
    torch._dynamo.reset()
    model = transformers.GPT2LMHeadModel.from_pretrained(
        folder, attn_implementation="sdpa", dtype=getattr(torch, weights)
    )
    STATE["model"], STATE["compiled"] = model.to(device).eval(), compiled
    if compiled and device == "cpu":  # generate() compiles by itself on GPUs; this is what its documentation says else
        model.forward = torch.compile(model.forward, dynamic=False)
    return {"transformers": transformers.__version__, "torch": torch.__version__}


class Watch:
    """Notes when the first token came."""

    def __init__(self) -> None:
        self.moments: list[float] = []

    def put(self, value: Any) -> None:
        """A token, or at first the prompt."""
        self.moments.append(time.perf_counter())

    def end(self) -> None:
        """Nothing more."""


@torch.no_grad()
def write_texts(prompts: list[list[int]], tokens: int) -> dict[str, Any]:
    """Greedy continuations; seconds of reading the prompt and of every token after the first."""
    ids = torch.tensor(prompts, device=STATE["model"].device)
    settings: dict[str, Any] = {"do_sample": False, "pad_token_id": 0, "eos_token_id": None, "use_cache": True}
    if STATE["compiled"]:
        settings |= {"cache_implementation": "static"}
    began = time.perf_counter()
    if len(prompts) == 1:
        watch = Watch()
        found = STATE["model"].generate(ids, max_new_tokens=tokens, streamer=watch, **settings)
        first = watch.moments[1]
        ended = time.perf_counter()
    else:  # a streamer takes one text only: the time to the first token is measured by itself
        STATE["model"].generate(ids, max_new_tokens=1, **settings)
        first = time.perf_counter()
        length, began = first - began, time.perf_counter()
        found = STATE["model"].generate(ids, max_new_tokens=tokens, **settings)
        first, ended = began + length, time.perf_counter()
    return {
        "prompt_seconds": first - began,
        "seconds": ended - first,
        "tokens": found[:, len(prompts[0]) :].tolist(),
    }


@torch.no_grad()
def write_batches(batches: list[dict[str, Any]]) -> dict[str, Any]:
    """Batch after batch, each until its longest text is over; seconds of it all, prompts included."""
    began = time.perf_counter()
    for batch in batches:
        ids = torch.tensor(batch["prompts"], device=STATE["model"].device)
        settings: dict[str, Any] = {"do_sample": False, "pad_token_id": 0, "eos_token_id": None, "use_cache": True}
        if STATE["compiled"]:
            settings |= {"cache_implementation": "static"}
        STATE["model"].generate(ids, max_new_tokens=max(batch["tokens"]), **settings)
    return {"seconds": time.perf_counter() - began}


if __name__ == "__main__":
    serve({"prepare": prepare, "write_texts": write_texts, "write_batches": write_batches})
