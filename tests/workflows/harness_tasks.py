"""Tasks for EleutherAI's harness about questions in a file: its ``.yaml``, written as JSON, which is YAML too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def choices(name: str, file: Path, **besides: Any) -> str:
    """A task of multiple choice about rows with ``question``, ``choices`` and ``answer`` (a number from 0)."""
    asked = {"output_type": "multiple_choice", "doc_to_choice": "{{choices}}", "doc_to_target": "answer"}
    return task(name, file, **{**asked, "metric_list": [{"metric": "acc"}], **besides})


def task(name: str, file: Path, **besides: Any) -> str:
    """A task of any kind about rows with a ``question``."""
    rows = {"dataset_path": "json", "dataset_kwargs": {"data_files": {"validation": str(file)}}}
    asked = {"task": name, "validation_split": "validation", "doc_to_text": "{{question}}"}
    return json.dumps({**rows, **asked, **besides})
