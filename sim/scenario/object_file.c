// SPDX-License-Identifier: Apache-2.0
// Files that a scenario names: tables, traces, patterns.
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "core/quote.h"
#include "sim/scenario/loader.h"

// Why a path cannot be read as a file, or NULL: a device has no end, and a directory no text.
static const char *path_refusal(const char *name, const char *path)
{
    struct stat status;

    if (*name == '\0')
        return "no name of a file";
    if (stat(path, &status) != 0)
        return g_strerror(errno);
    if (S_ISDIR(status.st_mode))
        return "it is a directory";
    return S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode) ? NULL
                                                               : "it is a device and no file";
}

// The whole text, of `n_bytes`, with a NUL behind it and no other in it. NULL after an error.
static char *file_text(const Spot *spot, const char *path, const ParamObjectClass *class,
                       gsize *n_bytes)
{
    const char *name = spot->value->text;
    g_autofree char *quote = quote_new(name);
    const char *refusal = path_refusal(name, path);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    const char *end;
    unsigned line = 1;

    if (refusal == NULL && !g_file_get_contents(path, &text, n_bytes, &error))
        refusal = error->message;
    if (refusal != NULL) {
        spot_error(spot, "%s: %s: write the name of a file with %s", quote, refusal, class->noun);
        return NULL;
    }
    end = text + strlen(text);
    if (end == text + *n_bytes)
        return g_steal_pointer(&text);
    for (const char *at = text; at < end; at++)
        line += *at == '\n';
    spot_error(spot, "%s:%u: is no text: expected %s", name, line, class->noun);
    return NULL;
}

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
    text = file_text(spot, path, class, &n_bytes);
    if (text == NULL)
        return NULL;
    object = param_object_new(class, name, text, n_bytes, &error);
    if (object == NULL) {
        spot_error(spot, "%s", error->message);
        return NULL;
    }
    g_hash_table_insert(loader->objects, g_steal_pointer(&id), object);
    return object;
}
