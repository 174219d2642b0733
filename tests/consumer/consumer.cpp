/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/winback.h>

#include <cstdio>
#include <string>

int main()
{
    int64_t time_us = 0;
    wb_error err;

    if (std::string(wb_version()) != WB_VERSION) {
        std::fprintf(stderr, "library %s, header %s\n", wb_version(), WB_VERSION);
        return 1;
    }
    if (wb_time_parse(&time_us, "1970-01-01T01:00:00+01:00", 0, &err) != WB_OK || time_us != 0) {
        std::fprintf(stderr, "the epoch was misread\n");
        return 1;
    }
    return 0;
}
