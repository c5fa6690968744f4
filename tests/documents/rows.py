"""How each command of a page is run in short form: a row for a command or for a pattern of commands.

A command is run with the words that stand on the page. What a reader fills in (``RUN``, ``FILE``) is exchanged for
something in the furnished folder, what says how long (``--minutes 5``) for a moment; a row says what else is exchanged
or added. The first row that fits is taken; ``*`` stands for anything. What cannot be run stands in ``exceptions.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.documents.reading import ROOT

FILLED_IN = {
    "RUN": "quickstart-1",
    "RUN...": "first",
    "RECIPE": "quickstart",
    "[RECIPE]": "quickstart",
    "STUDY": "judged",
    "FOLDER": "theirs",
    "FILES": "raw",
    "DIR": "data",
    "NEW": "runs/new",
    "NN": "04",
    "TERM": "rotary",
    "SETTING": "training.clip",
    "TEXT": "See you at noon",
    "PROMPT": "Once",
    "KEY": "secret",
    "FILE:Class": "mine.py:MyGPT",
    "FILE:function": "mine.py:attention",
}
"""What a reader fills in, and what stands there here."""

MOMENTS = {
    "--minutes": "0.01",
    "--seeds": "2",
    "--continuations": "3",
    "--places": "20",
    "--documents": "30",
    "--texts": "2",
    "--retrain": "2",
    "--nproc": "2",
    "--nproc-per-node": "2",
    "--tuning-tokens": "2000",
    "--depths": "1,2",
}
"""What says how long or how many, and how long that is here."""


@dataclass(frozen=True)
class Row:
    """How a command is run.

    ``swap`` exchanges words, ``add`` is put behind; ``instead`` are the commands that a list of words in one place
    (``rate new | go | judge``) stands for; ``codes`` the exit codes that are right. ``way``: run (in this process),
    served (asked ``/health``, then stopped), shell, posted (the request that curl makes), or named (the command's name
    alone: it exists). ``large``: in a model of the size that the page says; ``letters``: with a tokenizer whose size
    nobody sets. ``alone``: it needs nothing that the page did before, and is run once, however many pages have it.
    ``section``: under this heading only.
    """

    command: str
    add: str = ""
    swap: Mapping[str, str] = field(default_factory=dict)
    instead: tuple[str, ...] = ()
    stdin: str = ""
    codes: tuple[int, ...] = (0,)
    way: str = "run"
    large: bool = False
    letters: bool = False
    alone: bool = False
    section: str = ""

    def fits(self, command: str) -> bool:
        """Whether this row is about a command."""
        return re.fullmatch(re.escape(self.command).replace(r"\*", ".*"), command) is not None


SHORT = "--steps 3"
SOLUTIONS = ROOT / "lessons" / "solutions" / "04_attention.py"
HERE = {"FOLDER": "corpora"}
RATED = "3\n4\n5\nq\n"
SPEECH = "Say 3.\n/again\n/quit\n"

TRAINING = (
    Row("hornbook quickstart --all", add="--minutes 0.02", alone=True),
    Row("hornbook quickstart --minutes 5", swap={"5": "0.01"}, alone=True),
    Row("hornbook quickstart*", add="--minutes 0.01", alone=True),
    Row("hornbook train --break list", alone=True),
    Row("hornbook train RECIPE --break list", alone=True),
    Row("hornbook train --resume RUN*", swap={"RUN": "stopped"}),
    Row("hornbook train RECIPE [model.depth=8 ...]", swap={"[model.depth=8": "model.depth=8", "...]": SHORT}),
    Row("hornbook train markov.toml *", add=SHORT, letters=True),
    Row("hornbook train numbers", swap={"numbers": "numbers-translator"}, add=SHORT),
    Row("hornbook train*--minutes*"),
    Row("hornbook train*", add=SHORT),
    Row("hornbook finetune KIND --base RUN", swap={"KIND": "instruct"}, add=f"{SHORT} --text asked.json"),
    Row("hornbook finetune prefer", add=f"{SHORT} --base RUN --text pairs.json"),
    Row("hornbook finetune*--base RUN*=40000", swap={"data.documents=40000": "data.documents=40 model.context=400"}),
    Row("hornbook finetune*data.documents=40000*", swap={"data.documents=40000": "data.documents=40"}),
    Row("hornbook finetune instruct paragraph-*", add=f"{SHORT} model.context=400 data.documents=20"),
    Row("hornbook finetune prefer story-tastes*", add=f"{SHORT} data.documents=20"),
    Row("hornbook finetune*--adapting low_rank --minutes*", add="model.context=800 data.documents=20"),
    Row("hornbook finetune instruct story-*", add=f"{SHORT} model.context=800 data.documents=20"),
    Row("hornbook finetune*", add=SHORT),
    Row(
        "hornbook classify RUN TEXT",
        instead=(f"hornbook finetune classify spam {SHORT}", "hornbook classify latest TEXT"),
    ),
    Row("hornbook classify latest*"),
    Row("hornbook chat RUN", swap={"RUN": "talks"}, add="--max-tokens 9", stdin=SPEECH),
    Row("hornbook chat latest", add="--max-tokens 9", stdin=SPEECH),
    Row("hornbook plan RECIPE", alone=True),
    Row("hornbook cluster MODEL --tokens N", swap={"MODEL": "gpt2", "N": "1e9"}),
    Row("hornbook cluster*", large=True),
)

LOOKING = (
    Row("hornbook generate runs/stories*", add="--max-tokens 20"),
    Row("hornbook generate*", add="--max-tokens 20"),
    Row("hornbook evaluate RUN --choices FILE", swap={"FILE": "questions.jsonl"}),
    Row("hornbook evaluate RUN --exact FILE", swap={"FILE": "exact.jsonl"}),
    Row("hornbook evaluate RUN --pairs FILE", swap={"FILE": "sentences.jsonl"}),
    Row("hornbook evaluate*--against-truth", add="--places 20"),
    Row("hornbook evaluate RUN", alone=True),
    Row("hornbook evaluate*"),
    Row("hornbook compare RUN RUN", instead=("hornbook compare RUN first",)),
    Row("hornbook compare*"),
    Row("hornbook trace*"),
    Row("hornbook draw list", alone=True),
    Row("hornbook draw NAME", swap={"NAME": "rotary"}, alone=True),
    Row("hornbook draw NAME | all [RUN]", instead=("hornbook draw masks", "hornbook draw loss RUN"), alone=True),
    Row("hornbook draw*"),
    Row("hornbook doctor [RUN]", instead=("hornbook doctor RUN", "hornbook doctor RUN --json"), codes=(0, 4)),
    Row("hornbook doctor latest --reveal"),
    Row("hornbook doctor latest", codes=(0, 4), section="A first hour"),
    Row("hornbook doctor latest", codes=(4,)),
    Row("hornbook doctor RUN", codes=(0, 4), alone=True),
    Row("hornbook check FILE:Class [--set width=64 ...]", swap={"[--set": "--set", "width=64": "width=20", "...]": ""}),
    Row("$ hornbook check mine.py:OneAhead", codes=(4,)),
    Row("$ hornbook check mine.py:attention *", swap={"mine.py:attention": "blind.py:attention"}, codes=(4,)),
    Row("hornbook check*", alone=True),
    Row(
        "hornbook compress | decompress RUN FILE",
        instead=("hornbook compress RUN prompts.txt", "hornbook decompress RUN prompts.txt.hb --out back.txt"),
    ),
    Row("hornbook compress latest*", swap={"book.txt": "prompts.txt", "unseen.txt": "prompts.txt"}),
    Row("hornbook compress*"),
    Row("hornbook decompress * && cmp *", way="shell"),
    Row("head *", swap={"20000": "300"}, way="shell"),
    Row("hornbook explain [TERM]", swap={"[TERM]": "rotary"}, alone=True),
    Row("hornbook explain*", alone=True),
    Row(
        "hornbook runs list | show | verify | batch | export | reproduce",
        instead=(
            "hornbook runs list",
            "hornbook runs show RUN",
            "hornbook runs verify RUN",
            "hornbook runs batch RUN 0",
            "hornbook runs export RUN run.zip",
            "hornbook runs reproduce run.zip --run NEW",
        ),
    ),
    Row("hornbook runs show RUN", alone=True),
    Row("hornbook runs*"),
    Row("hornbook bench decoding RUN", add="--texts 1 --tokens 9"),
    Row("hornbook bench decoding RUN --texts 6 --tokens 64", swap={"6": "1", "64": "20"}),
    Row("hornbook bench growth", add="--seconds 2", alone=True),
    Row("hornbook bench numerics RUN", alone=True),
    Row("hornbook bench networks RUN", add="--minutes 0.01"),
    Row("hornbook bench networks runs/markov-1 --minutes 0.25"),
    Row(
        "hornbook bench numerics | ladder | growth | networks | decoding",
        instead=(
            "hornbook bench ladder --help",
            "hornbook bench numerics RUN",
            "hornbook bench growth --seconds 1",
            "hornbook bench networks RUN --minutes 0.01",
            "hornbook bench decoding RUN --texts 1 --tokens 9",
        ),
    ),
)

STUDIES = (
    Row("hornbook study scaling", way="named"),
    Row("hornbook study depth-width", way="named"),
    Row("hornbook study ab A.toml B.toml --seeds 5"),
    Row("hornbook study ab RECIPE [RECIPE]", instead=("hornbook study ab A.toml B.toml --seeds 2",)),
    Row("hornbook study ab RECIPE --change *", add=SHORT, alone=True),
    Row("hornbook study ablate RECIPE model.depth=2,8 training.clip=0.0", add=f"{SHORT} --seeds 1"),
    Row("hornbook study ablate RECIPE model.depth=2,8 *", swap={"1000000": "2000", "5": "1"}),
    Row(
        "hornbook study depth-width [RECIPE] --equal parameters|layers|flops|time*",
        swap={"parameters|layers|flops|time": "layers"},
        add=SHORT,
    ),
    Row("hornbook study depth-width [RECIPE] --published", add="--steps 1 --seeds 1 --scale 24"),
    Row("hornbook study scaling [RECIPE] --sizes 4 --lengths 3", add="--steps 8"),
    Row(
        "hornbook study objectives *",
        swap={"training.tokens=2000000": "training.tokens=3000", "3": "1"},
        add="--documents 60 --examples 200 --asked 4 model.context=64",
    ),
    Row(
        "hornbook study published --corpora FOLDER",
        swap=HERE,
        add="--minutes 0.005 --rows characters",
        letters=True,
    ),
    Row("hornbook study published * --tune", swap=HERE, add="--minutes 0.005 --rows characters", letters=True),
    Row("hornbook study published * --minutes *", swap=HERE, add="--rows characters", letters=True),
    Row(
        "hornbook study ablate, depth-width, scaling, objectives, published",
        letters=True,
        instead=(
            "hornbook study ablate A.toml model.depth=2 --seeds 1",
            "hornbook study depth-width --help",
            "hornbook study scaling --help",
            "hornbook study objectives --help",
            "hornbook study published --corpora corpora --rows characters --minutes 0.005",
        ),
    ),
    Row("hornbook rate", alone=True),
    Row(
        "hornbook rate new | go | judge | report | answers",
        instead=(
            "hornbook rate new mine --run RUN --prompts prompts.txt --max-tokens 5",
            "hornbook rate go mine --rater ann",
            "hornbook rate judge mine --url http://127.0.0.1:8080/v1 --model talks --max-tokens 5",
            "hornbook rate report mine",
            "hornbook rate answers talks --out answers.jsonl --max-tokens 5",
        ),
        stdin=RATED,
    ),
    Row(
        "hornbook rate new STUDY *",
        instead=("hornbook rate new judged --run first --run second --prompts prompts.txt",),
    ),
    Row("hornbook rate new *", add="--max-tokens 9"),
    Row("hornbook rate go *", stdin=RATED),
    Row("hornbook rate judge *", swap={"NAME": "talks"}, add="--max-tokens 9"),
    Row("hornbook rate report *"),
    Row("hornbook rate answers RUN *", swap={"RUN": "talks"}, add="--max-tokens 9"),
)

TEXTS = (
    Row("hornbook corpus make *"),
    Row(
        "hornbook corpus list | fetch | make | clean | refine | stats",
        instead=(
            "hornbook corpus list",
            "hornbook corpus fetch sms_spam",
            "hornbook corpus make stories --documents 9 --out made.txt",
            "hornbook corpus clean made.txt",
            "hornbook corpus refine raw --out refined --workers 1",
            "hornbook corpus stats made.txt",
        ),
    ),
    Row("hornbook corpus refine FILES --out DIR", swap={"DIR": "refined"}, add="--workers 1 --skip near"),
    Row(
        "hornbook tokenizer train | encode | show | compare",
        instead=(
            "hornbook tokenizer train book.txt --vocab 300 --out learned",
            "hornbook tokenizer encode learned 'the king'",
            "hornbook tokenizer show learned",
            "hornbook tokenizer compare learned RUN --text book.txt",
        ),
    ),
    Row(
        "hornbook prepare TEXT... --tokenizer T --out DIR",
        swap={"TEXT...": "book.txt", "T": "characters", "DIR": "prepared"},
    ),
    Row(
        "hornbook prepare DIR/kept --tokenizer gpt2 --split document --shard 1/1 --out DATA",
        swap={"DIR/kept": "refined/kept", "gpt2": "theirs"},
        add="--workers 1",
    ),
    Row("hornbook import hf:openai-community/gpt2", swap={"hf:openai-community/gpt2": "hf:owl/tiny-model"}),
    Row("hornbook import SOURCE", swap={"SOURCE": "theirs"}),
    Row("hornbook import *"),
    Row(
        "hornbook export RUN --to hf | gguf | peft",
        instead=(
            "hornbook export base --to hf --out out-hf",
            "hornbook export base --to gguf --out out.gguf",
            "hornbook export tuned --to peft --out out-peft",
        ),
    ),
    Row("hornbook export *"),
)

COURSE = (
    Row(
        "hornbook learn [show | run | start | check | path]",
        instead=(
            "hornbook learn show 04",
            "hornbook learn run 01",
            "hornbook learn start 05",
            f"hornbook learn check 04 {SOLUTIONS}",
            "hornbook learn path",
        ),
    ),
    Row(
        "hornbook learn parts | train | worksheet",
        instead=(
            "hornbook learn parts",
            "hornbook learn train RECIPE --own attention=mine.py:attention --steps 2",
            "hornbook learn worksheet",
        ),
    ),
    Row("hornbook learn train", way="named"),
    Row("hornbook learn train *", add=SHORT),
    Row("hornbook learn check 04", codes=(4,)),
    Row("hornbook learn start 04"),
    Row(
        "hornbook learn worksheet --grade FILE",
        instead=("hornbook learn worksheet --answers --out sheet.txt", "hornbook learn worksheet --grade sheet.txt"),
    ),
    Row("hornbook learn*", alone=True),
    Row("hornbook --help", alone=True),
)

SERVING = (
    Row("hornbook serve", way="named"),
    Row("hornbook serve RUN*--api-key KEY", way="served"),
    Row("hornbook serve RUN...", way="served"),
    Row("hornbook serve base --adapter tuned=FOLDER", swap={"tuned=FOLDER": "tuned=lora"}, way="served"),
    Row("hornbook serve latest", way="served", alone=True),
    Row("hornbook ui [RUN]", swap={"[RUN]": "RUN"}, add="--no-open", way="served"),
    Row("hornbook ui*", add="--no-open", way="served", alone=True),
    Row("curl *", way="posted"),
    Row("lm_eval *", swap={"8": "1"}, way="shell"),
    Row(
        "torchrun --standalone *",
        swap={"training.batch=512": "training.batch=4", "training.micro_batches=8": "training.micro_batches=2"},
        add=SHORT,
        way="shell",
    ),
)

ROWS = (*TRAINING, *LOOKING, *STUDIES, *TEXTS, *COURSE, *SERVING)
