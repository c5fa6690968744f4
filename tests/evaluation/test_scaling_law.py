"""A scaling law is found again where it is known, and its intervals hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from hornbook.errors import SettingError
from hornbook.evaluation.scaling_law import Fit, Point, ScalingLaw, fit, huber, missed, read_fit
from hornbook.seeds import numpy_generator

CHINCHILLA = ScalingLaw(1.69, 406.4, 0.34, 410.7, 0.28)  # Hoffmann et al. 2022, equation 10
SMALL = ScalingLaw(1.25, 300.0, 0.45, 900.0, 0.5)
SIZES, LENGTHS = (2e5, 4e5, 8e5, 1.4e6), (2.5e5, 5e5, 1e6)


def runs(law: ScalingLaw, scale: float = 1.0, noise: float = 0.0, seed: int = 1) -> list[Point]:
    """Twelve runs that follow a law, but for so much noise."""
    draw = numpy_generator(seed, "runs")
    places = [(size * scale, length * scale) for size in SIZES for length in LENGTHS]
    return [Point(n, d, law.at(n, d) * float(np.exp(noise * draw.normal()))) for n, d in places]


@pytest.mark.parametrize(("law", "scale"), [(SMALL, 1.0), (CHINCHILLA, 1.0), (CHINCHILLA, 1e3)])
def test_a_law_is_recovered_from_runs_that_follow_it(law: ScalingLaw, scale: float) -> None:
    found = fit(runs(law, scale)).law
    np.testing.assert_allclose(list(vars(found).values()), list(vars(law).values()), rtol=0.02)
    assert found.at(8e6 * scale, 8e6 * scale) == pytest.approx(law.at(8e6 * scale, 8e6 * scale), rel=1e-4)


def test_one_odd_run_hardly_moves_the_law() -> None:
    points = runs(SMALL)
    odd = [*points[:5], Point(points[5].weights, points[5].tokens, points[5].loss * 1.3), *points[6:]]
    assert fit(odd).law.at(2.8e6, 2e6) == pytest.approx(SMALL.at(2.8e6, 2e6), rel=0.005)


def test_no_law_nearby_fits_better() -> None:
    points = runs(SMALL, noise=0.01)
    found = fit(points).law
    least = missed(found, points)
    for name in vars(found):
        for factor in (0.97, 1.03):
            other = ScalingLaw(**{**vars(found), name: getattr(found, name) * factor})
            assert missed(other, points) > least
    np.testing.assert_allclose(huber(np.array([5e-4, -1e-3, 0.5])), [1.25e-7, 5e-7, 1e-3 * (0.5 - 5e-4)])


@pytest.mark.slow
def test_a_prediction_lies_in_an_interval_that_grows_with_the_noise() -> None:
    widths = []
    for noise in (0.002, 0.02):
        expected, low, high = fit(runs(SMALL, noise=noise)).predicted(2.8e6, 2e6)
        assert low < expected < high
        widths.append((high - low) / expected)
    assert widths[0] < 0.03 < widths[1]


@pytest.mark.broad
def test_nine_of_ten_intervals_hold_the_run_that_comes() -> None:
    held = 0
    for seed in range(20):
        draw = numpy_generator(seed, "the next")
        _, low, high = fit(runs(SMALL, noise=0.005, seed=seed)).predicted(2.8e6, 2e6)
        held += low <= SMALL.at(2.8e6, 2e6) * float(np.exp(0.005 * draw.normal())) <= high
    assert held >= 16


def test_too_few_runs_are_refused_and_a_fit_is_read_as_it_was_written() -> None:
    with pytest.raises(SettingError, match="at least 6 runs"):
        fit(runs(SMALL)[:5])
    with pytest.raises(SettingError, match="2 sizes"):
        fit(runs(SMALL)[:6])
    found = Fit(SMALL, tuple(runs(SMALL)))
    assert read_fit(found.as_json()) == found


def test_a_floor_that_was_fitted_to_nothing_is_written_as_none() -> None:
    assert str(ScalingLaw(6e-18, 829.0, 0.681, 13.5, 0.158)) == "0 + 829 / N^0.681 + 13.5 / D^0.158"
    assert str(ScalingLaw(1.69, 406.4, 0.34, 410.7, 0.28)).startswith("1.69 + 406 / N^0.34 ")
