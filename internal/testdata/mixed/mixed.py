"""Makes the mixed tables of this folder, and truth.json: what scikit-learn 1.2.1 predicts on them.

Run in this folder: python3 mixed.py
Four tables are sets of ../sklearn with some columns cut into words at their quantiles and some cells emptied;
two are made up. Each is split into train.csv and test.csv as the set was, with its target in the last column.
"""
import json
import os

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

WORDS = ["low", "fair, middling", "High", "very high"]


def cut(column, edges):
    """Words for the numbers of a column: their quarter."""
    return pd.Series(np.array(WORDS, dtype=object)[np.searchsorted(edges, column)], index=column.index)


def shipped(name, keep, words, empty, seed):
    part = lambda p: pd.concat([pd.read_csv(f"../sklearn/{name}/X_{p}.csv"), pd.read_csv(f"../sklearn/{name}/y_{p}.csv")], axis=1)
    train, test = part("train"), part("test")
    columns = list(train.columns[:-1])[:keep]
    train, test = train[columns + ["target"]].copy(), test[columns + ["target"]].copy()
    for j in words:
        edges = train[columns[j]].quantile([0.25, 0.5, 0.75]).to_numpy()
        for t in (train, test):
            t[columns[j]] = cut(t[columns[j]], edges)
    return blank(train, columns, empty, seed), blank(test, columns, empty, seed + 1)


def blank(table, columns, share, seed):
    rng = np.random.default_rng(seed)
    for c in columns:
        table.loc[rng.random(len(table)) < share, c] = np.nan
    return table


def loans():
    rng = np.random.default_rng(7)
    n = 800
    job = rng.choice(["clerk", "nurse", "driver", "teacher", "farmer"], n, p=[0.35, 0.25, 0.2, 0.15, 0.05])
    region = rng.choice(["north", "south", "east", "west"], n)
    owner = rng.random(n) < 0.4
    age = rng.integers(18, 80, n)
    income = np.round(np.exp(rng.normal(10, 0.5, n)), 2)
    pull = 0.04 * (age - 45) + 0.9 * np.log(income / 22000) + np.select([job == "nurse", job == "farmer"], [0.8, -1.2], 0) + 0.7 * owner + 0.5 * (region == "east")
    target = np.where(pull + rng.logistic(0, 0.7, n) > 0.3, "paid", "late")
    table = pd.DataFrame({"age": age, "job": job, "income": income, "region": region, "owner": np.where(owner, "yes", "no"), "target": target})
    table = blank(table, ["age", "job", "income", "region", "owner"], 0.05, 8)
    return table[:600].copy(), table[600:].copy()


def rents():
    rng = np.random.default_rng(9)
    n = 700
    city = rng.choice(["Aa", "Bree", "Cham", "Dorp", "Eke", "Faro"], n)
    kind = rng.choice(["flat", "house", "room"], n, p=[0.6, 0.25, 0.15])
    size = np.round(rng.gamma(6, 12, n), 1)
    year = rng.integers(1900, 2024, n)
    base = pd.Series(city).map({"Aa": 200, "Bree": 350, "Cham": 500, "Dorp": 150, "Eke": 400, "Faro": 650}).to_numpy()
    target = np.round(base + 9 * size + 1.5 * (year - 1960) + 150 * (kind == "house") - 120 * (kind == "room") + rng.normal(0, 90, n), 2)
    table = pd.DataFrame({"city": city, "kind": kind, "size": size, "year": year, "target": target})
    table = blank(table, ["city", "kind", "size", "year"], 0.06, 10)
    return table[:500].copy(), table[500:].copy()


SETS = {
    "iris": (shipped("iris", 4, [3], 0.08, 1), "classification"),
    "wine": (shipped("wine", 8, [1, 6], 0.08, 2), "classification"),
    "breast_cancer": (shipped("breast_cancer", 7, [2, 5], 0.08, 3), "classification"),
    "diabetes": (shipped("diabetes", 10, [1, 4, 8], 0.05, 4), "regression"),
    "loans": (loans(), "classification"),
    "rents": (rents(), "regression"),
}

MODELS = {
    "classification": {
        "knn-classifier": lambda: KNeighborsClassifier(),
        "logistic-regression": lambda: LogisticRegression(max_iter=10000, tol=1e-10),
        "gaussian-nb": lambda: GaussianNB(),
    },
    "regression": {
        "knn-regressor": lambda: KNeighborsRegressor(),
        "ridge": lambda: Ridge(),
        "linear-regression": lambda: LinearRegression(),
    },
}


def prepare(train, scale):
    texts = [c for c in train.columns[:-1] if train[c].dtype == object]
    numbers = [c for c in train.columns[:-1] if c not in texts]
    numeric = [SimpleImputer()] + ([StandardScaler()] if scale else [])
    return ColumnTransformer([
        ("numbers", make_pipeline(*numeric), numbers),
        ("texts", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), texts),
    ], sparse_threshold=0)


truth = {}
for name, ((train, test), task) in SETS.items():
    os.makedirs(name, exist_ok=True)
    train.to_csv(f"{name}/train.csv", index=False)
    test.to_csv(f"{name}/test.csv", index=False)
    train, test = pd.read_csv(f"{name}/train.csv"), pd.read_csv(f"{name}/test.csv")
    for model, make in MODELS[task].items():
        whole = make_pipeline(prepare(train, model != "gaussian-nb"), make()).fit(train.drop(columns="target"), train["target"])
        predicted = whole.predict(test.drop(columns="target"))
        truth.setdefault(name, {"task": task, "models": {}})["models"][model] = {
            "score": round(float(whole.score(test.drop(columns="target"), test["target"])), 6),
            "predicted": [v if isinstance(v, str) else float(np.round(v, 9)) for v in predicted],
        }
        print(name, model, truth[name]["models"][model]["score"])
with open("truth.json", "w") as f:
    json.dump(truth, f, separators=(",", ":"))
    f.write("\n")
