"""Model files that are never opened, told by their first bytes or their name; why, and the command that helps.

Pickled files run code when they are opened. A file of skops is safe from that, but trees in it are read without a check
and end the process when tampered with. So a model leaves its maker's machine as ONNX, or as a column of scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from engine.errors import InvalidData, invalid
from engine.text import plain

Format = Literal["onnx", "json"]
RUNS_CODE = "opening a pickle runs whatever code it holds"
UNCHECKED = "its trees are read without a check and can end the process"
UNREAD = "this format is not read here"
ONNX_COMMAND = (   # a pipeline that picks columns by name has one input for each, another model one array of all
    "python -c \"import json, joblib, pandas as pd, skl2onnx; m = joblib.load('{file}'); "
    "c = list(m.feature_names_in_); x = pd.read_csv('TABLE.csv')[c].head(1); "
    "x = x.astype(dict.fromkeys(x.select_dtypes('number'), 'float32')); "
    "x = x if 'ColumnTransformer' in str(m) else x.to_numpy('float32'); "
    "o = skl2onnx.to_onnx(m, x, options=dict(zipmap=False)); o.metadata_props.add(key='columns', value=json.dumps(c)); "
    "open('model.onnx', 'wb').write(o.SerializeToString())\""
)
COLUMN_COMMAND = (
    "python -c \"import {library}, pandas as pd; m = {load}; t = pd.read_csv('TABLE.csv'); "
    "t['score'] = m.predict_proba(t[m.feature_names_in_])[:, 1]; t.to_csv('scored.csv', index=False)\""
)
TORCH_COMMAND = (
    "python -c \"import torch; m = torch.jit.load('{file}').eval(); torch.onnx.export(m, (torch.zeros(1, COLUMNS),), "
    "'model.onnx', dynamo=False, input_names=['x'], dynamic_axes=dict(x=[0]))\""
)


@dataclass(frozen=True)
class Refused:
    """A kind of file: what it is called, why it is refused, and commands that write what is read here."""

    name: str
    why: str
    commands: tuple[tuple[str, str], ...] = ()   # what it writes, the command; {file} stands for the file's name


_COLUMN = ("a score column", COLUMN_COMMAND.replace("{library}", "joblib").replace("{load}", "joblib.load('{file}')"))
PICKLE = Refused("pickle or joblib file", RUNS_CODE, (("an ONNX file", ONNX_COMMAND), _COLUMN))
SKOPS = Refused("skops file", UNCHECKED, (("a score column", COLUMN_COMMAND.replace(
    "{library}", "skops.io as io").replace(
    "{load}", "io.load('{file}', trusted=io.get_untrusted_types(file='{file}'))")),))
TORCH = Refused("PyTorch file", RUNS_CODE, (("an ONNX file, from TorchScript", TORCH_COMMAND),))
OTHER = Refused("model file", UNREAD, (_COLUMN,))
ARCHIVE = Refused("archive or NumPy file", UNREAD, (_COLUMN,))
BY_NAME: dict[str, Refused] = {
    **dict.fromkeys((".pkl", ".pickle", ".p", ".joblib", ".jbl", ".sav", ".dill", ".cloudpickle"), PICKLE),
    ".skops": SKOPS,
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".pt2", ".bin"), TORCH),
    **dict.fromkeys((".npy", ".npz", ".zip", ".gz", ".xz", ".bz2", ".7z", ".tar"), ARCHIVE),
    **dict.fromkeys((".h5", ".hdf5", ".keras", ".pb", ".tflite", ".safetensors", ".gguf", ".ubj", ".model", ".cbm",
                     ".pmml", ".rds", ".rdata", ".mlmodel", ".txt", ".xml", ".mat"), OTHER),
}
BY_BYTES: tuple[tuple[bytes, Refused], ...] = (
    (b"\x80\x02", PICKLE), (b"\x80\x03", PICKLE), (b"\x80\x04", PICKLE), (b"\x80\x05", PICKLE),
    (b"\x78\x01", PICKLE), (b"\x78\x5e", PICKLE), (b"\x78\x9c", PICKLE), (b"\x78\xda", PICKLE),   # joblib, compressed
    (b"\x1f\x8b", PICKLE), (b"BZh", PICKLE), (b"\xfd7zXZ", PICKLE), (b"\x04\x22\x4d\x18", PICKLE),
    (b"\x93NUMPY", ARCHIVE), (b"\x89HDF", OTHER), (b"GGUF", OTHER), (b"<?xml", OTHER), (b"RDX", OTHER),
)
ZIP = b"PK\x03\x04"


def format_of(content: bytes, file: str) -> Format:
    """Return the format of a model file that may be opened.

    The name says what the file claims to be, the first bytes what it is; either is enough to refuse it.

    Raises
    ------
    InvalidData
        It is of a kind that is refused; the sentence says why and what to do, `kind_of` has the commands.
    """
    kind = kind_of(content, file)
    if kind is not None:
        raise _refusal(kind, file)
    if not content:
        raise invalid("a model's file must hold a model", f"file '{_name(file)}'", "0 bytes", "choose another file")
    return "json" if content.lstrip()[:1] == b"{" else "onnx"


def kind_of(content: bytes, file: str) -> Refused | None:
    """Return the kind of a file that is refused; None where it may be opened."""
    by_name = BY_NAME.get(PurePath(file).suffix.lower())
    if content.startswith(ZIP):   # skops, PyTorch, Keras and NumPy all write zip archives: what is inside tells
        return by_name or (SKOPS if b"schema.json" in content else TORCH if b"data.pkl" in content else ARCHIVE)
    return next((kind for start, kind in BY_BYTES if content.startswith(start)), by_name)


def commands(kind: Refused, file: str) -> tuple[tuple[str, str], ...]:
    """Return what each helpful command writes, and the command, for a shell on the model's own machine."""
    name = "".join(c for c in PurePath(file).name if c.isalnum() or c in "._- ")[:80] or "model"
    return tuple((what, command.replace("{file}", name)) for what, command in kind.commands)


def _refusal(kind: Refused, file: str) -> InvalidData:
    written = commands(kind, file)
    do = " or ".join(f"write {what} where the model was made: {command}" for what, command in written)
    return invalid("only models as ONNX or logistic coefficients as JSON are opened", f"file '{_name(file)}'",
                   f"a {kind.name}: {kind.why}", do)


def _name(file: str) -> str:
    return plain(PurePath(file).name)
