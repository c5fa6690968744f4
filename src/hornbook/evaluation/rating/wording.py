"""A report in tables and sentences, for the terminal or a page: "too few ratings" where a number would say too much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOO_FEW = "too few ratings"


@dataclass(frozen=True)
class Table:
    """A heading, the names of the columns, the rows, and what has to be known to read them."""

    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""


def tables(found: Mapping[str, Any]) -> Iterator[Table]:
    """All tables of a report (report.py) that have rows."""
    for view in found["views"]:
        yield from (table for table in view_tables(view) if table.rows)
    later = (agreement_table(found), raters_table(found), judges_table(found), correlations_table(found))
    yield from (table for table in later if table.rows)


def said(estimate: Mapping[str, Any] | None, digits: int = 2) -> str:
    """``3.25 (2.81 to 3.70)``, or that there are too few ratings."""
    if estimate is None:
        return TOO_FEW
    value, low, high = (f"{estimate[key]:.{digits}f}" for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def percent(estimate: Mapping[str, Any] | None) -> str:
    """``62 % (48 to 75)``."""
    if estimate is None:
        return TOO_FEW
    value, low, high = (f"{100 * estimate[key]:.0f}" for key in ("value", "low", "high"))
    return f"{value} % ({low} to {high})"


def view_tables(view: Mapping[str, Any]) -> Iterator[Table]:
    """What people, or one judge, think of the models."""
    who = (
        view["who"] if view["who"] != "people" else f"{view['raters']} {'person' if view['raters'] == 1 else 'people'}"
    )
    scales = [
        (row["model"], row["aspect"], str(row["texts"]), str(row["ratings"]), said(row["mean"]), histogram(row))
        for row in view["scales"]
    ]
    note = "Mean with 95 % interval over prompts (bootstrap)."
    yield Table(f"Scores by {who}", ("model", "aspect", "texts", "ratings", "mean", "1 2 3 4 5"), scales, note)
    wins = [
        (
            f"{row['model']} : {row['against']}",
            *(str(row[key]) for key in ("won", "lost", "tied")),
            percent(row["share"]),
            TOO_FEW if row["p"] is None else f"{row['p']:.2g}",
        )
        for row in view["wins"]
    ]
    note = "One verdict for each pair of texts; share of decided ones, Wilson's 95 % interval; p of the sign test."
    yield Table(f"Better in pairs, by {who}", ("models", "won", "lost", "tied", "share won", "p"), wins, note)
    if view["strengths"]:
        strengths = [(row["model"], said(row)) for row in view["strengths"]["models"]]
        note = "Logits that sum to 0, 95 % intervals; a difference of 1 wins 73 % of the time."
        if view["strengths"]["softened"]:
            note += " Someone never lost: half a win was added to each side of every pair."
        yield Table(f"Strength (Bradley-Terry), by {who}", ("model", "strength"), strengths, note)


def histogram(row: Mapping[str, Any]) -> str:
    """How often each step was given."""
    return "" if row["histogram"] is None else " ".join(map(str, row["histogram"].values()))


def agreement_table(found: Mapping[str, Any]) -> Table:
    """Krippendorff's alpha."""
    rows = [
        (name, str(row["shared"]), TOO_FEW if row["alpha"] is None else f"{row['alpha']:.3f}", row["level"])
        for name, row in found["agreement"].items()
    ]
    note = "1 is perfect, 0 is chance; below 0.67 conclusions are shaky (Krippendorff)."
    return Table(
        "Agreement of people (Krippendorff's alpha)", ("", "rated by two or more", "alpha", "level"), rows, note
    )


def raters_table(found: Mapping[str, Any]) -> Table:
    """Each person: consistency, pace, side, drift."""
    rows = []
    for row in found["raters"]:
        again, moved = row["repeats"], row["drift"]
        drift = TOO_FEW if moved is None else f"{moved['first_half']:.2f}, then {moved['second_half']:.2f}"
        scores, choices = (f"{again[f'{kind}_same']} of {again[kind]}" for kind in ("scores", "choices"))
        rows.append(
            (row["rater"], str(row["answers"]), scores, choices, percent(row["left"]), drift, str(row["quick"]))
        )
    headings = (
        "rater",
        "answers",
        "same score again",
        "same choice again",
        "left is better",
        "mean score",
        "under 2 s",
    )
    return Table(
        "Raters", headings, rows, "Left should be better in half of the pairs; mean score in the first and second half."
    )


def judges_table(found: Mapping[str, Any]) -> Table:
    """Each judge: what could not be read, position bias, agreement with people."""
    rows = []
    for row in found["judges"]:
        name, people = row["judge"], row["with_people"]
        rows.append((name, "answers that could not be read", f"{row['unread']} of {row['asked']}"))
        if row["both_orders"]:
            rows.append(
                (name, "pairs with the same verdict in both orders", f"{row['same_in_both']} of {row['both_orders']}")
            )
            rows.append((name, "left is better", percent(row["left"])))
        rows += [
            (name, f"{aspect}: rank correlation with people", said(each)) for aspect, each in people["scores"].items()
        ]
        rows.append((name, "pairs decided as people do", percent(people["choices"])))
    return Table("Judges", ("judge", "", ""), rows)


def correlations_table(found: Mapping[str, Any]) -> Table:
    """People's scores beside what a computer measures."""
    names = {
        "perplexity": "perplexity under its writer",
        "rouge_l": "ROUGE-L with the reference",
        "characters": "length",
    }
    rows = [(names[key], said(each)) for key, each in found["correlations"].items()] if found["raters"] else []
    return Table("Mean score of a text beside what a computer measures", ("", "rank correlation"), rows)
