/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/page.h"

#include "report/embedded.h"

static void put_head(wbi_writer *w, const char *title)
{
    wbi_put(w, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
               "img-src data:; script-src 'sha256-");
    wbi_put(w, wbi_embedded_sort_js_sha256);
    wbi_put(w, "'; base-uri 'none'; form-action 'none'\"/>\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
               "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
               "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
               "<link rel=\"icon\" href=\"data:,\"/>\n<title>");
    wbi_put_text(w, title);
    wbi_put(w, "</title>\n<style>");
    wbi_put(w, wbi_embedded_chart_css);
    wbi_put(w, wbi_embedded_page_css);
    wbi_put(w, "</style>\n</head>\n");
}

static void put_contents(wbi_writer *w, const wb_report_parts *parts)
{
    size_t n;
    const wbi_section *sections = wbi_sections(&n);
    wbi_put(w, "<nav aria-label=\"Contents\"><ul>\n");
    for (size_t i = 0; i < n; i++)
        if (sections[i].has(parts))
            wbi_putf(w, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id, sections[i].title);
    wbi_put(w, "</ul></nav>\n");
}

static void put_section(wbi_writer *w, const wb_report_parts *parts, const wbi_section *section)
{
    wbi_putf(w, "<section id=\"%s\" aria-labelledby=\"%s-heading\">\n<h2 id=\"%s-heading\">%s</h2>\n", section->id, section->id,
             section->id, section->title);
    section->put(w, parts);
    wbi_put(w, "</section>\n");
}

/* The summary is of a model; a page of a readout alone says what there is to say in its section. */
static bool is_of_readout(const wb_report_parts *parts)
{
    return parts->readout != NULL && parts->model == NULL && parts->evaluation == NULL;
}

void wbi_page_write(wbi_writer *w, const wb_report_parts *parts)
{
    const char *title = parts->title != NULL ? parts->title : "winback report";
    size_t n;
    const wbi_section *sections = wbi_sections(&n);
    put_head(w, title);
    wbi_put(w, "<body>\n<header><h1>");
    wbi_put_text(w, title);
    wbi_put(w, "</h1></header>\n<main>\n");
    if (!is_of_readout(parts))
        wbi_put_summary(w, parts);
    put_contents(w, parts);
    for (size_t i = 0; i < n; i++)
        if (sections[i].has(parts))
            put_section(w, parts, &sections[i]);
    wbi_put(w, "</main>\n<script>");
    wbi_put(w, wbi_embedded_sort_js);
    wbi_put(w, "</script>\n</body>\n</html>\n");
}
