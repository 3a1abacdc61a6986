"""Makes truth.json: what scikit-learn 1.2.1 makes of the training rows of small sets, from given mixtures.

Run in this folder: python3 truth.py
"""
import json
import warnings

import numpy as np
import pandas as pd
from sklearn.mixture import GaussianMixture

warnings.simplefilter("ignore")
SETS = "../../../internal/testdata/sklearn"
cases = []
for name, k, cov, tol, max_iter in [
    ("iris", 3, "full", 1e-3, 100), ("iris", 2, "tied", 1e-4, 100), ("iris", 4, "diag", 1e-3, 100), ("iris", 3, "spherical", 1e-3, 100),
    ("wine", 3, "diag", 1e-3, 100), ("wine", 2, "full", 1e-3, 8), ("diabetes", 3, "tied", 1e-3, 12), ("diabetes", 5, "spherical", 0, 20),
]:
    x = pd.read_csv(f"{SETS}/{name}/X_train.csv").to_numpy()
    y = pd.read_csv(f"{SETS}/{name}/X_test.csv").to_numpy()[:5]
    first = x[[int(i) for i in np.linspace(0, len(x) - 1, k)]]
    weights = (1 + np.arange(k)) / np.sum(1 + np.arange(k))
    variances = x.var(axis=0)
    precisions = {
        "full": np.array([np.diag((1 + c / 4) / variances) for c in range(k)]), "tied": np.diag(1 / variances),
        "diag": np.array([(1 + c / 4) / variances for c in range(k)]), "spherical": np.array([1 / variances.mean()] * k),
    }[cov]
    m = GaussianMixture(k, covariance_type=cov, tol=tol, max_iter=max_iter, weights_init=weights, means_init=first, precisions_init=precisions).fit(x)
    cases.append({
        "set": name, "params": {
            "n_components": k, "covariance_type": cov, "tol": tol, "max_iter": max_iter, "weights_init": weights.tolist(),
            "means_init": first.tolist(), "precisions_init": precisions.tolist(),
        },
        "iterations": m.n_iter_, "converged": m.converged_, "lower_bound": m.lower_bound_, "weights": m.weights_.tolist(), "means": m.means_.tolist(),
        "covariances": m.covariances_.ravel().tolist(), "proba": m.predict_proba(y).tolist(), "density": m.score_samples(y).tolist(),
    })
    print(name, k, cov, m.n_iter_, m.lower_bound_)
with open("truth.json", "w") as f:
    json.dump(cases, f, separators=(",", ":"))
    f.write("\n")
