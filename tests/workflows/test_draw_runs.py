"""Pictures of a run: every number in them is one that the model, the tokenizer or the journal gave."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from hornbook.errors import HornbookError, SettingError, TextError
from hornbook.evaluation.attention_maps import self_attention
from hornbook.evaluation.by_position import loss_by_position, means_by_place
from hornbook.evaluation.inside.lens import lens_chances
from hornbook.evaluation.inside.observing import observe
from hornbook.evaluation.loss import evaluate_loss
from hornbook.evaluation.projection import principal_plane
from hornbook.figures.depth_width import Shape, depth_width
from hornbook.figures.scaling import Law, scaling_fit
from hornbook.figures.text_map import LETTERS, set_in_lines
from hornbook.tokenizers.explore import ancestry
from hornbook.training.journal import read_journal
from hornbook.workflows import draw_runs, draw_tokens
from hornbook.workflows.draw_runs import Subject
from hornbook.workflows.drawings import DRAWINGS, draw
from hornbook.workflows.load import load_prepared, load_run
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.report import finish
from hornbook.workflows.train import train
from tests.figures.reading import assert_well_set, texts

OF_RUNS = [row for row in DRAWINGS if row.needs == "a run"]
BYTES = ["tokenizer={kind = 'bytepair', vocabulary = 307}", "samples.prompts=[]"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, small_recipe: str) -> Path:
    """A run that was trained for a moment, and one that learned beside it with low rank."""
    folder, before = tmp_path_factory.mktemp("runs"), Path.cwd()
    (folder / "small.toml").write_text(small_recipe, encoding="utf-8")
    words = "the cat sat on a mat and saw the rat that ate the bat in a hat"
    lines = [f"{number} {words[number % 29 :]} {words[: number % 31]}" for number in range(300)]
    (folder / "text.txt").write_text("\n".join(lines), encoding="utf-8")
    os.chdir(folder)
    try:
        finish(train(load_recipe("small.toml", BYTES), folder / "base").run)
        low = ["base=base", "adapting={kind = 'low_rank', rank = 2}", "training.steps=7"]
        train(load_recipe("small.toml", [*BYTES, *low]), folder / "low")
    finally:
        os.chdir(before)
    return folder


@pytest.fixture(scope="module")
def subject(place: Path) -> Subject:
    return Subject(load_run(place / "base"))


@pytest.mark.parametrize("row", OF_RUNS, ids=lambda row: row.name)
def test_every_picture_of_a_run_has_a_title_and_nothing_is_cut_or_written_over(row, subject: Subject) -> None:
    figure = row.draw(subject)
    assert_well_set(figure, touching=2.0)
    assert figure.texts[0].get_fontweight() == "bold" and figure.texts[0].get_text()
    assert figure.get_size_inches()[0] < 10.5


def test_the_curve_is_the_journal(subject: Subject) -> None:
    journal = read_journal(subject.loaded.run.metrics)
    measured = [entry["val_loss"] for entry in journal if entry["kind"] == "evaluation"]
    figure = draw_runs.loss(subject)
    assert [list(line.get_ydata()) for line in figure.axes[0].lines].count(measured) == 1
    assert any(text.startswith("Kneser-Ney, order") for text in texts(figure))


def test_every_head_of_every_layer_is_a_distribution_over_the_past(subject: Subject) -> None:
    figure = draw_runs.attention(subject)
    tokens, _ = subject.tokens(16)
    maps = self_attention(subject.loaded.model, tokens[None])
    assert len(figure.axes) == 3 * 2
    for number, axes in enumerate(figure.axes):
        shown = np.asarray(axes.images[0].get_array())
        np.testing.assert_allclose(shown, maps[number // 2][0, number % 2], atol=1e-6)
        np.testing.assert_allclose(shown.sum(1), 1, atol=1e-5)
        assert np.triu(shown, 1).max() == 0


def test_after_the_last_layer_the_lens_shows_what_the_model_says(subject: Subject) -> None:
    tokens, _ = subject.tokens(11)
    said = lens_chances(subject.decoder, tokens[None])
    assert said.shape == (4, 11, subject.loaded.tokenizer.vocab_size)
    own = subject.decoder(tokens[None])[0].softmax(-1)
    torch.testing.assert_close(said[-1], own)
    assert (said[0] - own).abs().max() > 0.01, "and before the first something else"
    image = np.asarray(draw_runs.lens(subject, 11).axes[0].images[0].get_array())
    np.testing.assert_allclose(image[0], own.max(-1).values.detach(), atol=1e-6)
    np.testing.assert_allclose(image[-1], said[0].max(-1).values, atol=1e-6)


def test_a_shared_block_has_a_stream_for_each_of_its_layers(subject: Subject) -> None:
    from hornbook.model.models import Decoder

    config = replace(subject.loaded.model.config, shared=True, depth=5)
    layers = observe(Decoder(config), torch.tensor([[1, 2, 3]])).layers
    found = [layers[0].before, *(layer.after for layer in layers)]
    assert len(found) == 6
    assert all(not torch.equal(one, other) for one, other in pairwise(found))


def test_what_tokens_cost_adds_up_to_the_loss(subject: Subject) -> None:
    file, context = load_prepared(subject.loaded.run).validation, subject.decoder.config.context
    whole = evaluate_loss(subject.decoder, file, context)
    means, counts = loss_by_position(subject.decoder, file, context, 10**9)
    assert counts.sum() == whole.tokens and len(means) == context
    assert (means * counts).sum() == pytest.approx(whole.total)
    by_place, numbers = means_by_place(whole)
    np.testing.assert_allclose(by_place, means)
    assert list(numbers) == list(counts)
    assert means_by_place(replace(whole, places=None)) is None
    _, few = loss_by_position(subject.decoder, file, context, 1, batch=3)
    assert list(few) == [3] * context
    _, losses, _ = draw_runs.surprise(subject)
    assert losses[0] != losses[0] and len(losses) == context
    said = lens_chances(subject.decoder, subject.tokens(2)[0][None])[-1][0]
    assert losses[1] == pytest.approx(-said.log()[file.tokens[1]])


def test_lines_keep_every_letter_and_end_where_the_text_does() -> None:
    pieces = ["Once", " upon", "\n", "x" * (LETTERS + 7), " end", " of" * 2]
    lines = set_in_lines(pieces)
    said = ["".join(part for _, _, part in line) for line in lines]
    assert said == ["Once upon⏎", "x" * LETTERS, "x" * 7 + " end of of"]
    assert all(start + len(part) <= LETTERS for line in lines for _, start, part in line)


def test_the_two_axes_are_those_of_the_singular_vectors() -> None:
    table = torch.randn(23, 7, generator=torch.Generator().manual_seed(2)) * torch.arange(1.0, 8)
    placed, shares = principal_plane(table)
    left, values, _ = torch.linalg.svd(table - table.mean(0), full_matrices=False)
    torch.testing.assert_close(placed.abs(), (left[:, :2] * values[:2]).abs(), atol=1e-3, rtol=1e-3)
    assert shares[0] == pytest.approx(float(values[0] ** 2 / (values**2).sum()), rel=1e-4)
    assert placed.abs().argmax(0).tolist() == placed.argmax(0).tolist()


def test_every_filter_leaves_a_distribution(subject: Subject) -> None:
    figure = draw_runs.sampling(subject)
    bars = {axes.texts[0].get_text(): [patch.get_width() for patch in axes.patches[:13]] for axes in figure.axes}
    for widths in bars.values():
        assert sum(widths) == pytest.approx(1)
    own = np.array(bars["temperature 1"])
    assert [width > 0 for width in bars["top-k 5"]] == [True] * 5 + [False] * 8
    np.testing.assert_allclose(bars["top-k 5"][:5], own[:5] / own[:5].sum())
    cooled = own[:12] ** 2
    np.testing.assert_allclose(np.array(bars["temperature 0.5"][:12]) / bars["temperature 0.5"][0], cooled / cooled[0])
    assert sum(width > 0 for width in bars["min-p 0.1"][:12]) == (own[:12] >= 0.1 * own[0]).sum()
    assert "5 left" in texts(figure)


def test_counts_and_lengths_are_those_of_the_training_text(subject: Subject) -> None:
    tokens = np.asarray(load_prepared(subject.loaded.run).train.tokens)
    _, line = draw_tokens.frequencies(subject).axes[0].lines[:2]
    assert sum(line.get_ydata()) == len(tokens)
    assert all(one >= other for one, other in pairwise(line.get_ydata()))
    bars = draw_tokens.lengths(subject).axes[0].patches
    heights = np.array([bar.get_height() for bar in bars]).reshape(2, -1)
    np.testing.assert_allclose(heights.sum(1), 1)
    of = [len(subject.loaded.tokenizer.token_bytes(int(token))) for token in tokens]
    of = [size for size in of if size]  # special tokens have none
    assert heights[1][1] == pytest.approx(np.mean(np.array(of) == 1))


def test_a_tree_of_merges_ends_in_the_bytes_of_its_token(subject: Subject) -> None:
    tokenizer = subject.loaded.tokenizer
    token = max(tokenizer.merges, key=lambda each: len(tokenizer.token_bytes(each)))
    tree = draw_tokens.tree_of(ancestry(tokenizer, token), tokenizer.merges, subject)
    assert "".join(leaf.name for leaf in tree.leaves).replace("␣", " ").encode() == tokenizer.token_bytes(token)
    assert tree.number == str(list(tokenizer.merges).index(token) + 1)
    assert tree.name in texts(draw_tokens.merges(Subject(subject.loaded, tokenizer.decode([token]) * 3)))


def test_the_spectrum_of_a_low_rank_product_has_as_many_values_as_its_rank(place: Path, subject: Subject) -> None:
    low = Subject(load_run(place / "low"))
    figure = draw_runs.spectrum(low)
    assert_well_set(figure, touching=2.0)
    base, change = figure.axes[0].lines
    assert len(base.get_ydata()) == 22 and len(change.get_ydata()) == 2
    weight = subject.loaded.model.stack.block(0).attention.query.weight
    np.testing.assert_allclose(base.get_ydata(), torch.linalg.svdvals(weight.detach().double()), rtol=1e-4)
    merged = low.loaded.model.stack.block(0).attention.query.weight - weight
    np.testing.assert_allclose(change.get_ydata(), torch.linalg.svdvals(merged.detach().double())[:2], rtol=1e-3)
    with pytest.raises(SettingError, match="no low-rank products"):
        draw_runs.spectrum(subject)


@pytest.mark.slow
def test_all_draws_what_can_be_drawn_and_says_why_it_leaves_the_rest(place: Path, tmp_path: Path) -> None:
    found = {each.drawing.name: each for each in draw("all", str(place / "base"), tmp_path, "the cat sat on the mat")}
    skipped = {name for name, each in found.items() if each.path is None}
    assert skipped <= {"spectrum", "merges"} and "no low-rank products" in found["spectrum"].reason
    assert {path.stem for path in tmp_path.iterdir()} == set(found) - skipped


def test_a_text_that_is_too_short_and_a_run_of_another_kind_are_refused(subject: Subject) -> None:
    with pytest.raises(TextError, match="at least 2"):
        draw_runs.lens(Subject(subject.loaded, "t"))
    with pytest.raises(HornbookError):
        list(draw("attention", "nowhere"))


def test_a_law_goes_through_its_points_and_says_what_it_expects() -> None:
    sizes, law = [1e5, 3e5, 1e6, 3e6], Law(20.0, 0.25, 1.3)
    figure = scaling_fit(sizes, [float(loss) for loss in law.at(np.array(sizes))], law, held_out=[(1e7, 1.66)])
    assert_well_set(figure)
    tried, beyond, points = figure.axes[0].lines[:3]
    np.testing.assert_allclose(np.interp(sizes[:-1], tried.get_xdata(), tried.get_ydata()), points.get_ydata()[:-1],
                               rtol=2e-3)  # fmt: skip
    assert beyond.get_xdata()[0] > 3e6 and beyond.get_xdata()[-1] == pytest.approx(2.5e7)
    assert {"floor 1.300", "held out 1.660", "fitted: 1.3 + 20 · N^-0.25"} <= set(texts(figure))


def test_the_best_of_several_shapes_is_marked() -> None:
    shapes = [Shape("deep", 12, 64, 600_000, 1.71), Shape("wide", 3, 128, 600_000, 1.64)]
    figure = depth_width(shapes, {600_000: [(2.0, 158.0), (12.0, 64.5), (16.0, 56.0)]})
    bold = [text.get_text() for text in figure.axes[0].texts if text.get_fontweight() == "bold"]
    assert bold == ["wide, 1.640"]
    places = [(line.get_xdata()[0], line.get_ydata()[0]) for line in figure.axes[0].lines[1:]]
    assert places == [(12, 64), (3, 128)]


def test_the_size_of_a_line_stands_at_the_end_that_is_farther_from_the_models() -> None:
    line = [(1.0, 220.0), (3.0, 128.0), (12.0, 64.5)]
    [size, *_] = (
        depth_width([Shape("deep", 12, 64, 600_000), Shape("flat", 2, 150, 580_000)], {600_000: line}).axes[0].texts
    )
    assert size.get_text() == "600k" and size.xy == (3.0, 128.0)  # the first end lies outside


def test_the_report_of_a_run_shows_its_inside_and_stays_small(subject: Subject) -> None:
    page = subject.loaded.run.report.read_text()
    assert len(page) < 2_000_000 and not re.search(r"(href|src)=.?https?:", page)
    losses = [float(each) for each in re.findall(r'title="([\d.]+) nats"', page)]
    _, expected, _ = draw_runs.surprise(subject)
    assert losses == [round(loss, 2) for loss in expected[1:]]
    for said in ("attention, causal", "head 2", "first principal component", "tokens before it", "Architecture"):
        assert said in page
    assert page.index("What it finds hard") < page.index("What is inside") < page.index("How to do it again")
