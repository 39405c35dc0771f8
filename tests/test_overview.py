import numpy as np

from engine.data.overview import missing_values
from engine.types import AttributeValues, Dataset, Feature, Roles

SEX = AttributeValues("sex", "nominal", np.array([0, 1, 2, 0], np.int32), ("F", "M", "missing", "never"))


def dataset(**more):
    return Dataset("t", "0" * 64, "1" * 64, Roles(label="paid"), 4, (SEX,), **more)


def test_missing_values_are_counted_per_column():
    data = dataset(
        label=np.array([0, 1, -1, -1], np.int8), scores={"s": np.array([0.1, np.nan, 0.3, 0.4])},
        features=(Feature("income", np.array([1.0, np.nan, np.nan, np.nan])),
                  Feature("job", np.array([0, -1, 1, 1], np.int32), ("a", "b"))),
    )
    table = missing_values(data)
    assert table["column"] == ["paid", "s", "sex", "income", "job"]
    assert table["missing"] == [2, 1, 1, 3, 1]
    assert table["share"] == [0.5, 0.25, 0.25, 0.75, 0.25]


def test_columns_that_miss_nothing_can_be_left_out():
    data = dataset(label=np.array([0, 1, 1, 1], np.int8), scores={"s": np.array([0.1, np.nan, 0.3, 0.4])})
    assert missing_values(data, only=True)["column"] == ["s", "sex"]
