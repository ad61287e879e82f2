// SPDX-License-Identifier: Apache-2.0
// Places are counted in characters from 1, as a person points at them.
#include "sim/import/words.h"

#include <string.h>

G_DEFINE_QUARK(import - error - quark, import_error)

#define WORD_BLANKS " \t\r\n"

typedef struct {
    char *text;
    glong column;
} Word;

struct Words {
    GArray *words; // of Word
    guint next;
    glong end_column;
};

static void word_clear(void *item)
{
    g_free(((Word *)item)->text);
}

// Reads one word from `*at`, which is moved behind it.
static char *word_read(const char **at)
{
    GString *word = g_string_new(NULL);
    char quote = '\0';

    for (; **at != '\0' && (quote != '\0' || strchr(WORD_BLANKS, **at) == NULL); (*at)++) {
        if (quote != '\0' ? **at == quote : **at == '"' || **at == '\'')
            quote = quote != '\0' ? '\0' : **at;
        else
            g_string_append_c(word, **at);
    }
    return g_string_free(word, FALSE);
}

Words *words_new(const char *text)
{
    Words *self = g_new0(Words, 1);
    g_autofree char *whole = g_utf8_make_valid(text, -1);
    const char *at = whole;

    self->words = g_array_new(FALSE, FALSE, sizeof(Word));
    g_array_set_clear_func(self->words, word_clear);
    for (at += strspn(at, WORD_BLANKS); *at != '\0'; at += strspn(at, WORD_BLANKS)) {
        Word word = {.column = g_utf8_pointer_to_offset(whole, at) + 1};

        word.text = word_read(&at);
        g_array_append_val(self->words, word);
    }
    self->end_column = g_utf8_strlen(whole, -1) + 1;
    return self;
}

void words_free(Words *self)
{
    g_array_unref(self->words);
    g_free(self);
}

const char *words_peek(const Words *self)
{
    return self->next < self->words->len ? g_array_index(self->words, Word, self->next).text : NULL;
}

const char *words_next(Words *self)
{
    const char *text = words_peek(self);

    if (text != NULL)
        self->next++;
    return text;
}

G_GNUC_PRINTF(3, 0)
static bool words_fail_in(GError **error, glong column, const char *format, va_list arguments)
{
    g_autofree char *message = g_strdup_vprintf(format, arguments);

    g_set_error(error, IMPORT_ERROR, IMPORT_ERROR_WORD, "character %ld: %s", column, message);
    return false;
}

bool words_fail(const Words *self, GError **error, const char *format, ...)
{
    glong column =
        self->next > 0 ? g_array_index(self->words, Word, self->next - 1).column : self->end_column;
    va_list arguments;

    va_start(arguments, format);
    words_fail_in(error, column, format, arguments);
    va_end(arguments);
    return false;
}

bool words_fail_at_end(const Words *self, GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    words_fail_in(error, self->end_column, format, arguments);
    va_end(arguments);
    return false;
}

const char *words_need(Words *self, const char *wanted, GError **error)
{
    const char *text = words_next(self);

    if (text == NULL)
        words_fail_at_end(self, error, "the text ends where %s should be", wanted);
    return text;
}
