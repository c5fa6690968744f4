"""A real llama.cpp (the ``xllamacpp`` package), in a process of its own: what it says after a prompt of token ids."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = """
import json, sys
import xllamacpp
asked = json.load(sys.stdin)
parameters = xllamacpp.CommonParams()
parameters.model.path, parameters.n_ctx = asked["file"], asked["context"]
parameters.warmup, parameters.verbosity = False, 0
parameters.cpuparams.n_threads = 1
server = xllamacpp.Server(parameters)
request = {"prompt": asked["prompt"], "max_tokens": asked["tokens"], "temperature": 0.0, "logprobs": 5}
answer = server.handle_completions(request)
print("ANSWER " + json.dumps(answer["choices"][0]), flush=True)
import os
os._exit(0)
"""


def llama_cpp(file: Path, prompt: list[int], tokens: int, context: int) -> dict[str, Any]:
    """Its greedy continuation: ``text``, and ``logprobs`` with the five likeliest tokens of every place."""
    asked = {"file": str(file), "prompt": prompt, "tokens": tokens, "context": context}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(asked), capture_output=True, text=True, timeout=120
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
    assert lines, f"llama.cpp gave no answer:\n{done.stderr[-3000:]}"
    answer: dict[str, Any] = json.loads(lines[0].removeprefix("ANSWER "))
    return answer
