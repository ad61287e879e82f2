// SPDX-License-Identifier: Apache-2.0
// Transcript: what a task has printed; of much, its beginning and its end.
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { TRANSCRIPT_MAX_BYTES = 1 << 20 }; // of its text

typedef struct Transcript Transcript;

Transcript *transcript_new(void);
void transcript_free(Transcript *transcript);

// A line without its end, UTF-8, shorter than a quarter of what is kept.
void transcript_add(Transcript *transcript, const char *line);

// Whether lines were left out.
bool transcript_is_cut(const Transcript *transcript);

// All lines, each with its end; where some are left out, a line instead that says how many bytes
// they had. Valid until the next line is added.
const char *transcript_text(Transcript *transcript);
