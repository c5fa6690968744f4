"""``hornbook ui``: runs in a web page: to play with, to look inside of, to watch while they learn."""

from __future__ import annotations

import os
from typing import Annotated

import cyclopts

from hornbook.cli.output import say

app = cyclopts.App(name="ui")

TRIES = 20
"""So many ports are tried."""


@app.default
def ui(
    run: str | None = None,
    /,
    *,
    demo: Annotated[bool, cyclopts.Parameter(negative=())] = False,
    port: int = 8000,
    host: str = "127.0.0.1",
    api_key: str | None = None,
    open_: Annotated[bool, cyclopts.Parameter(name="--open")] = True,
    allow_train: Annotated[bool, cyclopts.Parameter(negative=())] = False,
) -> None:
    """Show runs in the browser: write and chat, look inside, watch trainings, explore tokens, rate, learn.

    The page speaks to nobody but this server. Ctrl-C ends it, and the trainings it has started: those that have made
    a step save first, of the others nothing is left.

    Parameters
    ----------
    run
        A run folder, the name of a run under runs/, or latest; without one the newest of all that are there.
    demo
        Train a first model now, in front of you; needs no data.
    port
        Where to listen; if it is taken, at the next free one.
    host
        For others than this machine a key is needed.
    api_key
        What the page has to be told first; otherwise HORNBOOK_API_KEY.
    open_
        Open the browser.
    allow_train
        Let the page start and stop trainings.
    """
    from hornbook.server.app import create_app
    from hornbook.server.config import ServerConfig
    from hornbook.server.page.opening import open_page
    from hornbook.server.run import listen

    key = api_key or os.environ.get("HORNBOOK_API_KEY") or None
    config = ServerConfig(host=host, port=port, api_key=key, allow_train=allow_train)
    page = open_page(run, demo, config, say)
    try:
        shown = create_app(page.models, config, page)
        listen(shown, config, lambda address: show(address, open_), TRIES, page.trainings.leave)
    finally:
        page.trainings.stop()


def show(address: str, wanted: bool) -> None:
    """Say where the page is, and open it where there is a screen."""
    say(f"the page is at {address}/")
    if wanted and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.name == "nt"):
        import webbrowser

        webbrowser.open(f"{address}/")
