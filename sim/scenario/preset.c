// SPDX-License-Identifier: Apache-2.0
// Reads the presets that stand in the program. That each is well-formed is a matter of the build.
#include "sim/scenario/preset.h"

#include <string.h>

#include "sim/presets/presets.h"

static const Value *preset_entry(const Preset *self, const char *key, ValueKind kind)
{
    const GArray *entries = document_root(self->document)->entries;

    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = &g_array_index(entries, Entry, i);

        if (strcmp(entry->key->text, key) == 0 && entry->value->kind == kind)
            return entry->value;
    }
    g_error("the preset %s has no %s", self->name, key);
}

static const char *preset_text(const Preset *self, const char *key)
{
    return preset_entry(self, key, VALUE_SCALAR)->text;
}

static Preset *preset_parse(const PresetText *text)
{
    g_autoptr(Problems) problems = problems_new(text->name);
    Preset *self = g_new0(Preset, 1);

    self->name = text->name;
    self->document = document_parse(text->yaml, strlen(text->yaml), problems);
    if (self->document == NULL) {
        g_autofree char *errors = problems_format(problems);

        g_error("a preset is wrong: %s", errors);
    }
    self->summary = preset_text(self, "summary");
    self->source = preset_text(self, "source");
    self->url = preset_text(self, "url");
    self->date = preset_text(self, "date");
    self->note = preset_text(self, "note");
    self->up = preset_entry(self, "up", VALUE_MAP);
    self->down = preset_entry(self, "down", VALUE_MAP);
    return self;
}

Preset *preset_new(const char *name)
{
    for (const PresetText *text = preset_texts; text->name != NULL; text++) {
        if (strcmp(text->name, name) == 0)
            return preset_parse(text);
    }
    return NULL;
}

void preset_free(Preset *self)
{
    document_free(self->document);
    g_free(self);
}

const char **preset_names(void)
{
    GPtrArray *names = g_ptr_array_new();

    for (const PresetText *text = preset_texts; text->name != NULL; text++)
        g_ptr_array_add(names, (gpointer)text->name);
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}
