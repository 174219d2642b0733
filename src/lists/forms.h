/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a target wants a value to be written. */
#ifndef WINBACK_LISTS_FORMS_H
#define WINBACK_LISTS_FORMS_H

#include "base/buffer.h"
#include "base/text.h"

typedef enum wbi_list_form {
    WBI_LIST_FORM_TEXT = 0,     /* as it is */
    WBI_LIST_FORM_NUMBER,       /* as it is, and never guarded */
    WBI_LIST_FORM_EMAIL_TEXT,   /* without blanks around it; empty when it begins as a formula does */
    WBI_LIST_FORM_EMAIL,        /* normalised; empty when no target takes it */
    WBI_LIST_FORM_PHONE,        /* E.164 with '+'; as it is when it is no number that can be dialled */
    WBI_LIST_FORM_DIALLED,      /* E.164 with '+', else empty */
    WBI_LIST_FORM_CONSENT,      /* Klaviyo's words */
    WBI_LIST_FORM_COUNTRY,      /* two capitals, else empty */
    WBI_LIST_FORM_ZIP,          /* without blanks at its ends */
    WBI_LIST_FORM_EMAIL_HASH,
    WBI_LIST_FORM_PLUS_HASH,    /* of the phone number with '+' */
    WBI_LIST_FORM_DIGITS_HASH,  /* of the phone number without */
    WBI_LIST_FORM_SOLID_HASH,   /* Google's names: lower case, no blanks */
    WBI_LIST_FORM_NAME_HASH,    /* Meta's: lower case, no punctuation */
    WBI_LIST_FORM_COUNTRY_HASH, /* two small letters */
    WBI_LIST_FORM_ZIP_HASH,     /* lower case, no blanks, up to a '-' */
} wbi_list_form;

/* Sets `out` to the value in that form; empty when it is missing or not what the form wants. `phone_country` as in
 * wbi_phone_digits. */
WB_WARN_UNUSED wb_status wbi_list_form_write(wbi_buffer *out, wbi_list_form form, wbi_str value, const char *phone_country,
                                             wb_error *err);

#endif
