/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/winback.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    int64_t time_us;
    wb_error err;

    if (strcmp(wb_version(), WB_VERSION) != 0) {
        fprintf(stderr, "library %s, header %s\n", wb_version(), WB_VERSION);
        return 1;
    }
    if (wb_time_parse(&time_us, "1970-01-02", 0, &err) != WB_OK || time_us != WB_DAY_US) {
        fprintf(stderr, "1970-01-02 was misread\n");
        return 1;
    }
    if (wb_time_parse(&time_us, "2023-02-29", 0, &err) != WB_ERR_MALFORMED) {
        fprintf(stderr, "2023-02-29 was taken for a date\n");
        return 1;
    }
    return 0;
}
