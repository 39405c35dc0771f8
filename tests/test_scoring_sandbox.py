"""A stranger's model may use so much memory and time and nothing else; whatever it does, the caller lives on."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from time import monotonic

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidData
from engine.scoring import onnx_structure, sandbox
from engine.scoring.sandbox import MEGABYTE, Asked, Bounds, Sandbox
from tests import onnx_files as files

WHERE = "model 'm.onnx'"
WIDER = onnx_structure.OPERATORS | {("", "ConstantOfShape"), ("", "Loop"), ("", "Sin")}
SMALL = Bounds(memory=600 * MEGABYTE, seconds=30)
ROWS = 1_000


def fed(rows=ROWS):
    return [Asked("x", "tensor(float)", (np.linspace(-3, 3, rows),))]


def sigmoid_still_works():
    with Sandbox(files.sigmoid(), WHERE) as box:
        np.testing.assert_allclose(box.scores(fed(), ROWS), 1 / (1 + np.exp(-np.linspace(-3, 3, ROWS))), atol=1e-6)


def refusal(content, bounds=SMALL, operators=onnx_structure.OPERATORS, cancelled=None, rows=ROWS, alive=True):
    """Return the one sentence by which a model is stopped; an honest one works right after it."""
    with pytest.raises(InvalidData) as stopped, Sandbox(
        content, WHERE, bounds=bounds, operators=operators, cancelled=cancelled
    ) as box:
        box.scores(fed(rows), rows)
    if alive:
        sigmoid_still_works()
    (issue,) = stopped.value.issues
    return issue.sentence()


def test_an_honest_model_is_described_and_scores_batch_after_batch():
    with Sandbox(files.sigmoid(), WHERE) as box:
        assert box.described["inputs"] == [{"name": "x", "type": "tensor(float)", "shape": [None, 1]}]
        assert box.described["provider"] == "CPUExecutionProvider"
        for rows in (1, 7, 60_000):
            scores = box.scores(fed(rows), rows)
            assert scores.shape == (rows,)
            assert ((scores > 0) & (scores < 1)).all()


def test_a_memory_bomb_is_refused_by_its_operator():
    assert len(files.bomb()) < 120
    assert "operator 'ConstantOfShape'" in refusal(files.bomb())


def test_a_memory_bomb_that_is_let_in_meets_the_limit():
    assert "must fit into the memory" in refusal(files.bomb(), operators=WIDER)


def test_growth_by_allowed_operators_meets_the_limit_too():
    assert "must fit into the memory" in refusal(files.grows(), rows=60_000)


def test_weights_in_another_file_are_refused():
    assert "weights in another file" in refusal(files.external())
    assert "weights in another file" in refusal(files.external("weights.bin"))


@pytest.mark.parametrize("deed", ["open('/etc/hostname')", "socket.socket()", "os.pipe()", "subprocess.run(['true'])"])
def test_behind_the_check_stands_a_wall_nothing_can_be_opened(deed):
    """What the limits alone refuse, whatever a model makes its process do."""
    script = (f"import os, socket, subprocess, sys; sys.path.append({str(sandbox.ROOT)!r})\n"
              "from engine.scoring.sandbox_child import _limit\n" + f"{deed}\n_limit(10**9, 9, False)\n{deed}")
    ran = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True)
    assert ran.returncode == 1
    assert "line 5" in ran.stderr   # the second time
    assert "Too many open files" in ran.stderr


def test_an_endless_loop_is_refused_by_its_operator():
    assert "operator 'Loop'" in refusal(files.endless(), operators=onnx_structure.OPERATORS | {("", "Sin")})


def test_an_endless_loop_that_is_let_in_runs_out_of_time():
    begun = monotonic()
    assert "must answer in time" in refusal(files.endless(), Bounds(seconds=2), WIDER)
    assert monotonic() - begun < 20


def test_an_endless_loop_that_is_let_in_runs_out_of_processor_time():
    assert "processor time" in refusal(files.endless(), Bounds(processor=2), WIDER)


def test_a_visitor_can_stop_it():
    asked = threading.Event()
    threading.Timer(1.0, asked.set).start()
    assert "the work was stopped" in refusal(files.endless(), Bounds(seconds=50), WIDER, asked.is_set)


def test_a_process_that_dies_is_named_by_its_signal():
    with Sandbox(files.sigmoid(), WHERE) as box:
        os.kill(box._child.pid, signal.SIGSEGV)
        with pytest.raises(InvalidData, match="SIGSEGV"):
            box.scores(fed(), ROWS)
    sigmoid_still_works()


def test_a_child_that_speaks_nonsense_is_not_believed(monkeypatch):
    for spoken in ("b'x' * 10**6", "(9).to_bytes(8, 'little') + b'[1, 2, 3]'",
                   "(6).to_bytes(8, 'little') + b'{\"a\":}'", "(200_000).to_bytes(8, 'little') + b'[' * 200_000"):
        monkeypatch.setattr(sandbox, "START", f"import sys; sys.stdout.buffer.write({spoken})")
        with pytest.raises(InvalidData, match=r"must leave its process alive|must answer what it was asked"):
            Sandbox(files.sigmoid(), WHERE)


def test_no_child_outlives_its_block():
    with Sandbox(files.sigmoid(), WHERE) as box:
        child = box._child
    assert child.poll() is not None
    with pytest.raises(InvalidData), Sandbox(b"nonsense", WHERE) as box:
        pass


def test_the_child_knows_no_secret(monkeypatch):
    monkeypatch.setenv("EQUIPOISE_SECRET", "hunter2")
    monkeypatch.setattr(sandbox, "START", "import os, sys, json; "
                        "t = json.dumps({'inputs': sorted(os.environ)}).encode(); sys.stdin.buffer.read(8); "
                        "sys.stdout.buffer.write(len(t).to_bytes(8, 'little') + t)")
    with Sandbox(files.sigmoid(), WHERE) as box:
        assert "EQUIPOISE_SECRET" not in box.described["inputs"]


@pytest.mark.parametrize(("content", "words"), [
    (b"nonsense", "must be an ONNX model"),
    (b"", "must be an ONNX model"),
    (b"\x00" * 51_000_000, "51 MB, more than 50"),
    (files.sigmoid()[:-10], "must be an ONNX model"),
    (files.model([files.MAKE.make_node("Sigmoid", ["x"], ["score"], domain="evil")], domains=("evil",)), "'evil'"),
    (files.model([files.MAKE.make_node("Sigmoid", ["y"], ["score"])]), "ONNX Runtime must be able to run"),
    (files.model([files.MAKE.make_node("ArgMax", ["x"], ["label"])], outputs=(("label", files.I64, None),)),
     "must return a score"),
    (files.model([files.MAKE.make_node("Concat", ["x", "x", "x"], ["score"], axis=1)],
                 outputs=(("score", files.F, [None, 3]),)), "an array of 1000 x 3"),
])
def test_what_cannot_be_used_is_said_in_one_sentence(content, words):
    assert words in refusal(content, alive=False)


def test_every_part_of_a_graph_is_looked_at():
    inner = files.MAKE.make_graph([files.MAKE.make_node("Loop", [], ["z"])], "inner", [], [])
    hidden = files.model([files.MAKE.make_node("Sigmoid", ["x"], ["score"], secret=inner)])
    with pytest.raises(InvalidData, match="'Loop'"):
        onnx_structure.check(hidden)
    whole = files.onnx.load_from_string(files.external())
    tensor = whole.graph.initializer.pop()
    node = files.MAKE.make_node("Constant", [], ["w"], value=tensor)
    with pytest.raises(InvalidData, match="another file"):
        onnx_structure.check(files.model([node]))
    functional = files.onnx.load_from_string(files.sigmoid())
    functional.functions.add(name="f")
    with pytest.raises(InvalidData, match="functions"):
        onnx_structure.check(functional.SerializeToString())


def test_a_field_that_stands_there_twice_hides_nothing():
    """Protobuf readers take the last of two operators; ours refuses where either is not allowed."""
    node = bytes([0x22, 3]) + b"Add" + bytes([0x22, 4]) + b"Loop"
    for part in (node, bytes([0x22, 4]) + b"Loop" + bytes([0x22, 3]) + b"Add"):
        graph = bytes([0x0A, len(part)]) + part
        with pytest.raises(InvalidData, match="'Loop'"):
            onnx_structure.check(bytes([0x3A, len(graph)]) + graph)


def test_all_of_the_allow_list_exists():
    from onnx import defs

    known = {("" if item.domain == "ai.onnx" else item.domain, item.name) for item in defs.get_all_schemas()}
    assert not onnx_structure.OPERATORS - known


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content):
    with suppress(InvalidData):
        onnx_structure.check(content)


@given(st.integers(0, len(files.sigmoid()) - 1), st.integers(0, 255))
def test_a_changed_byte_is_read_or_refused(place, value):
    content = bytearray(files.sigmoid())
    content[place] = value
    with suppress(InvalidData):
        onnx_structure.check(bytes(content))
