/* SPDX-License-Identifier: GPL-3.0-or-later */
#define WBI_SCANNER wbi_scanner_portable
#include "csv/scan_body.h"
