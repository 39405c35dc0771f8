"""NumPy's arrays and lists of text as PyArrow's and back, without importing pandas.

`pa.array` and `to_numpy` import it to ask what they were given, which takes longer than counting ten million rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from engine.counting.counts import Numbers

Column = Any   # pyarrow.Array: pyarrow has no types that mypy can read


def numbers(values: Numbers) -> Column:
    """Return numbers as a pyarrow.Array of the same type, NaN staying NaN; the memory is shared.

    >>> numbers(np.array([2, 3])).to_pylist()
    [2, 3]
    """
    whole = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(whole.dtype), len(whole), [None, pa.py_buffer(whole)])


def texts(values: Sequence[str | None]) -> Column:
    """Return texts as a pyarrow.StringArray, None as null.

    >>> texts(["a", None, "bc"]).to_pylist()
    ['a', None, 'bc']
    """
    written = [(value or "").encode() for value in values]
    ends = np.cumsum([0, *map(len, written)]).astype(np.int32)
    there = np.packbits([value is not None for value in values], bitorder="little")
    buffers = (pa.py_buffer(ends), pa.py_buffer(b"".join(written)), pa.py_buffer(there))
    return pa.StringArray.from_buffers(len(values), *buffers)


def plain_numbers(column: Column, value: float = 0) -> Numbers:
    """Return a pyarrow.Array or ChunkedArray of numbers as NumPy's, read-only, with a value in place of null.

    >>> plain_numbers(numbers(np.array([2, 3])))
    array([2, 3])
    """
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    kind = np.dtype(whole.type.to_pandas_dtype())
    if whole.null_count:
        whole = whole.fill_null(numbers(np.array([value], dtype=kind))[0])
    if not len(whole):   # there may be no buffer
        return np.zeros(0, dtype=kind)
    found: Numbers = np.frombuffer(whole.buffers()[1], kind, len(whole), whole.offset * kind.itemsize)
    return found
