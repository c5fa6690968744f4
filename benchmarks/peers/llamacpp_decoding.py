"""llama.cpp writing (`xllamacpp`): its server's completion, with its own measure of time."""

from __future__ import annotations

import os
from typing import Any

import xllamacpp
from side_by_side import cores, serve

STATE: dict[str, Any] = {}


def prepare(file: str, flash: bool) -> dict[str, Any]:
    """Load a GGUF file."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path, parameters.n_ctx, parameters.n_parallel = file, 512, 1
    parameters.verbosity, parameters.cpuparams.n_threads = 0, cores()
    parameters.cpuparams_batch.n_threads = cores()
    kinds = xllamacpp.llama_flash_attn_type
    parameters.flash_attn_type = kinds.LLAMA_FLASH_ATTN_TYPE_ENABLED if flash else kinds.LLAMA_FLASH_ATTN_TYPE_DISABLED
    STATE["server"] = xllamacpp.Server(parameters)
    return {"xllamacpp": getattr(xllamacpp, "__version__", "")}


def write_texts(prompts: list[list[int]], tokens: int) -> dict[str, Any]:
    """A greedy continuation; llama.cpp times reading and writing itself."""
    request = {
        "prompt": prompts[0],
        "max_tokens": tokens,
        "temperature": 0.0,
        "ignore_eos": True,
        "cache_prompt": False,
        "return_tokens": True,
    }
    answer = STATE["server"].handle_completions(request)
    timings = answer.get("timings", {})
    return {
        "prompt_seconds": timings["prompt_ms"] / 1e3,
        "seconds": timings["predicted_ms"] / 1e3 * (tokens - 1) / timings["predicted_n"],
        "count": timings["predicted_n"],
        "text": answer["choices"][0].get("text", ""),
    }


def leave() -> dict[str, Any]:
    """End at once: its threads do not."""
    os._exit(0)


if __name__ == "__main__":
    serve({"prepare": prepare, "write_texts": write_texts, "leave": leave})
