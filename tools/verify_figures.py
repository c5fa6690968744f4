"""Make the figures of the documentation again: counted ones are counted, measured ones held to their ledger.

    make docs-verify                          every page beside its ledger, every counted figure beside its command
    make docs-verify MEASURE=speed/ladder     runs a measurement (perhaps for long) and prints old beside new
    make docs-verify WRITE=speed/ladder       the same, and takes the new numbers over, into page and ledger; where
                                              there is nothing to run, those of the page into the ledger
    make docs-verify WRITE=new                entries without numbers take those of their pages

Exits with 4 when a figure has drifted. What `measured` figures are today on this machine is never claimed: the summary
names their commands and machines. Tags and ledger: ``tools/page_figures.py``.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache

from hornbook.errors import MissingError
from tools.page_figures import NUMBER, ROOT, Entry, Page, Tag, differences, line_of, numbers, pages, problems, told


@cache
def output_of(source: str) -> str:
    """What a command line prints, or a function of ``tools/counted.py`` returns. Errors: ``RuntimeError``."""
    if source.isidentifier():
        from tools import counted

        made: Callable[[], object] | None = getattr(counted, source, None)
        if made is None:
            raise RuntimeError(f"tools/counted.py has no function {source!r}")
        return str(made())
    words = shlex.split(source)
    programs = {"hornbook": [sys.executable, "-m", "hornbook"], "python": [sys.executable]}
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "PYTHONNOUSERSITE": "1"}
    done = subprocess.run(
        programs[words[0]] + words[1:], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    if done.returncode:
        raise RuntimeError(f"{source!r} ended with {done.returncode} and should print the numbers of a figure")
    return done.stdout


def alike(old: str, new: str, within: float) -> bool:
    """Whether two numbers are the same as written, or by value within a share of the first."""
    first, second = (float(number.replace(",", "")) for number in (old, new))
    return old == new or (within > 0 and abs(first - second) <= within * abs(first))


def recounted(page: Page, found: Entry) -> tuple[int, list[str]]:
    """How many numbers could be counted now, and how they differ from the ledger: the page's line and the command."""
    tag = next(tag for tag in page.tags if tag.name == found.name)
    try:
        made = numbers(output_of(found.counted))
    except RuntimeError as error:
        return 0, [f"{page.name}:{tag.line}: {error}"]
    if found.kind == "measured":
        held = iter(found.numbers)
        lost = [number for number in made if number not in held]  # a number is looked for behind the one before it
        return len(made), [
            f"{page.name}:{tag.line}: {found.numbers} lack {number}, which `{found.counted}` gives"
            for number in lost[:1]
        ]
    return len(made), [
        f"{page.name}:{line_of(page, tag, place)}: the page says {old}, `{found.counted}` gives {new}"
        for place, old, new in differences(found.numbers, made)
        if len(made) != len(found.numbers) or not alike(old, new, found.within)
    ]


def verify() -> int:
    """Compare everything, count what can be counted, and say of the rest where it was measured. The exit code."""
    started, wrong, left_out = time.monotonic(), [], []
    counted: Counter[str] = Counter()
    held: dict[str, Counter[str]] = defaultdict(Counter)
    for page in pages():
        wrong += problems(page)
        for found in page.entries.values():
            again = 0
            if found.counted and any(tag.name == found.name for tag in page.tags):
                try:
                    again, drifted = recounted(page, found)
                except MissingError as error:
                    left_out.append(f"{page.name}: {found.counted}: {error}")
                    again, drifted = (0, [])
                wrong += drifted
                counted[found.counted] += again
            if found.kind != "counted":
                held[found.kind][f"{page.name}: {told(found).split(': ', 1)[1]}"] += len(found.numbers) - again
    if os.environ.get("HORNBOOK_REQUIRE_ALL") == "1":
        wrong += left_out
    took = time.monotonic() - started
    print(f"counted again: {counted.total()} figures by {len(counted)} commands and functions, in {took:.0f} s")
    print("".join(f"  not counted here: {what}\n" for what in left_out), end="")
    print(f"stated by files of the repository, which were read: {held['stated'].total()}")
    for kind, not_rerun in (("published", "held to the ledger"), ("measured", "held to the ledger, not rerun")):
        print(f"{kind}, {not_rerun}: {held[kind].total()}")
        print("".join(f"  {count:4}  {source}\n" for source, count in held[kind].items()), end="")
    print("\n".join(["", *wrong, f"{len(wrong)} figures are wrong"]) if wrong else "no figure has drifted")
    return 4 if wrong else 0


def chosen(name: str) -> tuple[Page, Tag, Entry]:
    """The page, tag and entry of ``page/name``. Errors: ``SystemExit`` says which there are."""
    for page in pages():
        if name in [f"{page.ledger.stem}/{each}" for each in page.entries]:
            own = name.split("/")[1]
            return page, next(tag for tag in page.tags if tag.name == own), page.entries[own]
    every = [f"{page.ledger.stem}/{each}" for page in pages() for each in page.entries]
    raise SystemExit(f"no figure is called {name!r}; there are: {' '.join(every)}")


def measure(name: str, write: bool) -> int:
    """Run what gives a figure, print old beside new, and write the new numbers where they can be told apart."""
    page, tag, found = chosen(name)
    if found.kind in ("counted", "measured"):
        output = output_of(found.source)
        new = numbers(output)
        print(output)
        if len(new) != len(tag.numbers):
            print(f"the page shows {len(tag.numbers)} numbers, this output has {len(new)}: compare them yourself.")
            print(f"{page.name}:{tag.line} ({told(found)}):\n{tag.text.strip()}")
            return 4 if found.kind == "counted" else 0
        for old, now in zip(tag.numbers, new, strict=True):
            change = float(now.replace(",", "")) / (float(old.replace(",", "")) or 1) - 1
            print(f"{old:>16} {now:>16}  {'' if old == now else f'{change:+.1%}'}")
    elif write:
        new = tag.numbers
    else:
        raise SystemExit(f"{name} is {told(found)}; there is nothing to run")
    if write:
        put(page, found, new)
    return 0


def put(page: Page, found: Entry, new: list[str]) -> None:
    """New numbers of an entry: into all its tags of the page, and into the ledger, one line for each of the page's."""
    text = page.text
    tags = [tag for tag in page.tags if tag.name == found.name]
    for tag in reversed(tags):
        values = iter(new)
        replaced = NUMBER.sub(lambda _, values=values: next(values), tag.text)  # type: ignore[misc]
        text = text[: tag.start] + replaced + text[tag.start + len(tag.text) :]
        rows = [" ".join(row) for line in replaced.splitlines() if (row := numbers(line))]
    page.path.write_text(text, "utf-8")
    value = f'"{rows[0]}"' if len(rows) == 1 else '"""\n' + "\n".join(rows) + '"""'
    ledger = page.ledger.read_text("utf-8")
    head = rf"(^\[{re.escape(found.name)}\]\n(?:(?!numbers|\[).*\n)*)"
    bare = re.sub(head + r'numbers = (?:"""(?s:.*?)"""|".*")\n', r"\1", ledger, flags=re.M)
    new_ledger = re.sub(head, lambda at: f"{at[1].rstrip()}\nnumbers = {value}\n\n", bare, flags=re.M)
    page.ledger.write_text(new_ledger.rstrip("\n") + "\n", "utf-8")


def write_new() -> int:
    """Entries without numbers take those that stand in their tags."""
    for found in pages():
        for name in [each.name for each in found.entries.values() if not each.numbers]:
            page = Page(found.path, found.path.read_text("utf-8"))
            put(page, page.entries[name], next(tag.numbers for tag in page.tags if tag.name == name))
            print(f"{page.ledger.stem}/{name}")
    return 0


def main() -> None:
    """Verify all, or measure and write one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", metavar="PAGE/NAME", default="", help="run what gives this figure")
    parser.add_argument("--write", metavar="PAGE/NAME", default="", help="the same, and write what it gives")
    given = parser.parse_args()
    name = given.write or given.measure
    if given.write == "new":
        raise SystemExit(write_new())
    raise SystemExit(measure(name, bool(given.write)) if name else verify())


if __name__ == "__main__":
    main()
