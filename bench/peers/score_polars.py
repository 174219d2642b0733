# SPDX-License-Identifier: GPL-3.0-or-later
"""score_polars.py FILE MODEL OUTPUT THREADS: a linear model's probabilities with Polars, lazy and streaming, CSV to CSV. A sum
of products takes less time than sum_horizontal does, the streaming engine no more than the one in memory."""
import os
import sys
from functools import reduce

import linear_model

path, model, output, threads = sys.argv[1:]
os.environ["POLARS_MAX_THREADS"] = threads  # is read by the import
import polars as pl  # noqa: E402

KEY = "customer_id"
intercept, coefficients = linear_model.read(model)
log_odds = reduce(lambda sum, term: sum + pl.col(term[0]) * term[1], coefficients.items(), pl.lit(intercept))
(
    pl.scan_csv(path, schema={name: pl.String if name == KEY else pl.Float64 for name in linear_model.columns(path)})
    .select(KEY, (1 / (1 + (-log_odds).exp())).alias("probability"))
    .sink_csv(output, engine="streaming")
)
