"""Makes explain.json: permutation importances and partial dependences as scikit-learn 1.2.1 computes them, of models that are small
enough to be written down, on the sets in internal/testdata/sklearn. The permutations that it draws are written too.

    /usr/bin/python3 explain/testdata/explain.py
"""
import csv
import json
import pathlib

import numpy as np
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state

here = pathlib.Path(__file__).parent
sets = here.parent.parent / "internal" / "testdata" / "sklearn"


def read(name, part):
    with open(sets / name / f"X_{part}.csv") as f:
        rows = list(csv.reader(f))
    with open(sets / name / f"y_{part}.csv") as f:
        y = [row[0] for row in csv.reader(f)][1:]
    return rows[0], np.array(rows[1:], dtype=float), np.array(y)


def permutations(n, repeats, seed):
    """The rows that scikit-learn takes cells from: it shuffles what it has shuffled before, and all columns alike."""
    random = check_random_state(check_random_state(seed).randint(np.iinfo(np.int32).max + 1))
    index, current, found = np.arange(n), np.arange(n), []
    for _ in range(repeats):
        random.shuffle(index)
        current = current[index]
        found.append(current.tolist())
    return found


def case(name, model, scorings, grids):
    columns, X, y = read(name, "train")
    _, test, truth = read(name, "test")
    if model.__class__ is LinearRegression:
        y, truth = y.astype(float), truth.astype(float)
    model.fit(X, y)
    repeats, seed = 4, 3
    out = {"set": name, "columns": columns, "permutations": permutations(len(test), repeats, seed), "importances": [], "dependences": []}
    if hasattr(model, "tree_"):
        t = model.tree_
        out["tree"] = {"left": t.children_left.tolist(), "right": t.children_right.tolist(), "feature": t.feature.tolist(),
                       "threshold": t.threshold.tolist(),
                       "value": (t.value[:, 0, :] / t.value[:, 0, :].sum(axis=1, keepdims=True)).tolist()}
        out["feature_importances"] = model.feature_importances_.tolist()
    else:
        out["coef"], out["intercept"] = np.atleast_2d(model.coef_).tolist(), np.atleast_1d(model.intercept_).tolist()
    for scoring in scorings:
        r = permutation_importance(model, test, truth, scoring=scoring, n_repeats=repeats, random_state=seed)
        out["importances"].append({"scoring": scoring, "baseline": get_scorer(scoring)(model, test, truth), "each": r.importances.tolist(),
                                   "mean": r.importances_mean.tolist(), "std": r.importances_std.tolist()})
    for column, resolution, percentiles in grids:
        kind = "auto" if model.__class__ is LinearRegression else "predict_proba"
        r = partial_dependence(model, test, [columns.index(column)], grid_resolution=resolution, percentiles=percentiles, method="brute",
                               response_method=kind, kind="average")
        out["dependences"].append({"column": column, "resolution": resolution, "percentiles": percentiles, "values": r["values"][0].tolist(),
                                   "average": r["average"].tolist()})
    return out


cases = [
    case("diabetes", LinearRegression(), ["r2", "neg_mean_squared_error", "neg_mean_absolute_error"],
         [("bmi", 12, (0.05, 0.95)), ("sex", 100, (0.05, 0.95)), ("s5", 5, (0.1, 0.6)), ("age", 8, (0, 1))]),
    case("iris", LogisticRegression(max_iter=1000), ["accuracy", "neg_log_loss", "f1_macro"],
         [("petal length (cm)", 10, (0.05, 0.95)), ("sepal width (cm)", 100, (0.05, 0.95))]),
    case("breast_cancer", DecisionTreeClassifier(max_depth=3, random_state=0), ["accuracy", "roc_auc", "balanced_accuracy"],
         [("mean concave points", 9, (0.05, 0.95)), ("worst radius", 15, (0.25, 0.75))]),
]
(here / "explain.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
