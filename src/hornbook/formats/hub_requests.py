"""What is said between us and a hub of models: addresses, the token, refusals, and trying again.

The token is for the hub alone: it goes along neither where the hub sends us on to (its store of large files is
elsewhere) nor to any other server.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import environ
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urljoin, urlsplit

from hornbook.corpus.fetch import innermost
from hornbook.errors import MissingError

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

T = TypeVar("T")
CONNECT_SECONDS, SILENT_SECONDS = 10, 30
"""How long a server may take to be there, and how long it may be silent then."""
WAITS = (1.0, 2.0, 5.0, 10.0)
"""Seconds between attempts that have brought nothing; when they are used up, it is given up."""
LONGEST_WAIT = 60.0
WORTH_ANOTHER_TRY = (408, 429, 500, 502, 503, 504)


class Interrupted(Exception):
    """Something went wrong that may go better next time, ``wait`` seconds later at the soonest."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class Unreachable(Interrupted):
    """There is no connection to the server at all."""


@dataclass(frozen=True)
class Repository:
    """A model on a hub: ``name`` is owner/name, ``revision`` a branch, tag or commit."""

    endpoint: str
    name: str
    revision: str

    @property
    def list_url(self) -> str:
        """Where its files are listed."""
        return f"{self.endpoint}/api/models/{self.name}/tree/{quote(self.revision, safe='')}?recursive=true"

    @property
    def page(self) -> str:
        """The page for people."""
        return f"{self.endpoint}/{self.name}/tree/{quote(self.revision, safe='')}"

    def url(self, path: str) -> str:
        """Where one of its files is."""
        return f"{self.endpoint}/{self.name}/resolve/{quote(self.revision, safe='')}/{quote(path)}"


@dataclass(frozen=True)
class Server:
    """The hub that has a repository, and how to ask it."""

    repository: Repository

    def entries(self) -> list[dict[str, Any]]:
        """The list of the repository's files, page by page."""
        url, entries = self.repository.list_url, []
        while url:
            with self.ask(url) as answer:
                try:
                    page = answer.json()
                except ValueError:
                    page = None
                following = answer.links.get("next", {}).get("url", "")
            if not isinstance(page, list) or not all(isinstance(entry, dict) for entry in page):
                raise MissingError(
                    f"{url} answers with something that is no list of files; is there a log-in page in this network, "
                    "or HORNBOOK_HF_ENDPOINT wrong?"
                )
            entries += page
            url = urljoin(url, following) if following else ""
        return entries

    @contextmanager
    def ask(self, url: str, start: int = 0) -> Iterator[Response]:
        """The answer to a request, from byte ``start`` on if the server can do that.

        Raises:
            Interrupted: it may go better next time; an ``Unreachable`` if there was no answer at all.
            MissingError: the server refuses.
        """
        import requests

        # Compressed on its way, a file would have neither the size nor the positions that are counted on here.
        headers = {"Accept-Encoding": "identity", "User-Agent": "hornbook"}
        if start:
            headers["Range"] = f"bytes={start}-"
        answered, timeout = False, (CONNECT_SECONDS, SILENT_SECONDS)
        try:
            with requests.get(url, headers=headers, auth=self.permit(url), stream=True, timeout=timeout) as answer:
                answered = True
                self.refuse(answer)
                yield answer
        except requests.exceptions.ConnectionError as error:
            if answered:
                raise Interrupted(f"the connection was cut ({innermost(error)})") from error
            raise Unreachable(f"there is no connection to it ({innermost(error)})") from error
        except requests.exceptions.ChunkedEncodingError as error:
            raise Interrupted("the connection was cut") from error
        except requests.exceptions.Timeout as error:
            raise Interrupted(f"the server was silent for {SILENT_SECONDS} seconds") from error
        except requests.exceptions.RequestException as error:  # an address that is none, too many redirections
            raise MissingError(f"cannot fetch {url}: {error}; is HORNBOOK_HF_ENDPOINT an address?") from error

    def permit(self, url: str) -> Callable[[PreparedRequest], PreparedRequest] | None:
        """What puts the token into a request to the hub; None for any other server, or without a token.

        Given as ``auth``, requests takes it out again when it is sent on to another host.
        """
        token = environ.get("HORNBOOK_HF_TOKEN") or environ.get("HF_TOKEN")
        if not token or urlsplit(url)[:2] != urlsplit(self.repository.endpoint)[:2]:
            return None

        def signed(request: PreparedRequest) -> PreparedRequest:
            request.headers["Authorization"] = f"Bearer {token}"
            return request

        return signed

    def refuse(self, answer: Response) -> None:
        """Turn an answer that is a refusal into an error that says what to do."""
        status, code, name = answer.status_code, answer.headers.get("X-Error-Code", ""), self.repository.name
        said = f"{status} {answer.reason}"
        if status in WORTH_ANOTHER_TRY:
            more = "; it allows only so many requests, and more with a token in HF_TOKEN" if status == 429 else ""
            raise Interrupted(f"the server answers {said}{more}", seconds_to_wait(answer))
        if status == 416:
            raise Interrupted("the server has no more of this file than has come")
        if status < 400:
            return
        if code == "RevisionNotFound":
            raise MissingError(
                f"{name} has no revision {self.repository.revision!r} ({said}); leave it out to get 'main'"
            )
        if code == "GatedRepo" or status == 403:
            raise MissingError(
                f"{name} is not open to everybody ({said}): accept its terms at {self.repository.endpoint}/{name} with "
                "an account of yours, and set HF_TOKEN to a token of that account"
            )
        if status in (401, 404):
            raise MissingError(
                f"{self.repository.endpoint} has no model {name!r} that you may see, or not this file of it ({said}); "
                "check the spelling OWNER/NAME; for a private or gated model, set HF_TOKEN to a token that may read it"
            )
        raise MissingError(f"{answer.url}: the server answers {said}; try again later, or fetch it by hand")


def seconds_to_wait(answer: Response) -> float:
    """What the server asks us to wait, as far as that is bearable; 0 where it says nothing."""
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), LONGEST_WAIT) if asked.isdecimal() else 0.0


def first_byte(answer: Response) -> int:
    """Where in the file an answer begins: where it says so, else at the beginning."""
    said = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return int(said[1]) if answer.status_code == 206 and said else 0


def wait_for_it(seconds: float) -> None:
    """Sleep."""
    time.sleep(seconds)


def keep_trying(
    attempt: Callable[[], T],
    progress: Callable[[], int],
    name: str,
    report: Callable[[str], None],
    wait: Callable[[float], None],
) -> T:
    """The result of ``attempt``, which is made again when it is ``Interrupted``, until too many have brought nothing.

    ``progress`` says how far things are: an attempt that has come further than any before starts the count anew.
    """
    failures, furthest = 0, progress()
    while True:
        try:
            return attempt()
        except Interrupted as error:
            if progress() > furthest:
                failures, furthest = 0, progress()
            if failures == len(WAITS):
                raise
            seconds = max(WAITS[failures], error.wait)
            report(f"{name}: {error}; trying again in {seconds:.0f} seconds")
            wait(seconds)
            failures += 1
