/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all users of GSL need. */
#ifndef WINBACK_KERNEL_GSL_H
#define WINBACK_KERNEL_GSL_H

/* Turns GSL's error handler, one static for the process that aborts by default, off; the one place that does. Any
 * number of times, from any thread. */
void wbi_disarm_gsl(void);

#endif
