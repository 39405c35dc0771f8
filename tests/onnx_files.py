"""Small ONNX files for tests: honest ones, and hostile ones."""

from itertools import pairwise

import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
F = onnx.TensorProto.FLOAT
I64 = onnx.TensorProto.INT64
MAKE = onnx.helper


def model(nodes, inputs=(("x", F, [None, 1]),), outputs=(("score", F, [None, 1]),), tensors=(), **more):
    """Return the bytes of a model of these nodes."""
    graph = MAKE.make_graph(
        list(nodes), "g", [MAKE.make_tensor_value_info(*item) for item in inputs],
        [MAKE.make_tensor_value_info(*item) for item in outputs], list(tensors),
    )
    opsets = [MAKE.make_opsetid("", 17), *(MAKE.make_opsetid(domain, 1) for domain in more.pop("domains", ()))]
    built = MAKE.make_model(graph, opset_imports=opsets, ir_version=8)
    for key, value in more.pop("metadata", {}).items():
        built.metadata_props.add(key=key, value=value)
    return built.SerializeToString()


def sigmoid(**more):
    return model([MAKE.make_node("Sigmoid", ["x"], ["score"])], **more)


def bomb(zeros=1_500_000_000):
    """A file of a few bytes that asks for 6 GB of zeros."""
    shape = MAKE.make_tensor("s", I64, [1], [zeros])
    return model([MAKE.make_node("ConstantOfShape", ["s"], ["score"])], outputs=(("score", F, [None]),),
                 tensors=[shape])


def grows(times=16):
    """Allowed operators that need 65,536 times the memory of their input: a concatenation with itself, repeated."""
    names = ["x", *(f"h{k}" for k in range(times))]
    nodes = [MAKE.make_node("Concat", [a, a], [b], axis=1) for a, b in pairwise(names)]
    return model([*nodes, MAKE.make_node("ReduceSum", [names[-1]], ["score"], keepdims=0)],
                 outputs=(("score", F, None),))


def external(path="../../../etc/passwd"):
    """Weights that lie in another file."""
    tensor = onnx.TensorProto(name="w", data_type=F, dims=[1], data_location=onnx.TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=path)
    return model([MAKE.make_node("Add", ["x", "w"], ["score"])], tensors=[tensor])


def endless():
    """A loop that counts to the largest number there is."""
    body = MAKE.make_graph(
        [MAKE.make_node("Identity", ["go"], ["still"]), MAKE.make_node("Sin", ["v"], ["w"])], "body",
        [MAKE.make_tensor_value_info("i", I64, []), MAKE.make_tensor_value_info("go", onnx.TensorProto.BOOL, []),
         MAKE.make_tensor_value_info("v", F, [None, 1])],
        [MAKE.make_tensor_value_info("still", onnx.TensorProto.BOOL, []), MAKE.make_tensor_value_info("w", F,
                                                                                                      [None, 1])],
    )
    trips = MAKE.make_tensor("n", I64, [], [2**62])
    always = MAKE.make_tensor("c", onnx.TensorProto.BOOL, [], [True])
    return model([MAKE.make_node("Loop", ["n", "c", "x"], ["score"], body=body)], tensors=[trips, always])
