"""A real llama.cpp (the ``xllamacpp`` package) in a process of its own: asked directly, or over its own HTTP server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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

SERVER = """
import json, os, sys
import xllamacpp
asked = json.loads(sys.argv[1])
parameters = xllamacpp.CommonParams()
parameters.model.path, parameters.n_ctx = asked["file"], asked["context"]
parameters.warmup, parameters.verbosity, parameters.cpuparams.n_threads = False, 0, 1
if asked["template"]:
    parameters.chat_template = asked["template"]
server = xllamacpp.Server(parameters)
print("AT", server.listening_address, flush=True)
sys.stdin.read()
os._exit(0)
"""


@contextmanager
def llama_cpp_server(file: Path, context: int, template: str = "") -> Iterator[str]:
    """Its HTTP server with a model, for as long as the block lasts: the address."""
    asked = json.dumps({"file": str(file), "context": context, "template": template})
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, asked],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    try:
        yield next(line.split()[1] for line in server.stdout if line.startswith("AT "))
    finally:
        server.communicate()


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
