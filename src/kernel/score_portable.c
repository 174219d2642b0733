/* SPDX-License-Identifier: GPL-3.0-or-later */
#define SCORE_SET  wbi_score_kernels_portable
#define SCORE_NAME "portable"
#include "kernel/score_body.h"
