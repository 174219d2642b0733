# SPDX-License-Identifier: GPL-3.0-or-later
"""evaluate_sklearn.py FILE ROWS: four figures, one after the other, of what `evaluate make` wrote; twice, and prints of the second
time

    seconds · AUC · average precision · log loss · Brier score"""
import sys
import time

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

path, rows = sys.argv[1:]
n = int(rows)
data = np.fromfile(path, dtype=np.uint8)
p, y = data[: n * 8].view(np.float64), data[n * 8 :]
for _ in range(2):
    start = time.perf_counter()
    figures = [of(y, p) for of in (roc_auc_score, average_precision_score, log_loss, brier_score_loss)]
    seconds = time.perf_counter() - start
print(f"{seconds:.4f}", *(f"{figure:.16g}" for figure in figures))
