"""``hornbook export``: runs for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import cyclopts

app = cyclopts.App(name="export")


@app.default
def export(
    run: str,
    /,
    *,
    to: Literal["hf", "gguf", "peft"],
    out: Path,
    kind: Literal["F32", "BF16", "Q8_0"] = "F32",
    checkpoint: str = "best",
    verify: Annotated[bool, cyclopts.Parameter(negative=())] = False,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Write a run as a folder of Hugging Face (transformers loads it) or as a GGUF file (llama.cpp runs it).

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    to
        hf: config.json, safetensors and tokenizer.json in a new folder. gguf: one file, for models in the style of
        GPT-2, Llama and Qwen3. peft: only what LoRA has learned, in a new folder, for PEFT.
    out
        The folder, or the file.
    kind
        What the matrices of a GGUF file are kept in.
    checkpoint
        best, latest, or one by name such as step-000200.
    verify
        Read what was written again and compare logits; exit with 4 where they differ.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.output import print_json
    from hornbook.workflows import export_model as exporting
    from hornbook.workflows.load import load_run

    loaded = load_run(run, checkpoint, merged=to != "peft")
    if to == "peft":
        modules = exporting.export_peft(loaded, out)
        if as_json:
            print_json({"schema": 1, "out": str(out), "modules": modules})
        else:
            print(f"{out}: products for {len(modules)} matrices ({modules[0]}...)")
        return
    if to == "hf":
        name = exporting.export_huggingface(loaded, out)
        found = exporting.verify_huggingface(loaded, out) if verify else None
    else:
        name = exporting.export_gguf(loaded, out, kind)
        found = exporting.verify_gguf(loaded, out, kind) if verify else None
    if as_json:
        difference = None if found is None else found.difference
        print_json({"schema": 1, "out": str(out), "model_type": name, "largest_difference": difference})
        return
    print(f"{out}: a {name} model")
    if found is not None:
        print(found)
