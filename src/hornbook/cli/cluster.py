"""``hornbook cluster``: what a training on machines that are not here would need."""

from __future__ import annotations

from typing import Annotated

import cyclopts

from hornbook.cli.output import print_json

app = cyclopts.App(name="cluster")


@app.default
def cluster(
    model: str,
    *settings: Annotated[str, cyclopts.Parameter(allow_leading_hyphen=False)],
    tokens: float,
    gpus: int = 8,
    gpu: str = "h100",
    batch: int = 512,
    rows: int = 8,
    distribution: str = "fully_sharded",
    utilisation: float = 0.4,
    price: float | None = None,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Say what a training on GPUs that are not here would need: memory, tokens a second, hours, cost. On paper.

    All of it is counted but one number, the part of its peak that a GPU reaches. `hornbook plan RECIPE` is
    for this machine.

    Parameters
    ----------
    model
        A recipe, one that ships with the package or a TOML file, or the name of a preset (gpt2-xl).
    settings
        Settings to change: model.context=2048
    tokens
        How many tokens to train on: 30e9.
    gpus
        How many GPUs share it.
    gpu
        Which: h100, h200 or a100.
    batch
        Windows in a step, over all GPUs.
    rows
        Windows at a time in each GPU.
    distribution
        data_parallel or fully_sharded, as in training.distribution.
    utilisation
        The part of its peak that a GPU reaches.
    price
        Of one GPU for an hour; without it no cost is given.
    as_json
        Print one JSON object.
    """
    from hornbook.workflows.plan_at_scale import Asked, config_of, plan_at_scale
    from hornbook.workflows.plan_at_scale import as_json as plain

    asked = Asked(tokens, gpus, gpu, batch, rows, distribution, utilisation, price)
    planned = plan_at_scale(config_of(model, settings), asked)
    if as_json:
        print_json(plain(planned))
        return
    for what, much in planned.lines():
        print(f"{what:<16} {much}")
