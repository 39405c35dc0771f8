"""One tabulation for every engine that narwhals speaks: rows to counts by group, bin and outcome, where the rows are.

The rules that make all engines agree: what is no score is replaced before anything is cast (engines differ on casting
NaN), null and NaN are one thing, groups and outcomes are compared as text, which is made canonical afterwards in
Python, and bins are found by comparisons or a multiplication by a power of two, which are exact.
"""

from __future__ import annotations

from typing import Any

from engine.counting.plan import BAD_WEIGHT, NO_SCORE, NO_WEIGHT, OUTSIDE, UNREADABLE, Plan
from engine.counting.table import BINS
from engine.types import Floats

Frame = Any        # narwhals' frames, schemas and expressions; which one depends on the engine
Schema = Any
Expression = Any

GROUP, LABEL, BIN, SCORE, DECISION, ROWS = "group_{}", "outcome", "bin", "score", "decision", "rows"
SUMS = ("score_sum", "score_squares", "weights", "squares")
JOINED, SHIFT, LARGEST = "joined", 8, 200   # bin and outcome in one: bins down to -8, outcomes up to 200
BAD = "unreadable_"   # prefix of the flag that a column of text holds something else than a number


def counted(frame: Frame, plan: Plan) -> Frame:
    """Return one row per combination of groups, outcome and bin that occurs, with its rows and sums.

    Groups and outcomes are grouped by as they are and made text afterwards, on the few lines that are left.

    Parameters
    ----------
    frame
        narwhals' frame, lazy or not, in which the plan's numeric columns hold numbers.
    """
    import narwhals as nw

    schema = frame.collect_schema()
    frame = _with(_with(frame, _amounts(plan, schema)), _keys(plan, schema))
    if plan.weight is not None:
        frame = frame.with_columns(bin=_with_weight(plan.weight, schema))
    sums = {ROWS: nw.len()}
    if plan.score is not None:
        sums |= {name: nw.col(f"__{name}").sum() for name in SUMS[:2]}
    if plan.weight is not None:
        sums |= {name: nw.col(f"__{name}").sum() for name in SUMS[2:]}
    keys, joined = list(keys_of(plan)), _small_whole(plan, schema)
    if joined:   # one whole number in place of two keys: grouping takes a third less time
        frame = frame.with_columns(**{JOINED: _together()})
        keys = [JOINED, *(key for key in keys if key not in (LABEL, BIN))]
    frame = _with(frame, _products(plan)).select(*keys, *(f"__{name}" for name in sums if name != ROWS))
    lines = frame.group_by(*keys).agg(**sums)
    return _said(_apart(lines) if joined else lines, plan, schema)


def _small_whole(plan: Plan, schema: Schema) -> bool:
    """Return whether the outcome is a whole number whose positive value is small, so that it fits beside the bin."""
    import narwhals as nw

    whole = plan.label is not None and schema[plan.label] in (nw.Int8, nw.Int16, nw.Int32, nw.Int64, nw.UInt8)
    positive = str(plan.positive)
    return whole and positive.isascii() and positive.isdigit() and int(positive) <= LARGEST


def _together() -> Expression:
    """Return bin and outcome as one whole number of 0 or more; outcomes that are not small become one, as does null."""
    import narwhals as nw

    label = nw.col(LABEL).cast(nw.Int64())
    other = nw.when(label.is_null()).then(nw.lit(LARGEST + 2)).otherwise(nw.lit(LARGEST + 1))
    code = nw.when((label >= 0) & (label <= LARGEST)).then(label).otherwise(other)
    return (nw.col(BIN) + SHIFT) * (LARGEST + 3) + code


def _apart(lines: Frame) -> Frame:
    """Return the lines with bin and outcome as columns again."""
    import narwhals as nw

    code = nw.col(JOINED) % (LARGEST + 3)
    text = nw.when(code <= LARGEST).then(code.cast(nw.String())).otherwise(
        nw.when(code == LARGEST + 1).then(nw.lit("another value")))
    return lines.with_columns(**{BIN: nw.col(JOINED) // (LARGEST + 3) - SHIFT, LABEL: text})


def _products(plan: Plan) -> dict[str, Expression]:
    """Return what is summed, 0 where the row has no bin: score, its square, weight, its square."""
    import narwhals as nw

    score, weight = nw.col("__score"), nw.col("__weight") if plan.weight is not None else None
    found = {} if plan.score is None else {SUMS[0]: score, SUMS[1]: score * score}
    if weight is not None:
        found = {name: amount * weight for name, amount in found.items()} | {SUMS[2]: weight, SUMS[3]: weight * weight}
        found = {name: nw.when(nw.col(BIN) >= 0).then(amount).otherwise(nw.lit(0.0)) for name, amount in found.items()}
    return {f"__{name}": amount for name, amount in found.items()}


def _said(lines: Frame, plan: Plan, schema: Schema) -> Frame:
    """Return the lines with their groups, outcomes and decisions as text, and sums that nobody had to add."""
    import narwhals as nw

    texts = {GROUP.format(k): a.column for k, a in enumerate(plan.protected) if a.kind == "nominal"}
    texts |= {} if plan.label is None else {LABEL: plan.label}
    texts |= {} if plan.prediction is None else {DECISION: plan.prediction}
    rows = nw.col(ROWS).cast(nw.Float64())
    known = {} if plan.score is not None else dict.fromkeys(SUMS[:2], nw.lit(0.0))
    known |= {} if plan.weight is not None else dict.fromkeys(SUMS[2:], rows)
    return _with(lines, {name: _text(name, schema[column]) for name, column in texts.items()} | known)


def _with(frame: Frame, columns: dict[str, Expression]) -> Frame:
    """Return the frame with more columns; narwhals refuses to add none."""
    return frame.with_columns(**columns) if columns else frame


def keys_of(plan: Plan) -> tuple[str, ...]:
    """Return the names of the columns that rows are grouped by."""
    place = (BIN, DECISION) if plan.prediction is not None else (BIN, SCORE) if plan.edges() is None else (BIN,)
    return (*(GROUP.format(k) for k in range(len(plan.protected))), LABEL, *place)


def _keys(plan: Plan, schema: Schema) -> dict[str, Expression]:
    import narwhals as nw

    found: dict[str, Expression] = {
        GROUP.format(k): _interval(a.column, a.edges, schema) if a.kind == "continuous" else nw.col(a.column)
        for k, a in enumerate(plan.protected)
    }
    found[LABEL] = nw.lit("") if plan.label is None else nw.col(plan.label)
    if plan.prediction is not None:
        return found | {DECISION: nw.col(plan.prediction), BIN: nw.lit(0).cast(nw.Int64())}
    found[BIN] = _place(str(plan.score), plan, schema)
    return found | ({SCORE: nw.col("__score")} if plan.edges() is None else {})


def _amounts(plan: Plan, schema: Schema) -> dict[str, Expression]:
    """Return the score and the weight of each row, 0 where there is none or the row is left out."""
    import narwhals as nw

    found: dict[str, Expression] = {}
    if plan.weight is not None:
        value = _number(plan.weight)
        found["__weight"] = nw.when((value > 0) & _finite(value)).then(value).otherwise(nw.lit(0.0))
    if plan.score is not None:
        value, edges = _number(plan.score), plan.edges()
        usable = _finite(value) if edges is None else value >= float(edges[0])
        usable = usable & ((value <= 1) if plan.bins == "grid" else _finite(value))
        found["__score"] = nw.when(usable).then(value).otherwise(nw.lit(0.0))
    return found


def _text(name: str, kind: Any) -> Expression:   # noqa: ANN401  narwhals' type of the column
    """Return a column as text, null where it has no value; truth values alike in every engine."""
    import narwhals as nw

    column = nw.col(name)
    if kind == nw.Boolean:
        return nw.when(column).then(nw.lit("true")).otherwise(nw.when(~column).then(nw.lit("false")))
    return column.cast(nw.String())


def _number(name: str) -> Expression:
    import narwhals as nw

    return nw.col(name).cast(nw.Float64())


def _finite(value: Expression) -> Expression:
    """Return whether a number is there; false for NaN and infinities in every engine (some rank NaN), null for null."""
    return (value - value) == 0


def _interval(name: str, edges: tuple[float, ...], schema: Schema) -> Expression:
    """Return which interval of the edges holds the value, as text; "-1" without a value, "-3" where it is no number."""
    import narwhals as nw

    value = _number(name)
    code = nw.when(_finite(value)).then(_edge_below(value, edges) + 1).otherwise(nw.lit(-1))
    return _flagged(code, name, schema).cast(nw.Int64()).cast(nw.String())


def _place(name: str, plan: Plan, schema: Schema) -> Expression:
    """Return the bin of the score, or why it has none."""
    import narwhals as nw

    value, edges = _number(name), plan.edges()
    none = nw.when(_finite(value)).then(nw.lit(OUTSIDE)).otherwise(nw.lit(NO_SCORE))
    if plan.bins == "grid":
        place = (nw.col("__score") * BINS).floor().cast(nw.Int64())
        place = nw.when((value >= 0) & (value <= 1)).then(place).otherwise(none)
    elif edges is None:
        place = nw.when(_finite(value)).then(nw.lit(0)).otherwise(none)
    else:
        below = _edge_below(value, tuple(edges.tolist()))
        place = nw.when((value >= float(edges[0])) & _finite(value)).then(below).otherwise(none)
    return _flagged(place, name, schema).cast(nw.Int64())


def _flagged(code: Expression, name: str, schema: Schema) -> Expression:
    """Return the code, but `UNREADABLE` where a column of text held no number."""
    import narwhals as nw

    if BAD + name not in schema:
        return code
    return nw.when(nw.col(BAD + name)).then(nw.lit(UNREADABLE)).otherwise(code)


def _with_weight(name: str, schema: Schema) -> Expression:
    """Return the bin, but why the row does not count where its weight is not above 0."""
    import narwhals as nw

    value = _number(name)
    usable = (value > 0) & _finite(value)
    wrong = (value < 0) | (value == float("inf"))
    absent = nw.when(wrong).then(nw.lit(BAD_WEIGHT)).otherwise(nw.lit(NO_WEIGHT))
    return _flagged(nw.when(usable).then(nw.col(BIN)).otherwise(absent), name, schema).cast(nw.Int64())


def _edge_below(value: Expression, edges: tuple[float, ...] | Floats) -> Expression:
    """Return the index of the last edge at or below the value, -1 below the first: halved, so log2 comparisons deep."""
    import narwhals as nw

    def among(low: int, high: int) -> Expression:   # the answer lies in [low, high)
        if high - low == 1:
            return nw.lit(low)
        middle = (low + high) // 2
        return nw.when(value >= float(edges[middle])).then(among(middle, high)).otherwise(among(low, middle))

    return among(-1, len(edges))
