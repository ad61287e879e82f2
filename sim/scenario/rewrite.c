// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/rewrite.h"

#include <string.h>

#include "core/quantity.h"
#include "sim/scenario/document.h"

static const char *rewrite_obstacle(const Value *scalar, const char *old)
{
    if (scalar != NULL && scalar->is_anchored)
        return "it stands under an anchor (&), so that other places may have it too";
    if (scalar != NULL && strstr(scalar->text, "${") != NULL)
        return "its value comes from a variable";
    if (scalar == NULL || strcmp(scalar->text, old) != 0)
        return "the file does not have it there";
    return NULL;
}

char *rewrite_scalar(const char *text, SourcePosition position, const char *old, const char *value,
                     GError **error)
{
    g_autoptr(Problems) problems = problems_new("");
    g_autoptr(Document) document = document_parse(text, strlen(text), problems);
    const Value *scalar = document != NULL ? document_scalar_at(document, position) : NULL;
    const char *obstacle = rewrite_obstacle(scalar, old);
    const char *start;

    if (obstacle != NULL) {
        g_set_error_literal(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM, obstacle);
        return NULL;
    }
    start = g_utf8_offset_to_pointer(text, (glong)scalar->n_before);
    start += !scalar->is_plain && (*start == '"' || *start == '\'') ? 1 : 0;
    if (!g_str_has_prefix(start, old)) {
        g_set_error_literal(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                            "it is written with escapes or on several lines");
        return NULL;
    }
    return g_strdup_printf("%.*s%s%s", (int)(start - text), text, value, start + strlen(old));
}
