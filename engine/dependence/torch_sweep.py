"""A penalty inside a PyTorch model: the same sweep on the model's device, its gradient by hand. PyTorch is optional.

Sort, running sums and look-ups, all in float64; no pair of rows is made. Rows sorted along a continuous attribute are
merged by NumPy on the processor, which copies predictions there and the gradient back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.dependence.cells import CellCoupling
from engine.dependence.coupling import Coupling
from engine.dependence.landmarks import LandmarkCoupling
from engine.dependence.parts import Part
from engine.dependence.penalties import Penalty
from engine.errors import invalid

Tensor = Any
NUMBERS = 1 << 26   # of a running sum over rows and columns held at once: half a gigabyte


def differentiable(penalty: Penalty) -> Callable[[Tensor], Tensor]:
    """Return a function from predictions, a tensor (n,), to the penalty, a scalar that ``backward`` goes through.

    Parameters
    ----------
    penalty
        Of the whole training set: on small batches the measure is mostly noise.

    Returns
    -------
    callable
        Equal to ``penalty.value_and_gradient`` but for rounding, on the predictions' device and in their precision;
        computed in float64.

    Raises
    ------
    InvalidData
        PyTorch is not installed; at the call, predictions of another shape.
    """
    try:
        import torch
    except ImportError as missing:
        raise invalid("PyTorch is needed to train with it", "the penalty for PyTorch", "not installed",
                      "install torch, or train with the NumPy penalty") from missing

    class Swept(torch.autograd.Function):   # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, prediction: Tensor) -> Tensor:  # noqa: ANN401 - torch's own signature
            value, gradient = value_and_gradient(penalty, prediction.detach())
            ctx.save_for_backward(gradient)
            return value

        @staticmethod
        def backward(ctx: Any, slope: Tensor) -> Tensor:  # noqa: ANN401
            return slope * ctx.saved_tensors[0]

    def measured(prediction: Tensor) -> Tensor:
        if tuple(prediction.shape) != (penalty.n,):
            raise invalid("a prediction for each row is needed", "the predictions", f"{tuple(prediction.shape)}",
                          f"give {penalty.n:,} numbers")
        return Swept.apply(prediction)

    return measured


def value_and_gradient(penalty: Penalty, prediction: Tensor) -> tuple[Tensor, Tensor]:
    """Return R and dR/dy of a tensor (n,), on its device and in its precision."""
    import torch

    total = torch.zeros((), dtype=torch.float64, device=prediction.device)
    gradient = torch.zeros(penalty.n, dtype=torch.float64, device=prediction.device)
    for part in penalty.parts:
        rows = slice(None) if part.rows is None else torch.as_tensor(part.rows, device=prediction.device)
        y = prediction[rows].to(torch.float64)
        value, slope = _measure(part, y - y.mean())
        total, gradient[rows] = total + part.share * value, part.share * slope
    return total.to(prediction.dtype), gradient.to(prediction.dtype)


@dataclass(frozen=True, eq=False)
class _Order:
    """Predictions in order, on their device; see `engine.dependence.ranking`."""

    order: Tensor
    first: Tensor
    last: Tensor

    @staticmethod
    def of(y: Tensor) -> _Order:
        import torch

        ordered, order = torch.sort(y)
        return _Order(order, torch.searchsorted(ordered, ordered), torch.searchsorted(ordered, ordered, right=True))

    def across(self, values: Tensor) -> Tensor:
        """Return sums of values (n, ...) over smaller less larger predictions, in the order of the predictions."""
        import torch

        sums = torch.cumsum(values[self.order], dim=0)
        run = torch.cat([torch.zeros_like(sums[:1]), sums])
        return run[self.first] + run[self.last] - run[-1]

    def by_row(self, ordered: Tensor) -> Tensor:
        import torch

        out = torch.empty_like(ordered)
        out[self.order] = ordered
        return out


def _measure(part: Part, y: Tensor) -> tuple[Tensor, Tensor]:
    import torch

    gradient, value = torch.zeros_like(y), torch.zeros((), dtype=y.dtype, device=y.device)
    if float(y.max() - y.min()) == 0:
        return value, gradient
    mass = torch.ones_like(y) if part.sampling.mass is None else torch.as_tensor(part.sampling.mass, device=y.device)
    order = _Order.of(y)
    variance, slope = _distance_variance(part, y, mass, order) if part.normalised else (torch.ones_like(value), None)
    for route, size in zip(part.routes, part.sizes, strict=True):
        pull = 2 * part.sampling.scale * mass * _pull(part, route.coupling, y, mass, order)
        raw, unit = y @ pull, torch.sqrt(variance * size)
        if float(unit) > 0:
            value, gradient = value + raw / unit, gradient + pull / unit
            if slope is not None:
                gradient = gradient - raw / unit / (2 * variance) * slope
    return value, gradient


def _distance_variance(part: Part, y: Tensor, mass: Tensor, order: _Order) -> tuple[Tensor, Tensor]:
    sampling = part.sampling
    y = y - mass @ y / sampling.sum
    below = order.by_row(order.across(mass))
    rows = y * below - order.by_row(order.across(mass * y))
    total, moment = mass @ rows, mass @ y
    value = 2 * (sampling.sum * (mass @ y**2) - moment**2) - 2 / sampling.row * (mass @ rows**2)
    slope = 4 * (sampling.sum * y - moment)
    slope = slope - 4 / sampling.row * (rows * below + order.by_row(order.across(mass * rows)))
    slope = slope + 4 * total / sampling.total * below
    return sampling.scale * (value + total**2 / sampling.total), sampling.scale * mass * slope


def _pull(part: Part, coupling: Coupling, y: Tensor, mass: Tensor, order: _Order) -> Tensor:
    import torch

    if isinstance(coupling, CellCoupling):
        return _pull_of_cells(coupling, mass, order)
    if isinstance(coupling, LandmarkCoupling):
        return _pull_of_landmarks(coupling, mass, order)
    from engine.dependence.ranking import Ranking

    return torch.as_tensor(coupling.pull(Ranking.of(y.cpu().numpy())), device=y.device)


def _pull_of_cells(coupling: CellCoupling, mass: Tensor, order: _Order) -> Tensor:
    import torch

    codes = torch.as_tensor(coupling.codes, device=mass.device)
    table = torch.as_tensor(coupling.table, device=mass.device)
    found, step = torch.zeros_like(mass), max(1, NUMBERS // len(mass))
    for start in range(0, len(table), step):
        cells = torch.arange(start, min(start + step, len(table)), device=mass.device)
        inside = (codes[:, None] == cells) * mass[:, None]
        found += (table[:, cells][codes[order.order]] * order.across(inside)).sum(dim=1)
    return order.by_row(found)


def _pull_of_landmarks(coupling: LandmarkCoupling, mass: Tensor, order: _Order) -> Tensor:
    import torch

    sampling, rows = coupling.sampling, torch.as_tensor(coupling.row_sums, device=mass.device)
    pulled, step = torch.zeros_like(mass), max(1, NUMBERS // len(mass))
    for start in range(0, coupling.features.shape[1], step):
        some = torch.as_tensor(coupling.features[:, start : start + step], device=mass.device)
        pulled += (some[order.order] * order.across(some * mass[:, None])).sum(dim=1)
    below, across = order.by_row(order.across(mass)), order.by_row(order.across(mass * rows))
    total = mass @ rows
    return (rows * below + across) / sampling.row - order.by_row(pulled) - total / sampling.total * below
