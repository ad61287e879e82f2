// SPDX-License-Identifier: Apache-2.0
// The section `fates:`: the file in which the fates of frames are written, and of which links.
#include <string.h>

#include "sim/scenario/loader.h"

static const char *const fates_formats[] = {"csv", "jsonl", NULL};

typedef struct {
    FatesSpec *spec;
    int format; // an index of the above
} FatesDraft;

static const ParamSpec fates_params[] = {
    {.name = "format",
     .type = PARAM_CHOICE,
     .offset = offsetof(FatesDraft, format),
     .choices = fates_formats,
     .summary = "csv, or a JSON object a line; jsonl where the file's name ends so"},
    PARAM_END,
};

static void fates_set_file(const Spot *spot, FatesDraft *draft)
{
    const char *file = spot_text(spot, "the name of a file, or \"-\" for standard output");

    if (file == NULL)
        return;
    if (*file == '\0' || g_str_has_suffix(file, "/"))
        spot_error(spot, "is no name of a file");
    draft->spec->file = g_strdup(file);
    draft->format = g_str_has_suffix(file, ".jsonl");
}

// Read before all others.
static void fates_read_file(Loader *loader, const Spot *spot, void *into)
{
    (void)loader;
    (void)spot;
    (void)into;
}

static void fates_read_links(Loader *loader, const Spot *spot, void *into)
{
    const FatesDraft *draft = into;

    if (!spot_is_list(spot, "[LINK]"))
        return;
    if (spot->value->items->len == 0)
        spot_error(spot, "is empty: name links, or leave it out for all");
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);
        const char *name = spot_text(&item, "the name of a link");
        LinkSpec *link = name != NULL ? loader_find_link(loader, &item, name) : NULL;

        if (link != NULL && g_ptr_array_find(draft->spec->links, link, NULL))
            spot_error(&item, "%s is listed already", name);
        else if (link != NULL)
            g_ptr_array_add(draft->spec->links, link);
    }
}

static const Field fates_fields[] = {
    {"file", fates_read_file},
    {"links", fates_read_links},
    {NULL, NULL},
};

static const Section fates_section = {
    .noun = "fates", .fields = fates_fields, .params = fates_params};

void fates_read(Loader *loader, const Spot *spot, void *scenario)
{
    FatesSpec *spec = &((Scenario *)scenario)->fates;
    FatesDraft draft = {.spec = spec};
    guint index;

    if (spot->value->kind == VALUE_SCALAR) {
        fates_set_file(spot, &draft);
    } else if (spot_is_map(spot, "the name of a file, or {file: fates.csv, links: [LINK]}")) {
        if (spot_find(spot, "file", &index)) {
            Spot entry = spot_entry(spot, index);

            fates_set_file(&entry, &draft);
        } else {
            spot_error(spot, "needs file: the name of the file to write");
        }
        section_read(&fates_section, loader, spot, &draft);
    }
    spec->is_jsonl = draft.format == 1;
    if (spec->links->len == 0)
        g_ptr_array_extend(spec->links, loader->scenario->links, NULL, NULL);
}

void fates_set(Scenario *scenario, const char *file)
{
    FatesSpec *spec = &scenario->fates;

    g_free(spec->file);
    spec->file = g_strdup(file);
    spec->is_jsonl = g_str_has_suffix(file, ".jsonl");
    spec->is_placed = true;
    if (spec->links->len == 0)
        g_ptr_array_extend(spec->links, scenario->links, NULL, NULL);
}
