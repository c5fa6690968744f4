"""What ``hornbook ui`` shows: the run that was named, else the newest, else a first one that is trained meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from hornbook.errors import MissingError, SettingError
from hornbook.server.config import ServerConfig
from hornbook.server.desk import Desk
from hornbook.server.models import Models, serve_one
from hornbook.server.page.place import Page
from hornbook.training.run_folder import free_folder, runs_root
from hornbook.workflows.load import load_run
from hornbook.workflows.watching.listing import runs_by_name

Report = Callable[[str], None]

DEMO = ["training.minutes=1.5", "training.evaluate_every=0.1", "training.keep=20"]
"""The quickstart, looked at ten times on its way, and every look kept."""


def open_page(run: str | None, demo: bool, config: ServerConfig, report: Report) -> Page:
    """The page's side of a server that is about to listen.

    Raises:
        MissingError: there is no such run; or no run at all, and no demo is wanted.
    """
    runs = runs_by_name(runs_root(), {})
    page = Page(Models([], Desk(config.queue + 1)), config)
    if run is not None:
        folder = load_run(run).run.folder
        page.given = {folder.resolve().name: folder}
    elif demo:
        page.demo = page.trainings.start("quickstart", DEMO, runs_root() / free_folder("demo").name, runs_root())
        report(f"training a first model, about two minutes: {page.demo.folder}")
        return page
    elif page.default is None:
        raise MissingError(
            f"there are no runs in {runs_root()} yet; `hornbook ui --demo` trains one and shows how it learns"
        )
    else:
        report(f"runs in {runs_root()}: {', '.join(runs)}")
    serve_default(page, report)
    return page


def serve_default(page: Page, report: Report) -> None:
    """Let the run that is meant by ``default`` answer under /v1, too, if it is one that can."""
    name = str(page.default)
    loaded = load_run(page.runs[name])
    try:
        served = serve_one(name, loaded, page.config)
    except SettingError:
        report(f"{name}: to be looked into")
        return
    page.models.by_name[name] = served
    report(f"{name}: {served.does}")
