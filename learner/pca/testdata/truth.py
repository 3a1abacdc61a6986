"""Makes truth.json: the components that scikit-learn 1.2.1 finds in the training rows of small sets, with the signs that it
gives them from 1.5 on (svd_flip by the components), and where it puts the first test rows.

Run in this folder: python3 truth.py
"""
import json

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

SETS = "../../../internal/testdata/sklearn"
cases = []
for name, n, whiten in [("iris", "all", False), ("iris", 2, True), ("wine", 5, False), ("breast_cancer", 0.99, True), ("digits", 6, False), ("diabetes", 0.9, False)]:
    read = lambda part: pd.read_csv(f"{SETS}/{name}/X_{part}.csv").to_numpy()
    m = PCA(None if n == "all" else n, whiten=whiten, svd_solver="full").fit(read("train"))
    most = np.argmax(np.abs(m.components_), axis=1)
    m.components_ *= np.sign(m.components_[np.arange(len(most)), most])[:, None]
    cases.append({
        "set": name, "params": {"n_components": n, "whiten": whiten}, "variance": m.explained_variance_.tolist(),
        "ratio": m.explained_variance_ratio_.tolist(), "components": m.components_.tolist(), "rows": m.transform(read("test")[:5]).tolist(),
    })
with open("truth.json", "w") as f:
    json.dump(cases, f, separators=(",", ":"))
    f.write("\n")
