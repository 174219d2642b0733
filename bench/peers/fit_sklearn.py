# SPDX-License-Identifier: GPL-3.0-or-later
"""fit_sklearn.py FILE ROWS COLUMNS THREADS LAMBDA SOLVER: fits what `fit make` wrote with scikit-learn, its columns
standardised beforehand, or, with SOLVER intelex, with scikit-learn-intelex; twice, and prints of the second time

    seconds · objective · seconds of standardising"""
import os
import sys
import time

path, rows, columns, threads, penalty, solver = sys.argv[1:]
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = threads  # read by the imports
import numpy as np  # noqa: E402

if solver == "intelex":
    from sklearnex import patch_sklearn

    patch_sklearn(verbose=False)
    solver = "lbfgs"
from sklearn.linear_model import LogisticRegression  # noqa: E402

n, p, penalty = int(rows), int(columns), float(penalty)
data = np.fromfile(path, dtype=np.uint8)
X, y = data[: n * p * 8].view(np.float64).reshape(n, p), data[n * p * 8 :]
for _ in range(2):
    start = time.perf_counter()
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    standardised = time.perf_counter()
    model = LogisticRegression(C=1 / (penalty * n), solver=solver, max_iter=1000).fit(Z, y)
    done = time.perf_counter()
eta = Z @ model.coef_[0] + model.intercept_[0]
objective = np.mean(np.logaddexp(0, eta) - y * eta) + penalty / 2 * np.sum(model.coef_**2)
print(f"{done - standardised:.4f} {objective:.15f} {standardised - start:.4f}")
