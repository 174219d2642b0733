/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/table.h"

#include <math.h>

enum { SHORT_LETTERS = 22 };

void wbi_table_begin(wbi_writer *w, const char *caption, const char *const *headings, size_t n)
{
    wbi_put(w, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    wbi_put_text(w, caption);
    wbi_put(w, "\">\n<table class=\"sortable\">\n<caption>");
    wbi_put_text(w, caption);
    wbi_put(w, "</caption>\n<thead><tr>");
    for (size_t i = 0; i < n; i++) {
        const bool is_number = headings[i][0] == '#', is_sentence = headings[i][0] == '>';
        wbi_putf(w, "<th scope=\"col\"%s>", is_number ? " class=\"n\"" : is_sentence ? " class=\"below\"" : "");
        wbi_put_text(w, headings[i] + (is_number || is_sentence));
        wbi_put(w, "</th>");
    }
    wbi_put(w, "</tr></thead>\n<tbody>\n");
}

void wbi_table_end(wbi_writer *w)
{
    wbi_put(w, "</tbody></table></div>\n");
}

/* Not to be broken into lines. */
static bool is_short(const char *text)
{
    return text == NULL || wbi_text_letters(text) <= SHORT_LETTERS;
}

void wbi_row_begin(wbi_writer *w, const char *name)
{
    wbi_put(w, is_short(name) ? "<tr><th scope=\"row\" class=\"s\"><bdi>" : "<tr><th scope=\"row\"><bdi>");
    wbi_put_name(w, name);
    wbi_put(w, "</bdi></th>");
}

void wbi_row_end(wbi_writer *w)
{
    wbi_put(w, "</tr>\n");
}

void wbi_cell_text(wbi_writer *w, const char *text)
{
    wbi_put(w, is_short(text) ? "<td class=\"s\">" : "<td>");
    wbi_put_name(w, text);
    wbi_put(w, "</td>");
}

void wbi_cell_sentence(wbi_writer *w, const char *text)
{
    wbi_put(w, "<td class=\"below\">");
    wbi_put_name(w, text);
    wbi_put(w, "</td>");
}

void wbi_cell(wbi_writer *w, wbi_figure shown, double value)
{
    if (isfinite(value))
        wbi_putf(w, "<td class=\"n\" data-v=\"%s\">%s</td>", wbi_fixed(value, 9).text, shown.text);
    else
        wbi_putf(w, "<td class=\"n\">%s</td>", shown.text);
}
