"""Writes untargeted.json: scikit-learn's metrics of clusters and decompositions. Run it with scikit-learn 1.2."""

import json

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, mean_squared_error, r2_score, silhouette_score

rng = np.random.RandomState(3)
cases = []
for rows, cols, groups, clusters in ((12, 2, 2, 2), (40, 3, 3, 4), (60, 5, 4, 3), (25, 1, 3, 6)):
    truth = rng.randint(groups, size=rows)
    x = np.round(rng.normal(size=(rows, cols)) + 2 * truth[:, None], 3)
    fitted = KMeans(clusters, n_init=1, random_state=1).fit(x[: rows // 2])
    at = fitted.predict(x)
    pca = PCA(min(2, cols)).fit(x[: rows // 2])
    back = pca.inverse_transform(pca.transform(x))
    cases.append({
        "x": x.tolist(), "truth": truth.tolist(), "at": at.tolist(), "centers": fitted.cluster_centers_.tolist(), "back": back.tolist(),
        "inertia": -fitted.score(x), "silhouette": silhouette_score(x, at), "adjusted_rand": adjusted_rand_score(truth, at),
        "explained_variance": r2_score(x, back, multioutput="variance_weighted"), "reconstruction_error": mean_squared_error(x, back),
    })
with open("untargeted.json", "w") as f:
    json.dump(cases, f, separators=(",", ":"))
    f.write("\n")
