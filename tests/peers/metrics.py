# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of merit by scikit-learn, and by numpy from their definitions, of scores that the test makes again."""
import csv
import glob
import gzip
import json
import math
import os
import sys

import numpy
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score, roc_curve

MASK = (1 << 64) - 1


class SplitMix:
    """SplitMix64 (Steele, Lea and Flood 2014)."""

    def __init__(self, seed):
        self.state = seed

    def unit(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        x = self.state
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
        return ((x ^ (x >> 31)) >> 11) * 2.0**-53


def make(number):
    """Set `number`: a second score, too; ties in three of four, weights from 0 to 2 in every other one."""
    random = SplitMix(number + 1)
    levels = [0, 4, 20, 100][number % 4]
    p, other, y, w = [], [], [], []
    for _ in range(150 + 97 * number):
        score = random.unit()
        if levels:
            score = math.floor(score * (levels + 1)) / levels
        outcome = random.unit() < 0.1 + 0.7 * score
        p.append(score * score if number % 3 == 0 else score)
        other.append(0.5 * score + 0.5 * random.unit())
        y.append(int(outcome))
        w.append(math.floor(random.unit() * 5) / 2 if number % 2 else 1.0)
    return tuple(numpy.array(x) for x in (p, other, y, w))


def delong(scores, y):
    """Areas and covariance by the placements of each pair."""
    positive, negative = y == 1, y == 0
    of_positive, of_negative = [], []
    for s in scores:
        beats = (s[positive][:, None] > s[negative]) + 0.5 * (s[positive][:, None] == s[negative])
        of_positive.append(beats.mean(axis=1))
        of_negative.append(beats.mean(axis=0))
    return numpy.cov(of_positive) / positive.sum() + numpy.cov(of_negative) / negative.sum()


def figures(p, y, w, weighted):
    kept = w > 0
    clipped = numpy.clip(p, numpy.finfo(float).eps, 1 - numpy.finfo(float).eps)
    odds = (numpy.log(clipped) - numpy.log1p(-clipped))[:, None]
    line = LogisticRegression(C=numpy.inf, solver="newton-cholesky", tol=1e-13, max_iter=1000).fit(odds, y, sample_weight=w)
    recalibrated = IsotonicRegression(y_min=0, y_max=1).fit(p[kept], y[kept], sample_weight=w[kept]).predict(p[kept])
    false_rate, true_rate, _ = roc_curve(y, p, sample_weight=w, drop_intermediate=False)
    answer = {
        "auc": roc_auc_score(y, p, sample_weight=w),
        "pr_auc": average_precision_score(y, p, sample_weight=w),
        "log_loss": log_loss(y, p, sample_weight=w),
        "brier": brier_score_loss(y, p, sample_weight=w),
        "brier_recalibrated": brier_score_loss(y[kept], recalibrated, sample_weight=w[kept]),
        "ks": numpy.abs(true_rate - false_rate).max(),
        "calibration_slope": line.coef_[0][0],
    }
    if not weighted:
        observed, predicted = calibration_curve(y, p, n_bins=10, strategy="quantile")
        answer["observed"], answer["predicted"] = observed.tolist(), predicted.tolist()
    return {k: v if isinstance(v, list) else float(v) for k, v in answer.items()}


def random_sets():
    sets = []
    for number in range(20):
        p, other, y, w = make(number)
        weighted = bool(number % 2)
        answer = figures(p, y, w, weighted)
        answer["delong"] = delong([p, other], y).tolist()
        sets.append(answer)
    return sets


def telco_rows(folder):
    path = sorted(glob.glob(os.path.join(folder, "telco_ibm", "*.csv.gz")))[0]
    with gzip.open(path, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    x = numpy.array([[float(r["tenure"]), float(r["MonthlyCharges"]), float(r["Contract"] == "Month-to-month")] for r in rows])
    return x, numpy.array([int(r["Churn"] == "Yes") for r in rows])


def telco(folder):
    """Out-of-fold scores: row i is of fold i mod 5. exp is the one thing that the test's C library may round otherwise."""
    x, y = telco_rows(folder)
    fold = numpy.arange(len(y)) % 5
    p, models = numpy.empty(len(y)), []
    for k in range(5):
        model = LogisticRegression(C=numpy.inf, tol=1e-10, max_iter=1000).fit(x[fold != k], y[fold != k])
        b = [float(v) for v in (model.intercept_[0], *model.coef_[0])]
        held = x[fold == k]
        p[fold == k] = 1 / (1 + numpy.exp(-(b[0] + held[:, 0] * b[1] + held[:, 1] * b[2] + held[:, 2] * b[3])))
        models.append(b)
    answer = figures(p, y, numpy.ones(len(y)), False)
    answer["models"], answer["n"] = models, len(y)
    return answer


answers = {"by": f"scikit-learn {sklearn.__version__}, numpy {numpy.__version__}", "sets": random_sets()}
if "WINBACK_DATA" in os.environ:
    answers["telco"] = telco(os.environ["WINBACK_DATA"])
json.dump(answers, sys.stdout, indent=1)
print()
