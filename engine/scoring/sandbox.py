"""A model of a stranger's, run in a process of its own that may use so much memory and time and nothing else.

Parent and child speak over two pipes. Each message is 8 bytes of length, that much JSON, then plain numbers whose size
both sides know; nothing that is read can name code, so nothing is ever unpickled. The child answers within a number of
seconds or is ended; it is also ended where the visitor stops the work.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Literal

import numpy as np

from engine.errors import InvalidData, invalid, stopped
from engine.scoring.onnx_structure import OPERATORS, Operators
from engine.text import plain
from engine.types import Cancelled, Codes, Floats

Json = dict[str, Any]
Column = Floats | tuple[Codes, tuple[str, ...]]   # numbers, or codes into texts with -1 for none
MEGABYTE = 1_000_000
ROOT = Path(__file__).resolve().parents[2]
START = "import sys; sys.path.append(sys.argv[1]); from engine.scoring.sandbox_child import main; main()"
KEPT = ("PATH", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "SYSTEMROOT")   # of the environment; no secrets
LONGEST_ANSWER = 1 << 18   # bytes of JSON
LONGEST_WORDS = 300
INSTEAD = "use a smaller model, or bring its scores as a column"


@dataclass(frozen=True)
class Bounds:
    """What a model may use."""

    file: int = 50 * MEGABYTE
    memory: int = 2_000 * MEGABYTE   # of the child, its libraries' 200 MB included
    seconds: float = 60.0            # for reading the model, and for each batch
    processor: int = 3_600           # seconds of processor time in all
    rows: int = 65_536               # of a batch
    threads: int = 4


BOUNDS = Bounds()


@dataclass(frozen=True)
class Asked:
    """One input of the model and the columns that it is fed with; `flat` where it takes no second dimension."""

    name: str
    type: str
    columns: tuple[Column, ...]
    flat: bool = False


class Sandbox:
    """A child process with one model in it. Use as a context manager; the child ends with the block."""

    def __init__(
        self, content: bytes, where: str, providers: Sequence[str] = ("CPUExecutionProvider",),
        bounds: Bounds = BOUNDS, operators: Operators = OPERATORS, cancelled: Cancelled | None = None,
    ) -> None:
        _check_possible(content, where, bounds)
        self.where, self.bounds = where, bounds
        self._cancelled = cancelled or (lambda: False)
        self._deadline = monotonic() + bounds.seconds
        self._ended: Literal["", "time", "visitor"] = ""
        self._closing = threading.Event()
        self._child = _started()
        threading.Thread(target=self._watch, name="sandbox", daemon=True).start()
        try:
            self.described = self._ask(_first(content, providers, bounds, operators), content)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the child."""
        self._closing.set()
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with suppress(OSError):   # what could not be written to a child that is gone
                    pipe.close()
        self._child.wait()

    def scores(self, inputs: Sequence[Asked], rows: int) -> Floats:
        """Return the scores of one batch, (rows,).

        Raises
        ------
        InvalidData
            The model cannot score it, asks for too much memory or time, ends by itself; or the visitor stopped it.
        """
        words = {"rows": rows, "inputs": [{
            "name": item.name, "type": item.type, "flat": item.flat,
            "columns": [None if isinstance(column, np.ndarray) else list(column[1]) for column in item.columns],
        } for item in inputs]}
        numbers = b"".join(_bytes(column) for item in inputs for column in item.columns)
        answer = self._ask(words, numbers, lambda words: 8 * rows if words.get("rows") == rows else 0)
        return np.frombuffer(answer["numbers"], dtype=np.float64)

    def _ask(self, words: Json, numbers: bytes, expected: Any = lambda words: 0) -> Json:  # noqa: ANN401
        self._deadline = monotonic() + self.bounds.seconds
        try:
            self._write(words, numbers)
            answer = self._read_words()
            if "refused" not in answer:
                answer["numbers"] = self._read(expected(answer))
        except (EOFError, OSError, ValueError, RecursionError):
            raise self._post_mortem() from None
        finally:
            self._deadline = float("inf")
        if "refused" in answer:
            raise self._refused(answer["refused"])
        return answer

    def _write(self, words: Json, numbers: bytes) -> None:
        if self._child.stdin is None:
            raise EOFError
        text = json.dumps(words).encode()
        self._child.stdin.write(len(text).to_bytes(8, "little") + text)
        self._child.stdin.write(numbers)
        self._child.stdin.flush()

    def _read_words(self) -> Json:
        size = int.from_bytes(self._read(8), "little")
        if size > LONGEST_ANSWER:
            raise EOFError
        words = json.loads(self._read(size))
        if not isinstance(words, dict):
            raise EOFError
        return words

    def _read(self, size: int) -> bytes:
        found = b"" if self._child.stdout is None else self._child.stdout.read(size)
        if len(found) < size:
            raise EOFError
        return found

    def _watch(self) -> None:
        """End the child where it is late or not wanted any more; runs in a thread of its own."""
        while not self._closing.wait(0.05):
            if self._cancelled():
                self._ended = "visitor"
            elif monotonic() > self._deadline:
                self._ended = "time"
            if self._ended:
                self._child.kill()
                return

    def _refused(self, parts: object) -> InvalidData:
        """Return what the child said; its words may hold names from the file."""
        if not isinstance(parts, list) or len(parts) != 4:
            return self._post_mortem()
        what, where, got, do = (plain(part, LONGEST_WORDS) for part in parts)
        return invalid(what, where.replace("model", self.where, 1), got, do)

    def _post_mortem(self) -> InvalidData:
        """Return why there is no answer."""
        try:
            code = self._child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return invalid("the model's process must answer what it was asked", self.where, "something else", INSTEAD)
        if self._ended == "visitor":
            return stopped("scoring with a model")
        if self._ended == "time":
            return invalid("the model must answer in time", self.where,
                           f"no answer within {self.bounds.seconds:g} seconds", INSTEAD)
        if code == -signal.SIGXCPU:
            return invalid("the model must keep to its processor time", self.where,
                           f"more than {self.bounds.processor:,} seconds", INSTEAD)
        name = signal.Signals(-code).name if code < 0 else f"code {code}"
        return invalid("the model must leave its process alive", self.where, f"it ended by {name}", INSTEAD)


def _check_possible(content: bytes, where: str, bounds: Bounds) -> None:
    if len(content) > bounds.file:
        raise invalid("a model's file may be so large", where,
                      f"{len(content) / MEGABYTE:,.0f} MB, more than {bounds.file / MEGABYTE:,.0f}", INSTEAD)
    if find_spec("onnxruntime") is None:
        raise invalid("ONNX models need ONNX Runtime", "this installation", "none",
                      "pip install onnxruntime (requirements-extra.txt), or bring the scores as a column")
    if find_spec("resource") is None:
        raise invalid("ONNX models need a system that can limit a process", "this system", "no such limits",
                      "use Linux or macOS, or bring the scores as a column")


def _started() -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    # Few arenas and threads: each reserves addresses, which count as memory here.
    environment |= {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        [sys.executable, "-I", "-c", START, str(ROOT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env=environment, start_new_session=True,
    )


def _first(content: bytes, providers: Sequence[str], bounds: Bounds, operators: Operators) -> Json:
    return {"bytes": len(content), "memory": bounds.memory, "processor": bounds.processor, "providers": list(providers),
            "threads": min(bounds.threads, os.cpu_count() or 1), "operators": sorted(operators)}


def _bytes(column: Column) -> bytes:
    if isinstance(column, np.ndarray):
        return np.ascontiguousarray(column, dtype=np.float64).tobytes()
    return np.ascontiguousarray(column[0], dtype=np.int32).tobytes()
