/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/json.h"

#include <math.h>
#include <stdio.h>

json_t *cli_number_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

void cli_print_json(json_t *json)
{
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}
