/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/version.h>

const char *wb_version(void)
{
    return WB_VERSION;
}
