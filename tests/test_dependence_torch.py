"""The penalty inside PyTorch equals NumPy's, value and gradient; skipped where PyTorch is not installed."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from engine.dependence import penalties, planner
from engine.dependence.torch_sweep import differentiable
from engine.errors import InvalidData
from tests import distances
from tests.distances import coordinates, people

INSTALLED = importlib.util.find_spec("torch") is not None
needs_torch = pytest.mark.skipif(not INSTALLED, reason="PyTorch is not installed: optional, see requirements-extra.txt")


@needs_torch
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("options", [{}, {"estimator": "V"}, {"estimator": "V", "weights": "drawn"},
                                     {"normalised": True}, {"strata": "drawn"}], ids=str)
@pytest.mark.parametrize(("kind", "count"), [("cc", 2), ("joint", 2), ("cc", 3), ("joint", 3), ("marginal", 3)])
def test_equal_to_numpy(monkeypatch, kind, count, options, ties):
    import torch

    monkeypatch.setattr(planner, "SMALL", 10)   # so that landmarks and the merge are among the routes
    monkeypatch.setattr(planner, "MOST_CELLS", 30)
    monkeypatch.setattr(planner, "FEW_VALUES", 30)
    rng = np.random.default_rng(0)
    y, *columns = people(rng, n=300, ties=ties)
    drawn = {"weights": rng.random(300) + 0.1, "strata": rng.integers(-1, 2, 300)}
    options = {key: drawn[key] if value == "drawn" else value for key, value in options.items()}
    penalty = penalties.build(columns[:count], kind, 0.7, **options)
    value, gradient = penalty.value_and_gradient(y)
    tensor = torch.tensor(y, requires_grad=True)
    found = differentiable(penalty)(tensor)
    (3 * found).backward()
    assert found.item() == pytest.approx(value, rel=1e-10)
    assert np.abs(tensor.grad.numpy() / 3 - gradient).max() <= 1e-10 * np.abs(gradient).max()


@needs_torch
@pytest.mark.parametrize("estimator", ["U", "V"])
def test_equal_to_autograd_through_the_definition(estimator):
    import torch

    y, race, sex, _ = people(np.random.default_rng(1), n=80)
    gradient = penalties.build([race, sex], "joint", 0.7, estimator).value_and_gradient(y)[1]
    tensor = torch.tensor(y, requires_grad=True)
    apart = (tensor[:, None] - tensor[None, :]).abs()
    rows, n = apart.sum(dim=1), 80
    off = 1 - torch.eye(n, dtype=torch.float64) if estimator == "U" else torch.ones((n, n), dtype=torch.float64)
    row, total, scale = (n - 2, (n - 1) * (n - 2), 1 / (n * (n - 3))) if estimator == "U" else (n, n * n, 1 / n**2)
    product = (rows[:, None] / row + rows / row - apart - rows.sum() / total) * off + 0.7
    for column in (race, sex):
        product = product * torch.tensor(distances.centred(distances.distances(coordinates(column)), estimator) + 0.7)
    (scale * product.sum()).backward()
    assert np.abs(tensor.grad.numpy() - gradient).max() <= 1e-12 * np.abs(gradient).max()


@needs_torch
def test_keeps_the_precision_of_predictions_and_refuses_another_length():
    import torch

    y, race, *_ = people(np.random.default_rng(2))
    penalty = penalties.build([race])
    single = torch.tensor(y, dtype=torch.float32, requires_grad=True)
    found = differentiable(penalty)(single)
    found.backward()
    assert found.dtype == single.grad.dtype == torch.float32
    assert found.item() == pytest.approx(penalty.value(y), rel=1e-4)
    with pytest.raises(InvalidData, match="a prediction for each row"):
        differentiable(penalty)(single[:5])
    flat = torch.ones(90, dtype=torch.float64, requires_grad=True)
    differentiable(penalty)(flat).backward()
    assert not flat.grad.any()


@pytest.mark.skipif(INSTALLED, reason="PyTorch is installed")
def test_without_torch_it_says_so():
    _, race, *_ = people(np.random.default_rng(3))
    with pytest.raises(InvalidData, match="PyTorch is needed"):
        differentiable(penalties.build([race]))
