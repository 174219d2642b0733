/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiled for x86-64-v4 with VBMI2: AVX-512, and the instruction that moves chosen bytes together. */
#define WBI_SCANNER wbi_scanner_x86_v4
#include "csv/scan_body.h"
