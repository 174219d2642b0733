# SPDX-License-Identifier: GPL-3.0-or-later
"""train_sklearn.py CSV OUTPUT THREADS LAMBDA pandas|polars: a model file from a table of numbers: read with pandas (its Arrow
engine) and fitted with scikit-learn, or read with Polars and fitted with scikit-learn-intelex."""
import os
import pickle
import sys

path, output, threads, penalty, reader = sys.argv[1:]
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ[name] = threads  # read by the imports
if reader == "pandas":
    import pandas as pd
    import pyarrow

    pyarrow.set_cpu_count(int(threads))
    table = pd.read_csv(path, engine="pyarrow")
    y = table.pop("label_y").to_numpy()
    X = table.drop(columns="customer_id").to_numpy()
else:
    import polars as pl
    from sklearnex import patch_sklearn

    patch_sklearn(verbose=False)
    table = pl.read_csv(path)
    y = table["label_y"].to_numpy()
    X = table.drop("customer_id", "label_y").to_numpy()
from sklearn.linear_model import LogisticRegression  # noqa: E402

mean, sd = X.mean(axis=0), X.std(axis=0)
model = LogisticRegression(C=1 / (float(penalty) * len(y)), max_iter=1000).fit((X - mean) / sd, y)
with open(output, "wb") as file:
    pickle.dump((mean, sd, model.coef_, model.intercept_), file)
