import json

import numpy as np
import pytest

from engine.errors import InvalidPolicy
from engine.policy import Policy

LOTTERY = Policy("randomised", 0.5, (("a", ((0.25, 0.5), (np.inf, 0.5))), ("b", ((-np.inf, 1.0),))), ("g",), score="s")


@pytest.mark.parametrize("policy", [Policy.common(5), Policy.per_group(("g",), {"a": 0.1}, 0.2), LOTTERY])
def test_json_round_trip(policy):
    text = json.dumps(policy.to_json(), allow_nan=False)
    assert Policy.from_json(json.loads(text)) == policy
    assert hash(policy)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"format": "other/1"}, "format"),
        ({"kind": "magic"}, "magic"),
        ({"convention": "score > threshold"}, "score >= threshold"),
        ({"otherwise": None}, "otherwise"),
        ({"otherwise": True}, "otherwise"),
        ({"thresholds": {"a": "high"}}, "'a'"),
        ({"thresholds": {"a": [[0.1, 0.5]]}}, "add up to 1"),
        ({"thresholds": {"a": [0.1, 0.5]}}, "pairs"),
        ({"thresholds": {"a": 0.1}, "attributes": []}, "attributes"),
        ({"attributes": "g"}, "attributes"),
    ],
)
def test_what_is_not_a_policy_is_refused_with_its_place(change, word):
    with pytest.raises(InvalidPolicy, match=word):
        Policy.from_json({**LOTTERY.to_json(), **change})


def test_something_else_altogether_is_refused():
    for value in (None, [], "x", {}):
        with pytest.raises(InvalidPolicy):
            Policy.from_json(value)
