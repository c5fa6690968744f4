"""The report as a string: complete, escaped, alone, and only with numbers it was given."""

from __future__ import annotations

import html
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hornbook.evaluation.baselines import Baselines, NGrams
from hornbook.evaluation.floor import Floor
from hornbook.evaluation.loss import Measured
from hornbook.evaluation.report import ReportData, Sample, Standing, report_html, standings, verdict, write_report
from hornbook.figures.loss_curve import Series

MODEL = Standing("this model", 1.7, 0.7, "model")
RIVALS = (Standing("uniform", 5.0, 3.0), Standing("Kneser-Ney, order 3", 2.0, 1.0))
FLOOR = Standing("floor", 1.2, 0.56, "floor")


def data(*lines: Standing, **others: object) -> ReportData:
    return ReportData("a run", lines or (*RIVALS, MODEL, FLOOR), **others)  # type: ignore[arg-type]


def test_the_lines_come_from_what_was_measured() -> None:
    measured = Measured(total=150.0, tokens=100, bytes=300)
    ladder = Baselines(
        uniform=4.0,
        unigram=3.0,
        kneser_ney=NGrams(3, {1: 3.0, 2: 2.4, 3: 2.0}),
        windows=NGrams(3, {1: 3.0, 2: 2.5, 3: 2.1}, 64),
        tokens=100,
        bytes=300,
        train_tokens=900,
        train_tokens_used=900,
    )
    lines = standings(measured, ladder, Floor(120.0, 100, 300, np.array([50.0, 70.0])))
    assert [line.name for line in lines] == [
        "uniform",
        "unigram",
        "Kneser-Ney, order 3, windows",
        "Kneser-Ney, order 3",
        "this model",
        "floor",
    ]
    assert [line.loss for line in lines] == [4.0, 3.0, 2.1, 2.0, 1.5, 1.2]
    for line in lines:
        assert line.bits_per_byte == pytest.approx(line.loss / math.log(2) / 3)
        assert line.perplexity == math.exp(line.loss)


def test_the_verdict_says_who_is_beaten_and_how_far_the_floor_is() -> None:
    assert verdict(data()) == "Beats Kneser-Ney, order 3: 30.0% fewer bits per byte; 1.25 times the floor."
    worse = replace(MODEL, bits_per_byte=1.1)
    assert verdict(data(*RIVALS, worse)) == "Does not beat Kneser-Ney, order 3: 10.0% more bits per byte."
    assert verdict(data(MODEL)) == "0.700 bits per byte."
    broken = replace(MODEL, bits_per_byte=math.nan)
    assert verdict(data(*RIVALS, broken)) == "The loss of the model is not a finite number."
    assert verdict(data(warning="leak: targets leak into inputs")) == "leak: targets leak into inputs"


def test_every_number_of_the_table_is_exact_beneath_its_rounding() -> None:
    page = report_html(data())
    rows = re.findall(r"<tr class=\"(?:model|baseline|floor)\">.*?</tr>", page)
    found = [[float(value) for value in re.findall(r'data-value="([^"]*)"', row)] for row in rows]
    assert found == [[line.loss, line.bits_per_byte, math.exp(line.loss)] for line in data().standings]


def test_nothing_points_outside_and_nothing_runs() -> None:
    curve = Series(list(range(1, 51)), [9 / step + 1 for step in range(1, 51)])
    page = report_html(data(train=curve, validation=curve, learning_rates={"AdamW": curve}))
    assert page.count("<svg") == 3
    for word in ("http", "//", "<script", "src=", "@import", "xmlns"):
        assert word not in page


def test_ids_are_unique_and_every_reference_finds_its_own() -> None:
    curve = Series(list(range(1, 51)), [9 / step + 1 for step in range(1, 51)])
    page = report_html(data(train=curve, validation=curve, learning_rates={"AdamW": curve}))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    references = set(re.findall(r"url\(#([^)]+)\)", page)) | set(re.findall(r'href="#([^"]+)"', page))
    assert references
    assert references <= set(ids)


def test_everything_is_escaped() -> None:
    evil = "<script>alert('1')</script> & \"x\" $a_b$"
    page = report_html(
        ReportData(
            evil,
            (Standing(evil, 3.0, 2.0, remark=evil), MODEL),
            train=Series([1, 2], [3.0, 2.0]),
            learning_rates={evil: Series([1, 2], [0.1, 0.2])},
            x_label=evil,
            facts={evil: evil},
            samples=(Sample(1, evil, evil),),
            configuration=evil,
            data={evil: evil},
            environment={evil: evil},
            reproduce=(evil,),
        )
    )
    assert "<script" not in page
    assert html.unescape(page).count("<script>alert('1')</script>") >= 17
    assert "$a_b$" in page  # and is not taken for a formula


def test_a_long_run_makes_a_small_page(tmp_path: Path) -> None:
    steps = list(range(1, 100_001))
    noise = np.random.default_rng(2).normal(0, 0.1, len(steps))
    curve = Series(steps, (2 + noise).tolist())
    samples = tuple(Sample(step, "word " * 200) for step in range(0, 100_000, 1000))
    path = tmp_path / "report.html"
    write_report(data(train=curve, validation=curve, learning_rates={"AdamW": curve}, samples=samples), path)
    assert path.stat().st_size < 500_000


def test_a_run_of_which_little_is_known_still_has_a_page() -> None:
    page = report_html(ReportData("bare", (MODEL,)))
    assert "How it learned" not in page
    assert "What it writes" not in page
    assert "0.7000" in page
    assert "∞" in report_html(ReportData("diverged", (replace(MODEL, loss=math.inf),)))
    assert "not a number" in report_html(ReportData("broken", (replace(MODEL, loss=math.nan, bits_per_byte=math.nan),)))


def test_the_same_data_make_the_same_page() -> None:
    curve = Series([1, 2, 3], [3.0, 2.0, 1.5])
    assert report_html(data(train=curve)) == report_html(data(train=curve))
