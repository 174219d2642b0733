/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiled for x86-64-v3: AVX2, and the instructions that count and find bits. */
#define WBI_SCANNER wbi_scanner_x86_v3
#include "csv/scan_body.h"
