"""Do the tests bite? Plant one mistake at a time in a copy of the package, and see whether a test fails.

    python -m tests.mutate.mutate [--jobs 2] [--only WORDS]

A mistake that no test notices is a missing test, unless the table says why nothing can notice it; an explanation that
is no longer true (a test does notice) is an error too. Ends with 1 if anything is left to do.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.mutate.forked import LIBRARIES, run_pytest
from tests.mutate.mistake import Mistake
from tests.mutate.mistakes import MISTAKES

ROOT = Path(__file__).resolve().parents[2]
QUICK, SLOW = "not slow and not broad", "slow and not broad"
"""Which tests of a file run; the slow ones where no quick one has noticed the mistake."""
SECONDS = {QUICK: 180, SLOW: 900}
"""A mistake that makes the tests run this long is noticed as well."""
NOTHING_RAN = 5
"""How pytest ends where no test of a file is of the kind that was asked for."""
VERDICTS = {
    (False, False): "caught",
    (True, True): "SURVIVED",
    (True, False): "explained",
    (False, True): "EXPLAINED, YET CAUGHT",
}
"""By whether the mistake survived, and whether that is wrong."""
FORKS = multiprocessing.get_context("forkserver")
"""Where pytest runs: forks of one process that has imported the libraries, which is half of what a short test takes."""


def copy_of_everything(folder: Path) -> None:
    """The package and its tests, byte code included, so that a copy starts as fast as the original."""
    for name in ("src", "tests", "lessons"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.egg-info", ".*", "mutate"))
    shutil.copy2(ROOT / "pyproject.toml", folder)


def plant(mistake: Mistake, folder: Path) -> None:
    """Write the mistake into the copy; its text has to be there exactly once."""
    path = folder / mistake.path
    text = path.read_text(encoding="utf-8")
    count = text.count(mistake.right)
    if count != 1:
        raise SystemExit(f"{mistake.file}: {mistake.right!r} is there {count} times; mend the table")
    path.write_text(text.replace(mistake.right, mistake.wrong), encoding="utf-8")
    for cached in path.parent.glob(f"__pycache__/{path.stem}.*"):
        cached.unlink()


def run_tests(folder: Path, tests: tuple[str, ...], which: str = QUICK) -> tuple[bool, str]:
    """Run some tests in a copy: did they all pass, and if not, which failed first?"""
    environment = {
        "HORNBOOK_TEST_DATA": os.environ.get("HORNBOOK_TEST_DATA") or str(ROOT.parent / "shared"),
        "HORNBOOK_HYPOTHESIS": "same",
    }
    files = [test if test.startswith("-") else f"tests/{test}" for test in tests]
    options = ["-x", "-q", "-n", "0", "--tb=no", "-p", "no:cacheprovider", "-m", which]
    output = folder / "output"
    process = FORKS.Process(target=run_pytest, args=(folder, [*options, *files], environment, output))
    process.start()
    process.join(SECONDS[which])
    if process.is_alive():
        process.kill()
        process.join()
        return False, f"no end within {SECONDS[which]} s"
    printed = output.read_text(encoding="utf-8", errors="replace")
    if process.exitcode not in (0, 1, 2, NOTHING_RAN):  # passed, failed, interrupted by a broken import
        raise SystemExit(f"pytest ended with {process.exitcode}:\n{printed[-3000:]}")
    told = [line for line in printed.splitlines() if line.startswith(("FAILED", "ERROR"))]
    first = told[0].split(" - ")[0].rpartition("::")[2] if told else printed[-300:].strip()
    return process.exitcode in (0, NOTHING_RAN), first


def try_mistake(mistake: Mistake) -> tuple[bool, str]:
    """Plant one mistake in a fresh copy and run its tests: did it survive, and if not, who noticed?"""
    with tempfile.TemporaryDirectory(prefix="hornbook-mutate-") as name:
        copy_of_everything(Path(name))
        plant(mistake, Path(name))
        survived, first = run_tests(Path(name), mistake.tests)
        return run_tests(Path(name), mistake.tests, SLOW) if survived else (survived, first)


def sound(mistakes: list[Mistake]) -> None:
    """Without a mistake every quick test has to pass, or being noticed would mean nothing."""
    with tempfile.TemporaryDirectory(prefix="hornbook-mutate-") as name:
        copy_of_everything(Path(name))
        passed, first = run_tests(Path(name), tuple(sorted({test for mistake in mistakes for test in mistake.tests})))
    if not passed:
        raise SystemExit(f"the tests fail without any mistake: {first}")


def main() -> int:
    """Try every mistake (or those that contain WORDS) and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", metavar="WORDS", help="only mistakes whose line has these words")
    options = parser.parse_args()
    chosen = [mistake for mistake in MISTAKES if options.only in f"{mistake.file}: {mistake.what}"]
    if not chosen:
        raise SystemExit(f"no line of the {len(MISTAKES)} has the words {options.only!r} in it")
    os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported, as tests/conftest.py has it
    FORKS.set_forkserver_preload([*LIBRARIES])
    start, left = time.perf_counter(), 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        whole = pool.submit(sound, chosen)
        for mistake, (survived, first) in zip(chosen, pool.map(try_mistake, chosen), strict=True):
            wrong = survived is not bool(mistake.survives)
            left += wrong
            verdict = VERDICTS[survived, wrong]
            reason = mistake.survives if survived else first
            print(f"{verdict:<10} {mistake.file}: {mistake.what} | {reason}", flush=True)
        whole.result()
    print(f"{len(chosen) - left} passed, {left} failed in {time.perf_counter() - start:.0f} s")
    return int(left > 0)


if __name__ == "__main__":
    sys.exit(main())
