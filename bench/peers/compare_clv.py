# SPDX-License-Identifier: GPL-3.0-or-later
"""compare_clv.py A B: fails unless both files have the same customers, and purchases and spend expected of each within 1 %:
optimisers stop at different distances from a flat maximum."""
import sys

import polars as pl

TOLERANCE = 0.01
NAMES = ("expected_purchases", "expected_spend")

columns = ["customer_id", *NAMES]
left, right = (pl.read_csv(path, columns=columns, schema_overrides={"customer_id": pl.String}) for path in sys.argv[1:])
both = left.join(right, on="customer_id", suffix="'")
if not left.height == right.height == both.height:
    sys.exit(f"compare_clv: other customers, {left.height} and {right.height}, {both.height} of them in both")
worst = max(((pl.Series(both[name]) / both[f"{name}'"]) - 1).abs().max() for name in NAMES)
if not worst <= TOLERANCE:
    sys.exit(f"compare_clv: what is expected differs by up to {worst:.2g} relative")
print(f"{both.height} customers, largest relative difference {worst:.1e}")
