# SPDX-License-Identifier: GPL-3.0-or-later
"""features_duckdb.py JOB FOLDER OUTPUT THREADS: the features of bench/JOB.yml, shop or retail, with DuckDB, CSV to CSV."""
import sys
from pathlib import Path

import duckdb

job, folder, output, threads = sys.argv[1:]
sql = Path(__file__).with_name(f"{job}.sql").read_text()
duckdb.connect(config={"threads": int(threads), "preserve_insertion_order": False}).execute(
    sql.format(folder=folder, output=output)
)
