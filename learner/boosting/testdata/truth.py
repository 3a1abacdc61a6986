"""Writes truth.json: what scikit-learn 1.2.1 has on the sets of internal/testdata/sklearn and on two generated ones.

Run in this folder: python3 truth.py
"""
import json

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor


def load(name, part):
    return np.loadtxt(f"../../../internal/testdata/sklearn/{name}/{part}.csv", delimiter=",", skiprows=1)


def weyl(rows):
    """Five features and a noise that fill [0, 1) evenly (Weyl 1916), and the target of Friedman 1991."""
    i = np.arange(1, rows + 1)[:, None]
    x = i * np.sqrt([2.0, 3.0, 5.0, 7.0, 11.0, 13.0])
    x -= np.floor(x)
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4] + 4 * x[:, 5]
    return x[:, :5], y


def sets():
    for name in ["iris", "wine", "breast_cancer", "digits", "diabetes"]:
        yield name, [load(name, part) for part in ["X_train", "y_train", "X_test", "y_test"]]
    x, y = weyl(6000)
    yield "friedman", [x[:4000], y[:4000], x[4000:], y[4000:]]
    # columns with fewer values than bins, so that these are the same
    yield "friedman steps", [np.floor(200 * x[:4000]) / 200, y[:4000], np.floor(200 * x[4000:]) / 200, y[4000:]]
    # two columns of categories, some of them missing: 0 to 39 in an order that says nothing
    c = np.floor(200 * x) / 200
    c[:, [0, 3]] = np.floor(40 * x[:, [0, 3]]) * 27 % 40
    c[::7, 3] = np.nan
    yield "friedman categories", [c[:4000], y[:4000], c[4000:], y[4000:]]
    yield "friedman categories above 16", [c[:4000], 1.0 * (y[:4000] > 16), c[4000:], 1.0 * (y[4000:] > 16)]
    yield "friedman above 16", [x[:4000], 1.0 * (y[:4000] > 16), x[4000:], 1.0 * (y[4000:] > 16)]


out = {}
for name, (x, y, xt, yt) in sets():
    regression = name in ("diabetes", "friedman", "friedman steps", "friedman categories")
    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    losses = [{"loss": "poisson"}, {"loss": "absolute_error"}, {"loss": "quantile", "quantile": 0.8}]
    losses += [{"loss": "squared_error", "monotonic_cst": [1, 0, -1, 1, 0]}, {"loss": "poisson", "monotonic_cst": [-1, 1, 0, 0, 1]}]
    if "categories" in name:
        losses = [{"categorical_features": [0, 3], **more} for more in [{}, {"loss": "poisson", "monotonic_cst": [0, 1, 1, 0, 1]}][: 1 + regression]]
    for params in losses if name == "friedman steps" or "categories" in name else [{}] + losses[:2] * (name == "diabetes"):
        m = kind(early_stopping=True, validation_fraction=None, n_iter_no_change=1000, scoring="loss", max_iter=100, **params).fit(x, y)
        # scikit-learn leaves out what of the deviance does not depend on the answers
        rest = np.mean(y * np.log(y) - y) if params.get("loss") == "poisson" else 0
        key = ", ".join([name, *[str(v) for v in params.values()]])
        out[key] = {"score": m.score(xt, yt), "params": params, "loss": [float(f"{rest - v:.7g}") for v in m.train_score_]}
        print(key, out[key]["score"], out[key]["loss"][-1])
with open("truth.json", "w") as f:
    json.dump(out, f)
    f.write("\n")
