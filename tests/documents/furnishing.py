"""The folder in which a page's commands are run: small runs, a book of twenty kilobytes, a few tables.

``furnish`` makes it once; each section of a page gets a copy of its own. What is trained in it is small because
``SMALL`` says so in the environment, which lies under the settings of a command and over those of its recipe.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hornbook.cli.app import run
from hornbook.formats.huggingface import write_folder
from hornbook.model.config import RMS, AttentionConfig, BlockConfig, Dense, ModelConfig, Rotary
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.train import train
from hornbook.workflows.watchers import Silent
from tests.documents.reading import ROOT, read_page
from tests.workflows.harness_tasks import choices

SMALL = {
    "HORNBOOK_DATA__DOCUMENTS": "60",
    "HORNBOOK_DATA__VALIDATION_FRACTION": "0.1",
    "HORNBOOK_TOKENIZER__VOCABULARY": "400",
    "HORNBOOK_MODEL__WIDTH": "16",
    "HORNBOOK_MODEL__HEADS": "2",
    "HORNBOOK_MODEL__DEPTH": "1",
    "HORNBOOK_MODEL__CONTEXT": "160",
    "HORNBOOK_TRAINING__BATCH": "4",
    "HORNBOOK_TRAINING__COMPILE": "never",
    "HORNBOOK_TRAINING__EVALUATE_EVERY": "0",
    "HORNBOOK_TRAINING__PRECISION": "float32",
    "HORNBOOK_TRAINING__THREADS": "1",
    "HORNBOOK_SAMPLES__SAMPLING__MAX_TOKENS": "4",
}
PROCESS = {
    "PYTHONPATH": str(ROOT / "src"),
    "COLUMNS": "160",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HORNBOOK_SMOKE": "1",
    "HORNBOOK_API_KEY": "",
}
"""What every process is told besides: nothing is fetched, lessons take their short form."""
RUN = "quickstart-1"
LAYERS = ("model.depth=3", "model.heads=4", "training.evaluate_every=3")
STEPS = ("training.minutes=none", "training.steps=6")
QUESTIONS = [
    {"question": "The fox lived", "choices": [" in a barn", " on a star"], "answer": 0},
    {"question": "The bird sang", "choices": [" a stone", " a song"], "answer": 1},
]


@contextmanager
def standing_in(folder: Path, settings: Mapping[str, str]) -> Iterator[None]:
    """Work in a folder with these names in the environment, for as long as the block lasts."""
    before, told = Path.cwd(), {name: os.environ.get(name) for name in settings}
    os.chdir(folder)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.chdir(before)
        for name, value in told.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def furnish(folder: Path) -> None:
    """Fill an empty folder: the runs are trained for a few steps, and have no reports."""
    write_texts(folder)
    write_tables(folder)
    write_code(folder)
    write_theirs(folder / "theirs")
    talk = ("data.text=['asked.json']", "training.minutes=none", "training.steps=2")
    encoder = ("samples.prompts=[]", "model.architecture=encoder", "task=masked_tokens")
    with standing_in(folder, {**SMALL, **PROCESS, "HORNBOOK_HOME": str(folder / "home")}):
        told("corpus", "fetch", "sms_spam", "--from", "sms_spam_collection.tsv", "--accept")
        told("import", "theirs", "--out", "runs/base")
        told("corpus", "make", "stories", "--documents", "9", "--out", "raw/stories.txt")
        told("prepare", "book.txt", "--vocab", "300", "--out", "data")
        trained(RUN, "quickstart", *STEPS, *LAYERS, "training.save_every=3", "training.keep=9")
        trained("talks", "instruct", f"base={RUN}", *talk, "model.context=1200")
        trained("tuned", "instruct", "base=base", *talk, "adapting=low_rank")
        told("export", "tuned", "--to", "peft", "--out", "lora")
        trained("minilm", "quickstart", *STEPS, *encoder, "tokenizer.special=['<|mask|>']")
    for name in ("first", "second", "NAME"):
        shutil.copytree(folder / "runs" / RUN, folder / "runs" / name)
    shutil.copytree(folder / "runs" / RUN, folder / "runs" / "stopped")
    stop_early(folder / "runs" / "stopped")
    (folder / "runs" / RUN / "run.json").touch()  # the latest


def trained(name: str, recipe: str, *settings: str) -> None:
    """A run of this name under ``runs/``."""
    assert train(load_recipe(recipe, settings), Path("runs") / name, Silent()).exit_code == 0


def told(*words: str) -> None:
    """Run a command that has to work."""
    assert run(list(words)) == 0, f"hornbook {' '.join(words)}"


def stop_early(folder: Path) -> None:
    """Make a run look as if it had been stopped after its third step of six."""
    shutil.rmtree(folder / "checkpoints" / "step-000006")
    for pointer in ("latest", "best"):
        (folder / pointer).write_text((folder / pointer).read_text().replace("step-000006", "step-000003"))


def write_texts(folder: Path) -> None:
    """A book, and the same under the names of public texts."""
    lines = [f"{n}. A king of {n % 19} lands went out and met a fool of {n % 23}. It was late." for n in range(300)]
    (folder / "book.txt").write_text("\n".join(lines), encoding="utf-8")
    (folder / "corpora").mkdir()
    for name in ("the_verdict", "moby_dick", "wonderful_wizard_of_oz", "dorothy_and_the_wizard_in_oz"):
        shutil.copy(folder / "book.txt", folder / "corpora" / f"{name}.txt")
    for name in ("tinyshakespeare", "tinystories_train_sample", "tinystories_valid_sample"):
        shutil.copy(folder / "book.txt", folder / "corpora" / f"{name}.txt")
    (folder / "prompts.txt").write_text("Once upon a time\nThe dog\n", encoding="utf-8")


def write_tables(folder: Path) -> None:
    """Tables of messages, questions, instructions and preferences."""
    words = {"spam": "Free entry! Text WIN to", "ham": "See you at noon, I am on bus"}
    rows = [f"{label}\t{text} {n}" for n in range(60) for label, text in words.items()]
    (folder / "sms_spam_collection.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "questions.csv").write_text('"The fox lived",in a barn,on a star,in May,up,A\n', encoding="utf-8")
    asked = [{"instruction": f"Say {n}.", "input": "", "output": f"{n}!"} for n in range(40)]
    preferred = [{**row, "chosen": row["output"], "rejected": "No."} for row in asked]
    exact = [{"question": "What is 3 and 4?", "answer": "It is 7. #### 7"}]
    pairs = [{"first": "The fox lived in a barn.", "second": "The barn lived in a fox."}]
    for name, rows in (("asked", asked), ("pairs", preferred)):
        (folder / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    for name, rows in (("questions", QUESTIONS), ("exact", exact), ("sentences", pairs)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "tasks").mkdir()
    task = choices("mine", folder / "questions.jsonl", target_delimiter="")
    (folder / "tasks" / "mine.yaml").write_text(task, encoding="utf-8")


def write_code(folder: Path) -> None:
    """What a learner has written: models and parts that are right, one without its mask, and two recipes."""
    models = (ROOT / "tests/evaluation/learners_models.py").read_text(encoding="utf-8")
    parts = (ROOT / "tests/course/own/right.py").read_text(encoding="utf-8")
    first = "from __future__ import annotations\n"
    (folder / "mine.py").write_text(models + "\n\nMyGPT = Good\n\n" + parts.replace(first, ""), encoding="utf-8")
    whole = read_page("docs/own-parts.md").blocks[0].source.splitlines(keepends=True)
    (folder / "blind.py").write_text("".join(line for line in whole if "masked_fill" not in line), encoding="utf-8")
    for name, rate in (("A", 0.01), ("B", 0.02)):
        recipe = f'extends = "quickstart"\nname = "{name}"\ntraining = {{minutes = "none", steps = 2}}\n'
        (folder / f"{name}.toml").write_text(recipe.replace("}", f", optimizer = {{learning_rate = {rate}}}}}"))


def write_theirs(folder: Path) -> None:
    """A model as other programs keep theirs: a folder of Hugging Face, a Llama with its tokenizer."""
    folder.mkdir()
    tokenizer = build_tokenizer(BytePair(300), ["the cat sat on the mat " * 30])
    block = BlockConfig(
        norm=RMS(), attention=AttentionConfig(bias=False), feed_forward=Dense(48, "silu", gated=True, bias=False)
    )
    sizes = {"context": 160, "width": 24, "heads": 3, "depth": 2}
    config = ModelConfig(vocabulary=tokenizer.vocab_size, pattern=(block,), position_encoding=Rotary(), **sizes)
    model = Decoder(config)
    initialise(model, config, 1)
    write_folder(folder, model, end=tokenizer.roles.end)
    tokenizer.save(folder)
