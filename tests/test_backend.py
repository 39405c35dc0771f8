"""Every backend installed gives NumPy's counts; the choice between them; the places that ask for one."""

import importlib.util
import math

import numpy as np
import pytest

from engine import backend
from engine.backend import break_even
from engine.backend.cupy_kernels import CupyBackend
from engine.backend.kernels import NumpyBackend
from engine.backend.torch_kernels import TorchBackend
from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.dependence import penalties
from engine.dependence.attributes import ProtectedColumn
from engine.errors import InvalidData
from engine.intervals import bootstrap_cells
from engine.manipulation.nulls import null_cells
from engine.manipulation.power import Protocol, direct_limit
from tests.build import dataset, rows

REFERENCE = NumpyBackend()
CHOICES = {
    "numpy": NumpyBackend,
    "torch on the processor": lambda: TorchBackend("cpu"),
    "torch on a card": TorchBackend.on_card,
    "cupy": CupyBackend.on_card,
}


@pytest.fixture(params=CHOICES)
def each(request):
    """Every backend that this machine has."""
    library = request.param.split()[0]
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    found = CHOICES[request.param]()
    if found is None:
        pytest.skip("no card answers")
    return found


@pytest.fixture(autouse=True)
def as_if_new(monkeypatch):
    monkeypatch.delenv(backend.VARIABLE, raising=False)
    for kept in (backend.device, backend._named, backend._break_even):
        kept.cache_clear()
    yield
    for kept in (backend.device, backend._named, backend._break_even):
        kept.cache_clear()


class Spy(NumpyBackend):
    """NumPy under another name, counting its calls."""

    name, device = "spy", "nowhere"

    def __init__(self):
        self.calls = dict.fromkeys(("bincount", "tails", "poisson", "multinomial", "sweep"), 0)

    def __getattribute__(self, name):
        if name in ("bincount", "tails", "poisson", "multinomial", "sweep"):
            self.calls[name] += 1
        return super().__getattribute__(name)


@pytest.fixture
def spy(monkeypatch):
    """A backend that every call goes through."""
    found = Spy()
    monkeypatch.setitem(backend.CARDS, "torch", lambda: found)
    monkeypatch.setattr(backend, "find_spec", lambda name: object())
    monkeypatch.setenv(backend.VARIABLE, "torch")
    return found


def pairs(values, cells, table):
    """The sweep by its definition, a loop over pairs."""
    return [sum(table[cells[i], cells[j]] * np.sign(values[i] - values[j]) for j in range(len(values)))
            for i in range(len(values))]


@pytest.mark.parametrize(("n", "length"), [(0, 3), (1, 1), (5, 9), (70_000, 2_000)])
def test_counts_equal_numpys(each, n, length):
    cells = np.random.default_rng(n).integers(0, length, n)
    found = each.bincount(cells, length)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, REFERENCE.bincount(cells, length))


@pytest.mark.parametrize("shape", [(1, 1, 3), (4, 1024, 3), (3, 0, 3)])
def test_tails_equal_numpys(each, shape):
    counts = np.random.default_rng(1).integers(0, 10**12, shape)   # beyond 32 bits
    found = each.tails(counts)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, REFERENCE.tails(counts))
    assert found.shape == (shape[0], shape[1] + 1, 3)
    np.testing.assert_array_equal(found[:, 0], counts.sum(axis=1))


@pytest.mark.parametrize("ties", [False, True])
def test_a_sweep_equals_the_sum_over_pairs(each, ties):
    rng = np.random.default_rng(2)
    values = rng.integers(0, 7, 60) / 4 if ties else rng.normal(size=60)
    cells, table = rng.integers(0, 5, 60), rng.normal(size=(5, 5))
    np.testing.assert_allclose(each.sweep(values, cells, table), pairs(values, cells, table), rtol=0, atol=1e-12)


def test_a_sweep_weighs_rows_by_their_mass(each):
    rng = np.random.default_rng(12)
    values, cells, table = rng.integers(0, 9, 60) / 4, rng.integers(0, 5, 60), rng.normal(size=(5, 5))
    mass = rng.integers(1, 5, 60)
    again = np.repeat(np.arange(60), mass)   # a mass of 3 is three rows
    whole = each.sweep(values[again], cells[again], table)[np.cumsum(mass) - 1]
    np.testing.assert_allclose(each.sweep(values, cells, table, mass.astype(float)), whole, atol=1e-12)


def test_a_large_sweep_equals_numpys(each):
    rng = np.random.default_rng(3)
    values, cells, table = rng.normal(size=50_000).round(3), rng.integers(0, 6, 50_000), rng.normal(size=(6, 6))
    np.testing.assert_allclose(each.sweep(values, cells, table), REFERENCE.sweep(values, cells, table), rtol=1e-12,
                               atol=1e-9)


def test_poisson_draws_have_the_mean_and_variance_asked_for(each):
    expected = np.array([[0.0, 0.5], [7.0, 900.0]])
    drawn = each.poisson(expected, 20_000, np.random.default_rng(4))
    assert drawn.shape == (20_000, 2, 2)
    assert drawn.dtype == np.float64
    np.testing.assert_array_equal(drawn, np.rint(drawn))
    error = np.sqrt(expected / 20_000)
    assert (np.abs(drawn.mean(axis=0) - expected) <= 5 * error).all()
    np.testing.assert_allclose(drawn.var(axis=0), expected, rtol=0.06)


@pytest.mark.parametrize("shares", [[1.0], [0.2, 0.8], [0.1, 0.0, 0.3, 0.25, 0.35]])
def test_multinomial_draws_add_up_and_have_the_covariance_asked_for(each, shares):
    shares = np.array(shares)
    drawn = each.multinomial(400, shares, 20_000, np.random.default_rng(5))
    assert drawn.dtype == np.int64
    assert drawn.min() >= 0
    np.testing.assert_array_equal(drawn.sum(axis=1), 400)
    error = np.sqrt(400 * shares * (1 - shares) / 20_000)
    assert (np.abs(drawn.mean(axis=0) - 400 * shares) <= 5 * error).all()
    covariance = 400 * (np.diag(shares) - np.outer(shares, shares))
    np.testing.assert_allclose(np.atleast_2d(np.cov(drawn.T)), covariance, atol=0.05 * max(covariance.max(), 1))


def test_the_same_seed_gives_the_same_draws(each):
    def draw(seed):
        return each.poisson(np.full(50, 9.0), 20, np.random.default_rng(seed))

    np.testing.assert_array_equal(draw(6), draw(6))
    assert not np.array_equal(draw(6), draw(7))


def test_tables_are_equal_to_the_last_count_on_every_backend(each, monkeypatch):
    scores, label, codes, _ = rows(np.random.default_rng(8), 4_000)
    data = dataset(scores, label, g=[str(code) for code in codes])
    ours = CountTable.build(data, ("g",)), ScoreIndex.build(data, ("g",))
    monkeypatch.setattr(backend, "chosen", lambda kernel, size: each)
    theirs = CountTable.build(data, ("g",)), ScoreIndex.build(data, ("g",))
    assert ours[0].digest() == theirs[0].digest()
    np.testing.assert_array_equal(ours[0].tails[1], theirs[0].tails[1])
    np.testing.assert_array_equal(ours[1].starts, theirs[1].starts)


def test_tables_and_bootstraps_go_through_the_backend(spy):
    scores, label, codes, weight = rows(np.random.default_rng(9), 500, weights=True)
    data = dataset(scores, label, weight, g=[str(code) for code in codes])
    _ = CountTable.build(data, ("g",)).tails
    assert spy.calls == {"bincount": 1, "tails": 1, "poisson": 0, "multinomial": 0, "sweep": 0}
    ScoreIndex.build(data, ("g",))
    assert spy.calls["bincount"] == 2
    bootstrap_cells(np.ones((3, 6)), 10, np.random.default_rng(0))
    assert spy.calls["poisson"] == 1
    whole = np.array([[1478, 160], [2267, 1095]])
    null_cells(whole, whole // 10, "C", 5, np.random.default_rng(0))
    assert spy.calls["multinomial"] == 1
    direct_limit(whole, Protocol(300, mode="B"), draws=50)
    assert spy.calls["multinomial"] >= 2


@pytest.mark.parametrize("weighted", [False, True])
def test_a_penalty_goes_through_the_backend_and_is_the_same(spy, monkeypatch, weighted):
    rng = np.random.default_rng(10)
    prediction = rng.normal(size=300).round(1)
    column = ProtectedColumn("g", "nominal", rng.integers(0, 4, 300), None, tuple("abcd"))
    more = {"estimator": "V", "weights": rng.integers(1, 4, 300).astype(float)} if weighted else {}
    penalty = penalties.build((column,), **more)
    theirs = penalty.value_and_gradient(prediction)
    assert spy.calls["sweep"] == 1
    monkeypatch.setenv(backend.VARIABLE, "numpy")
    ours = penalty.value_and_gradient(prediction)
    assert spy.calls["sweep"] == 1
    assert theirs[0] == pytest.approx(ours[0], rel=1e-10)
    np.testing.assert_allclose(theirs[1], ours[1], rtol=1e-9, atol=1e-15)


def test_auto_stays_with_numpy_below_the_break_even(monkeypatch):
    card = Spy()
    monkeypatch.setattr(backend, "find_spec", lambda name: object() if name == "torch" else None)
    monkeypatch.setitem(backend.CARDS, "torch", lambda: card)
    monkeypatch.setattr(backend, "measured", lambda kernel, device: {"bincount": 4_000_000.0}.get(kernel, math.inf))
    assert backend.chosen("bincount", 999_999).name == "numpy"
    assert backend.device.cache_info().currsize == 0   # nobody asked yet
    assert "is asked for a device" in backend.in_use()
    assert backend.chosen("bincount", 3_999_999).name == "numpy"
    assert backend.chosen("bincount", 4_000_000) is card
    assert backend.chosen("sweep", 10**9).name == "numpy"
    assert "spy on nowhere" in backend.in_use()


def test_without_a_library_it_is_numpy(monkeypatch):
    monkeypatch.setattr(backend, "find_spec", lambda name: None)
    assert backend.chosen("poisson", 10**9).name == "numpy"
    assert backend.in_use() == "NumPy"
    monkeypatch.setenv(backend.VARIABLE, "cupy")
    with pytest.raises(InvalidData, match="no cupy"):
        backend.chosen("poisson", 1)


def test_a_library_without_a_device(monkeypatch):
    def no_driver():
        raise RuntimeError("no driver")

    monkeypatch.setattr(backend, "find_spec", lambda name: object())
    monkeypatch.setitem(backend.CARDS, "cupy", no_driver)
    monkeypatch.setitem(backend.CARDS, "torch", lambda: None)
    assert backend.device() is None
    assert backend.in_use() == "NumPy; no device answers"
    monkeypatch.setenv(backend.VARIABLE, "torch")
    assert backend.chosen("tails", 1).device == "cpu"   # by name, even without a card


def test_the_variable_must_name_a_backend(monkeypatch):
    monkeypatch.setenv(backend.VARIABLE, "abacus")
    with pytest.raises(InvalidData, match="use one of: auto, numpy, cupy, torch"):
        backend.chosen("bincount", 1)
    assert backend.in_use() == "EQUIPOISE_BACKEND names no backend"   # the sidebar is drawn all the same
    monkeypatch.setenv(backend.VARIABLE, " NumPy ")
    assert backend.chosen("bincount", 10**9).name == "numpy"
    assert backend.onnx_providers() == ("CPUExecutionProvider",)


def test_onnx_asks_for_a_card_first():
    assert backend.onnx_providers() == ("CUDAExecutionProvider", "CPUExecutionProvider")


class Timed(Spy):
    """A device that takes a fixed time and a little per number, by a clock of its own."""


@pytest.mark.parametrize(("fixed", "found"), [(0.0, 2**16), (2.0, 2**20), (1e9, math.inf)])
def test_break_even_is_where_the_device_begins_to_win(monkeypatch, fixed, found):
    now = [0.0]
    sizes = {}

    def trials(size):
        def trial(chosen):
            now[0] += fixed + 1e-6 * size if chosen.name == "spy" else 4e-6 * size
            sizes[size] = True

        return {"bincount": trial}

    monkeypatch.setattr(break_even, "trials", trials)
    monkeypatch.setattr(break_even, "ENOUGH", math.inf)
    assert break_even.measured("bincount", Spy(), lambda: now[0]) == found
    assert list(sizes) == list(break_even.SIZES)


def test_trials_call_the_kernel_they_are_named_after():
    for kernel, trial in break_even.trials(2**12).items():
        found = Spy()
        trial(found)
        assert found.calls == {**dict.fromkeys(found.calls, 0), kernel: 1}
