"""``hornbook import``: other people's models as runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts

app = cyclopts.App(name="import")


@app.default
def import_model(
    source: str,
    /,
    *,
    out: Path | None = None,
    tokenizer: Path | None = None,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Make a run of a model from elsewhere.

    GPT-2, Llama, Mistral, Qwen3, OLMo 2, Gemma, BERT, DistilBERT and T5 as Hugging Face keeps them, and llama2.c's
    models. Nothing of it is executed: weights are read from safetensors, settings and tokenizers from JSON, and what
    our parts cannot express is refused by name.

    Parameters
    ----------
    source
        hf:OWNER/NAME (fetched from the Hugging Face hub, without its library), a folder with a config.json, or a .bin
        file of llama2.c.
    out
        The new run's folder; by default the next free one under runs/.
    tokenizer
        The tokenizer, where it does not lie beside the model: a folder, or llama2.c's tokenizer.bin.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.bars import Bars
    from hornbook.cli.output import print_json, say
    from hornbook.workflows.import_model import import_model as take_in

    with Bars() as bars:
        run = take_in(source, out, tokenizer, say, bars.start)
    if as_json:
        print_json({"schema": 1, "run": str(run.folder), "source": source})
    else:
        print(f'run     {run.folder}\nnext    hornbook generate {run.folder} "Once upon a time" --temperature 0')
