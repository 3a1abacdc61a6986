"""Makes curves.json: curves of a few scores as scikit-learn 1.2.1 computes them.

    /usr/bin/python3 metrics/testdata/curves.py
"""
import json
import pathlib
import warnings

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import (average_precision_score, brier_score_loss, precision_recall_curve, roc_auc_score, roc_curve)

warnings.simplefilter("error")
random = np.random.RandomState(7)


def case(name, y, score, weights=None):
    y, score = np.asarray(y), np.asarray(score, dtype=float)
    fpr, tpr, at = roc_curve(y, score, sample_weight=weights)
    precision, recall, thresholds = precision_recall_curve(y, score, sample_weight=weights)
    out = {
        "name": name, "positive": [bool(v) for v in y], "score": score.tolist(),
        "weights": None if weights is None else np.asarray(weights).tolist(),
        "fpr": fpr.tolist(), "tpr": tpr.tolist(), "thresholds": at.tolist(), "auc": roc_auc_score(y, score, sample_weight=weights),
        "precision": precision.tolist(), "recall": recall.tolist(), "pr_thresholds": thresholds.tolist(),
        "average_precision": average_precision_score(y, score, sample_weight=weights),
    }
    if weights is None and score.min() >= 0 and score.max() <= 1:
        out["brier"] = brier_score_loss(y, score)
        out["calibration"] = []
        for strategy in ("uniform", "quantile"):
            for bins in (1, 3, 5, 10):
                true, pred = calibration_curve(y, score, n_bins=bins, strategy=strategy)
                out["calibration"].append({"strategy": strategy, "bins": bins, "prob_true": true.tolist(), "prob_pred": pred.tolist()})
    return out


def drawn(n, digits):
    y = random.randint(0, 2, n)
    score = np.clip(0.35 * y + random.uniform(0, 0.65, n), 0, 1)
    return y, np.round(score, digits)


cases = [
    case("four rows", [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]),
    case("all scores are equal", [0, 1, 1, 0, 1], [0.5] * 5),
    case("perfect", [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),
    case("the wrong way round", [1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]),
    case("on the edges of bins", [0, 1, 0, 1, 1, 0, 1], [0.0, 0.2, 0.4, 0.4, 0.6, 0.8, 1.0]),
    case("many ties", *drawn(80, 1)),
    case("few ties", *drawn(60, 2)),
    case("no ties", *drawn(50, 12)),
    case("no probabilities", random.randint(0, 2, 30), np.round(random.normal(0, 3, 30), 1)),
    case("weights", *drawn(40, 1), np.round(random.uniform(0, 2, 40), 1)),
    case("whole weights, some 0", *drawn(40, 1), random.randint(0, 3, 40)),
]
pathlib.Path(__file__).with_name("curves.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
