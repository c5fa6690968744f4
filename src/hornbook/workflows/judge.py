"""A model behind an OpenAI-compatible address judges a study; what it is asked is evaluation/rating/judging.py.

Anything that answers ``POST URL/chat/completions`` will do: llama.cpp, a server of ours, a service. The key goes to
that address alone, and is written nowhere.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hornbook.errors import HornbookError, MissingError, SettingError
from hornbook.evaluation.rating.judging import REMINDER, Question, questions
from hornbook.evaluation.rating.ratings import answers_in, open_ratings, rating_file
from hornbook.evaluation.rating.study import checked_name, read_study
from hornbook.formats.hub_requests import (
    CONNECT_SECONDS,
    WORTH_ANOTHER_TRY,
    Interrupted,
    keep_trying,
    seconds_to_wait,
    wait_for_it,
)
from hornbook.training.journal import read_journal

ANSWER_SECONDS = 300
"""How long a judge may think."""

KEPT = 300
"""How many characters of an answer that could not be read are kept."""

Message = dict[str, str]


@dataclass(frozen=True)
class Judge:
    """Where a model is asked, and what it is called there; ``key`` is never shown."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    max_tokens: int = 512

    def answer(self, messages: list[Message]) -> str:
        """What it says next, as likely as it can be (temperature 0).

        Raises:
            Interrupted: it may go better next time.
            SettingError: the address or the key is refused. HornbookError: it answers with something else.
        """
        import requests

        headers = {"User-Agent": "hornbook"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        asked: dict[str, Any] = {
            "model": self.model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": self.max_tokens,
        }
        url = self.url.rstrip("/") + "/chat/completions"
        try:
            reply = requests.post(
                url, json=asked, headers=headers, timeout=(CONNECT_SECONDS, ANSWER_SECONDS), allow_redirects=False
            )
        except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
            raise Interrupted("there is no answer from it") from error
        except requests.exceptions.RequestException as error:
            raise SettingError(f"url: {self.url!r} cannot be asked: {error}") from error
        if reply.status_code in WORTH_ANOTHER_TRY:
            raise Interrupted(f"it answers {reply.status_code} {reply.reason}", seconds_to_wait(reply))
        if reply.status_code in (401, 403):
            raise SettingError(f"{url} refuses the key ({reply.status_code}); set HORNBOOK_JUDGE_KEY to one it takes")
        if reply.status_code != 200:
            said = re.sub(r"\s+", " ", reply.text)[:KEPT]
            raise SettingError(
                f"{url} answers {reply.status_code}: {said}; is the address that of an API, ending in /v1?"
            )
        try:
            return str(reply.json()["choices"][0]["message"]["content"] or "")
        except (ValueError, LookupError, TypeError) as error:
            raise HornbookError(f"{url} answers with something that is no chat completion; is it an API?") from error


@dataclass(frozen=True)
class Judged:
    """How it went: questions asked now, answered before, and those whose answer could not be read."""

    asked: int
    before: int
    unread: int


def judge_study(
    folder: Path,
    judge: Judge,
    report: Callable[[str], None] = print,
    wait: Callable[[float], None] = wait_for_it,
) -> Judged:
    """Put every question of a study to a judge that it has not answered yet; each answer is kept at once.

    Raises:
        HornbookError: the judge cannot be reached, or not understood; what it said before is kept.
    """
    study = read_study(folder)
    name = checked_name("model", "judge-" + re.sub(r"[^A-Za-z0-9._-]+", "-", judge.model)[:50])
    head = {"rater": name, "human": False, "model": judge.model, "max_tokens": judge.max_tokens}
    asked, found = 0, questions(study)
    with open_ratings(folder, name, head) as journal:
        done = answers_in(read_journal(rating_file(folder, name))[1:])
        unread = sum("problem" in line for line in done.values())
        for place, question in enumerate(found):
            if place in done:
                continue
            read = put(judge, question, report, wait)
            journal.write({"place": place, "texts": list(question.texts), **read})
            asked, unread = asked + 1, unread + ("problem" in read)
            report(f"{place + 1} of {len(found)}: {said_of(read)}")
    return Judged(asked, len(done), unread)


def put(
    judge: Judge, question: Question, report: Callable[[str], None], wait: Callable[[float], None]
) -> dict[str, Any]:
    """The answer to a question; one that cannot be read is asked for once more, then it is a ``problem``."""
    messages: list[Message] = [{"role": "user", "content": question.words}]
    started, answer = time.monotonic(), ""
    for _ in range(2):
        answer = persistently(judge, messages, report, wait)
        read = question.read(answer)
        if read is not None:
            return {**read, "seconds": round(time.monotonic() - started, 2)}
        messages = [
            messages[0], {"role": "assistant", "content": answer}, {"role": "user", "content": REMINDER}
        ]  # fmt: skip
    return {"problem": answer.strip()[:KEPT] or "(an empty answer)"}


def persistently(
    judge: Judge, messages: list[Message], report: Callable[[str], None], wait: Callable[[float], None]
) -> str:
    """The answer, asked for again where that may help."""
    try:
        return keep_trying(lambda: judge.answer(messages), lambda: 0, judge.url, report, wait)
    except Interrupted as error:
        raise MissingError(
            f"{judge.url}: {error}, after several tries; what was answered is kept, and the same command goes on"
        ) from error


def said_of(read: dict[str, Any]) -> str:
    """An answer in a few words."""
    if "problem" in read:
        return f"could not be read: {read['problem'][:60]!r}"
    return read.get("choice") or ", ".join(f"{aspect} {score}" for aspect, score in read["scores"].items())
