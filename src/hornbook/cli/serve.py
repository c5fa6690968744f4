"""``hornbook serve``: runs over HTTP, in the words of OpenAI's interface."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

import cyclopts

from hornbook.cli.output import say

if TYPE_CHECKING:
    from hornbook.server.config import ServerConfig

app = cyclopts.App(name="serve")


@app.default
def serve(
    *runs: str,
    host: str = "127.0.0.1",
    port: int = 8000,
    api_key: str | None = None,
    adapter: tuple[str, ...] = (),
    weights: Literal["float32", "bfloat16", "int8", "int4"] = "float32",
    compile_: Annotated[bool, cyclopts.Parameter(name="--compile", negative=())] = False,
    rows: int = 32,
    queue: int = 64,
    origin: tuple[str, ...] = (),
) -> None:
    """Serve runs to programs that speak OpenAI's interface: completions, chats, embeddings, streams.

    All requests to a model are written together, a token for each at every step. Only this machine is answered unless
    there is a key. Ctrl-C ends it.

    Parameters
    ----------
    runs
        Run folders, names of runs under runs/, or latest; each is a model called like its folder.
    host
        Where to listen; for others than this machine a key is needed.
    port
        0: any that is free.
    api_key
        What every request has to bring as Authorization: Bearer KEY; otherwise HORNBOOK_API_KEY.
    adapter
        NAME=FOLDER: the first run with a LoRA in PEFT's files, as a model called NAME.
    weights
        In how many bits the matrices are kept.
    compile_
        Compile the step first (about half a minute, once for each shape of model).
    rows
        How many texts are written at once.
    queue
        How many more requests may wait; others are told to try again.
    origin
        A web page from elsewhere that may ask, as in http://localhost:3000.
    """
    from hornbook.errors import SettingError
    from hornbook.server.config import ServerConfig

    if not runs:
        raise SettingError("expected at least one run, as in hornbook serve latest")
    start(
        runs,
        adapter,
        ServerConfig(
            host=host,
            port=port,
            api_key=api_key or os.environ.get("HORNBOOK_API_KEY") or None,
            rows=rows,
            queue=queue,
            weights=weights,
            compiled=compile_,
            origins=origin,
        ),
    )


def start(runs: tuple[str, ...], adapter: tuple[str, ...], config: ServerConfig) -> None:
    """Load the runs, say what is served and where, and answer until a signal comes."""
    from pathlib import Path

    from hornbook.errors import SettingError
    from hornbook.server.app import create_app
    from hornbook.server.models import open_models
    from hornbook.server.run import listen

    adapters = dict(each.partition("=")[::2] for each in adapter)
    if not all(name and folder for name, folder in adapters.items()):
        raise SettingError("--adapter: expected NAME=FOLDER")
    models = open_models(runs, {name: Path(folder) for name, folder in adapters.items()}, config)
    for name, served in models.by_name.items():
        say(f"{name}: {served.does}")
    listen(create_app(models, config), config, lambda address: say(f"listening at {address}/v1"))
