/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of the dates on which a customer bought, as the purchase models take them: whole local dates, those of one
 * date merged, the first not a repeat. */
#ifndef WINBACK_FEATURES_PURCHASE_DAYS_H
#define WINBACK_FEATURES_PURCHASE_DAYS_H

#include "project/project.h"

/* One such figure of `n` ascending times, seen until `end_us` (exclusive): its last date is the last that counts. NaN
 * when missing. */
double wbi_purchase_days(wbi_aggregate aggregate, const int64_t *times, size_t n, int64_t end_us, wbi_clock clock);

#endif
