"""A model's card as Markdown, to be kept beside the model: the headings that a reader looks for, every gap named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

NOT_RECORDED = "not recorded"


def as_markdown(card: dict[str, Any]) -> str:
    """The text of a card that ``card_of`` has gathered."""
    sections = [
        ("Architecture", table(("", ""), [(each["name"], each["value"]) for each in card["architecture"]])),
        ("Parameters", parameters(card)),
        ("What it has learned from", facts(data(card))),
        ("Scores", scores(card)),
        ("Use", ["```", *(each["command"] for each in card["exports"] if each["refusal"] is None), "```"]),
    ]
    lines = [f"# {card['model']}", "", card["about"] or "Trained with Hornbook."]
    for heading, text in sections:
        lines += ["", f"## {heading}", "", *text]
    return "\n".join(lines) + "\n"


def parameters(card: dict[str, Any]) -> list[str]:
    """How many, module by module."""
    rows = [(each["module"], f"{each['parameters']:,}") for each in card["modules"]]
    return table(("module", "parameters"), [*rows, ("together", f"{card['parameters']:,}")])


def data(card: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """Its texts, where they come from, and how much of them it has seen."""
    found = card["data"]
    yield "texts", ", ".join(found["names"]) or NOT_RECORDED
    yield "what they are", found["title"] or NOT_RECORDED
    yield "licence", found["licence"] or NOT_RECORDED
    for name in ("train_tokens", "validation_tokens"):
        yield name.replace("_", " "), NOT_RECORDED if found[name] is None else f"{found[name]:,}"
    yield "tokens seen", f"{card['tokens']:,} in {card['steps']:,} steps"
    yield "tokenizer", f"{card['tokenizer']}, {card['vocabulary']:,} tokens"
    if found["base"]:
        yield "begun from", found["base"]
    if found["imported"]:
        yield "imported from", found["imported"]


def scores(card: dict[str, Any]) -> list[str]:
    """What was measured, and what a model without any learning would get."""
    if not card["scores"]:
        return ["Not evaluated."]
    words = {"val_loss": card["loss"]}
    rows = [
        (words.get(each["name"], each["name"].replace("_", " ")), f"{each['value']:.6g}") for each in card["scores"]
    ]
    beside = [(f"{each['name']} (baseline)", f"{each['loss']:.6g}") for each in card["baselines"]]
    return [f"Measured {card['scored']}, on text held out:", "", *table(("score", "value"), [*rows, *beside])]


def table(headings: tuple[str, str], rows: Sequence[tuple[str, str]]) -> list[str]:
    """Two columns."""
    return [f"| {left} | {right} |" for left, right in (headings, ("---", "---"), *rows)]


def facts(rows: Iterable[tuple[str, str]]) -> list[str]:
    """A list."""
    return [f"- {name}: {value}" for name, value in rows]
