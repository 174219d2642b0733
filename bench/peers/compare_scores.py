# SPDX-License-Identifier: GPL-3.0-or-later
"""compare_scores.py A B: fails unless both scores files have the same customers in the same order, and equal probabilities: to
1e-12 relative, for sums may run in another order."""
import sys

import polars as pl

TOLERANCE = 1e-12


def fail(message):
    sys.exit(f"compare_scores: {sys.argv[1]} and {sys.argv[2]}: {message}")


left, right = (pl.read_csv(path, schema={"customer_id": pl.String, "probability": pl.Float64}) for path in sys.argv[1:])
if not left["customer_id"].equals(right["customer_id"]):
    fail(f"other customers, or in another order: {left.height} and {right.height} of them")
a, b = left["probability"], right["probability"]
if a.null_count() or b.null_count() or not (a.is_finite() & b.is_finite()).all():
    fail("a probability is missing")
difference = ((a - b).abs() / a).max()
if not difference <= TOLERANCE:
    fail(f"probabilities differ by up to {difference:.1e} relative")
print(f"{left.height} customers, largest relative difference {difference:.1e}")
