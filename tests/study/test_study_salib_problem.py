"""SALib's dictionaries: its own scaling of shares is that of the factors, its results have the same keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from SALib.analyze import morris as salib_morris
from SALib.analyze import sobol as salib_sobol
from SALib.util import scale_samples

from exosim.distributions import Distribution
from exosim.errors import UsageError
from exosim.study.answers import Of, Response
from exosim.study.designs import at_shares
from exosim.study.factor import Factor
from exosim.study.model import FunctionModel
from exosim.study.salib_problem import factors_of, problem_of, results_of
from exosim.study.sensitivity import sensitivity

PROBLEM: dict[str, Any] = {
    "num_vars": 7,
    "names": list("abcdefg"),
    "bounds": [[2, 5], [1, 100], [1, 3, 0.25], [4, 2], [0, 9, 4, 2], [0.5, 0.3], [2, 5]],
    "dists": ["unif", "logunif", "triang", "norm", "truncnorm", "lognorm", "weibull"],
}
SHARES = np.linspace(0.01, 0.99, 50)[:, None].repeat(7, axis=1)


def test_factors_are_drawn_as_salib_draws_them() -> None:
    theirs = scale_samples(SHARES.copy(), dict(PROBLEM))
    np.testing.assert_allclose(at_shares(factors_of(PROBLEM), SHARES), theirs, rtol=1e-9)


def test_problem_comes_back() -> None:
    back = problem_of(factors_of(PROBLEM))
    assert {key: back[key] for key in ("num_vars", "names", "dists")} == {
        key: PROBLEM[key] for key in ("num_vars", "names", "dists")
    }
    for one, other in zip(back["bounds"], PROBLEM["bounds"], strict=True):
        assert one == pytest.approx(other)


def test_without_distributions_all_are_uniform() -> None:
    found = factors_of({"names": ["x"], "bounds": [[1.0, 2.0]]}, {"x": "L"})
    assert found == (Factor("x", "L", 1.0, 2.0),)


def test_lognormal_by_its_mean_is_written_by_its_logarithm() -> None:
    own = Distribution("lognormal", (("mean", 10.0), ("cv", 0.4)))
    factor = Factor("x", "1", 1.0, 2.0, distribution=own)
    theirs = scale_samples(SHARES[:, :1].copy(), problem_of([factor]))
    np.testing.assert_allclose(theirs[:, 0], own.quantile(SHARES[:, 0]), rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"names": None}, "needs this key"),
        ({"bounds": [[0, 1]]}, "not as long as the names"),
        ({"num_vars": 6}, "not as long as the names"),
        ({"groups": ["one"] * 7}, "single factors"),
        ({"dists": ["uni", *PROBLEM["dists"][1:]]}, "unif"),
        ({"bounds": [[5, 2], *PROBLEM["bounds"][1:]]}, "must rise"),
        ({"bounds": [*PROBLEM["bounds"][:3], [4], *PROBLEM["bounds"][4:]]}, "number of bounds"),
        ({"bounds": [*PROBLEM["bounds"][:3], [4, -1], *PROBLEM["bounds"][4:]]}, "sd must be above 0"),
    ],
)
def test_what_is_wrong_is_told(change: dict[str, Any], told: str) -> None:
    wrong = {key: value for key, value in {**PROBLEM, **change}.items() if value is not None}
    with pytest.raises(UsageError, match=told):
        factors_of(wrong)


@pytest.mark.parametrize(
    "factor",
    [
        Factor("x", "1", 0.0, 1.0, choices=("a", "b")),
        Factor("x", "1", 0.0, 4.0, levels=(0.0, 4.0)),
        Factor("x", "1", 0.0, 4.0, whole=True),
        Factor("x", "1", 0.0, 4.0, distribution=Distribution("pert", (("low", 0.0), ("mode", 1.0), ("high", 4.0)))),
    ],
)
def test_what_salib_has_not_is_told(factor: Factor) -> None:
    with pytest.raises(UsageError):
        problem_of([factor])


def test_results_have_the_keys_of_salib() -> None:
    model = FunctionModel(
        factors_of({"names": ["x", "y"], "bounds": [[0, 1], [0, 1]]}), (Response("z", "1"),),
        lambda points: points @ np.array([[2.0], [1.0]]),
    )  # fmt: skip
    problem = {"num_vars": 2, "names": ["x", "y"], "bounds": [[0, 1], [0, 1]]}
    ours = results_of(sensitivity(model, [Of("z", "mean")], "sobol", samples=64))["mean of z"]
    theirs = salib_sobol.analyze(problem, np.random.default_rng(0).random(256), calc_second_order=False, seed=1)
    assert set(theirs) <= set(ours) and ours["names"] == ["x", "y"]
    np.testing.assert_allclose(ours["ST"], [0.8, 0.2], atol=0.1)
    screening = sensitivity(model, [Of("z", "mean")], "morris", samples=16)
    ours = results_of(screening)["mean of z"]
    theirs = salib_morris.analyze(
        problem, np.asarray(screening.answers.points), screening.answers.values[0], seed=1, num_resamples=10
    )
    assert set(theirs) <= set(ours)
    np.testing.assert_allclose(ours["mu_star"], theirs["mu_star"])
    with pytest.raises(UsageError):
        results_of(sensitivity(model, [Of("z", "mean")]))
