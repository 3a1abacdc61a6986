"""Makes truth.json: what scikit-learn 1.2.1 makes of the training rows of small sets, from given centers.

Run in this folder: python3 truth.py
Iris has rows that two centers are equally far from, which may go either way: few of its cases agree.
"""
import json

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

SETS = "../../../internal/testdata/sklearn"
cases = []
for name, k, tol, weighted, max_iter in [
    ("iris", 3, 1e-4, False, 300), ("wine", 7, 0, False, 300), ("iris", 5, 1e-4, True, 300), ("wine", 4, 1e-4, False, 300),
    ("breast_cancer", 2, 1e-4, False, 300), ("digits", 10, 1e-4, False, 300), ("digits", 3, 0, True, 300), ("diabetes", 6, 1e-4, False, 4),
]:
    x = pd.read_csv(f"{SETS}/{name}/X_train.csv").to_numpy()
    first = [int(i) for i in np.linspace(0, len(x) - 1, k)]
    weights = 1 + np.arange(len(x)) % 4 / 2 if weighted else None
    m = KMeans(k, init=x[first], n_init=1, tol=tol, max_iter=max_iter).fit(x, sample_weight=weights)
    assert len(set(map(tuple, x[first]))) == k
    cases.append({
        "set": name, "first": first, "tol": tol, "weighted": weighted, "max_iter": max_iter, "iterations": m.n_iter_, "inertia": m.inertia_,
        "centers": m.cluster_centers_.tolist(), "sizes": np.bincount(m.labels_, minlength=k).tolist(),
    })
    print(name, k, m.n_iter_, m.inertia_)
with open("truth.json", "w") as f:
    json.dump(cases, f, separators=(",", ":"))
    f.write("\n")
