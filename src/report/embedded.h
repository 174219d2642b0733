/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of this folder that the library carries with it (winback_embed). */
#ifndef WINBACK_REPORT_EMBEDDED_H
#define WINBACK_REPORT_EMBEDDED_H

extern const char wbi_embedded_chart_css[]; /* looks of pictures, on a page and alone */
extern const char wbi_embedded_page_css[];  /* looks of the page about them */
extern const char wbi_embedded_sort_js[];   /* makes tables sort; the page can be read without */
extern const char wbi_embedded_sort_js_sha256[];

#endif
