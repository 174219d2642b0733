/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backtest/hush.h"

#include <string.h>

#include "base/hash.h"

static const char what[] = "backtest";

static void pass_message(void *user, wb_log_level level, const char *text)
{
    wbi_hush *hush = user;
    const uint64_t hash = wbi_hash_bytes(text, strlen(text));
    if (level != WB_LOG_WARNING || hush->n_said == WBI_HUSH_REMEMBERED)
        return;
    for (size_t i = 0; i < hush->n_said; i++)
        if (hush->said[i] == hash)
            return;
    hush->said[hush->n_said++] = hash;
    wbi_log(hush->to, level, "%s", text);
}

static int pass_progress(void *user, const char *inner, uint64_t done, uint64_t total)
{
    const wbi_hush *hush = user;
    (void)inner;
    (void)done;
    (void)total;
    return wbi_progress(hush->to, what, hush->done, hush->total, NULL) != WB_OK;
}

void wbi_hush_begin(wbi_hush *hush, const wb_log *to, uint64_t total)
{
    *hush = (wbi_hush){.log = {pass_message, pass_progress, hush}, .to = to, .total = total};
}

wb_status wbi_hush_add(wbi_hush *hush, uint64_t n, wb_error *err)
{
    hush->done += n;
    return wbi_progress(hush->to, what, hush->done, hush->total, err);
}
