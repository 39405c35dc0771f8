"""Words by which columns and values are guessed; compared case-folded, as whole words of a name."""

# Names of protected attributes, in the languages of likely visitors.
PROTECTED = frozenset({
    "sex", "gender", "race", "ethnicity", "ethnic", "age", "nationality", "citizenship", "religion", "disability",
    "disabled", "marital", "pregnancy", "pregnant", "orientation", "veteran", "caste", "skin", "colour", "color",
    "foreign", "minority", "geschlecht", "alter", "herkunft", "nationalitaet", "familienstand", "behinderung", "sexe",
    "genre", "nationalite", "handicap", "sexo", "genero", "raza", "raca", "etnia", "edad", "idade", "nacionalidad",
    "religione", "sesso", "eta", "geslacht", "leeftijd", "kon", "alder", "plec", "wiek",
})

# Names of outcomes.
OUTCOME = frozenset({
    "label", "outcome", "target", "y", "class", "default", "defaulted", "recid", "recidivism", "two_year_recid",
    "approved", "approval", "hired", "repaid", "paid", "churn", "fraud", "income", "pass", "passed", "success",
    "result", "survived", "readmitted", "credit", "risk", "good", "bad", "truth", "actual", "ergebnis",
    "resultat", "resultado", "admitted", "admission",
})

# Names of two-valued predictions and decisions.
DECISION = frozenset({
    "prediction", "predicted", "pred", "decision", "decided", "selected", "flag", "flagged", "yhat", "y_hat", "y_pred",
    "human", "manual", "reviewer", "officer", "entscheidung", "decision_made",
})

# Names of scores.
SCORE = frozenset({
    "score", "scores", "prob", "proba", "probability", "prediction", "predicted", "pred", "risk", "decile",
    "likelihood", "yhat", "y_hat", "p_hat", "phat", "logit",
})

# Names of weights.
WEIGHT = frozenset({"weight", "weights", "wt", "fnlwgt", "gewicht", "poids", "peso"})

# Names of exposures.
EXPOSURE = frozenset({"exposure", "exposition", "duration_at_risk"})

# Names of identifiers.
ID = frozenset({"id", "uid", "uuid", "guid", "identifier", "index", "key", "nr", "number", "polnum", "name"})

# Values that mostly mean the positive one of two.
POSITIVE = frozenset({
    "1", "true", "yes", "y", "t", "positive", "pos", "approved", "hired", "paid", ">50k", "good", "ja", "oui", "si",
    "sí", "passed", "pass", "selected", "accept", "accepted", "approve", "grant", "granted", "hire", "invited",
})
