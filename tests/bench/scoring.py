"""Rows a second of scikit-learn and of its ONNX twin in the sandbox, and the memory of a fresh session.

    python -m tests.bench.scoring [rows]     (default 500,000)

The pipeline imputes and scales two numbers, encodes two categories and fits a logistic model; a forest and a calibrated
model follow. The sandbox's time is from plain columns of a table to scores, the child's start included; beside it the
time of ONNX Runtime in this process, which nobody should do with a stranger's model. `flips` are rows on another side
of 0.5. A forest behind a scaler can differ: ONNX scales in 32 bits, and where the data are rounded, a row may lie
exactly on a split.
"""

import subprocess
import sys
import warnings
from time import perf_counter

import numpy as np
import pandas as pd

from engine import backend
from engine.data.reading import read
from engine.scoring import onnx

FRESH = """
from streamlit.testing.v1 import AppTest

def resident():
    with open("/proc/self/status") as file:
        return next(line.split()[1] for line in file if line.startswith("VmRSS"))

before = resident()
AppTest.from_file("app.py", default_timeout=60).run()
page = resident()
test = AppTest.from_file("app.py", default_timeout=60)
test.query_params["data"] = "simulated-lending"
test.run()
while test.session_state["equipoise session"].dataset is None:
    test.run()
print(before, page, resident(), flush=True)
"""


def rows_of(n, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"age": rng.normal(40, 12, n).round(2), "priors": rng.integers(0, 9, n) * 1.0,
                         "sex": rng.choice(["F", "M", "X"], n), "housing": rng.choice(["own", "rent"], n)})


def models():
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    def piped(last):
        encode = make_column_transformer(
            (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["age", "priors"]),
            (OneHotEncoder(handle_unknown="ignore"), ["sex", "housing"]))
        return make_pipeline(encode, last)

    yield "logistic", piped(LogisticRegression())
    yield "calibrated", piped(CalibratedClassifierCV(LogisticRegression()))
    yield "forest 100 x depth 12", piped(RandomForestClassifier(100, max_depth=12, random_state=0))


def exported(fitted, rows):
    import skl2onnx

    narrow = rows.head(1).astype({"age": "float32", "priors": "float32"})
    return skl2onnx.to_onnx(fitted, narrow, options={"zipmap": False}).SerializeToString()


def timed(call):
    begun = perf_counter()
    found = call()
    return found, perf_counter() - begun


def in_process(content, rows):
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    feed = {name: rows[[name]].to_numpy(np.float32 if rows[name].dtype == float else object) for name in rows}
    return timed(lambda: session.run(["probabilities"], feed)[0][:, 1])[1]


def main(n):
    warnings.simplefilter("ignore")
    train, rows = rows_of(20_000, 1), rows_of(n)
    chance = 1 / (1 + np.exp(0.05 * (train["age"] - 40) - train["priors"] / 4))
    label = np.random.default_rng(2).random(len(train)) < chance
    table = read(rows.to_csv(index=False).encode(), "t.csv")
    print(f"{n:,} rows; asked for {', '.join(backend.onnx_providers())}")
    for name, model in models():
        fitted = model.fit(train, label)
        content = exported(fitted, train)
        ours, slow = timed(lambda fitted=fitted: fitted.predict_proba(rows)[:, 1])
        opened = onnx.opened(content, "m.onnx", table.columns)
        found, fast = timed(lambda opened=opened: opened.score(table))
        alone = in_process(content, rows)
        apart = np.abs(found.values - ours)
        flips = int(((found.values >= 0.5) != (ours >= 0.5)).sum())
        print(f"  {name:22} scikit-learn {n / slow:11,.0f} rows/s   sandbox {n / fast:11,.0f} rows/s "
              f"({slow / fast:.2f}x)   in process {n / alone:11,.0f} rows/s   on {found.provider}   "
              f"largest difference {apart.max():.1e}, over 1e-5 in {int((apart > 1e-5).sum())} rows, flips {flips}",
              flush=True)
    ran = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=True)
    before, page, opened = (int(word) / 1024 for word in ran.stdout.split())
    print(f"resident memory: Streamlit {before:.0f} MB, with the first page {page:.0f} MB, with 20,000 rows in use "
          f"{opened:.0f} MB")


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 500_000)
