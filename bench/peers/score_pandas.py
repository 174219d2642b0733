# SPDX-License-Identifier: GPL-3.0-or-later
"""score_pandas.py FILE MODEL OUTPUT THREADS pandas|arrow|sklearn: a linear model's probabilities with pandas, CSV to CSV: read
by its Arrow engine and written by to_csv; with `arrow` written by Arrow too; with `sklearn` as pandas, the probabilities by
scikit-learn's predict_proba."""
import os
import sys

import linear_model

path, model, output, threads, how = sys.argv[1:]
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = threads  # read by the imports
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402
from pyarrow import csv  # noqa: E402

KEY = "customer_id"
pa.set_cpu_count(int(threads))
intercept, coefficients = linear_model.read(model)
features, weights = list(coefficients), np.array(list(coefficients.values()))
names = linear_model.columns(path)
if how == "arrow":
    types = {name: pa.string() if name == KEY else pa.float64() for name in names}
    table = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=types)).to_pandas(self_destruct=True)
else:
    table = pd.read_csv(path, engine="pyarrow", dtype={name: str if name == KEY else float for name in names})
x = table[features].to_numpy()
if how == "sklearn":
    from sklearn.linear_model import LogisticRegression

    classifier = LogisticRegression()
    classifier.classes_ = np.array([0, 1])
    classifier.coef_, classifier.intercept_ = weights[np.newaxis], np.array([intercept])
    probability = classifier.predict_proba(x)[:, 1]
else:
    probability = 1 / (1 + np.exp(-(x @ weights + intercept)))
scores = pd.DataFrame({KEY: table[KEY], "probability": probability})
if how == "arrow":
    csv.write_csv(pa.Table.from_pandas(scores, preserve_index=False), output, csv.WriteOptions(quoting_style="needed"))
else:
    scores.to_csv(output, index=False)
