# SPDX-License-Identifier: GPL-3.0-or-later
"""score_duckdb.py FILE MODEL OUTPUT THREADS: a linear model's probabilities with DuckDB, CSV to CSV, rows in their order. The
columns are declared, and a sum of products takes no more time than list_dot_product does."""
import sys

import duckdb
import linear_model

path, model, output, threads = sys.argv[1:]
intercept, coefficients = linear_model.read(model)
log_odds = " + ".join([f"{intercept!r}::double", *(f'{value!r}::double * "{name}"' for name, value in coefficients.items())])
columns = {name: "varchar" if name == "customer_id" else "double" for name in linear_model.columns(path)}
duckdb.connect(config={"threads": int(threads)}).execute(
    f"""copy (
        select customer_id, 1 / (1 + exp(-({log_odds}))) as probability
        from read_csv('{path}', header = true, delim = ',', quote = '"', escape = '"', auto_detect = false, columns = {columns})
    ) to '{output}' (header, delimiter ',')"""
)
