/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all of the code takes for granted of a machine. */
#include <float.h>
#include <limits.h>
#include <stddef.h>

#if !defined __BYTE_ORDER__ || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "winback is for little-endian machines: it reads cells as words whose first byte is the lowest"
#endif

_Static_assert(CHAR_BIT == 8 && sizeof(size_t) == 8, "winback is for 64-bit machines");
_Static_assert(DBL_MANT_DIG == 53 && DBL_MAX_EXP == 1024 && FLT_EVAL_METHOD == 0,
               "winback needs IEEE doubles, computed as such");
