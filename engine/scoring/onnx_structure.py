"""What an ONNX file consists of, read without running it and without a protobuf library; called in the child alone.

Only what decides whether the file may be loaded is read: operators, domains, where tensors lie. Every occurrence of a
field is looked at, so that it does not matter which one another reader would believe.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import InvalidData, invalid
from engine.text import plain

STANDARD, ML = "", "ai.onnx.ml"
DOMAINS = {"": STANDARD, "ai.onnx": STANDARD, ML: ML}
# Elementwise arithmetic, linear algebra, trees and encoders. No loop, no branch, and nothing whose output is as large
# as a number in the file says (ConstantOfShape, Expand, Tile, Range, Pad, Resize, OneHot, random numbers).
_ARITHMETIC = """
    Abs Add And ArgMax ArgMin BatchNormalization Cast Ceil Clip Concat Constant Div Dropout Elu Equal Erf Exp Flatten
    Floor Gather Gelu Gemm Greater GreaterOrEqual HardSigmoid Identity IsInf IsNaN LayerNormalization LeakyRelu Less
    LessOrEqual Log LogSoftmax MatMul Max Mean Min Mul Neg Not Or PRelu Pow Reciprocal ReduceL1 ReduceL2
    ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceSum ReduceSumSquare Relu Reshape Round Selu Shape Sigmoid Sign
    Slice Softmax Softplus Softsign Split Sqrt Squeeze Sub Sum Tanh TopK Transpose Unsqueeze Where Xor
    """
_LEARNING = """
    ArrayFeatureExtractor Binarizer CategoryMapper FeatureVectorizer Imputer LabelEncoder LinearClassifier
    LinearRegressor Normalizer OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble TreeEnsembleClassifier
    TreeEnsembleRegressor ZipMap
    """
OPERATORS = frozenset((domain, name) for domain, names in ((STANDARD, _ARITHMETIC), (ML, _LEARNING))
                      for name in names.split())
DEEPEST = 4   # graphs within graphs
Operators = frozenset[tuple[str, str]]
Field = tuple[int, int | memoryview]

# Field numbers of onnx.proto3.
MODEL_GRAPH, MODEL_OPSET, MODEL_TRAINING, MODEL_FUNCTIONS = 7, 8, 20, 25
GRAPH_NODE, GRAPH_TENSOR, GRAPH_SPARSE = 1, 5, 15
NODE_OPERATOR, NODE_ATTRIBUTE, NODE_DOMAIN, OPSET_DOMAIN = 4, 5, 7, 1
ATTRIBUTE_TENSORS, ATTRIBUTE_GRAPHS, ATTRIBUTE_SPARSE = (5, 10), (6, 11), (22, 23)
SPARSE_PARTS, TENSOR_EXTERNAL, TENSOR_LOCATION = (1, 2), 13, 14
VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5


def check(content: bytes, operators: Operators = OPERATORS) -> None:
    """Refuse a model that may not be loaded: its operators, their domains, tensors in other files.

    Raises
    ------
    InvalidData
        With the first thing found; also where the bytes are no ONNX model.
    """
    graphs = 0
    for number, value in fields(memoryview(content)):
        if isinstance(value, int):
            continue
        if number == MODEL_GRAPH:
            _graph(value, operators, 0)
            graphs += 1
        elif number == MODEL_OPSET:
            _domain(b"".join(bytes(v) for n, v in fields(value) if n == OPSET_DOMAIN and not isinstance(v, int)))
        elif number in (MODEL_TRAINING, MODEL_FUNCTIONS):
            raise _refused("functions or a training graph", "export the model for inference alone")
    if not graphs:
        raise broken("no graph")


def fields(message: memoryview) -> Iterator[Field]:
    """Yield the number and value of each field of a protobuf message; fixed-width values are skipped.

    >>> [(number, value if isinstance(value, int) else bytes(value)) for number, value in fields(memoryview(
    ...     b"\\x08\\x96\\x01\\x12\\x02hi"))]
    [(1, 150), (2, b'hi')]
    """
    place, end = 0, len(message)
    while place < end:
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == VARINT:
            value, place = _varint(message, place)
            yield tag >> 3, value
            continue
        if kind == BYTES:
            size, place = _varint(message, place)
        elif kind in (EIGHT, FOUR):
            size = 8 if kind == EIGHT else 4
        else:
            raise broken(f"a field of wire type {kind}")
        if size > end - place:
            raise broken("a field longer than the file")
        if kind == BYTES:
            yield tag >> 3, message[place:place + size]
        place += size


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(message):
            break
        byte = message[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise broken("a number without an end")


def _graph(graph: memoryview, operators: Operators, depth: int) -> None:
    if depth > DEEPEST:
        raise _refused("graphs nested deeper than 4", "export a plain model")
    for number, value in fields(graph):
        if isinstance(value, int):
            continue
        if number == GRAPH_NODE:
            _node(value, operators, depth)
        elif number == GRAPH_TENSOR:
            _tensor(value)
        elif number == GRAPH_SPARSE:
            _sparse(value)


def _node(node: memoryview, operators: Operators, depth: int) -> None:
    names, domains = [], []
    for number, value in fields(node):
        if isinstance(value, int):
            continue
        if number == NODE_OPERATOR:
            names.append(_word(value))
        elif number == NODE_DOMAIN:
            domains.append(_domain(bytes(value)))
        elif number == NODE_ATTRIBUTE:
            _attribute(value, operators, depth)
    for name in names or [""]:
        for domain in domains or [STANDARD]:
            if (domain, name) not in operators:
                raise _refused(f"the operator '{plain(name)}'", "export a model of linear, tree or neural-network "
                               "operators without loops, or bring its scores as a column")


def _attribute(attribute: memoryview, operators: Operators, depth: int) -> None:
    for number, value in fields(attribute):
        if isinstance(value, int):
            continue
        if number in ATTRIBUTE_TENSORS:
            _tensor(value)
        elif number in ATTRIBUTE_GRAPHS:
            _graph(value, operators, depth + 1)
        elif number in ATTRIBUTE_SPARSE:
            _sparse(value)


def _sparse(tensor: memoryview) -> None:
    for number, value in fields(tensor):
        if number in SPARSE_PARTS and not isinstance(value, int):
            _tensor(value)


def _tensor(tensor: memoryview) -> None:
    for number, value in fields(tensor):
        if number == TENSOR_EXTERNAL or (number == TENSOR_LOCATION and value):
            raise _refused("weights in another file", "export the model with its weights inside the file")


def _domain(name: bytes) -> str:
    text = _word(memoryview(name))
    if text not in DOMAINS:
        raise _refused(f"operators of the domain '{plain(text)}'", "export a model of standard operators alone")
    return DOMAINS[text]


def _word(value: memoryview) -> str:
    return bytes(value[:200]).decode("utf-8", "replace")


def broken(got: str) -> InvalidData:
    """Return the refusal of bytes that are no ONNX model."""
    return invalid("the file must be an ONNX model", "model", got, "export it again, or bring its scores as a column")


def _refused(got: str, do: str) -> InvalidData:
    return invalid("an ONNX model may hold plain arithmetic, encoders and trees alone", "model", got, do)
