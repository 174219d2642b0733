# SPDX-License-Identifier: GPL-3.0-or-later
"""compare.py A B: fails unless both features files have the same customers and columns, and equal values: to 1e-9 relative,
a missing value being equal to a missing one only. Two values below 1e-9 are both zero but for rounding, as the deviation of
equal sums is. The order of rows and columns, and the cutoff, do not matter."""
import sys

import polars as pl

TOLERANCE = 1e-9
ZERO = 1e-9
KEY = "customer_id"


def read(path):
    """Customers as text, everything else as numbers, whatever the first rows look like."""
    names = pl.scan_csv(path, infer_schema=False).collect_schema().names()
    table = pl.read_csv(path, schema={name: pl.String if name in (KEY, "cutoff") else pl.Float64 for name in names})
    return table.drop("cutoff", strict=False)


def fail(message):
    sys.exit(f"compare: {sys.argv[1]} and {sys.argv[2]}: {message}")


left, right = (read(path) for path in sys.argv[1:])
if odd := set(left.columns) ^ set(right.columns):
    fail(f"only one of them has {', '.join(sorted(odd))}")
for table in (left, right):
    if table[KEY].n_unique() != table.height:
        fail("a customer has two rows")
if left.height != right.height or left.join(right, on=KEY, how="anti").height:
    fail(f"other customers, {left.height} and {right.height} of them")

both = left.join(right, on=KEY, suffix="'")
names = [name for name in left.columns if name != KEY]
for name in names:
    a, b = pl.col(name), pl.col(f"{name}'")
    larger = pl.max_horizontal(a.abs(), b.abs())
    near = a.is_finite() & b.is_finite() & ((larger < ZERO) | ((a - b).abs() <= TOLERANCE * larger))
    differing = both.filter(pl.when(a.is_null() | b.is_null()).then(a.is_null() != b.is_null()).otherwise(~near))
    if differing.height:
        customer, x, y = differing.select(KEY, a, b).row(0)
        fail(f"{name}: {differing.height} differ, {x} and {y} of {customer} for one")
print(f"{left.height} customers, {len(names)} columns equal")
