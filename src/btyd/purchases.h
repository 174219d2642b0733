/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a fitted BG/NBD model expects of a customer. Pure functions; times in the model's units. */
#ifndef WINBACK_BTYD_PURCHASES_H
#define WINBACK_BTYD_PURCHASES_H

#include "base/error.h"

typedef struct wbi_bg_nbd_model {
    double r, alpha, a, b;
} wbi_bg_nbd_model;

/* The chance that a customer has not left; 1 where x = 0. */
double wbi_bg_nbd_p_alive(const wbi_bg_nbd_model *model, double x, double t_x, double t);
/* Purchases in the next `horizon` of a customer who has not left by T. To about 1e-10 of itself. */
double wbi_bg_nbd_purchases_if_alive(const wbi_bg_nbd_model *model, double x, double t, double horizon);
/* Purchases in the next `horizon`: the product of both. */
double wbi_bg_nbd_purchases(const wbi_bg_nbd_model *model, double x, double t_x, double t, double horizon);

#endif
