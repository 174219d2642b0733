/* SPDX-License-Identifier: GPL-3.0-or-later */
/* write_reports DIR: pages and pictures of made-up results, for a browser to look at. */
#include <stdbool.h>
#include <stdio.h>

#include "report_testing.h"

static int failed(wb_status status, const wb_error *err)
{
    char text[2048];
    if (status != WB_OK)
        fprintf(stderr, "%s\n", wb_error_text(err, text, sizeof text));
    return status != WB_OK;
}

static int write_all(const char *folder, const char *name, const wb_report_parts *parts)
{
    char path[4096];
    wb_error err;
    snprintf(path, sizeof path, "%s/%s.html", folder, name);
    int bad = failed(wb_report_write(parts, path, &err), &err);
    for (size_t i = 0; wb_report_picture(i) != NULL; i++) {
        snprintf(path, sizeof path, "%s/%s-%s.svg", folder, name, wb_report_picture(i));
        bad |= failed(wb_report_write_picture(parts, wb_report_picture(i), NULL, path, &err), &err);
    }
    return bad;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    fixture *plain = make_fixture(false), *hostile = make_fixture(true);
    int bad = write_all(argv[1], "plain", &plain->parts) | write_all(argv[1], "hostile", &hostile->parts);
    free(plain);
    free(hostile);
    return bad;
}
