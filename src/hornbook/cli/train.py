"""``hornbook train``: from a recipe to a run, or further with one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import cyclopts

from hornbook.cli.output import print_json, say
from hornbook.errors import SettingError

if TYPE_CHECKING:
    from hornbook.training.run_folder import Run
    from hornbook.workflows.base import Forgetting
    from hornbook.workflows.evaluate import Evaluation
    from hornbook.workflows.examination import Examination
    from hornbook.workflows.recipe import Recipe
    from hornbook.workflows.train import Outcome

app = cyclopts.App(name="train")


@cyclopts.Parameter(name="*")
@dataclass(frozen=True)
class Besides:
    """What is written into the run besides.

    Parameters
    ----------
    tensorboard
        Also write the curves for TensorBoard, into the run (pip install 'hornbook[tensorboard]').
    profile
        Watch five steps and write where their time goes into the run: profile/table.txt and profile/trace.json.gz.
    fault
        Make a mistake on purpose, one of those that --break list shows; hornbook doctor looks for it.
    predict
        First make a few steps and say what time, memory and loss to expect; the report shows it beside what came.
    """

    tensorboard: Annotated[bool, cyclopts.Parameter(negative=())] = False
    profile: Annotated[bool, cyclopts.Parameter(negative=())] = False
    fault: Annotated[str | None, cyclopts.Parameter(name="--break")] = None
    predict: Annotated[bool, cyclopts.Parameter(negative=())] = False


@cyclopts.Parameter(name="*")
@dataclass(frozen=True)
class Together:
    """How many processes train one model.

    Parameters
    ----------
    nproc
        Train with so many processes on this machine; over several machines, start it with torchrun.
    max_restarts
        Begin again from the last checkpoint, at most so often, when a process of several fails.
    """

    nproc: int = 1
    max_restarts: int = 0

    @property
    def asked(self) -> bool:
        """Whether other processes are to be started, and this one only to watch them."""
        return self.nproc != 1 or self.max_restarts != 0


@app.default
def train(
    *words: Annotated[str, cyclopts.Parameter(allow_leading_hyphen=False)],
    text: tuple[str, ...] = (),
    corpus: str | None = None,
    data: Path | None = None,
    run: Path | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    seed: int | None = None,
    resume: str | None = None,
    besides: Besides = Besides(),
    together: Together = Together(),
    dry_run: Annotated[bool, cyclopts.Parameter(negative=())] = False,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Train a model from a recipe, and say how good it became.

    The result is a run folder with a report. Ctrl-C finishes the step, saves and exits with 130; --resume goes on and
    ends with the very weights of a run that was never stopped.

    Parameters
    ----------
    words
        RECIPE, the name of one that ships with the package or a TOML file, and settings to change: model.depth=8
    text
        Train on these files, folders or globs instead of the recipe's text.
    corpus
        Train on this corpus instead (hornbook corpus list).
    data
        Train on a folder that hornbook prepare made.
    run
        The new run's folder; by default the next free one under runs/.
    minutes
        Train for so long, whatever the recipe says; the learning rate's schedule ends on time.
    steps
        Train so many steps, whatever the recipe says.
    seed
        Decides everything that is random.
    resume
        Go on with this run (a folder, a name, or latest) instead of beginning one.
    dry_run
        Only say what it would cost: parameters, operations, memory, time.
    as_json
        Print the result as one JSON object.
    """
    if resume is not None:
        refuse_beside_resume(*words, *text, *filter(None, [corpus, data, run, minutes, steps, seed]))
        launch_if_asked(together)
        finish(begin(None, None, None, resume), as_json)
        return
    if besides.fault == "list":
        list_faults(as_json)
        return
    recipe = chosen(words, text, corpus, length_of(minutes, steps), seed)
    if dry_run:
        show_plan(recipe, data, as_json)
    else:
        launch_if_asked(together, [] if run else ["--run", str(free(recipe))])
        finish(begin(recipe, run, data, None, besides), as_json)


def refuse_beside_resume(*given: object) -> None:
    """Refuse what cannot be said beside --resume (``SettingError``)."""
    if given:
        raise SettingError(f"--resume goes on with a run as it was begun; leave out {given[0]}")


def launch_if_asked(together: Together, more: Sequence[str] = ()) -> None:
    """Run this command line in several processes, if that was asked for, and exit with their code.

    ``more`` is what the command line leaves open.
    """
    if not together.asked:
        return
    from hornbook.workflows.launching import launch

    own = without(sys.argv[1:], ("--nproc", "--max-restarts"))
    command = [sys.executable, "-m", "hornbook", *own, *more]
    raise SystemExit(launch(command, together.nproc, together.max_restarts, say))


def without(arguments: Sequence[str], flags: tuple[str, ...]) -> list[str]:
    """A command line without these flags and their values."""
    kept, skip = [], False
    for argument in arguments:
        if not skip and not argument.startswith(flags):
            kept.append(argument)
        skip = not skip and argument in flags
    return kept


def free(recipe: Recipe) -> Path:
    """The next free folder, so that all processes, and those that take their place, mean the same one."""
    from hornbook.training.run_folder import free_folder

    return free_folder(recipe.name)


def ask_for_recipe() -> NoReturn:
    """Say what there is to train (``SettingError``)."""
    from hornbook.workflows.recipe import recipe_names

    raise SettingError(f"which recipe? Give a TOML file or one of {', '.join(recipe_names())}; or --resume RUN")


def list_faults(as_json: bool) -> None:
    """Every mistake that can be made on purpose, and what one notices."""
    from hornbook.workflows.breaking.faults import FAULTS

    if as_json:
        print_json({"schema": 1, "faults": {fault.name: [fault.what, fault.symptom] for fault in FAULTS.values()}})
        return
    for fault in FAULTS.values():
        print(f"{fault.name:<24} {fault.what}\n{'':<24} {fault.symptom}")


def length_of(minutes: float | None, steps: int | None) -> dict[str, float | int]:
    """The flag that says how long, if one does."""
    given = {name: value for name, value in (("minutes", minutes), ("steps", steps)) if value is not None}
    if len(given) > 1:
        raise SettingError("--minutes and --steps both say how long; give one")
    return given


def chosen(
    words: tuple[str, ...], text: tuple[str, ...], corpus: str | None, length: dict[str, float | int], seed: int | None
) -> Recipe:
    """The recipe with the settings and flags of the command line laid over it."""
    from hornbook.workflows.recipe import FLAGS, load_recipe

    if not words:
        ask_for_recipe()
    overrides = list(words[1:])
    if text and corpus:
        raise SettingError("--text and --corpus both say what to train on; give one")
    given = {"text": text or None, "corpus": corpus or None, **length, "seed": seed}
    for name, value in given.items():
        overrides += FLAGS[name](value) if value is not None else []
    return load_recipe(words[0], overrides)


def begin(
    recipe: Recipe | None,
    run: Path | None,
    data: Path | None,
    resume: str | None,
    besides: Besides = Besides(),
) -> Outcome:
    """Train under a progress bar; with ``resume`` go on with that run."""
    from hornbook.cli.progress import TrainingProgress
    from hornbook.workflows.launching import stop_with_parent
    from hornbook.workflows.train import resume as go_on
    from hornbook.workflows.train import train as start

    prediction = predicted(recipe, data) if recipe is not None and besides.predict else None
    stop_with_parent()
    with TrainingProgress() as progress:
        if recipe is None:
            return go_on(resume or "latest", progress)
        return start(recipe, run, progress, data, besides.tensorboard, besides.profile, besides.fault, prediction)


def predicted(recipe: Recipe, data: Path | None) -> dict[str, Any]:
    """What a few steps say of the training, said before it begins."""
    from hornbook.workflows.plan import plan

    planned = plan(recipe, data, trying=True)
    for what, much in planned.lines():
        if what in ("memory", "time", "loss"):
            say(f"{what}: {much}")
    return planned.prediction()


def finish(outcome: Outcome, as_json: bool) -> None:
    """Say how good the run became and leave its report; a run that a signal stopped exits with its code."""
    if outcome.exit_code:
        raise SystemExit(outcome.exit_code)
    if not outcome.leads:
        return
    from hornbook.workflows.report import finish as write_report

    say("scoring the best checkpoint and its baselines")
    result = write_report(outcome.run)
    if as_json:
        print_json({"run": str(outcome.run.folder), "steps": outcome.step, **result.as_json()})
        return
    show_result(outcome, result)


def show_result(outcome: Outcome, result: Evaluation | Examination) -> None:
    """The ladder or the table of answers, one sentence, and what to do next."""
    from hornbook.cli.output import print_result

    print_result(result)
    print(f"The model {result.sentence()}.")
    if forgotten := forgotten_by(outcome.run):
        print(f"What it has forgotten: {forgotten}.")
    folder = outcome.run.folder
    print(f"\nrun     {folder}\nreport  {outcome.run.report}\n")
    print(f'next    hornbook generate {folder} "{example_prompt(outcome.run)}"')
    print(f"        hornbook evaluate {folder} --json")
    print(f"        hornbook runs batch {folder} 0")


def forgotten_by(run: Run) -> Forgetting | None:
    """What the report says about the base's own text, where it says anything."""
    from hornbook.workflows.base import Forgetting
    from hornbook.workflows.recorded import read_evaluation

    found = (read_evaluation(run) or {}).get("forgetting")
    return None if found is None else Forgetting(**found)


def example_prompt(run: Run) -> str:
    """A prompt that the run's own recipe uses, or the beginning of a story."""
    from hornbook.workflows.recipe import read_recipe

    return next(filter(None, read_recipe(run.folder / "config.toml").samples.prompts), "Once upon a time").strip()


def show_samples(run: Run, most: int = 3) -> None:
    """The last texts the model wrote."""
    from hornbook.training.journal import read_journal

    for entry in read_journal(run.samples)[-most:]:
        print(f"{entry['prompt']}{entry['text']}".strip(), end="\n\n")


def show_plan(recipe: Recipe, data: Path | None, as_json: bool) -> None:
    """Print what a training would cost."""
    from hornbook.workflows.plan import as_json as plain
    from hornbook.workflows.plan import plan

    planned = plan(recipe, data)
    if as_json:
        print_json({"recipe": recipe.name, **plain(planned)})
    else:
        for what, much in planned.lines():
            print(f"{what:<20} {much}")
