# SPDX-License-Identifier: GPL-3.0-or-later
"""compare_models.py MODEL.json PICKLE: by how much a peer's coefficients per standard deviation differ at most."""
import json
import pickle
import sys

import numpy as np

with open(sys.argv[1]) as file:
    model = json.load(file)
ours = np.array([column["per_sd"] for term in model["terms"] for column in term["columns"]])
with open(sys.argv[2], "rb") as file:
    _, _, coef, _ = pickle.load(file)
difference = np.max(np.abs(ours - coef[0]))
print(f"coefficients per standard deviation differ by at most {difference:.1e}")
sys.exit(int(difference > 1e-3))
