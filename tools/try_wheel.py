"""A wheel of this checkout, installed in an empty environment and used: quickstart, the page, then every extra.

python tools/try_wheel.py [--minutes 0.2] [--keep FOLDER]

Everything happens in a temporary folder. The environment holds what the wheel declares and nothing else, its versions
from constraints.txt; of this shell's variables it has the PATH and those that say where packages come from. An extra is
asked for before it is installed, where it has to be missed with exit code 3, and after. Exit code 4 when a step fails.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "src", "lessons")
"""What a wheel is built from."""
KEPT = re.compile(r"^(PATH|LANG|LC_ALL|(PIP|SSL|REQUESTS|CURL)_.*|.*_proxy)$", re.IGNORECASE)
INSIDE = ("server/static/index.html", "recipes/quickstart.toml", "lessons/01_text_to_tokens.py", "py.typed")
"""Files that are no modules, and have to be in the wheel all the same."""
STARTED = 120.0
"""Seconds in which the page has to be there: torch is imported by then, and compiled to bytecode."""

FEATURES = {
    "parquet": """
import pathlib
from hornbook.corpus.reading import read_documents
file = pathlib.Path("text.parquet")
try:
    import pyarrow, pyarrow.parquet
    pyarrow.parquet.write_table(pyarrow.table({"text": ["one", "two"]}), file)
except ImportError:
    file.write_bytes(b"PAR1")
assert [document.text for document in read_documents([file])] == ["one", "two"]
""",
    "tensorboard": """
import pathlib
from hornbook.training.metrics import tensorboard
writer = tensorboard(pathlib.Path("curves"))
writer.add_scalar("loss", 1.0, 1)
writer.close()
assert list(pathlib.Path("curves").iterdir())
""",
    "gguf": """
import pathlib, torch
from hornbook.formats.gguf_file import read_gguf, write_gguf
write_gguf(pathlib.Path("model.gguf"), {"general.architecture": "gpt2"}, [("weight", torch.eye(32), "F32")])
assert read_gguf(pathlib.Path("model.gguf"))[1]["weight"].equal(torch.eye(32))
""",
    "metrics": """
from hornbook.evaluation.texts.bleu import bleu
assert bleu(["the cat sat on the mat"], ["the cat sat on the mat"]) > 99
""",
    "server": "import fastapi, uvicorn, hornbook.server.app",
}
"""What each extra is for, as a program; without it, it ends with ``MissingError`` (``server`` is always there)."""
ALWAYS = ("server",)

EXPECTED = """
import sys
from hornbook.errors import HornbookError
try:
    exec(compile(sys.argv[1], "feature", "exec"))
except HornbookError as error:
    print(error)
    sys.exit(error.exit_code)
"""


class Failed(Exception):
    """A step that did not end as it should; the message has what it printed."""


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is done, and how long it took."""
    began = time.monotonic()
    print(f"{what} ...", flush=True)
    yield
    print(f"    {time.monotonic() - began:.0f} s", flush=True)


def run(command: list[str | Path], folder: Path, variables: dict[str, str], code: int = 0) -> str:
    """Run a command to its end; its output, both streams. Raises ``Failed`` when it ends otherwise."""
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    if done.returncode != code:
        raise Failed(f"{' '.join(map(str, command))}: exit code {done.returncode}, not {code}\n{done.stdout}")
    return done.stdout


def build(folder: Path, variables: dict[str, str]) -> Path:
    """The wheel, built from a copy, so that nothing is left behind in the checkout."""
    source = folder / "source"
    source.mkdir()
    for name in NEEDED:
        copy: Callable[..., object] = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, source / name)
    for left in source.rglob("__pycache__"):
        shutil.rmtree(left)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-c", ROOT / "constraints.txt"]
    run([*pip, "-w", folder / "built", source], folder, variables)
    wheel = next((folder / "built").glob("hornbook-*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    missing = [name for name in INSIDE if f"hornbook/{name}" not in names]
    if missing:
        raise Failed(f"{wheel.name} lacks {', '.join(missing)}; the page is built by `make web`")
    print(f"    {wheel.name}: {len(names)} files, {wheel.stat().st_size / 1e6:.1f} MB")
    return wheel


def visit(hornbook: Path, folder: Path, variables: dict[str, str]) -> None:
    """Start ``hornbook ui --demo``, ask for its health, its page and a script of the page, and stop it with Ctrl-C."""
    log = folder / "ui.log"
    with log.open("wb") as file:
        command = [str(hornbook), "ui", "--demo", "--no-open", "--port", "8760"]
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=file, stderr=file, start_new_session=True)
    try:
        deadline, address = time.monotonic() + STARTED, None
        while address is None and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.5)
            address = re.search(r"http://127\.0\.0\.1:\d+", log.read_text(errors="replace"))
        if address is None:
            raise Failed(f"hornbook ui --demo named no address\n{log.read_text(errors='replace')}")
        health, page = fetched(f"{address[0]}/health"), fetched(f"{address[0]}/")
        script = re.search(r'src="\.?(/[^"]+\.js)"', page)
        if '"ok"' not in health or script is None:
            raise Failed(f"unexpected answers: {health!r}, {page[:500]!r}")
        sizes = f"the page {len(page):,} bytes, its script {len(fetched(address[0] + script[1])):,}"
        print(f"    {address[0]}/health says {health}; {sizes}")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        code = process.wait(timeout=120)
    print(f"    stopped with Ctrl-C: exit code {code}")
    if code not in (0, 130):
        raise Failed(f"hornbook ui ended with {code}\n{log.read_text(errors='replace')}")


def fetched(address: str) -> str:
    """What a page of this machine answers."""
    with urllib.request.urlopen(address, timeout=60) as answer:
        body: bytes = answer.read()
    return body.decode()


def try_all(folder: Path, minutes: float) -> None:
    """Every step, in order. Raises ``Failed`` at the first that fails."""
    variables = {name: value for name, value in os.environ.items() if KEPT.match(name)} | {"HOME": str(folder)}
    python, hornbook = folder / "empty" / "bin" / "python", folder / "empty" / "bin" / "hornbook"
    install = [python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt"]
    with step("pip wheel"):
        wheel = build(folder, variables)
    with step("pip install in an empty environment"):
        run([sys.executable, "-m", "venv", folder / "empty"], folder, variables)
        run([*install, wheel], folder, variables)
        print(f"    {len(run([python, '-m', 'pip', 'list'], folder, variables).splitlines()) - 2} packages")
        run([python, "-m", "pip", "check"], folder, variables)
    with step(f"hornbook quickstart --minutes {minutes}"):
        said = run([hornbook, "quickstart", "--minutes", str(minutes)], folder, variables).splitlines()
        print("\n".join(line for line in said if line.startswith((" this model", " floor", "run "))))
    with step("hornbook ui --demo"):
        visit(hornbook, folder, variables)
    for extra, program in FEATURES.items():
        with step(f"pip install 'hornbook[{extra}]'"):
            said = run([python, "-c", EXPECTED, program], folder, variables, 0 if extra in ALWAYS else 3)
            print(f"    without it: {said.strip() or 'it works'}")
            run([*install, f"{wheel}[{extra}]"], folder, variables)
            run([python, "-c", EXPECTED, program], folder, variables)


def main() -> int:
    """Try everything; 0 when it all worked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=0.2, help="how long quickstart trains")
    parser.add_argument("--keep", type=Path, help="work in this folder, and leave it there")
    given = parser.parse_args()
    began = time.monotonic()
    try:
        if given.keep:
            given.keep.mkdir(parents=True)
            try_all(given.keep.resolve(), given.minutes)
        else:
            with tempfile.TemporaryDirectory(prefix="try-wheel-") as name:
                try_all(Path(name), given.minutes)
    except Failed as failure:
        print(f"failed: {failure}", file=sys.stderr)
        return 4
    print(f"everything works; {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
