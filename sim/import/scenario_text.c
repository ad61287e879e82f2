// SPDX-License-Identifier: Apache-2.0
// Puts the parts of a scenario in the order of the manual, indented, without those that are empty.
#include "sim/import/scenario_text.h"

#include <stdbool.h>

enum { TEXT_COLUMNS = 80 };

typedef struct {
    char *text;
    bool is_note;
} TextItem;

struct TextBlock {
    GArray *items; // of TextItem
};

static void text_item_clear(void *item)
{
    g_free(((TextItem *)item)->text);
}

static TextBlock *text_block_new(void)
{
    TextBlock *self = g_new0(TextBlock, 1);

    self->items = g_array_new(FALSE, FALSE, sizeof(TextItem));
    g_array_set_clear_func(self->items, text_item_clear);
    return self;
}

static void text_block_free(TextBlock *self)
{
    g_array_unref(self->items);
    g_free(self);
}

void text_block_line(TextBlock *self, const char *format, ...)
{
    TextItem item = {.is_note = false};
    va_list arguments;

    va_start(arguments, format);
    item.text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_array_append_val(self->items, item);
}

void text_block_note(TextBlock *self, const char *format, ...)
{
    TextItem item = {.is_note = true};
    va_list arguments;

    va_start(arguments, format);
    item.text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_array_append_val(self->items, item);
}

static void note_print(const char *text, GString *out, int indent)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    glong column = 0;

    for (char **word = words; *word != NULL; word++) {
        glong width = g_utf8_strlen(*word, -1);

        if (column > 0 && column + 1 + width > TEXT_COLUMNS) {
            g_string_append_c(out, '\n');
            column = 0;
        }
        if (column == 0) {
            g_string_append_printf(out, "%*s#", indent, "");
            column = indent + 1;
        }
        g_string_append_printf(out, " %s", *word);
        column += 1 + width;
    }
    g_string_append_c(out, '\n');
}

static void text_block_print(const TextBlock *self, GString *out, int indent)
{
    for (guint i = 0; i < self->items->len; i++) {
        const TextItem *item = &g_array_index(self->items, TextItem, i);

        if (item->is_note)
            note_print(item->text, out, indent);
        else
            g_string_append_printf(out, "%*s%s\n", indent, "", item->text);
    }
}

// The heading and the block below it, unless that is empty.
static void section_print(const char *heading, const TextBlock *block, GString *out, int indent)
{
    if (block->items->len == 0)
        return;
    g_string_append(out, heading);
    text_block_print(block, out, indent);
}

ScenarioText *scenario_text_new(void)
{
    ScenarioText *self = g_new(ScenarioText, 1);

    *self = (ScenarioText){
        .head = text_block_new(),
        .top = text_block_new(),
        .nodes = text_block_new(),
        .link = text_block_new(),
        .reverse = text_block_new(),
        .faults = text_block_new(),
        .links = text_block_new(),
        .timeline = text_block_new(),
        .tasks = text_block_new(),
    };
    return self;
}

void scenario_text_free(ScenarioText *self)
{
    text_block_free(self->head);
    text_block_free(self->top);
    text_block_free(self->nodes);
    text_block_free(self->link);
    text_block_free(self->reverse);
    text_block_free(self->faults);
    text_block_free(self->links);
    text_block_free(self->timeline);
    text_block_free(self->tasks);
    g_free(self);
}

char *scenario_text_quote(const char *text)
{
    GString *quote = g_string_new("\"");

    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_printf(quote, "\\%c", *text);
        else if (g_ascii_iscntrl(*text))
            g_string_append_printf(quote, "\\x%02x", (unsigned)*text);
        else
            g_string_append_c(quote, *text);
    }
    g_string_append_c(quote, '"');
    return g_string_free(quote, FALSE);
}

char *scenario_text_value(const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.%/_";

    return *text != '\0' && *text != '%' && text[strspn(text, plain)] == '\0'
               ? g_strdup(text)
               : scenario_text_quote(text);
}

char *scenario_text_print(const ScenarioText *self)
{
    GString *out = g_string_new(NULL);
    gsize link_start;

    text_block_print(self->head, out, 0);
    section_print("\n", self->top, out, 0);
    section_print("\nnodes:\n", self->nodes, out, 2);
    g_string_append(out, "\nlinks:\n");
    link_start = out->len;
    text_block_print(self->link, out, 4);
    section_print("    reverse:\n", self->reverse, out, 6);
    section_print("    faults:\n", self->faults, out, 6);
    out->str[link_start + 2] = '-'; // the link is an item of the list: "  - endpoints: …"
    text_block_print(self->links, out, 2);
    section_print("\ntimeline:\n", self->timeline, out, 2);
    section_print("\ntasks:\n", self->tasks, out, 2);
    return g_string_free(out, FALSE);
}
