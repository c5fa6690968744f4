"""The end of a training: the best checkpoint scored in full, the figures drawn, and ``report.html`` written.

In: a run that has trained. Out: its ``Evaluation``, and in its folder ``report.html``, ``evaluation.json`` and
``figures/``. Everything on the page is read from the run folder or was measured here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hornbook.data.config import NextToken
from hornbook.evaluation.accuracy import Answers
from hornbook.evaluation.report import ReportData, Results, Sample, standings, write_report
from hornbook.figures.baseline_ladder import Rung, baseline_ladder
from hornbook.figures.loss_curve import Series, loss_curve
from hornbook.figures.style import save
from hornbook.files import write_json
from hornbook.training.journal import read_journal
from hornbook.training.run_folder import Run
from hornbook.workflows.base import Forgetting, forgetting
from hornbook.workflows.evaluate import Evaluation, evaluate
from hornbook.workflows.examination import Examination
from hornbook.workflows.examine import examine
from hornbook.workflows.foreseen import line_of, outcomes
from hornbook.workflows.load import Loaded, load_prepared, load_run
from hornbook.workflows.report_inside import inside

Entries = Sequence[dict[str, Any]]


def finish(run: Run) -> Evaluation | Examination:
    """Score a run's best checkpoint on its whole validation split, draw its figures and write its report."""
    loaded = load_run(run.folder)
    measured = evaluate if isinstance(loaded.recipe.task, NextToken) else examine
    result = measured(loaded, load_prepared(run))
    forgotten = forgetting(loaded)
    besides = {} if forgotten is None else {"forgetting": forgotten.as_json()}
    write_json(run.folder / "evaluation.json", {"checkpoint": loaded.checkpoint.name, **result.as_json(), **besides})
    journal = read_journal(run.metrics)
    updates = [entry for entry in journal if entry["kind"] == "update"]
    evaluations = [entry for entry in journal if entry["kind"] == "evaluation"]
    data = replace(report_data(loaded, result, updates, evaluations, forgotten), **inside(loaded, result))
    draw(run, data, evaluations)
    write_report(data, run.report)
    return result


def standing_of(result: Evaluation | Examination) -> dict[str, Any]:
    """What the page says first: a language model among its baselines, or how often answers were right."""
    if isinstance(result, Evaluation):
        leak = result.verdict is not None and result.verdict.leak
        warning = str(result.verdict) if leak else ""
        return {"standings": standings(result.measured, result.baselines, result.floor), "warning": warning}
    results = Results(("", "asked", *result.ways), tuple(result.rows()), f"{result.sentence()}.")
    return {"standings": (), "results": results}


def remarks_of(result: Evaluation | Examination, forgotten: Forgetting | None) -> tuple[str, ...]:
    """What has to be said under the table."""
    remarks = result.remarks if isinstance(result, Examination) else ()
    return remarks if forgotten is None else (*remarks, f"What it has forgotten: {forgotten}")


def report_data(
    loaded: Loaded,
    result: Evaluation | Examination,
    updates: Entries,
    evaluations: Entries,
    forgotten: Forgetting | None = None,
) -> ReportData:
    """All that the page says."""
    run, info = loaded.run, loaded.run.info
    return ReportData(
        title=f"{run.name}: {loaded.recipe.about or loaded.recipe.name}",
        **standing_of(result),
        train=series(updates, "loss"),
        validation=series(evaluations, "val_loss"),
        learning_rates={"learning rate": series(updates, "learning_rate")},
        watched=watched(updates),
        calibration=tuple(score.calibration.curve()) if isinstance(score := score_of(result), Answers) else (),
        facts=facts(loaded, updates, evaluations),
        predicted=tuple(map(line_of, outcomes(run, len(updates), score_of(result)))),
        remarks=remarks_of(result, forgotten),
        samples=samples(run),
        configuration=run.config,
        data={f"{part} tokens, SHA-256": digest for part, digest in info["data_sha256"].items()},
        environment={name: str(version) for name, version in info["versions"].items()}
        | {name: str(value) for name, value in info["machine"].items() if value}
        | {name: str(value) for name, value in info["choices"].items()},
        reproduce=(f"hornbook train {run.folder / 'config.toml'}", f"hornbook evaluate {run.folder}"),
    )


def watched(updates: Entries) -> dict[str, Series]:
    """Every note that updates have, over the steps."""
    noted = [entry for entry in updates if "notes" in entry]
    steps = [int(entry["step"]) + 1 for entry in noted]
    return {
        name: Series(steps, [float(entry["notes"][name]) for entry in noted])
        for name in (noted or [{"notes": {}}])[0]["notes"]
    }


def score_of(result: Evaluation | Examination) -> object:
    """What was measured."""
    return result.score if isinstance(result, Examination) else result.measured


def facts(loaded: Loaded, updates: Entries, evaluations: Entries) -> dict[str, str]:
    """The short ones for the top of the page."""
    found = {
        "parameters": f"{sum(parameter.numel() for parameter in loaded.model.parameters()):,}",
        "steps": f"{len(updates):,}",
        "tokens seen": f"{sum(int(entry['tokens']) for entry in updates):,}",
    }
    if evaluations:
        found["training time"] = f"{evaluations[-1]['seconds']:.0f} s"
    return found


def series(entries: Entries, name: str) -> Series:
    """One number of the journal over the steps; a step counts as done, so the first update stands at 1."""
    behind = 1 if name in ("loss", "learning_rate") else 0
    return Series([int(entry["step"]) + behind for entry in entries], [float(entry[name]) for entry in entries])


def samples(run: Run, most: int = 6) -> tuple[Sample, ...]:
    """Texts of the run, the last and some of those before, the newest first."""
    if not run.samples.exists():
        return ()
    found = [Sample(int(entry["step"]), entry["text"], entry["prompt"]) for entry in read_journal(run.samples)]
    last = [sample for sample in found if sample.step == found[-1].step] if found else []
    earlier = [sample for sample in found[: len(found) - len(last)] if sample.prompt == last[0].prompt]
    step = max(1, len(earlier) // max(1, most - len(last)))
    return (*last, *list(reversed(earlier))[::step])[:most]


def draw(run: Run, data: ReportData, evaluations: Entries) -> None:
    """The figures of the page as files of their own."""
    run.figures.mkdir(exist_ok=True)
    baselines = {line.name: line.loss for line in data.standings if line.role == "baseline"}
    floor = next((line.loss for line in data.standings if line.role == "floor"), None)
    save(loss_curve(data.train, data.validation, baselines=baselines, floor=floor), run.figures / "loss")
    if data.standings:
        rungs = [Rung(line.name, line.bits_per_byte, line.role) for line in data.standings]
        save(baseline_ladder(rungs), run.figures / "ladder")
