// SPDX-License-Identifier: Apache-2.0
// Builds the tree from libyaml's events rather than with its composer, which looks anchors up in a
// list, knows no merge keys, and keeps duplicate keys.
//
// How it works: open lists and maps stand on a stack; an alias becomes a second reference to the
// finished value, so a value still open cannot be referred to and there are no cycles. What aliases
// and merges would expand to is counted as the tree grows and bounded ("billion laughs").
#include "sim/scenario/document.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "core/quote.h"

enum {
    DOCUMENT_MAX_DEPTH = 64,
    DOCUMENT_MAX_VALUES = 2 * 1000 * 1000,
};

struct Document {
    GPtrArray *values; // all of them, owned
    Value *root;
    bool has_mark; // a byte order mark, which libyaml would take for a column of the first line
};

// A list or map whose end has not been reached.
typedef struct {
    Value *value;
    char *anchor;  // NULL without
    guint n_older; // values of the document when it began
    Value *key;    // of a map: the key that waits for its value
    GArray *merge; // of a map: the values of `<<`, as Entry
} Level;

typedef struct {
    Document *document;
    Problems *problems;
    GHashTable *anchors; // name to Value; NULL while that value is open
    GArray *levels;      // of Level
    bool failed;
} Composer;

static void value_free(void *item)
{
    Value *value = item;

    g_free(value->text);
    g_clear_pointer(&value->items, g_ptr_array_unref);
    g_clear_pointer(&value->entries, g_array_unref);
    g_free(value);
}

static Document *document_new(void)
{
    Document *document = g_new0(Document, 1);

    document->values = g_ptr_array_new_with_free_func(value_free);
    return document;
}

void document_free(Document *document)
{
    g_ptr_array_unref(document->values);
    g_free(document);
}

const Value *document_root(const Document *document)
{
    return document->root;
}

const Value *document_scalar_at(const Document *document, SourcePosition position)
{
    for (guint i = 0; i < document->values->len; i++) {
        const Value *value = g_ptr_array_index(document->values, i);

        if (value->position.line == position.line && value->position.column == position.column &&
            value->kind == VALUE_SCALAR && *value->text != '\0')
            return value;
    }
    return NULL;
}

void document_replace(Document *document, const Value *scalar, char *text)
{
    Value *value = (Value *)scalar; // which the document owns

    (void)document;
    g_free(value->text);
    value->text = text;
    value->is_null = false;
}

static SourcePosition position_of(const yaml_mark_t *mark)
{
    return (SourcePosition){mark->line + 1, mark->column + 1};
}

static Value *document_add(Document *document, ValueKind kind, const yaml_mark_t *mark)
{
    Value *value = g_new0(Value, 1);

    value->kind = kind;
    value->n_values = 1;
    value->position = position_of(mark);
    value->n_before = mark->index + (document->has_mark ? 1 : 0);
    g_ptr_array_add(document->values, value);
    return value;
}

static Level *composer_top(Composer *composer)
{
    GArray *levels = composer->levels;

    return levels->len > 0 ? &g_array_index(levels, Level, levels->len - 1) : NULL;
}

// Where the composer stands: "links[2].queue".
static char *composer_where(const Composer *composer)
{
    GString *where = g_string_new(NULL);

    for (guint i = 0; i < composer->levels->len; i++) {
        const Level *level = &g_array_index(composer->levels, Level, i);

        if (level->value->kind == VALUE_LIST)
            g_string_append_printf(where, "[%u]", level->value->items->len);
        else if (level->key != NULL)
            g_string_append_printf(where, "%s%s", where->len > 0 ? "." : "", level->key->text);
    }
    return g_string_free(where, FALSE);
}

// An error after which the document makes no sense.
G_GNUC_PRINTF(3, 4)
static void composer_fail(Composer *composer, SourcePosition position, const char *format, ...)
{
    g_autofree char *where = composer_where(composer);
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    problems_error(composer->problems, position, where, "%s", message);
    composer->failed = true;
}

static void composer_grow(Composer *composer, Value *parent, const Value *child,
                          SourcePosition position)
{
    parent->n_values += child->n_values;
    if (parent->n_values > DOCUMENT_MAX_VALUES)
        composer_fail(composer, position,
                      "holds more than %d values once aliases are followed: no scenario needs that",
                      DOCUMENT_MAX_VALUES);
}

// Puts a finished value where it belongs: into the open list or map, or at the root.
static void composer_place(Composer *composer, Value *value, SourcePosition position)
{
    Level *level = composer_top(composer);

    if (level == NULL) {
        composer->document->root = value;
        return;
    }
    composer_grow(composer, level->value, value, position);
    if (level->value->kind == VALUE_LIST) {
        g_ptr_array_add(level->value->items, value);
    } else if (level->key == NULL && value->kind != VALUE_SCALAR) {
        composer_fail(composer, position, "a list or a map cannot be a key");
    } else if (level->key == NULL) {
        level->key = value;
    } else {
        Entry entry = {level->key, value};
        bool is_merge = level->key->is_plain && strcmp(level->key->text, "<<") == 0;

        level->key = NULL;
        g_array_append_val(is_merge ? level->merge : level->value->entries, entry);
    }
}

static void composer_anchor(Composer *composer, const char *name, Value *value)
{
    if (name != NULL)
        g_hash_table_insert(composer->anchors, g_strdup(name), value);
}

static void composer_check_tag(Composer *composer, const yaml_char_t *tag, SourcePosition position)
{
    if (tag != NULL && !g_str_has_prefix((const char *)tag, "tag:yaml.org,2002:") &&
        strcmp((const char *)tag, "!") != 0)
        composer_fail(composer, position,
                      "the tag %s has no meaning here: quote the whole value, or remove the tag",
                      (const char *)tag);
}

static void composer_scalar(Composer *composer, const yaml_event_t *event)
{
    Value *value = document_add(composer->document, VALUE_SCALAR, &event->start_mark);

    value->text = g_strndup((const char *)event->data.scalar.value, event->data.scalar.length);
    value->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    value->is_null =
        value->is_plain && (strcmp(value->text, "") == 0 || strcmp(value->text, "~") == 0 ||
                            g_ascii_strcasecmp(value->text, "null") == 0);
    composer_check_tag(composer, event->data.scalar.tag, value->position);
    if (strlen(value->text) != event->data.scalar.length)
        composer_fail(composer, value->position, "holds a NUL character");
    value->is_anchored = event->data.scalar.anchor != NULL;
    composer_anchor(composer, (const char *)event->data.scalar.anchor, value);
    composer_place(composer, value, value->position);
}

static void composer_alias(Composer *composer, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    SourcePosition position = position_of(&event->start_mark);
    void *value;

    if (!g_hash_table_lookup_extended(composer->anchors, name, NULL, &value))
        composer_fail(composer, position, "*%s: there is no anchor &%s before it", name, name);
    else if (value == NULL)
        composer_fail(composer, position, "*%s stands inside the value it stands for", name);
    else
        composer_place(composer, value, position);
}

static void composer_open(Composer *composer, ValueKind kind, const yaml_char_t *anchor,
                          const yaml_char_t *tag, const yaml_mark_t *mark)
{
    Level level = {.value = document_add(composer->document, kind, mark)};

    composer_check_tag(composer, tag, level.value->position);
    if (composer->levels->len == DOCUMENT_MAX_DEPTH) {
        composer_fail(composer, level.value->position, "is nested more than %d deep",
                      DOCUMENT_MAX_DEPTH);
        return;
    }
    if (kind == VALUE_LIST) {
        level.value->items = g_ptr_array_new();
    } else {
        level.value->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
        level.merge = g_array_new(FALSE, FALSE, sizeof(Entry));
    }
    composer_anchor(composer, (const char *)anchor, NULL);
    level.anchor = g_strdup((const char *)anchor);
    level.n_older = composer->document->values->len;
    g_array_append_val(composer->levels, level);
}

// Reports keys given twice and keeps the first of them; returns the set of all keys, by text.
static GHashTable *composer_check_keys(Composer *composer, const Value *map)
{
    GHashTable *keys = g_hash_table_new(g_str_hash, g_str_equal);
    guint n_kept = 0;

    for (guint i = 0; i < map->entries->len; i++) {
        const Entry entry = g_array_index(map->entries, Entry, i);
        const Value *first = g_hash_table_lookup(keys, entry.key->text);
        g_autofree char *where = NULL;
        g_autofree char *quote = NULL;

        if (first == NULL) {
            g_hash_table_insert(keys, entry.key->text, (gpointer)entry.key);
            g_array_index(map->entries, Entry, n_kept++) = entry;
            continue;
        }
        where = composer_where(composer);
        quote = quote_new(entry.key->text);
        problems_error(composer->problems, entry.key->position, where,
                       "the key %s is given twice, first in line %zu: keep one", quote,
                       first->position.line);
    }
    g_array_set_size(map->entries, n_kept);
    return keys;
}

static void composer_merge_map(Composer *composer, GHashTable *keys, Value *map,
                               const Value *source, SourcePosition position)
{
    if (source->kind != VALUE_MAP) {
        composer_fail(composer, position, "<<: merges a map or a list of maps, as *ANCHOR");
        return;
    }
    for (guint i = 0; i < source->entries->len; i++) {
        Entry entry = g_array_index(source->entries, Entry, i);

        if (!g_hash_table_contains(keys, entry.key->text)) {
            g_hash_table_insert(keys, entry.key->text, (gpointer)entry.key);
            g_array_append_val(map->entries, entry);
        }
    }
}

// Adds what `<<` names: a map's own keys win over merged ones, earlier merges over later ones. The
// entries were counted with the value of the `<<` key.
static void composer_merge(Composer *composer, Value *map, const GArray *merge)
{
    g_autoptr(GHashTable) keys = composer_check_keys(composer, map);

    for (guint i = 0; i < merge->len; i++) {
        const Value *source = g_array_index(merge, Entry, i).value;
        SourcePosition position = g_array_index(merge, Entry, i).key->position;

        if (i > 0)
            composer_fail(composer, position,
                          "the key \"<<\" is given twice: write <<: [*a, *b] to merge several");
        else if (source->kind != VALUE_LIST)
            composer_merge_map(composer, keys, map, source, position);
        else
            for (guint j = 0; j < source->items->len; j++)
                composer_merge_map(composer, keys, map, g_ptr_array_index(source->items, j),
                                   position);
    }
}

static void level_clear(Level *level)
{
    g_free(level->anchor);
    g_clear_pointer(&level->merge, g_array_unref);
}

static void composer_close(Composer *composer)
{
    Level level = *composer_top(composer);

    g_array_set_size(composer->levels, composer->levels->len - 1);
    if (level.value->kind == VALUE_MAP)
        composer_merge(composer, level.value, level.merge);
    composer_anchor(composer, level.anchor, level.value);
    for (guint i = level.n_older; level.anchor != NULL && i < composer->document->values->len; i++)
        ((Value *)g_ptr_array_index(composer->document->values, i))->is_anchored = true;
    level_clear(&level);
    composer_place(composer, level.value, level.value->position);
}

static void composer_take(Composer *composer, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (composer->document->root != NULL)
            composer_fail(composer, position_of(&event->start_mark),
                          "a second document starts here: a file holds one scenario");
        break;
    case YAML_SCALAR_EVENT:
        composer_scalar(composer, event);
        break;
    case YAML_ALIAS_EVENT:
        composer_alias(composer, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        composer_open(composer, VALUE_LIST, event->data.sequence_start.anchor,
                      event->data.sequence_start.tag, &event->start_mark);
        break;
    case YAML_MAPPING_START_EVENT:
        composer_open(composer, VALUE_MAP, event->data.mapping_start.anchor,
                      event->data.mapping_start.tag, &event->start_mark);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        composer_close(composer);
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
}

static SourcePosition position_at_byte(const char *text, size_t offset_bytes)
{
    SourcePosition position = {1, 1};

    for (size_t i = 0; i < offset_bytes; i++) {
        if (text[i] == '\n')
            position = (SourcePosition){position.line + 1, 1};
        else if (((unsigned char)text[i] & 0xC0) != 0x80) // the first byte of a character
            position.column++;
    }
    return position;
}

// An expectation that lacks its quotes. libyaml counts characters.
static const char *syntax_hint(const yaml_parser_t *parser, const char *text, size_t length_bytes)
{
    size_t at = 0;

    if (g_strcmp0(parser->context, "while scanning a block scalar") == 0)
        return ": quote what begins with >";
    if (g_strcmp0(parser->context, "while scanning a tag") == 0)
        return ": quote what begins with !";
    for (size_t n = 0; n < parser->problem_mark.index && at < length_bytes; n++)
        at += (size_t)(g_utf8_next_char(text + at) - (text + at));
    return at < length_bytes && text[at] == '>' ? ": quote what begins with >" : "";
}

// Whether the parser stopped at the brace of ${name}, which opens a map in YAML's flow style.
static bool text_has_variable(const char *text, size_t length_bytes, const yaml_mark_t *mark)
{
    const char *const end = text + length_bytes;
    const char *at = text;

    for (size_t i = 0; i < mark->index && at < end; i++)
        at = g_utf8_next_char(at);
    return at > text && at < end && at[-1] == '$' && *at == '{';
}

static void composer_fail_syntax(Composer *composer, const yaml_parser_t *parser, const char *text,
                                 size_t length_bytes)
{
    if (parser->error == YAML_READER_ERROR) {
        composer_fail(composer, position_at_byte(text, parser->problem_offset),
                      "is not valid YAML: %s (0x%02x)", parser->problem,
                      (unsigned)parser->problem_value);
    } else if (parser->error == YAML_MEMORY_ERROR) {
        composer_fail(composer, (SourcePosition){0, 0}, "there is no memory to read it");
    } else if (text_has_variable(text, length_bytes, &parser->problem_mark)) {
        composer_fail(composer, position_of(&parser->problem_mark),
                      "within {…} or […] a ${name} must stand in quotes: \"${name}\"");
    } else {
        composer_fail(composer, position_of(&parser->problem_mark), "is not valid YAML: %s%s%s%s",
                      parser->problem, parser->context != NULL ? ", " : "",
                      parser->context != NULL ? parser->context : "",
                      syntax_hint(parser, text, length_bytes));
    }
}

// The bytes that libyaml would not report by their place in the file.
static bool composer_check_bytes(Composer *composer, const char *text, size_t length_bytes)
{
    const char *end;
    size_t good_bytes;

    if (length_bytes == 0 || g_utf8_validate_len(text, length_bytes, &end))
        return true;
    good_bytes = (size_t)(end - text);
    if (text[good_bytes] == '\0')
        composer_fail(composer, position_at_byte(text, good_bytes),
                      "holds a NUL byte: a scenario is a text file");
    else
        composer_fail(composer, position_at_byte(text, good_bytes),
                      "is not UTF-8: the byte 0x%02x does not belong here",
                      (unsigned char)text[good_bytes]);
    return false;
}

static void composer_run(Composer *composer, const char *text, size_t length_bytes)
{
    yaml_parser_t parser;
    bool at_end = length_bytes == 0; // libyaml takes no NULL

    if (!yaml_parser_initialize(&parser))
        g_error("no memory for a YAML parser");
    if (!at_end)
        yaml_parser_set_input_string(&parser, (const unsigned char *)text, length_bytes);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    while (!composer->failed && !at_end) {
        yaml_event_t event;

        if (!yaml_parser_parse(&parser, &event)) {
            composer_fail_syntax(composer, &parser, text, length_bytes);
            break;
        }
        composer_take(composer, &event);
        at_end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

Document *document_parse(const char *text, size_t length_bytes, Problems *problems)
{
    g_autoptr(Document) document = document_new();
    g_autoptr(GHashTable) anchors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GArray) levels = g_array_new(FALSE, FALSE, sizeof(Level));
    Composer composer = {document, problems, anchors, levels, false};

    document->has_mark = length_bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    if (document->has_mark) {
        text += 3;
        length_bytes -= 3;
    }
    if (composer_check_bytes(&composer, text, length_bytes))
        composer_run(&composer, text, length_bytes);
    for (guint i = 0; i < levels->len; i++)
        level_clear(&g_array_index(levels, Level, i));
    if (composer.failed)
        return NULL;
    if (document->root == NULL) {
        problems_error(problems, (SourcePosition){1, 1}, NULL,
                       "is empty: a scenario has nodes: and links:");
        return NULL;
    }
    return g_steal_pointer(&document);
}
