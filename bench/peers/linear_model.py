# SPDX-License-Identifier: GPL-3.0-or-later
"""The linear model of a model file, for peers that score with it."""
import json


def read(path):
    """The intercept, and each feature's coefficient, in the units of the features."""
    with open(path) as file:
        model = json.load(file)
    if odd := [term["feature"] for term in model["terms"] if term["kind"] != "linear" or len(term["columns"]) != 1]:
        raise SystemExit(f"{path}: not one straight line: {', '.join(odd)}")
    return model["intercept"]["raw"], {term["feature"]: term["columns"][0]["raw"] for term in model["terms"]}


def columns(path):
    """The names in the header of a CSV file."""
    with open(path) as file:
        return [name.strip('"') for name in file.readline().rstrip("\n").split(",")]
