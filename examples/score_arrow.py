#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""score_arrow.py LIBRARY MODEL FEATURES.csv: scores what pyarrow reads, without copying it, and prints a probability a line.

LIBRARY is libwinback.so. What holds for pyarrow holds for all that hand columns over by the Arrow C data interface.
"""
import ctypes
import sys

import pyarrow
import pyarrow.csv


class Error(ctypes.Structure):
    """wb_error of winback/status.h."""

    _fields_ = [("code", ctypes.c_int), ("line", ctypes.c_size_t), ("column", ctypes.c_size_t),
                ("file", ctypes.c_char * 512), ("value", ctypes.c_char * 128),
                ("message", ctypes.c_char * 768), ("advice", ctypes.c_char * 512)]


def check(status, error):
    if status != 0:
        sys.exit("score_arrow: " + error.message.decode())


def main():
    library, model_path, features_path = sys.argv[1:]
    winback = ctypes.CDLL(library)
    error, model, scorer = Error(), ctypes.c_void_p(), ctypes.c_void_p()
    check(winback.wb_model_read(ctypes.byref(model), model_path.encode(), ctypes.byref(error)), error)
    check(winback.wb_scorer_create(ctypes.byref(scorer), model, ctypes.byref(error)), error)
    winback.wb_model_free(model)

    structs = [(ctypes.c_int64 * 10)() for _ in range(4)]  # what the structs of the interface take, or a little more
    schema, array, out_schema, out = map(ctypes.addressof, structs)
    for batch in pyarrow.csv.open_csv(features_path):
        batch._export_to_c(array, schema)
        status = winback.wb_scorer_arrow(scorer, *map(ctypes.c_void_p, (schema, array, out_schema, out)), ctypes.byref(error))
        pyarrow.RecordBatch._import_from_c(array, schema)  # releases what was exported
        check(status, error)
        print(*pyarrow.Array._import_from_c(out, out_schema).to_pylist(), sep="\n")
    winback.wb_scorer_free(scorer)


main()
