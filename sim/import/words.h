// SPDX-License-Identifier: Apache-2.0
// Words: a command line of another tool, word by word, each with its place in the text.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define IMPORT_ERROR (import_error_quark())
GQuark import_error_quark(void);

typedef enum { IMPORT_ERROR_WORD } ImportError;

typedef struct Words Words;

// Splits `text` at blanks and line ends, but for those in single or double quotes, which are taken
// away as a shell does; a quote that is not closed reaches to the end.
Words *words_new(const char *text);
void words_free(Words *words);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Words, words_free)

// The word at hand, which words_next() takes: NULL behind the last.
const char *words_peek(const Words *words);
const char *words_next(Words *words);

// Fails at the last word taken, or at the end of the text: "character 7: MESSAGE". Returns false.
bool words_fail(const Words *words, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

// The same at a word that could not be taken, for lack of one.
bool words_fail_at_end(const Words *words, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

// The next word; NULL after an error that says what is missing: "character 6: the text ends where
// WANTED should be".
const char *words_need(Words *words, const char *wanted, GError **error);
