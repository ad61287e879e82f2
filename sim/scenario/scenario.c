// SPDX-License-Identifier: Apache-2.0
// Loads a scenario: reads the file, has each section read by its own file in a fixed order, then
// completes what follows from the whole.
#include "sim/scenario/scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/quote.h"
#include "sim/scenario/address.h"
#include "sim/scenario/expect_spec.h"
#include "sim/scenario/loader.h"
#include "sim/scenario/preset.h"
#include "sim/scenario/timeline_spec.h"
#include "sim/scenario/variables.h"

enum {
    SCENARIO_MAX_BYTES = 16 * 1024 * 1024,
    SCENARIO_NAME_MAX_BYTES = 63,
};

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static const ParamSpec scenario_params[] = {
    {.name = "seed",
     .type = PARAM_COUNT,
     .offset = offsetof(Scenario, seed),
     .fallback = "1",
     .summary = "the same seed, the same fate for every frame"},
    {.name = "duration",
     .type = PARAM_DURATION,
     .offset = offsetof(Scenario, duration_ns),
     .min = UINT64_C(1000000),
     .max = UINT64_C(31622400) * 1000000000,
     .summary = "how long the run lasts; without it until its tasks have ended"},
    {.name = "memory",
     .type = PARAM_SIZE,
     .offset = offsetof(Scenario, memory_bytes),
     .min = UINT64_C(1000000),
     .max = UINT64_C(16000) * 1000000000, // twice that is reserved, of 47 bits
     .summary = "how much frames may take up; without it a quarter of the machine's memory"},
    PARAM_END,
};

char *node_where(const NodeSpec *node, const char *key)
{
    return key != NULL ? g_strdup_printf("nodes.%s.%s", node->name, key)
                       : g_strdup_printf("nodes.%s", node->name);
}

char *link_where(const Loader *loader, const LinkSpec *link)
{
    guint index = 0;

    g_ptr_array_find(loader->scenario->links, link, &index);
    return g_strdup_printf("links[%u]", index);
}

bool name_check(const Spot *spot, const char *name, size_t max_bytes)
{
    g_autofree char *quote = NULL;

    if (*name != '\0' && strchr(NAME_LETTERS, *name) != NULL && strlen(name) <= max_bytes &&
        strspn(name, NAME_LETTERS "_.-") == strlen(name))
        return true;
    quote = quote_new(name);
    spot_error(spot,
               "%s is no name: write letters, digits, _ . and -, up to %zu, a letter or digit "
               "first",
               quote, max_bytes);
    return false;
}

NodeDraft *loader_draft(const Loader *loader, const NodeSpec *node)
{
    return g_hash_table_lookup(loader->draft_of, node);
}

NodeSpec *loader_find_node(const Loader *loader, const Spot *spot, const char *name)
{
    NodeSpec *node = scenario_node(loader->scenario, name);
    g_autoptr(GPtrArray) names = NULL;

    if (node != NULL)
        return node;
    names = g_ptr_array_new();
    for (guint i = 0; i < loader->scenario->nodes->len && !problems_are_many(spot->problems); i++)
        g_ptr_array_add(names, ((NodeSpec *)g_ptr_array_index(loader->scenario->nodes, i))->name);
    g_ptr_array_add(names, NULL);
    spot_error_unknown(spot, "node", name, (const char *const *)names->pdata);
    return NULL;
}

LinkSpec *loader_find_link(const Loader *loader, const Spot *spot, const char *name)
{
    LinkSpec *link = scenario_link(loader->scenario, name);
    g_autoptr(GPtrArray) names = NULL;

    if (link != NULL)
        return link;
    names = g_ptr_array_new();
    for (guint i = 0; i < loader->scenario->links->len && !problems_are_many(spot->problems); i++) {
        const LinkSpec *other = g_ptr_array_index(loader->scenario->links, i);

        if (other->name != NULL)
            g_ptr_array_add(names, other->name);
    }
    g_ptr_array_add(names, NULL);
    spot_error_unknown(spot, "link", name, (const char *const *)names->pdata);
    return NULL;
}

static void scenario_read_name(Loader *loader, const Spot *spot, void *into)
{
    const char *name = spot_text(spot, "a name");

    (void)loader;
    if (name != NULL && name_check(spot, name, SCENARIO_NAME_MAX_BYTES))
        ((Scenario *)into)->name = g_strdup(name);
}

// Both were read before all else: sim/scenario/variables.c.
static void scenario_read_variables(Loader *loader, const Spot *spot, void *into)
{
    (void)loader;
    (void)spot;
    (void)into;
}

static void defaults_read(Loader *loader, const Spot *spot, void *into)
{
    static const Field fields[] = {{"node", node_defaults_read},
                                   {"link", link_defaults_read},
                                   {"task", task_defaults_read},
                                   {NULL, NULL}};
    static const Section section = {.noun = "defaults", .fields = fields};

    section_read(&section, loader, spot, into);
}

// The parts of a scenario in the order in which they must be read, whatever the file's.
static const Field scenario_parts[] = {
    {"defaults", defaults_read}, {"nodes", nodes_read}, {"links", links_read},
    {"fidelity", fidelity_read}, {"tasks", tasks_read}, {"timeline", timeline_read},
    {"capture", captures_read},  {"fates", fates_read}, {"artifacts", artifacts_read},
    {"expect", expect_read},     {NULL, NULL},
};
static const char *const scenario_part_names[] = {"defaults",  "nodes",    "links",   "fidelity",
                                                  "tasks",     "timeline", "capture", "fates",
                                                  "artifacts", "expect",   NULL};

// Knows the parts without reading them.
static bool scenario_is_part(Loader *loader, const Spot *spot, void *into)
{
    (void)loader;
    (void)into;
    return g_strv_contains(scenario_part_names, spot->key);
}

// What follows from nodes and links together.
static void scenario_complete(Loader *loader)
{
    g_autoptr(Segments) segments = segments_new(loader->scenario);

    wiring_complete(loader, segments);
    addressing_complete(loader, segments);
    overlap_check(loader, segments);
    routing_complete(loader, segments);
}

static void scenario_read(Loader *loader, const Spot *root)
{
    static const Field fields[] = {{"name", scenario_read_name},
                                   {"variables", scenario_read_variables},
                                   {"matrix", scenario_read_variables},
                                   {NULL, NULL}};
    static const Section section = {.noun = "a scenario",
                                    .fields = fields,
                                    .params = scenario_params,
                                    .read_other = scenario_is_part,
                                    .other_names = scenario_part_names};
    size_t n_errors;
    guint index;

    if (!spot_is_map(root, "nodes: and links:"))
        return;
    section_read(&section, loader, root, loader->scenario);
    n_errors = problems_n_errors(loader->problems);
    if (!spot_find(root, "nodes", &index))
        spot_error(root, "there is no nodes: a scenario has nodes: and links:");
    else if (!spot_find(root, "links", &index))
        spot_error(root, "there is no links: nodes need links: that join them");
    for (const Field *part = scenario_parts; part->name != NULL; part++) {
        if (spot_find(root, part->name, &index)) {
            Spot entry = spot_entry(root, index);

            part->read(loader, &entry, loader->scenario);
        }
        if (part->read == links_read) {
            wiring_check(loader);
            addressing_place(loader);
            loader->links_are_right = problems_n_errors(loader->problems) == n_errors;
            if (loader->links_are_right)
                scenario_complete(loader);
        }
    }
}

// "labs/my lab.yaml" names "my-lab".
static char *scenario_name_of(const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    const char *start = base + strcspn(base, NAME_LETTERS);

    if (g_str_has_suffix(base, ".yaml") || g_str_has_suffix(base, ".yml"))
        *strrchr(base, '.') = '\0';
    if (*start == '\0')
        return g_strdup("scenario");
    return g_strcanon(g_strndup(start, SCENARIO_NAME_MAX_BYTES), NAME_LETTERS "_.-", '-');
}

static Scenario *scenario_new(const char *path)
{
    Scenario *scenario = g_new0(Scenario, 1);

    param_set_fallbacks(scenario_params, scenario);
    fidelity_init(&scenario->fidelity);
    artifacts_init(&scenario->artifacts);
    scenario->path = g_strdup(path);
    scenario->duration_ns = SCENARIO_UNTIL_TASKS_END_NS;
    scenario->variables = g_ptr_array_new();
    scenario->nodes = g_ptr_array_new_with_free_func((GDestroyNotify)node_spec_free);
    scenario->links = g_ptr_array_new_with_free_func((GDestroyNotify)link_spec_free);
    scenario->tasks = g_ptr_array_new_with_free_func((GDestroyNotify)task_spec_free);
    scenario->fates.links = g_ptr_array_new();
    scenario->captures = g_ptr_array_new_with_free_func((GDestroyNotify)capture_spec_free);
    scenario->timeline = timeline_spec_new();
    scenario->expectations = g_ptr_array_new_with_free_func((GDestroyNotify)expect_spec_free);
    scenario->node_by_name = g_hash_table_new(g_str_hash, g_str_equal);
    scenario->link_by_name = g_hash_table_new(g_str_hash, g_str_equal);
    scenario->task_by_name = g_hash_table_new(g_str_hash, g_str_equal);
    return scenario;
}

void scenario_free(Scenario *scenario)
{
    g_hash_table_unref(scenario->task_by_name);
    g_hash_table_unref(scenario->link_by_name);
    g_hash_table_unref(scenario->node_by_name);
    g_ptr_array_unref(scenario->expectations);
    timeline_spec_free(scenario->timeline);
    g_clear_pointer(&scenario->warnings, g_ptr_array_unref);
    g_free(scenario->fates.file);
    g_ptr_array_unref(scenario->fates.links);
    g_ptr_array_unref(scenario->captures);
    g_ptr_array_unref(scenario->tasks);
    g_ptr_array_unref(scenario->links);
    g_ptr_array_unref(scenario->nodes);
    g_ptr_array_unref(scenario->variables);
    g_free(scenario->combination);
    g_free(scenario->path);
    g_free(scenario->name);
    g_free(scenario);
}

NodeSpec *scenario_node(const Scenario *scenario, const char *name)
{
    return g_hash_table_lookup(scenario->node_by_name, name);
}

LinkSpec *scenario_link(const Scenario *scenario, const char *name)
{
    return g_hash_table_lookup(scenario->link_by_name, name);
}

char *loader_path(const Loader *loader, const char *name)
{
    g_autofree char *folder = g_path_get_dirname(loader->scenario->path);

    return g_path_is_absolute(name) ? g_strdup(name) : g_build_filename(folder, name, NULL);
}

// Reads the whole document into `scenario`.
static void scenario_fill(Scenario *scenario, const Document *document, Problems *problems,
                          SectionWitness witness, void *witness_data)
{
    g_autoptr(NodeSpec) default_node = node_spec_new();
    g_autoptr(NodeDraft) node_defaults = node_draft_new(default_node, NULL);
    g_autoptr(LinkConfig) forward_defaults = link_config_new();
    g_autoptr(LinkConfig) reverse_defaults = link_config_new();
    g_autoptr(GHashTable) presets =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)preset_free);
    g_autoptr(TaskSpec) task_defaults = task_spec_new();
    g_autoptr(GPtrArray) drafts = g_ptr_array_new_with_free_func((GDestroyNotify)node_draft_free);
    g_autoptr(GHashTable) draft_of = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) interfaces = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) objects =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)param_object_unref);
    g_autofree const char **link_keys = link_config_key_names();
    Loader loader = {
        .scenario = scenario,
        .problems = problems,
        .drafts = drafts,
        .draft_of = draft_of,
        .interfaces = interfaces,
        .presets = presets,
        .objects = objects,
        .link_keys = link_keys,
        .node_defaults = node_defaults,
        .link_defaults = {forward_defaults, reverse_defaults},
        .task_defaults = task_defaults,
        .witness = witness,
        .witness_data = witness_data,
    };
    Spot root = spot_root(document_root(document), problems);

    scenario_read(&loader, &root);
    if (scenario->name == NULL)
        scenario->name = scenario_name_of(scenario->path);
}

static Scenario *scenario_parse_into(const char *path, const char *text, size_t length_bytes,
                                     const char *const *choices, Problems *problems)
{
    g_autoptr(Scenario) scenario = scenario_new(path);
    g_autoptr(Document) document = document_parse(text, length_bytes, problems);

    if (document != NULL &&
        variables_apply(document, choices, problems, scenario->variables, &scenario->combination))
        scenario_fill(scenario, document, problems, NULL, NULL);
    if (problems_n_errors(problems) > 0)
        return NULL;
    scenario->warnings = problems_warnings(problems);
    return g_steal_pointer(&scenario);
}

Scenario *scenario_parse_chosen(const char *path, const char *text, size_t length_bytes,
                                const char *const *choices, char **errors)
{
    g_autoptr(Problems) problems = problems_new(path);
    Scenario *scenario = scenario_parse_into(path, text, length_bytes, choices, problems);

    *errors = scenario == NULL ? problems_format(problems) : NULL;
    return scenario;
}

static char *file_too_large(void)
{
    return g_strdup_printf("is larger than %d MiB: no scenario needs that",
                           SCENARIO_MAX_BYTES / 1024 / 1024);
}

// Reads all of `fd`, which may be a pipe, up to the largest scenario; else says why not.
static char *file_read_fd(int fd, GByteArray *bytes)
{
    uint8_t block[64 * 1024];
    struct stat status;

    if (fstat(fd, &status) < 0)
        return g_strdup_printf("cannot be read: fstat: %s", g_strerror(errno));
    if (S_ISDIR(status.st_mode))
        return g_strdup("is a directory: name a scenario file in it");
    if (S_ISREG(status.st_mode) && status.st_size > SCENARIO_MAX_BYTES)
        return file_too_large();
    for (;;) {
        ssize_t n_bytes = read(fd, block, sizeof block);

        if (n_bytes < 0 && errno == EINTR)
            continue;
        if (n_bytes < 0)
            return g_strdup_printf("cannot be read: read: %s", g_strerror(errno));
        if (n_bytes == 0)
            return NULL;
        g_byte_array_append(bytes, block, (guint)n_bytes);
        if (bytes->len > SCENARIO_MAX_BYTES)
            return file_too_large();
    }
}

static char *file_read(const char *path, GByteArray *bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *reason;

    if (fd < 0)
        return g_strdup_printf("cannot be read: open: %s", g_strerror(errno));
    reason = file_read_fd(fd, bytes);
    close(fd);
    return reason;
}

const char *scenario_path(const char *name)
{
    return strcmp(name, "-") == 0 ? "stdin" : name;
}

char *scenario_read_file(const char *name, size_t *length_bytes, char **errors)
{
    GByteArray *bytes = g_byte_array_new();
    g_autofree char *reason =
        strcmp(name, "-") == 0 ? file_read_fd(STDIN_FILENO, bytes) : file_read(name, bytes);

    if (reason != NULL) {
        *errors = g_strdup_printf("%s: %s\n", scenario_path(name), reason);
        g_byte_array_unref(bytes);
        return NULL;
    }
    *length_bytes = bytes->len;
    g_byte_array_append(bytes, (const guint8 *)"", 1);
    return (char *)g_byte_array_free(bytes, FALSE);
}

char *scenario_tell_sections(const char *path, const char *text, SectionWitness witness, void *data)
{
    g_autoptr(Scenario) scenario = scenario_new(path);
    g_autoptr(Problems) problems = problems_new(path);
    g_autoptr(Document) document = document_parse(text, strlen(text), problems);

    if (document != NULL &&
        variables_apply(document, NULL, problems, scenario->variables, &scenario->combination))
        scenario_fill(scenario, document, problems, witness, data);
    return problems_n_errors(problems) > 0 ? problems_format(problems) : NULL;
}

Scenario *scenario_parse(const char *path, const char *text, size_t length_bytes, char **errors)
{
    return scenario_parse_chosen(path, text, length_bytes, NULL, errors);
}

Scenario *scenario_load_chosen(const char *name, const char *const *choices, char **errors)
{
    size_t length_bytes;
    g_autofree char *text = scenario_read_file(name, &length_bytes, errors);

    return text != NULL
               ? scenario_parse_chosen(scenario_path(name), text, length_bytes, choices, errors)
               : NULL;
}

Scenario *scenario_load(const char *name, char **errors)
{
    return scenario_load_chosen(name, NULL, errors);
}
