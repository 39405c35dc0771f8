"""The other side of the sandbox: a process of its own that loads one ONNX model, within limits, and scores batches.

It can open no file and no connection once the model is read, write nothing but its answers, and use no more memory and
processor time than it was told. What is read and written here is described in `engine.scoring.sandbox`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn

import numpy as np

from engine.errors import InvalidData, invalid
from engine.scoring import onnx_structure
from engine.types import Floats

Session = Any   # onnxruntime has no types
Json = dict[str, Any]
DTYPES: dict[str, Any] = {
    "tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64, "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_, "tensor(string)": object,
}
FLOATS = ("tensor(float)", "tensor(double)")
MAPS = "seq(map("
LIKELY = ("prob", "output_prob", "score")   # how exporters name the output that is a score
LONGEST = 300


def main() -> NoReturn:
    """Read the model, say what it takes, then answer each batch with its scores until the parent hangs up."""
    import onnxruntime  # before the limits: later nothing can be opened, not even a module

    answers = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)   # a library that prints must not speak in our name
    questions = sys.stdin.buffer
    asked = _question(questions)
    content = questions.read(asked["bytes"])
    providers = [name for name in asked["providers"] if name in onnxruntime.get_available_providers()]
    _limit(asked["memory"], asked["processor"], "CUDAExecutionProvider" in providers)
    try:
        onnx_structure.check(content, frozenset((domain, name) for domain, name in asked["operators"]))
        session = _refusing(lambda: _session(onnxruntime, content, providers, asked["threads"]))
        output = _output(session)
    except InvalidData as refusal:
        _answer(answers, _complaint(refusal))
        sys.exit(0)
    _answer(answers, _described(session, output))
    while True:
        _serve(session, output, questions, answers)


def _limit(memory: int, processor: int, cuda: bool) -> None:
    import resource

    def at_most(what: int, value: int, grace: int = 0) -> None:
        _, hard = resource.getrlimit(what)
        most = value + grace if hard == resource.RLIM_INFINITY else min(value + grace, hard)
        resource.setrlimit(what, (min(value, most), most))

    # CUDA reserves far more addresses than it uses and opens devices: with it, only written memory is limited.
    at_most(resource.RLIMIT_DATA if cuda else resource.RLIMIT_AS, memory)
    at_most(resource.RLIMIT_CPU, processor, grace=5)   # at the first the signal says why, at the second none does
    at_most(resource.RLIMIT_FSIZE, 0)
    at_most(resource.RLIMIT_CORE, 0)
    if not cuda:
        at_most(resource.RLIMIT_NOFILE, 0)


def _session(onnxruntime: Any, content: bytes, providers: list[str], threads: int) -> Session:  # noqa: ANN401
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(content, options, providers=providers)


def _output(session: Session) -> str:
    """Return the output that is a score: a fraction per row, or the probabilities of two classes."""
    found = [item for item in session.get_outputs() if item.type in FLOATS or item.type.startswith(MAPS)]
    if not found:
        got = ", ".join(f"'{item.name}' of {item.type}" for item in session.get_outputs())
        raise invalid("the model must return a score or the probabilities of two classes", "model, outputs", got,
                      "export its probabilities")
    likely = [item for item in found if item.name.lower().startswith(LIKELY)]
    return str((likely or found)[0].name)


def _described(session: Session, output: str) -> Json:
    metadata = session.get_modelmeta().custom_metadata_map
    return {
        "inputs": [{"name": item.name, "type": item.type, "shape": [n if isinstance(n, int) else None for n in
                                                                    item.shape]} for item in session.get_inputs()],
        "output": output, "columns": str(metadata.get("columns", ""))[:20_000], "provider": session.get_providers()[0],
    }


def _serve(session: Session, output: str, questions: BinaryIO, answers: BinaryIO) -> None:
    asked = _question(questions)
    rows = asked["rows"]
    feed = {item["name"]: _array(item, rows, questions) for item in asked["inputs"]}
    try:
        scores = _refusing(lambda: _scores(session.run([output], feed)[0], rows))
    except InvalidData as refusal:
        _answer(answers, _complaint(refusal))
        return
    _answer(answers, {"rows": rows}, scores.tobytes())


def _array(item: Json, rows: int, questions: BinaryIO) -> np.ndarray:
    kind = DTYPES[item["type"]]
    columns = [_column(levels, rows, questions) for levels in item["columns"]]
    stacked = columns[0] if item["flat"] else np.stack(columns, axis=1)
    return stacked.astype(kind)


def _column(levels: list[str] | None, rows: int, questions: BinaryIO) -> np.ndarray:
    """Return one column: numbers, or the texts that codes stand for; a missing text is empty."""
    if levels is None:
        return np.frombuffer(questions.read(8 * rows), dtype=np.float64)
    codes = np.frombuffer(questions.read(4 * rows), dtype=np.int32)
    return np.array([*levels, ""], dtype=object)[codes]


def _scores(found: Any, rows: int) -> Floats:  # noqa: ANN401  an array, or a list of maps
    """Return one number per row: a single column, or the second class's probability."""
    if isinstance(found, list):
        found = np.array([list(each.values()) for each in found], dtype=np.float64)
    scores = np.asarray(found, dtype=np.float64)
    if scores.shape in ((rows, 1), (rows, 2)):
        scores = scores[:, -1]
    if scores.shape != (rows,):
        raise invalid("the model must return one score per row, or the probabilities of two classes", "model, output",
                      f"an array of {' x '.join(map(str, scores.shape))} for {rows} rows", "export its probabilities")
    return np.ascontiguousarray(scores)


def _refusing(work: Callable[[], Any]) -> Any:  # noqa: ANN401  whatever the work returns
    """Return what the work returns; what ONNX Runtime says goes no further than a bounded sentence."""
    try:
        return work()
    except InvalidData:
        raise
    except MemoryError:
        raise _no_memory() from None
    except Exception as error:
        words = str(error)
        if "alloc" in words.lower():
            raise _no_memory() from None
        raise invalid("ONNX Runtime must be able to run the model", "model", words[:LONGEST],
                      "export it for this version, with 32-bit numbers, or bring its scores as a column") from None


def _no_memory() -> InvalidData:
    return invalid("the model must fit into the memory it is given", "model", "it asks for more",
                   "use a smaller model, or bring its scores as a column")


def _complaint(refusal: InvalidData) -> Json:
    issue = refusal.issues[0]
    return {"refused": [issue.what, issue.where, issue.got, issue.do]}


def _question(stream: BinaryIO) -> Json:
    head = stream.read(8)
    if len(head) < 8:
        sys.exit(0)   # the parent hung up
    asked: Json = json.loads(stream.read(int.from_bytes(head, "little")))
    return asked


def _answer(stream: BinaryIO, words: Json, numbers: bytes = b"") -> None:
    text = json.dumps(words).encode()
    stream.write(len(text).to_bytes(8, "little") + text + numbers)
    stream.flush()
