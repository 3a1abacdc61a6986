"""Writes truth.json: a generated table, and what scikit-learn 1.2 makes of it.

    python3 truth.py > truth.json

The encoding by the target, which that version lacks, is computed here from its formula, in plain Python.
"""
import json
import random
from statistics import fmean

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler

rnd = random.Random(13)


def some(value, missing=0.15):
    return None if rnd.random() < missing else value


def row():
    return [
        some(rnd.randint(17, 70)),
        some(round(rnd.lognormvariate(7, 1), 2)),
        some(rnd.choice(["north"] * 5 + ["south"] * 4 + ["east"] * 3 + ["west", "far", "away"])),
        rnd.choice(["s", "m", "l"]),
    ]


columns = ["age", "income", "city", "size"]
train = pd.DataFrame([row() for _ in range(40)], columns=columns).astype({"age": float})
train["size"] = train["size"].astype(object)
test = pd.DataFrame([row() for _ in range(10)], columns=columns).astype({"age": float})
test.loc[0, "city"] = "nowhere"
numbers, words = ["age", "income"], ["city", "size"]
for frame in (train, test):
    frame[words] = frame[words].where(frame[words].notna(), np.nan)


def cells(matrix):
    return [[None if isinstance(v, float) and v != v else v for v in line] for line in matrix]


def prepared(number, word):
    """The columns of a ColumnTransformer, as Chimera orders them: column by column."""
    parts = [(c, number() if c in numbers else word(), [c]) for c in columns]
    t = ColumnTransformer(parts, sparse_threshold=0).fit(train)
    return {"train": cells(t.transform(train).tolist()), "test": cells(t.transform(test).tolist())}


def impute(strategy, fill=None, indicator=False):
    return SimpleImputer(strategy=strategy, fill_value=fill, add_indicator=indicator)


def one_hot(**options):
    return make_pipeline(impute("most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False, **options))


def ordinal(unknown=-1):
    return make_pipeline(impute("most_frequent"), OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=unknown))


cases = []


def case(name, settings, number, word, complete=True):
    cases.append({"name": name, "settings": settings, "complete": complete, **prepared(number, word)})


def then(strategy, scaler=None, **options):
    return lambda: make_pipeline(impute(strategy, **options), *([scaler()] if scaler else []))


case("mean, standard, one-hot", {"impute": "mean", "scale": "standard", "encode": "one-hot"}, then("mean", StandardScaler), one_hot)
case("median, robust", {"impute": "median", "scale": "robust", "encode": "one-hot"}, then("median", RobustScaler), one_hot)
case("most frequent, minmax", {"impute": "most_frequent", "scale": "minmax", "encode": "ordinal"}, then("most_frequent", MinMaxScaler), ordinal)
case("median, standard", {"impute": "median", "scale": "standard", "encode": "ordinal"}, then("median", StandardScaler), ordinal)
case("mean, robust", {"impute": "mean", "scale": "robust", "encode": "ordinal"}, then("mean", RobustScaler), ordinal)
case("mean, minmax", {"impute": "mean", "scale": "minmax", "encode": "ordinal"}, then("mean", MinMaxScaler), ordinal)
case(
    "constant", {"impute": "constant", "scale": "standard", "encode": "one-hot"}, then("constant", StandardScaler, fill=0),
    lambda: make_pipeline(impute("constant", "missing_value"), OneHotEncoder(handle_unknown="ignore", sparse_output=False)),
)
case(
    "a rare category by count", {"impute": "mean", "scale": "none", "encode": "one-hot", "min_frequency": 5}, then("mean"),
    lambda: one_hot(min_frequency=5),
)
case(
    "a rare category by share", {"impute": "mean", "scale": "none", "encode": "one-hot", "min_frequency": 0.15}, then("mean"),
    lambda: one_hot(min_frequency=0.15),
)
case(
    "missing values stay", {"impute": "none", "scale": "standard", "encode": "ordinal"}, StandardScaler,
    lambda: OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan), complete=False,
)
# A column of its own for each indicator: behind the number.
case("indicators of numbers", {"impute": "mean", "indicator": True, "scale": "none", "encode": "ordinal", "columns": {"city": {"indicator": False}}},
     then("mean", indicator=True), ordinal)


# Encoding by the target, from its formula: a category's mean and the overall mean, weighted by
# m = n * var(y) / (n * var(y) + var(y in the category)).
def target_code(categories, y, category):
    mean, spread = fmean(y), fmean([v * v for v in y]) - fmean(y) ** 2
    own = [v for c, v in zip(categories, y) if c == category]
    if not own or spread == 0:
        return mean
    inside = fmean([(v - fmean(own)) ** 2 for v in own])
    trust = len(own) * spread / (len(own) * spread + inside)
    return trust * fmean(own) + (1 - trust) * mean


y = [round(rnd.gauss(10, 3) + (4 if c == "north" else 0), 3) for c in train["city"]]
kinds = [min(2, int(abs(v) // 6)) for v in y]
sizes = train["size"].tolist()


def target_case(name, outputs):
    return {
        "name": name,
        "y": outputs[0] if len(outputs) == 1 else kinds,
        "classes": 0 if len(outputs) == 1 else len(outputs),
        "codes": {s: [target_code(sizes, o, s) for o in outputs] for s in sorted(set(sizes))},
        "unknown": [fmean(o) for o in outputs],
    }


targets = [
    target_case("regression", [y]),
    target_case("three classes", [[float(k == c) for k in kinds] for c in range(3)]),
]
binary = target_case("two classes", [[float(v > 10) for v in y]])
binary["classes"] = 2
targets.append(binary)

print(json.dumps({
    "columns": columns, "train": cells(train.values.tolist()), "test": cells(test.values.tolist()), "cases": cases, "targets": targets,
}, separators=(",", ":")))
