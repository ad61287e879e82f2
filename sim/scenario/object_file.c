// SPDX-License-Identifier: Apache-2.0
// Files that a scenario names: tables, traces, patterns.
#include "sim/scenario/loader.h"

ParamObject *loader_object(Loader *loader, const Spot *spot, const ParamObjectClass *class)
{
    const char *name = spot->value->text;
    g_autofree char *path = loader_path(loader, name);
    g_autofree char *id = g_strdup_printf("%s %p", path, (const void *)class);
    ParamObject *object = g_hash_table_lookup(loader->objects, id);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize n_bytes;

    if (object != NULL)
        return object;
    if (!g_file_get_contents(path, &text, &n_bytes, &error)) {
        spot_error(spot, "%s: write the name of a file with %s", error->message, class->noun);
        return NULL;
    }
    object = param_object_new(class, name, text, n_bytes, &error);
    if (object == NULL) {
        spot_error(spot, "%s", error->message);
        return NULL;
    }
    g_hash_table_insert(loader->objects, g_steal_pointer(&id), object);
    return object;
}
