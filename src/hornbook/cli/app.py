"""The command line: finds the command, runs it, and turns errors into one line and an exit code.

Exit codes: 0 fine; 1 failed while running; 2 usage or configuration; 3 a needed file, model or extra is missing; 4 a
check failed; 130 and 143 stopped by a signal, after saving. Commands are named here as text and imported when they
are called, so that ``hornbook --help`` loads neither torch nor numpy.
"""

from __future__ import annotations

import keyword
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import cyclopts

from hornbook import __version__
from hornbook.errors import HornbookError, MissingError, SettingError

app = cyclopts.App(
    name="hornbook",
    version=f"hornbook {__version__}",
    help="Language models from scratch: read them, run them, change them, measure them.",
    help_epilogue="Start with: hornbook quickstart",
)

COMMANDS = {
    "quickstart": "Train a first model on the built-in corpus in about 90 seconds, and see how good it is.",
    "corpus": "List, fetch, make, clean and measure texts.",
    "tokenizer": "Train, show and compare tokenizers.",
    "prepare": "Turn texts into token files.",
    "train": "Train a model from a recipe, or go on with a run.",
    "finetune": "Make a model useful: classify, instruct, prefer, reinforce.",
    "chat": "Talk with a run that was taught to answer.",
    "classify": "Ask a run to which class a text belongs.",
    "evaluate": "Loss, bits per byte and perplexity of a run, beside what they must beat.",
    "compress": "A file as small as a run finds it likely: the loss, in bytes.",
    "decompress": "Restore what compress wrote, byte for byte.",
    "compare": "Runs side by side: losses, settings, texts.",
    "study": "Questions that take several runs, answered with intervals or not at all.",
    "plan": "What a training will take and bring, before it is paid for: memory, time, loss.",
    "cluster": "What a training on GPUs elsewhere would need: memory, hours, cost.",
    "generate": "Let a run write.",
    "rate": "Let people, or a model, judge what runs write: blind, with intervals and agreement.",
    "serve": "Runs over HTTP, for programs that speak OpenAI's interface.",
    "ui": "Runs in a web page: play, look inside, watch them learn, rate.",
    "import": "Make a run of a model from elsewhere.",
    "export": "Write a run for other programs.",
    "runs": "List and show runs, verify their files, look at any batch.",
    "bench": "Speed and numerics, one change a row: what each costs and gains.",
    "draw": "Pictures of the parts of models and of runs.",
    "check": "Examine a model of your own: causality, order, first loss, gradients...",
    "trace": "One pass through a model: every tensor, who made it, what each layer would say.",
    "learn": "The course: lessons that run, and exercises that are graded.",
    "explain": "What a word means: concepts, parts, settings, errors; formula, paper, file, figure.",
    "doctor": "Check this machine, or what is wrong with a run.",
}
for name, text in COMMANDS.items():
    module = f"{name}_" if keyword.iskeyword(name) else name
    app.command(f"hornbook.cli.{module}:app", name=name, help=text)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run ``arguments`` (those of the process when ``None``) and exit with the code the module describes."""
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # PyTorch takes large pages; read when it is imported
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; everything that went wrong is said on stderr."""
    try:
        app(list(arguments), print_error=False, exit_on_error=False, result_action="return_value")
        sys.stdout.flush()
    except HornbookError as error:
        return fail(str(error), error.exit_code)
    except cyclopts.CycloptsError as error:
        return fail(f"{error}\nsee: hornbook {' '.join(words_before_flags(arguments))} --help", SettingError.exit_code)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "hornbook"):  # a mistake of ours
            raise
        said = f"this needs the package {package}, which is not installed: pip install {package}"
        return fail(said, MissingError.exit_code)
    except KeyboardInterrupt:
        return fail("stopped", 130)
    except BrokenPipeError:  # whoever read our output has had enough, as in `hornbook ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0


def fail(message: str, code: int) -> int:
    """Say what went wrong on stderr, and return the exit code."""
    print(f"error: {message}", file=sys.stderr)
    return code


def words_before_flags(arguments: Sequence[str]) -> list[str]:
    """The command's own words, for naming the help that would have told: at most two, and only known ones."""
    return [word for word in arguments[:1] if word in COMMANDS]
