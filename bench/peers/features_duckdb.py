# SPDX-License-Identifier: GPL-3.0-or-later
"""features_duckdb.py FOLDER OUTPUT THREADS: the features of bench/shop.yml with DuckDB, from CSV to CSV."""
import sys
from pathlib import Path

import duckdb

folder, output, threads = sys.argv[1:]
sql = Path(__file__).with_name("shop.sql").read_text()
duckdb.connect(config={"threads": int(threads), "preserve_insertion_order": False}).execute(
    sql.format(folder=folder, output=output)
)
