"""A newcomer's first hour, typed for real: the README's commands in an empty environment, with times and output.

python tools/first_hour.py [--only N] [--out FILE]      -> docs/first-hour.md

What is committed is cloned into an empty folder. The commands are those of the README's section "A first hour", word
for word and in that order; there is nothing else that is typed. The environment has a home with nothing in it and the
PATH; of its variables only those stay that say where packages come from. A command that ends otherwise than the README
says ends the log, with exit code 4.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "first-hour.md"
SECTION = "## A first hour"
KEPT = re.compile(r"^(PATH|LANG|LC_ALL|TERM|(PIP|UV|NPM|SSL|REQUESTS|CURL)_.*|.*_proxy)$", re.IGNORECASE)
"""Variables that a newcomer's shell has, too."""
SHOWN, FIRST = 40, 12
"""How many lines of an output are written down, and how many of those are its first."""
FINE, UNSOLVED, STOPPED = 0, 4, 130
STAYS = ("hornbook ui", "hornbook serve")
"""Commands that do not end by themselves: their page is asked for, and they are stopped with Ctrl-C."""
HEAD = """# A first hour

What the README's section of this name gives, typed in an empty environment: a fresh clone, an empty home, nothing
installed. `make first-hour` writes this page; nothing is typed that the README does not state.

{machine}

| | command | time |
|---|---|---|
{rows}
| | together | {together} |
"""


@dataclass(frozen=True)
class Typed:
    """A command, the exit code that the README says it has, and what came."""

    command: str
    expected: int
    code: int
    seconds: float
    output: str


def commands() -> list[tuple[str, int]]:
    """The commands of the README's section and the exit code of each: 0 where the remark behind it names no other."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split(SECTION, 1)[1].split("\n## ", 1)[0]
    lines = [line.strip() for line in section.splitlines() if line.startswith("    ") and line.strip()]
    found = []
    for line in lines:
        command, _, remark = line.partition("  # ")
        code = re.search(r"exit code (\d+)", remark)
        found.append((command.strip(), int(code[1]) if code else STOPPED if command.startswith(STAYS) else FINE))
    return found


def environment(home: Path) -> dict[str, str]:
    """An empty home, and of the variables here only those that any shell has or that say where packages come from."""
    return {name: value for name, value in os.environ.items() if KEPT.match(name)} | {"HOME": str(home)}


def started(line: str, folder: Path, variables: dict[str, str], output: Path) -> subprocess.Popen[bytes]:
    """A shell that runs one line, its output in a file."""
    with output.open("wb") as file:
        shell = ["bash", "-c", line]
        return subprocess.Popen(
            shell, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )


def visited(process: subprocess.Popen[bytes], output: Path, limit: float) -> str:
    """Wait for the address that a server prints, ask for its page, and stop it with Ctrl-C; what was seen."""
    deadline, seen = time.monotonic() + limit, "\n(it named no address)"
    while time.monotonic() < deadline and process.poll() is None:
        address = re.search(r"http://127\.0\.0\.1:\d+", output.read_text(encoding="utf-8", errors="replace"))
        if address is not None:
            with urllib.request.urlopen(address[0], timeout=30) as answer:
                seen = (
                    f"\n(a browser asks for {address[0]}: {answer.status}, {len(answer.read()):,} bytes; then Ctrl-C)"
                )
            break
        time.sleep(0.5)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    return seen


def typed(command: str, expected: int, before: list[str], folder: Path, home: Path, limit: float = 1800) -> Typed:
    """Type one command where the earlier ``source`` lines hold; wait until it has ended."""
    output = home / "output"
    line = "\n".join([*before, command])
    began = time.monotonic()
    process = started(line, folder, environment(home), output)
    seen = visited(process, output, limit) if command.startswith(STAYS) else ""
    try:
        code = process.wait(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
    text = output.read_text(encoding="utf-8", errors="replace") + seen
    for path, name in ((folder, "hornbook"), (home, "~"), (ROOT, "hornbook")):
        text = text.replace(str(path), name)
    return Typed(command, expected, code, time.monotonic() - began, text)


def shortened(text: str) -> str:
    """The first and last lines of a long output; lines that a progress bar wrote over are gone, as on a screen."""
    lines = [line.rsplit("\r", 1)[-1].rstrip() for line in text.replace("\r\n", "\n").strip("\n").split("\n")]
    lines = [re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line) for line in lines]
    if len(lines) > SHOWN:
        left = len(lines) - SHOWN
        lines = [*lines[:FIRST], f"... ({left} lines)", *lines[-(SHOWN - FIRST) :]]
    return "\n".join(lines)


def length(seconds: float) -> str:
    """75 -> 1 min 15 s."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02} s"


def machine() -> str:
    """What this was typed on, in words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    bfloat16 = "with" if "avx512_bf16" in flags else "without"
    return (
        f"{datetime.datetime.now(tz=datetime.UTC):%d %B %Y}; {os.cpu_count()} CPU cores ({bfloat16} bfloat16 "
        f"arithmetic), {memory:.0f} GB of memory, {platform.system()}, Python {platform.python_version()}, no GPU."
    )


def page(log: list[Typed]) -> str:
    """The log as a page."""
    rows = "\n".join(f"| {number} | `{each.command}` | {length(each.seconds)} |" for number, each in enumerate(log, 1))
    text = HEAD.format(machine=machine(), rows=rows, together=length(sum(each.seconds for each in log)))
    for number, each in enumerate(log, 1):
        code = f", exit code {each.code}" if each.code else ""
        shown = shortened(each.output) or "(nothing)"
        text += f"\n## {number}. `{each.command}`\n\n{length(each.seconds)}{code}\n\n```text\n{shown}\n```\n"
    return text


def main() -> int:
    """Type everything and write the page; 0 when every command ended as the README says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=int, help="stop after so many commands")
    parser.add_argument("--out", type=Path, default=PAGE)
    given = parser.parse_args()
    log: list[Typed] = []
    with tempfile.TemporaryDirectory(prefix="first-hour-") as name:
        home, folder = Path(name) / "home", Path(name) / "hornbook"
        home.mkdir()
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
        before: list[str] = []
        for command, expected in commands()[: given.only]:
            each = typed(command, expected, before, folder, home)
            log.append(each)
            print(f"{length(each.seconds):>12}  {each.command}  -> {each.code}", flush=True)
            if each.code != expected:
                print(
                    shortened(each.output), f"\nexpected {expected}, ended with {each.code}", sep="\n", file=sys.stderr
                )
                break
            if shlex.split(command, comments=True)[:1] == ["source"]:
                before.append(command)
    given.out.write_text(page(log), encoding="utf-8")
    return 0 if log and log[-1].code == log[-1].expected else 4


if __name__ == "__main__":
    sys.exit(main())
