"""Gigabytes of text cleaned and tokenized: how fast, in how much memory, and killed on the way, with the same result?

    python benchmarks/large_text.py                       # 2 GB, undisturbed and killed (about half an hour)
    python benchmarks/large_text.py --near                # 200 MB with planted near duplicates: which are found?
    python benchmarks/large_text.py --megabytes 50 --folder FOLDER

The text is made here: paragraphs of the story world's sentences in a random order, and among them what refining is
there for (other languages, lists, addresses, a notice on many pages, pages that come twice). `hornbook corpus refine`
and `hornbook prepare --shard 1/1` go through it in processes of their own, once undisturbed and once with every process
of theirs killed (kill -9) on the way, at instants drawn from the seed, and the same command given again. Memory is that
of all processes together, looked at ten times a second.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from side_by_side import cores, machine

from hornbook.corpus.refining.language_samples import SAMPLES
from hornbook.corpus.refining.near_duplicates import elements
from hornbook.corpus.refining.words import table_of
from hornbook.corpus.sources import load_corpus

FILES = 32
NOTICE = "This page belongs to the archive of the village school and may be read aloud by anybody."
SENTENCES = 20_000
KILLS = 1
"""How often each of the two commands is killed."""
JACCARD = (0.9, 0.8, 0.7, 0.6, 0.5, 0.3)
PLANTED = 0.01
"""The share of documents, for each Jaccard index, that have a copy as like them as that."""


def sentences(count: int = SENTENCES) -> list[str]:
    """So many different sentences of stories."""
    found: dict[str, None] = {}
    for document in load_corpus("stories", 4 * count, 11):
        found.update(dict.fromkeys(re.findall(r"[A-Z][^.!?\n]{20,}[.!?]", document.text)))
        if len(found) >= count:
            break
    return list(found)[:count]


def page(draw: random.Random, known: Sequence[str]) -> str:
    """A text of some paragraphs."""
    return "\n\n".join(" ".join(draw.choices(known, k=draw.randrange(3, 9))) for _ in range(draw.randrange(2, 10)))


def other_language(draw: random.Random, known: Sequence[str]) -> str:
    """A text in another language: no sentence twice."""
    words = SAMPLES[draw.choice([language for language in SAMPLES if language != "en"])].split()
    start = draw.randrange(len(words) // 2)
    return " ".join(words[start : start + 150])


def keywords(draw: random.Random, known: Sequence[str]) -> str:
    """A list that nobody reads."""
    return "\n".join(f"- buy {draw.randrange(10**6)} cheap {draw.randrange(10**6)}" for _ in range(60))


def signed(draw: random.Random, known: Sequence[str]) -> str:
    """A text with the address and the number of somebody."""
    name = f"p{draw.randrange(10**6)}@post.org"
    return (
        f"{page(draw, known)}\n\nWrite to {name} or call {draw.randrange(200, 999)}-555-{draw.randrange(2000, 9999)}."
    )


def noticed(draw: random.Random, known: Sequence[str]) -> str:
    """A text with the notice that stands on many pages."""
    return f"{page(draw, known)}\n{NOTICE}"


KINDS: tuple[tuple[Callable[[random.Random, Sequence[str]], str], float], ...] = (
    (page, 0.80),
    (noticed, 0.10),
    (signed, 0.05),
    (other_language, 0.02),
    (keywords, 0.02),
)
"""What is made, and how often; the rest are texts that were there before."""


def write_file(path: Path, size: int, seed: str, known: Sequence[str]) -> None:
    """One .jsonl file of about ``size`` bytes."""
    draw, written, before = random.Random(seed), 0, ["Once."]
    makers, shares = zip(*KINDS, strict=True)
    with path.open("w", encoding="utf-8") as file:
        while written < size:
            again = draw.random() > sum(shares)
            text = draw.choice(before) if again else draw.choices(makers, shares)[0](draw, known)
            before[:] = [*before[-99:], text]
            written += file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")


def make_text(folder: Path, size: int, seed: int, write: Callable[[Path, int, str, Sequence[str]], None]) -> int:
    """``FILES`` files, on all cores; their bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    known = sentences()
    todo = [(folder / f"{number:03}.jsonl", size // FILES, f"{seed} {number}", known) for number in range(FILES)]
    with get_context("spawn").Pool(cores()) as pool:
        pool.starmap(write, todo)
    return sum(file.stat().st_size for file in folder.iterdir())


# Commands, watched and killed ----------------------------------------------------------------------------------------


@dataclass
class Watched:
    """A command that was run: its lines of standard error with their instants, and the most memory that it had."""

    seconds: float = 0.0
    peak: int = 0
    lines: list[tuple[float, str]] = field(default_factory=list)
    killed: bool = False

    def until(self, beginning: str) -> float:
        """When the last line that begins so was written."""
        return max((at for at, line in self.lines if re.match(beginning, line)), default=0.0)


def memory_of(group: int) -> int:
    """The resident bytes of all processes of a group, pages that they share counted in each."""
    total = 0
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdecimal() and os.getpgid(int(folder.name)) == group:
                total += int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError):
            continue  # it has just ended
    return total


def watch(command: Sequence[str | Path], kill_after: float | None = None) -> Watched:
    """Run ``hornbook``; kill all of its processes after so many seconds, if it still runs then."""
    found, begun = Watched(), time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "hornbook", *map(str, command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def read() -> None:
        for line in process.stderr or ():
            found.lines.append((time.perf_counter() - begun, line))

    reader = threading.Thread(target=read)
    reader.start()
    while process.poll() is None:
        found.peak = max(found.peak, memory_of(process.pid))
        if kill_after is not None and time.perf_counter() - begun > kill_after:
            os.killpg(process.pid, signal.SIGKILL)
            found.killed = True
        time.sleep(0.1)
    found.seconds = time.perf_counter() - begun
    reader.join(10)
    if process.returncode and not found.killed:
        raise SystemExit("".join(line for _, line in found.lines))
    return found


def commands(raw: Path, out: Path, tokenizer: Path) -> dict[str, list[str | Path]]:
    """What is typed, in this order."""
    return {
        "refine": ["corpus", "refine", raw, "--out", out / "refined", "--languages", "en"],
        "prepare": [
            *("prepare", out / "refined" / "kept", "--tokenizer", tokenizer, "--out", out / "data"),
            *("--split", "document", "--shard", "1/1"),
        ],
    }


def hashes(out: Path) -> dict[str, str]:
    """Of everything that is left in the end."""
    files = [*(out / "refined" / "kept").iterdir(), out / "refined" / "report.json", *(out / "data").glob("*.tokens")]
    found = {}
    for path in sorted(files):
        with path.open("rb") as file:
            found[str(path.relative_to(out))] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def large(asked: argparse.Namespace, place: Path) -> int:
    """The table of stages, and whether the killed run came to the same; the exit code."""
    raw, tokenizer = place / "raw", place / "tokenizer"
    begun = time.perf_counter()
    size = make_text(raw, asked.megabytes * 10**6, asked.seed, write_file)
    print(f"{size / 1e6:,.0f} MB in {FILES} files, made in {time.perf_counter() - begun:.0f} s", flush=True)
    some = [str(raw / "000.jsonl"), "--vocab", "8192", "--documents", "4000", "--out", str(tokenizer)]
    watch(["tokenizer", "train", *some])
    undisturbed = {name: watch(command) for name, command in commands(raw, place / "once", tokenizer).items()}
    refine, prepare = undisturbed.values()
    report = json.loads((place / "once" / "refined" / "report.json").read_text())
    kept = report["bytes"]["kept"]
    decided = refine.until(r"[\d,]+ of [\d,]+ documents are almost")
    stages = (
        ("sifted: language, rules, masking", size, refine.until("sifted")),
        ("held against each other", size, decided - refine.until("sifted")),
        ("finished", size, refine.seconds - decided),
        ("tokenized", kept, prepare.until("tokenized")),
        ("laid together", kept, prepare.seconds - prepare.until("tokenized")),
    )
    print(f"\n{'stage':<36}{'MB':>8}{'seconds':>10}{'MB/s':>8}")
    for name, bytes_of_stage, seconds in stages:
        print(f"{name:<36}{bytes_of_stage / 1e6:>8,.0f}{seconds:>10.0f}{bytes_of_stage / 1e6 / seconds:>8.1f}")
    whole = refine.seconds + prepare.seconds
    print(f"{'all':<36}{size / 1e6:>8,.0f}{whole:>10.0f}{size / 1e6 / whole:>8.1f}")
    print(f"\nmost memory of all processes: refine {refine.peak / 1e6:.0f} MB, prepare {prepare.peak / 1e6:.0f} MB")
    for what, count in sorted(report["documents"].items(), key=lambda item: -item[1]):
        print(f"  {count:>10,}  {what}")
    print(flush=True)
    expected = hashes(place / "once")
    shutil.rmtree(place / "once")
    draw, killed, peak = random.Random(asked.seed), 0, 0
    for name, command in commands(raw, place / "killed", tokenizer).items():
        for _ in range(KILLS):
            found = watch(command, kill_after=draw.uniform(0.05, 0.4) * undisturbed[name].seconds)
            killed, peak = killed + found.killed, max(peak, found.peak)
            if found.killed:
                print(f"{name}: every process killed after {found.seconds:.0f} s", flush=True)
        peak = max(peak, watch(command).peak)
    found_hashes = hashes(place / "killed")
    same = found_hashes == expected
    print(f"killed {killed} times: {len(found_hashes)} files, {'the same bytes' if same else 'OTHER BYTES'}")
    print(f"most memory: {max(peak, refine.peak, prepare.peak) / 1e6:.0f} MB")
    return 0 if same and killed == 2 * KILLS else 4


# Near duplicates -----------------------------------------------------------------------------------------------------


def likeness(one: set[int], other: str) -> float:
    """The Jaccard index of a text's elements and those of another."""
    found = set(elements(table_of(other)["hash"]).tolist())
    return len(one & found) / max(len(one | found), 1)


def copy_of(text: str, wanted: float, draw: random.Random) -> str:
    """A copy in which words were replaced until it is hardly more like the text than ``wanted``."""
    lines, own = [line.split(" ") for line in text.split("\n")], set(elements(table_of(text)["hash"]).tolist())
    places = [(row, column) for row, line in enumerate(lines) for column, word in enumerate(line) if word]
    draw.shuffle(places)
    for row, column in places:
        if likeness(own, "\n".join(map(" ".join, lines))) < wanted + 0.02:
            break
        lines[row][column] = f"other{draw.randrange(10**9)}"
    return "\n".join(map(" ".join, lines))


def write_planted(path: Path, size: int, seed: str, known: Sequence[str]) -> None:
    """A file with copies among its documents; the name of each says of which it is one, and how like."""
    draw, written, number = random.Random(seed), 0, 0
    with path.open("w", encoding="utf-8") as file:
        while written < size:
            number += 1
            text, lot = page(draw, known), int(draw.random() / PLANTED)
            records = [("plain", text)]
            if lot < len(JACCARD):
                records.append((f"copy {JACCARD[lot]}", copy_of(text, JACCARD[lot], draw)))
            for name, each in records:
                record = {"text": each, "name": f"{name} {path.stem} {number}"}
                written += file.write(json.dumps(record, ensure_ascii=False) + "\n")


def names(files: Path) -> Iterator[str]:
    """The names of all documents in a folder, without the number."""
    for file in sorted(files.iterdir()):
        for line in file.open(encoding="utf-8"):
            yield json.loads(line)["name"].rsplit(" ", 2)[0]


def near(asked: argparse.Namespace, place: Path) -> int:
    """How many of the planted copies are dropped, by how like they are; the exit code."""
    raw = place / "raw"
    size = make_text(raw, asked.megabytes * 10**6, asked.seed, write_planted)
    options = ["--out", place / "refined", "--skip", "quality", "private", "lines"]
    found = watch(["corpus", "refine", raw, *options])
    before, after = list(names(raw)), list(names(place / "refined" / "kept"))
    print(
        f"{size / 1e6:,.0f} MB, {len(before):,} documents, {found.seconds:.0f} s, {found.peak / 1e6:.0f} MB of memory\n"
    )
    print(f"{'documents':<32}{'planted':>9}{'dropped':>9}{'share':>8}")
    shares = {}
    for kind in ("plain", *(f"copy {each}" for each in JACCARD)):
        planted, dropped = before.count(kind), before.count(kind) - after.count(kind)
        shares[kind] = dropped / max(planted, 1)
        label = "no copy of another" if kind == "plain" else f"Jaccard index {kind.split()[1]} to +0.02"
        print(f"{label:<32}{planted:>9,}{dropped:>9,}{shares[kind]:>8.1%}")
    return 0 if shares["copy 0.8"] >= 0.95 and shares["plain"] < 0.01 else 4


def main() -> None:
    """Make the text, go through it, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--near", action="store_true", help="planted near duplicates instead")
    parser.add_argument("--megabytes", type=int, help="2,000, or 200 with --near")
    parser.add_argument("--seed", type=int, default=20_261_201)
    parser.add_argument("--folder", type=Path, help="a folder with four times as much room; otherwise a temporary one")
    asked = parser.parse_args()
    asked.megabytes = asked.megabytes or (200 if asked.near else 2000)
    print("  ".join(f"{name}: {value}" for name, value in machine().items()))
    with tempfile.TemporaryDirectory(prefix="hornbook-text-", dir=asked.folder) as folder:
        sys.exit((near if asked.near else large)(asked, Path(folder)))


if __name__ == "__main__":
    main()
