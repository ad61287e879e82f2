// SPDX-License-Identifier: Apache-2.0
// The beginning is as long as the end, which grows to twice that before its oldest lines go.
#include "sim/lab/transcript.h"

#include <stdint.h>
#include <string.h>

enum {
    WORDS_BYTES = 64, // at most, about what is left out
    PART_BYTES = (TRANSCRIPT_MAX_BYTES - WORDS_BYTES) / 2,
};

struct Transcript {
    GString *beginning;
    GString *end; // empty until the beginning is full
    uint64_t left_out_bytes;
    GString *text;
};

Transcript *transcript_new(void)
{
    Transcript *self = g_new0(Transcript, 1);

    self->beginning = g_string_new(NULL);
    self->end = g_string_new(NULL);
    self->text = g_string_new(NULL);
    return self;
}

void transcript_free(Transcript *self)
{
    g_string_free(self->beginning, TRUE);
    g_string_free(self->end, TRUE);
    g_string_free(self->text, TRUE);
    g_free(self);
}

// Whole lines, so that what stays begins with one.
static void transcript_trim(Transcript *self)
{
    const char *line_end;
    gssize n_bytes;

    if (self->end->len <= PART_BYTES)
        return;
    line_end = strchr(self->end->str + self->end->len - PART_BYTES - 1, '\n');
    n_bytes = line_end + 1 - self->end->str;
    self->left_out_bytes += (uint64_t)n_bytes;
    g_string_erase(self->end, 0, n_bytes);
}

void transcript_add(Transcript *self, const char *line)
{
    bool is_beginning =
        self->end->len == 0 && self->beginning->len + strlen(line) + 1 <= PART_BYTES;
    GString *part = is_beginning ? self->beginning : self->end;

    g_string_append(part, line);
    g_string_append_c(part, '\n');
    if (self->end->len > 2 * PART_BYTES)
        transcript_trim(self);
}

bool transcript_is_cut(const Transcript *self)
{
    return self->left_out_bytes > 0 || self->end->len > PART_BYTES;
}

const char *transcript_text(Transcript *self)
{
    if (self->end->len == 0)
        return self->beginning->str;
    transcript_trim(self);
    g_string_assign(self->text, self->beginning->str);
    if (self->left_out_bytes > 0)
        g_string_append_printf(self->text, "[%" G_GUINT64_FORMAT " bytes are left out here]\n",
                               self->left_out_bytes);
    g_string_append_len(self->text, self->end->str, (gssize)self->end->len);
    return self->text->str;
}
