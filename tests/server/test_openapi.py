"""What the OpenAPI document allows, and what it does not: none of it makes the server fail.

schemathesis reads the document from the running server and sends what it makes up: values that fit and values that do
not, at the edges of every bound, for every operation. A 5xx is what it looks for.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.test_abuse import fetch, send

FEW = ["--max-examples", "2", "--phases", "examples,fuzzing", "--max-time", "30"]
MANY = ["--max-examples", "40", "--phases", "examples,coverage,fuzzing"]
"""For each of the operations."""


def attacked(server, folder: Path, effort: list[str]) -> str:
    """What schemathesis says of the server after so much of an effort."""
    settings = ["--checks", "not_a_server_error", "--seed", "1", "--no-color", "--generation-database", "none"]
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", *settings, *effort]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "COLUMNS": "160"})
    return f"{done.stdout}\n{done.stderr}\nexit code {done.returncode}"


@pytest.mark.parametrize(
    "effort",
    [pytest.param(FEW, marks=pytest.mark.slow, id="few"), pytest.param(MANY, marks=pytest.mark.broad, id="many")],
)
@pytest.mark.timeout(3000)
def test_nothing_that_the_document_describes_makes_the_server_fail(server, tmp_path, effort) -> None:
    said = attacked(server, tmp_path, effort)
    tested = re.search(r"(\d+) (?:selected|total|operations)", said)
    assert said.rstrip().endswith("exit code 0"), said[-6000:]
    assert tested is not None and int(tested[1]) > 40, said[-3000:]
    assert fetch(server, "/health")[0] == 200
    assert send(server, b'{"model": "writer", "prompt": "The", "max_tokens": 2, "temperature": 0}')[0] == 200
