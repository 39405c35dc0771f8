"""Models that give a score: trained here, or brought as a file; and what they run on."""

from __future__ import annotations

from engine.glossary.entry import Entry, by_key

SCORING = by_key(
    Entry(
        "model_trained_here", "rule", "model trained here",
        "A model fitted on the features of the data in use; each row is scored by one that did not see it. Logistic; "
        "gradient boosting; a random forest of 200 trees with leaves of 10 rows or more; a decision tree of depth 6 "
        "with leaves of 20 rows or more.",
        "five folds of equal class shares, seeded; missing numbers become the median and are marked, categories "
        "become one column per value", "", "a probability, 0 to 1",
        "needs both outcomes and at least one feature",
        ("in-app model", "baseline model"), ("scikit-learn: cross_val_predict with method='predict_proba'.",),
        "Stone 1974, Cross-validatory choice and assessment of statistical predictions",
    ),
    Entry(
        "protected_in", "rule", "protected attributes among the features",
        "Whether a model trained here may use the protected attributes. Without them it may still use what stands in "
        "for them; with them, two people who differ in nothing else can get different scores.",
        "", "", "", "", ("fairness through unawareness", "group-aware model"), (),
        "Dwork et al. 2012, Fairness through awareness",
    ),
    Entry(
        "onnx_model", "rule", "ONNX model",
        "A trained model in an open format that describes arithmetic and holds no program. An uploaded one runs in a "
        "process of its own that can open no file and no connection, with limits on memory and time.",
        "at most 50 MB, 2 GB of memory, 60 seconds for each 65,536 rows; arithmetic, encoders and trees without loops",
        "", "", "a row is without a score where the model returns no number",
        ("Open Neural Network Exchange",),
        ("It computes in 32 bits: a linear model's probabilities agree with the original to about 1e-7, but a row that "
         "lies exactly on a tree's split may go the other way.",
         "Pickle, joblib and PyTorch files can run any code when they are opened and are refused.",),
        "ONNX specification, Linux Foundation, 2017",
    ),
    Entry(
        "provider", "rule", "provider",
        "What really ran an ONNX model: CPUExecutionProvider is the processor, CUDAExecutionProvider an NVIDIA card. "
        "A card is asked for first and used where it answers; the two can differ in the last digits of a score.",
        "", "", "", "", ("execution provider",), (), "ONNX Runtime",
    ),
    Entry(
        "logistic_coefficients", "rule", "logistic coefficients",
        "A logistic model written as JSON: an intercept, a coefficient for each number, one for each value of a "
        'category. For example {"format": "equipoise-logistic/1", "intercept": -1.2, "numbers": {"age": '
        '{"coefficient": 0.4, "mean": 40, "scale": 12, "missing": 40}}, "categories": {"housing": {"coefficients": '
        '{"own": -0.3, "rent": 0.2}, "otherwise": 0, "missing": 0}}}.',
        "1 / (1 + exp(−(intercept + Σ coefficient · (value − mean) / scale + Σ coefficient of the category's value)))",
        "", "a probability, 0 to 1",
        "a missing value without a number under missing, and a value without a coefficient or otherwise, leave the "
        "row without a score",
        ("scorecard", "logit model"), ("scikit-learn: LogisticRegression's intercept_ and coef_.",),
        "Cox 1958, The regression analysis of binary sequences",
    ),
    Entry(
        "backend", "rule", "backend",
        "The library that counts rows, draws resamples and sums over pairs: NumPy on the processor, or CuPy or PyTorch "
        "on a graphics card where one answers and was measured to be faster on this machine. Counts are the same to "
        "the last row; random draws differ between backends as they do between seeds.",
        "EQUIPOISE_BACKEND = auto, numpy, cupy or torch", "", "", "", ("device",), (), "",
    ),
)
