/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many doubles as text, by what the machine has. Private to base. */
#ifndef WINBACK_BASE_NUMBERS_H
#define WINBACK_BASE_NUMBERS_H

#include "base/number.h"

/* Each is a wbi_doubles_print; the latter for AVX-512 with VBMI. */
char *wbi_doubles_print_portable(char *out, const double *values, size_t n, char separator);
char *wbi_doubles_print_x86_v4(char *out, const double *values, size_t n, char separator);

#endif
