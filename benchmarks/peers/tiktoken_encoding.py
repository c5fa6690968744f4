"""The other side of `preparing.py`: tiktoken's batch on documents in memory, with a vocabulary that is given to it."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import tiktoken
from side_by_side import cores, serve

STATE: dict[str, Any] = {}


def read(documents: str, ranks: str, pattern: str) -> dict[str, Any]:
    """Hold the documents of a JSON file in memory, and make the encoding of a .tiktoken file."""
    STATE["documents"] = json.loads(Path(documents).read_text(encoding="utf-8"))
    lines = (line.split() for line in Path(ranks).read_bytes().splitlines())
    merges = {base64.b64decode(token): int(rank) for token, rank in lines}
    STATE["encoding"] = tiktoken.Encoding("peer", pat_str=pattern, mergeable_ranks=merges, special_tokens={})
    return {"documents": len(STATE["documents"]), "tiktoken": tiktoken.__version__}


def encode() -> dict[str, Any]:
    """Seconds that all documents take, and how many tokens they are; nothing is written."""
    began = time.perf_counter()
    ids = STATE["encoding"].encode_ordinary_batch(STATE["documents"], num_threads=cores())
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "tokens": sum(map(len, ids))}


if __name__ == "__main__":
    serve({"read": read, "encode": encode})
