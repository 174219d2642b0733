/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markup in memory. Texts from data pass through wbi_put_text alone, which is where they are escaped. */
#ifndef WINBACK_REPORT_WRITER_H
#define WINBACK_REPORT_WRITER_H

#include <stdbool.h>

#include "base/buffer.h"

/* Once something failed, it does nothing more; the status is looked at in the end. */
typedef struct wbi_writer {
    wbi_buffer text;
    wb_status status;
    wb_error *err;
} wbi_writer;

wbi_writer wbi_writer_make(wb_error *err);
void wbi_writer_free(wbi_writer *w);

/* Markup of our own; never a text from data. */
void wbi_put(wbi_writer *w, const char *markup);
void wbi_putf(wbi_writer *w, const char *format, ...) WBI_PRINTF(2, 3);
/* Text, fit for the inside of an element and of an attribute in double quotes, in HTML and in XML. Control characters, marks that
 * change the direction of writing and bytes that are not UTF-8 become U+FFFD; line ends and tabs blanks. NULL is no text. */
void wbi_put_text(wbi_writer *w, const char *text);
void wbi_put_text_n(wbi_writer *w, const char *bytes, size_t n);
/* At most about so many letters wide: of longer ones the middle is left out, "orders_amo…sum_365d". */
void wbi_put_text_cut(wbi_writer *w, const char *text, size_t n_letters);
/* Likewise, and lines may break behind each underscore; for the inside of elements alone. */
void wbi_put_name(wbi_writer *w, const char *name);
/* How wide a text is in letters of a Latin script; wide ones (Han, Hangul, emoji, U+FFFD) count twice. */
size_t wbi_text_letters(const char *text);

/* A number or the like as text; used within one expression: wbi_fixed(x, 1).text. */
typedef struct wbi_figure {
    char text[160];
} wbi_figure;

/* With so many decimals (0 to 9), whatever the locale: "-1234.50"; "–" when it is not finite. */
wbi_figure wbi_fixed(double value, int decimals);
/* The same with commas and a minus sign as readers are used to: "−1,234.50". */
wbi_figure wbi_number(double value, int decimals);
/* "31.2 %" of 0.312. */
wbi_figure wbi_percent(double share, int decimals);
wbi_figure wbi_count(uint64_t n);
wbi_figure wbi_times(double value, int decimals); /* "2.9×" */
/* As many decimals as make about three digits count: 0.00123, 1.23, 123, 12,345. */
wbi_figure wbi_short(double value);
/* Of a test: "0.0314", "under 0.0001". */
wbi_figure wbi_p_value(double p);
/* "0.842 (0.836–0.848)"; without ends the value alone. */
wbi_figure wbi_with_interval(double value, double low, double high, int decimals);
/* Likewise of shares: "31.2 % (30.1–32.4 %)". */
wbi_figure wbi_percent_with_interval(double share, double low, double high, int decimals);
/* A difference of shares: "19.3"; "19.3 points (10.2–28.0)". */
wbi_figure wbi_points(double difference, int decimals);
wbi_figure wbi_points_with_interval(double difference, double low, double high, int decimals);
/* A coordinate of a picture. */
wbi_figure wbi_at(double coordinate);

#endif
