"""A chat template filled in a process of its own, which may take so many seconds and bytes, and sees nothing else.

    {"source": ..., "messages": ..., ...}  ->  standard input   ->  the sandbox of Jinja
    {"text": ...} or {"error": ...}        <-  standard output  <-

A template is a program from elsewhere. Jinja's sandbox keeps it from everything but the messages; it does not keep it
from counting to a billion, or from doubling a text sixty times, and no list of what is forbidden would be complete. So
the system counts: the process has a limit of memory and, for each template that it fills, one of processor time. What
goes beyond either is an error in words, and where the process was lost over it the next one is begun.

``filled`` alone, in the process that asks, is for templates that are written here: it takes a tenth of the time. This
file is also the program of the other process; it imports nothing of Hornbook, so that it begins in a tenth of a second.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import IO, Any

from jinja2 import Template, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import CallBlock, Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

SECONDS = 2
"""Of processor time, for one filling; one of a usual length takes a thousandth of this."""
MEMORY = 512 << 20
"""Bytes of addresses that the process may have, Python among them."""
LONGEST = 1 << 24
"""Characters that a template may write."""
COUNTED = hasattr(signal, "SIGVTALRM")
"""Whether the system counts the processor time of a process."""
PATIENCE = 60.0
"""Seconds after which the process is ended whatever it does, where the system counts nothing."""
COMMAND = [sys.executable, "-P", __file__]
KEPT = 64
"""Templates that stay compiled."""
MARKS = threading.local()
"""What stands around the assistant's words (``both``) while a thread fills a template."""

TOO_MUCH = f"it takes more than {SECONDS} s or {MEMORY >> 20} MB on these messages; write it without such large steps"

# On this side ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def ended_by_a_clock(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """A thread that ends the process when it takes too long; making one for every filling would cost more than that."""
    watch = threading.Timer(PATIENCE, process.kill)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


class Renderer:
    """The process, begun when it is first asked; one question at a time."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.lock = threading.Lock()

    def ask(self, question: Mapping[str, Any]) -> dict[str, str]:
        """What the process answers: ``text``, or an ``error`` in words."""
        line = json.dumps(question).encode() + b"\n"
        with self.lock:
            process = self.running()
            assert process.stdin is not None and process.stdout is not None
            with contextlib.nullcontext() if COUNTED else ended_by_a_clock(process):
                try:
                    process.stdin.write(line)
                    process.stdin.flush()
                    answer = process.stdout.readline()
                except BrokenPipeError:
                    answer = b""
            if not answer.endswith(b"\n"):
                self.close()
                return {"error": TOO_MUCH}
        found: dict[str, str] = json.loads(answer)
        return found

    def running(self) -> subprocess.Popen[bytes]:
        """The process; a new one where it has ended."""
        if self.process is None or self.process.poll() is not None:
            self.close()
            self.process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self.process

    def close(self) -> None:
        """End it."""
        process, self.process = self.process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def forget(self) -> None:
        """In a process that was split off: the other one's is not ours."""
        self.process, self.lock = None, threading.Lock()


RENDERER = Renderer()
atexit.register(RENDERER.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=RENDERER.forget)

# In the process -------------------------------------------------------------------------------------------------------


class Generation(Extension):
    """``{% generation %}...{% endgeneration %}``: marks what the assistant said."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Parser) -> Node:
        """The block as a call of ``marked``."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return CallBlock(self.call_method("marked"), [], [], body).set_lineno(line)

    def marked(self, caller: Any) -> str:
        """What the block says, between two marks."""
        opening, closing = MARKS.both
        return f"{opening}{caller()}{closing}"


def refuse(message: str) -> None:
    """What a template calls when it is given messages that it was not made for."""
    raise TemplateError(message)


@lru_cache(maxsize=1)
def sandbox() -> ImmutableSandboxedEnvironment:
    """The sandbox; blocks leave no empty lines behind, as transformers has it."""
    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    made.filters["tojson"] = lambda value, indent=None: json.dumps(value, ensure_ascii=False, indent=indent)
    made.globals["raise_exception"] = refuse
    return made


@lru_cache(maxsize=KEPT)
def compiled(source: str) -> Template:
    """A template, ready to be filled."""
    return sandbox().from_string(source)


def filled(source: str, marks: Sequence[str], values: Mapping[str, Any]) -> dict[str, str]:
    """The text that a template makes of some values, or what is wrong with it."""
    MARKS.both = marks
    try:
        text = compiled(source).render(bos_token="", tools=None, documents=None, **values)
    except TemplateSyntaxError as error:
        return {"error": f"line {error.lineno}: {error.message}"}
    except SecurityError as error:
        return {"error": f"it tries to leave its sandbox: {error}"}
    except (MemoryError, TimeoutError):
        return {"error": TOO_MUCH}
    except Exception as error:  # it is a program: it may fail in any way there is
        return {"error": f"it fails on these messages: {str(error)[:500] or type(error).__name__}"}
    if len(text) > LONGEST:
        return {"error": f"it writes {len(text):,} characters, and {LONGEST:,} are the most that are read"}
    return {"text": text}


def late(number: int, frame: object) -> None:
    """The clock has run out."""
    raise TimeoutError


def serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer line by line, as long as there are lines."""
    limited = limit_memory()
    for line in questions:
        question = json.loads(line)
        if limited:
            begin_to_count()
        try:
            answer = filled(question["source"], question["marks"], question["values"])
        except (TimeoutError, MemoryError):  # between two steps of the above
            answer = {"error": TOO_MUCH}
        finally:
            if limited:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def limit_memory() -> bool:
    """No more than so many bytes from here on; False where the system counts nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asks
    try:
        import resource

        signal.signal(signal.SIGVTALRM, late)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, OSError, ValueError, AttributeError):
        return COUNTED
    return True


def begin_to_count() -> None:
    """A clock that raises an error between two steps of Python; and behind it one that ends the process within one."""
    import resource

    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + SECONDS + 1, most))


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
