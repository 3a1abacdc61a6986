"""Makes linear.json: coefficients of scikit-learn 1.2.1's linear models of standardised features, and the same on the columns' own scale, on the
sets in internal/testdata/sklearn.

    /usr/bin/python3 explain/testdata/linear.py
"""
import csv
import json
import pathlib

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

here = pathlib.Path(__file__).parent
sets = here.parent.parent / "internal" / "testdata" / "sklearn"


def read(name):
    with open(sets / name / "X_train.csv") as f:
        rows = list(csv.reader(f))
    with open(sets / name / "y_train.csv") as f:
        y = [row[0] for row in csv.reader(f)][1:]
    return rows[0], np.array(rows[1:], dtype=float), np.array(y)


def case(name, learner, model):
    columns, X, y = read(name)
    if isinstance(model, Ridge):
        y = y.astype(float)
    pipe = make_pipeline(StandardScaler(), model).fit(X, y)
    scale = pipe[0]
    coef, intercept = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    original = coef / scale.scale_
    return {"set": name, "learner": learner, "columns": columns, "coef": coef.tolist(), "intercept": intercept.tolist(),
            "original_coef": original.tolist(), "original_intercept": (intercept - original @ scale.mean_).tolist()}


exact = {"solver": "newton-cg", "tol": 1e-9, "max_iter": 10000}
cases = [
    case("diabetes", "ridge", Ridge(alpha=1.0)),
    case("iris", "logistic-regression", LogisticRegression(**exact)),
    case("breast_cancer", "logistic-regression", LogisticRegression(**exact)),
]
(here / "linear.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
