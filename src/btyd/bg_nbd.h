/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BG/NBD by maximum likelihood: Fader, Hardie, Lee, "Counting your customers" the easy way, Marketing Science 24(2), 2005. */
#ifndef WINBACK_BTYD_BG_NBD_H
#define WINBACK_BTYD_BG_NBD_H

#include "btyd/maximise.h"
#include "btyd/triples.h"

typedef enum wbi_bg_nbd_parameter {
    WBI_BG_NBD_R = 0,
    WBI_BG_NBD_ALPHA,
    WBI_BG_NBD_A,
    WBI_BG_NBD_B,
    WBI_BG_NBD_N
} wbi_bg_nbd_parameter;

/* The log likelihood of all customers; gradient and (NULL: not wanted) Hessian are by the logarithms of the parameters. */
WB_WARN_UNUSED wb_status wbi_bg_nbd_log_likelihood(const wbi_triples *triples, int n_threads, const double *logs, double *value,
                                                   double *gradient, double *hessian, wb_error *err);

/* values[] by wbi_bg_nbd_parameter. WB_ERR_DEGENERATE when no customer came back, or there is no maximum within the range. */
WB_WARN_UNUSED wb_status wbi_bg_nbd_fit(wbi_maximum *out, size_t *n_starts, const wbi_triples *triples, int n_threads,
                                        wb_error *err);

/* The maximum within the range, where a or b may lie at an end of it, as they do when hardly anybody seems to leave: they are held
 * there, without a standard error. WB_ERR_DEGENERATE when no customer came back, or r or alpha run to an end. */
WB_WARN_UNUSED wb_status wbi_bg_nbd_fit_within(wbi_maximum *out, const wbi_triples *triples, int n_threads, wb_error *err);

#endif
