"""Every endpoint of ``docs/page-api.md`` is asked what the page has it asked, and answers with the fields shown.

In the order of the page, on one server with the small run of the furnished folder. A documented answer is compared by
its keys and by the kinds of its values: numbers differ, fields do not.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hornbook.cli.app import run
from tests.documents.furnishing import PROCESS, SMALL
from tests.documents.reading import ROOT, read_json
from tests.documents.running import Place
from tests.server.asking import ask, events
from tests.server.serving import Running, serving

PAGE = ROOT / "docs" / "page-api.md"
NAMES = {"step-000120": "step-000003", "step-000240": "step-000006", "layer:3": "layer:1"}
"""Checkpoints and parts of the run that the page shows, and those of the run that is asked here."""
IN_PATHS = {
    "{run}": "quickstart-1",
    "{kind}": "attention",
    "{layer}": "0",
    "{head}": "0",
    "{study}": "second",
    "{number}": "1",
    "offset=48211": "offset=0",
    "run=a&run=b": "run=quickstart-1&run=first",
}
NAMED_BY_DATA = {"baselines", "differences", "choices", "versions", "machine"}
"""Objects whose keys are names of a run's own settings or rows, which differ from run to run."""
ONLY_SOMETIMES = {"partial", "special"}
"""What a token says only where it is so, as the page explains."""


@dataclass(frozen=True)
class Endpoint:
    """What a section of the page shows: a method and a path, bodies to be sent, answers."""

    method: str
    path: str
    bodies: tuple[dict[str, Any], ...]
    answers: tuple[Any, ...]
    streamed: bool


def endpoints() -> Iterator[Endpoint]:
    """All endpoints of the page, in order."""
    for section in re.split(r"^### ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]:
        heading, _, text = section.partition("\n")
        text = re.split(r"^## ", text, flags=re.M)[0]
        shown = list(objects_in(text))
        for place, (method, path) in enumerate(re.findall(r"(GET|POST) (\S+)", heading)):
            bodies = [found for found, sent in shown if sent] if method == "POST" else []
            answers = [found for found, sent in shown if not sent]
            if method == "POST" and not bodies:
                bodies, answers = (answers[:1] if "write" in path else answers[place : place + 1]), answers[1:]
            yield Endpoint(method, path, tuple(bodies), tuple(answers), "SSE" in heading)


SHOWN = r"^```\w*\n(.*?)^```|((?:^    [^\n]*\n)+)|`(\{[^`]*\})`"
"""A fenced block, an indented one, or an object in the text."""


def objects_in(text: str) -> Iterator[tuple[Any, bool]]:
    """The JSON objects of a section, and whether each is sent (an indented block without an arrow before it)."""
    for fenced, indented, span in re.findall(SHOWN, text, flags=re.M | re.S):
        if indented:
            for part in re.split(r"\n(?=    (?:\{|->))", indented.rstrip()):
                source = re.sub(r"\s+\([^{}]*\)$", "", part.strip())
                answer = source.startswith("->")
                yield from ((found, not answer) for found in read_json(re.sub(r"^-> (200 )?", "", source)))
        else:
            source = re.sub(r"^(id: \d+|data: )", "", fenced, flags=re.M) or re.sub(r"\{\.\.\.[^}]*\}", "{}", span)
            yield from ((found, False) for found in read_json(source))


def lacking(shown: Any, found: Any, where: str = "") -> Iterator[str]:
    """What a documented value has and a real one has not, or has in another kind."""
    if shown is None or found is None:
        return
    numbers = isinstance(shown, int | float) and isinstance(found, int | float)
    if not numbers and type(shown) is not type(found):
        yield f"{where or 'the answer'} is {found!r:.60}, and the page shows {shown!r:.60}"
    elif isinstance(shown, dict):
        for name, value in shown.items():
            if name not in found and name not in ONLY_SOMETIMES:
                yield f"{where}.{name} is not in {sorted(found)}"
            elif name in found and name not in NAMED_BY_DATA:
                yield from lacking(value, found[name], f"{where}.{name}")
    elif isinstance(shown, list) and shown and found:
        yield from lacking(shown[0], found[0], f"{where}[0]")


def here(value: Any) -> Any:
    """A documented body with the names of what is here."""
    text = json.dumps(value)
    for name, other in NAMES.items():
        text = text.replace(name, other)
    return json.loads(text)


@dataclass
class Visit:
    """A walk down the page: the server, and what earlier answers named."""

    server: Running
    trace: str = ""

    def address(self, path: str) -> str:
        """A documented path with the names of what is here."""
        for name, value in {**IN_PATHS, "{trace}": self.trace}.items():
            path = path.replace(name, value)
        return path

    def found_wrong(self, endpoint: Endpoint) -> list[str]:
        """Ask one endpoint; what is otherwise than the page says."""
        special = SPECIAL.get((endpoint.method, endpoint.path), Visit.plain)
        return [f"{endpoint.method} {endpoint.path}: {what}" for what in special(self, endpoint)]

    def asked(self, endpoint: Endpoint, body: Any = None) -> tuple[int, Any]:
        """Status and answer."""
        return ask(self.server, endpoint.method, self.address(endpoint.path), body)[:2]

    def plain(self, endpoint: Endpoint) -> Iterator[str]:
        """One answer for each body; or a stream, whose events are compared with those of their kind."""
        for body in endpoint.bodies or (None,):
            if endpoint.streamed:
                yield from self.stream(endpoint, body)
                continue
            status, found = self.asked(endpoint, None if body is None else here(body))
            if status != 200:
                yield f"{status} {found}"
                continue
            if not endpoint.answers:
                yield "the page shows no answer"
            for shown in endpoint.answers[:1]:
                yield from lacking(shown, found)
            self.trace = found.get("trace", self.trace)

    def stream(self, endpoint: Endpoint, body: Any) -> Iterator[str]:
        """Every kind of event that the page shows comes, with its fields."""
        if body and body.get("text") == "...":
            body = {**body, "text": "the cat sat on the mat " * 90}
        every = events(self.server, endpoint.method, self.address(endpoint.path), body and here(body))
        for shown in endpoint.answers:
            of_its_kind = [event for event in every if event["kind"] == shown["kind"]]
            if not of_its_kind and shown["kind"] not in LATER:
                yield f"no event of kind {shown['kind']}"
            for event in of_its_kind[:1]:
                yield from lacking(shown, event)

    def bytes_of_maps(self, endpoint: Endpoint) -> Iterator[str]:
        """Attention maps are bytes, as many as the pass said."""
        status, found = self.asked(endpoint)
        if status != 200 or not isinstance(found, bytes) or not found:
            yield f"{status} {found!r:.60}"

    def rate(self, endpoint: Endpoint) -> Iterator[str]:
        """Answer items of both kinds, each in the form that the page shows."""
        used = set()
        for _ in range(20):
            item = ask(self.server, "GET", self.address("/page/studies/{study}/next?rater=anna"))[1]["item"]
            if item is None:
                break
            kind = "scores" if len(item["texts"]) == 1 else "choice"
            body = next(body for body in endpoint.bodies if kind in body)
            status, _ = self.asked(endpoint, {**body, "place": item["place"]})
            used.add(kind)
            if status != 200:
                yield f"{status} to {body}"
        if used != {"scores", "choice"}:
            yield f"only {used} was asked for"

    def move(self, endpoint: Endpoint) -> Iterator[str]:
        """Go to another item: a second rater's first."""
        path = self.address("/page/studies/{study}/next?rater=berta")
        item = ask(self.server, "GET", path)[1]["item"]
        if endpoint.path.endswith("undo"):
            body = {"rater": "berta", "place": item["place"], "seconds": 1.0, "comment": ""}
            answer = {"scores": {"coherence": 4, "relevance": 3, "fluency": 5}}
            ask(self.server, "POST", self.address("/page/studies/{study}/answer"), {**body, **answer})
        [body] = endpoint.bodies
        told = {**body, "rater": "berta", **({"place": item["place"]} if "place" in body else {})}
        status, found = self.asked(endpoint, told)
        if status != 200 or "item" not in found:
            yield f"{status} {found}"

    def train(self, endpoint: Endpoint) -> Iterator[str]:
        """Begin a training, small and short."""
        [body] = endpoint.bodies
        status, found = self.asked(
            endpoint, {**body, "overrides": ["training.minutes=0.02", "tokenizer.vocabulary=400"]}
        )
        yield from [f"{status} {found}"] if status != 200 else lacking(endpoint.answers[0], found)

    def stop_or_resume(self, endpoint: Endpoint) -> Iterator[str]:
        """Stop the training that was begun, or go on with it once it has ended."""
        path = endpoint.path.replace("{run}", "my-run")
        if path.endswith("resume"):
            wait_for(lambda: self.state() != "running")
        else:
            journal = Path("runs/my-run/metrics.jsonl")
            wait_for(lambda: journal.exists() and journal.stat().st_size > 0)  # before its first step nothing is left
        status, found = ask(self.server, "POST", path, {})[:2]
        if status not in (200, 409):
            yield f"{status} {found}"

    def state(self) -> str:
        """How far the training is that was begun here."""
        return str(ask(self.server, "GET", "/page/train")[1]["processes"][0]["state"])


LATER = ("evaluation", "sample", "checkpoint")
"""Events of a run that is being written."""
SPECIAL: dict[tuple[str, str], Callable[[Visit, Endpoint], Iterator[str]]] = {
    ("GET", "/page/inside/{trace}/maps/{kind}"): Visit.bytes_of_maps,
    ("POST", "/page/studies/{study}/answer"): Visit.rate,
    ("POST", "/page/studies/{study}/skip"): Visit.move,
    ("POST", "/page/studies/{study}/undo"): Visit.move,
    ("POST", "/page/train"): Visit.train,
    ("POST", "/page/train/{run}/stop"): Visit.stop_or_resume,
    ("POST", "/page/train/{run}/resume"): Visit.stop_or_resume,
}


def wait_for(true: Callable[[], bool]) -> None:
    """Wait until something is true; a minute at most."""
    until = time.monotonic() + 60
    while not true() and time.monotonic() < until:
        time.sleep(0.1)


@pytest.mark.slow
def test_every_endpoint_of_the_page_answers_as_it_is_documented(
    place: Place, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = {"HORNBOOK_GPT2": str(shared / "gpt2" / "r50k_base.tiktoken")}
    for name, value in {**PROCESS, **SMALL, **published, "HORNBOOK_HOME": str(place.folder / "home")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HORNBOOK_TOKENIZER__VOCABULARY")  # not every recipe that is listed has one
    monkeypatch.chdir(place.folder)
    said = ("--run", "quickstart-1", "--prompts", "prompts.txt", "--max-tokens", "5")
    assert run(["rate", "new", "first", *said]) == 0
    runs = place.folder / "runs"
    every = list(endpoints())
    with serving([runs / "quickstart-1"], root=runs, allow_train=True) as server:
        visit = Visit(server)
        try:
            wrong = [what for endpoint in every for what in visit.found_wrong(endpoint)]
        finally:
            server.page.trainings.stop()
    assert len(every) > 35
    assert not wrong, "docs/page-api.md says otherwise:\n" + "\n".join(wrong)


def test_a_field_that_is_missing_or_of_another_kind_is_seen() -> None:
    shown = {"a": [{"b": 1, "c": "x"}], "d": None, "e": {"f": 1}}
    assert not list(lacking(shown, {"a": [{"b": 2.5, "c": "y", "more": 1}], "d": 3, "e": None}))
    assert list(lacking(shown, {"a": [{"b": 2}], "d": 1, "e": {}})) == [
        ".a[0].c is not in ['b']",
        ".e.f is not in []",
    ]
    [other] = lacking({"a": "1"}, {"a": 1})
    assert other == ".a is 1, and the page shows '1'"
