/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/gsl.h"

#include <gsl/gsl_errno.h>
#include <pthread.h>

static void disarm(void)
{
    gsl_set_error_handler_off();
}

void wbi_disarm_gsl(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, disarm);
}
