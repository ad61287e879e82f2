// SPDX-License-Identifier: Apache-2.0
// The section `capture:`: interfaces and links whose frames are written to files.
#include <string.h>

#include "core/quote.h"
#include "sim/capture/capture.h"
#include "sim/scenario/loader.h"

enum {
    CAPTURE_SNAPLEN_BYTES = 262144, // the default, as of tcpdump
};

// One entry of the list: one file, or two for a link.
typedef struct {
    InterfaceSpec *interface;
    LinkSpec *link;
    char *file;
    char *filter;
    uint64_t snaplen_bytes;
    bool dropped;
} CaptureDraft;

static const ParamSpec capture_params[] = {
    {.name = "snaplen",
     .type = PARAM_SIZE,
     .offset = offsetof(CaptureDraft, snaplen_bytes),
     .min = 1,
     .max = CAPTURE_SNAPLEN_BYTES,
     .summary = "of each frame, at most so much is written"},
    {.name = "dropped",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(CaptureDraft, dropped),
     .summary = "of a link: also the frames that it drops, in a file for each reason"},
    PARAM_END,
};

static void capture_draft_clear(CaptureDraft *draft)
{
    g_free(draft->file);
    g_free(draft->filter);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CaptureDraft, capture_draft_clear)

void capture_spec_free(CaptureSpec *capture)
{
    g_free(capture->file);
    g_free(capture->filter);
    g_free(capture);
}

static void capture_find_link(Loader *loader, const Spot *spot, const char *name,
                              CaptureDraft *draft)
{
    draft->link = loader_find_link(loader, spot, name);
}

static void capture_find_interface(Loader *loader, const Spot *spot, const char *name,
                                   CaptureDraft *draft)
{
    const char *colon = strchr(name, ':');
    g_autofree char *node_name = NULL;
    g_autoptr(GPtrArray) names = NULL;
    const NodeSpec *node;

    draft->interface = g_hash_table_lookup(loader->interfaces, name);
    if (draft->interface != NULL)
        return;
    if (colon == NULL) {
        spot_error(spot, "is no interface: write \"NODE:eth0\"");
        return;
    }
    node_name = g_strndup(name, (size_t)(colon - name));
    node = loader_find_node(loader, spot, node_name);
    if (node == NULL)
        return;
    names = g_ptr_array_new();
    for (guint i = 0; i < node->interfaces->len && !problems_are_many(spot->problems); i++)
        g_ptr_array_add(names, ((InterfaceSpec *)g_ptr_array_index(node->interfaces, i))->name);
    g_ptr_array_add(names, NULL);
    spot_error_unknown(spot, "interface of that node", colon + 1,
                       (const char *const *)names->pdata);
}

static void capture_read_link(Loader *loader, const Spot *spot, void *into)
{
    const char *name = spot_text(spot, "the name of a link");

    if (name != NULL)
        capture_find_link(loader, spot, name, into);
}

static void capture_read_interface(Loader *loader, const Spot *spot, void *into)
{
    const char *name = spot_text(spot, "\"NODE:eth0\"");

    if (name != NULL)
        capture_find_interface(loader, spot, name, into);
}

static void capture_read_file(Loader *loader, const Spot *spot, void *into)
{
    const char *file = spot_text(spot, "the name of a file, or \"-\" for standard output");

    (void)loader;
    if (file != NULL && (*file == '\0' || g_str_has_suffix(file, "/")))
        spot_error(spot, "is no name of a file");
    ((CaptureDraft *)into)->file = g_strdup(file);
}

static void capture_read_filter(Loader *loader, const Spot *spot, void *into)
{
    const char *filter = spot_text(spot, "an expression of pcap-filter(7), as \"udp port 53\"");

    (void)loader;
    ((CaptureDraft *)into)->filter = g_strdup(filter);
}

static const Field capture_fields[] = {
    {"link", capture_read_link},
    {"interface", capture_read_interface},
    {"file", capture_read_file},
    {"filter", capture_read_filter},
    {NULL, NULL},
};

static const Section capture_section = {
    .noun = "a capture", .fields = capture_fields, .params = capture_params};

// The file of one interface: the one given (for the two ends of a link with the node's name before
// the ending), else LINK.NODE.pcap or NODE-INTERFACE.pcap.
static char *capture_file(const CaptureDraft *draft, const InterfaceSpec *interface)
{
    const char *ending;

    if (draft->file == NULL && draft->link != NULL)
        return g_strdup_printf("%s.%s.pcap", draft->link->name, interface->node->name);
    if (draft->file == NULL)
        return g_strdup_printf("%s-%s.pcap", interface->node->name, interface->name);
    if (draft->link == NULL)
        return g_strdup(draft->file);
    ending = strrchr(draft->file, '.');
    if (ending == NULL || strchr(ending, '/') != NULL)
        ending = draft->file + strlen(draft->file);
    return g_strdup_printf("%.*s.%s%s", (int)(ending - draft->file), draft->file,
                           interface->node->name, ending);
}

// A file for each reason is named after what is in front of the ending.
static char *capture_dropped_file(const CaptureDraft *draft)
{
    const char *file = draft->file != NULL ? draft->file : draft->link->name;
    size_t n_bytes = strlen(file) - (g_str_has_suffix(file, ".pcap") ? strlen(".pcap") : 0);

    return g_strdup_printf("%.*s.dropped", (int)n_bytes, file);
}

static void capture_add_dropped(const Spot *spot, Scenario *scenario, const CaptureDraft *draft)
{
    CaptureSpec *capture = g_new0(CaptureSpec, 1);

    *capture = (CaptureSpec){
        .link = draft->link,
        .file = capture_dropped_file(draft),
        .filter = g_strdup(draft->filter),
        .snaplen_bytes = (uint32_t)draft->snaplen_bytes,
        .position = spot->value->position,
    };
    g_ptr_array_add(scenario->captures, capture);
}

static void capture_add(const Spot *spot, Scenario *scenario, GHashTable *files,
                        const CaptureDraft *draft, InterfaceSpec *interface)
{
    CaptureSpec *capture = g_new0(CaptureSpec, 1);
    const CaptureSpec *other;

    *capture = (CaptureSpec){
        .interface = interface,
        .file = capture_file(draft, interface),
        .filter = g_strdup(draft->filter),
        .snaplen_bytes = (uint32_t)draft->snaplen_bytes,
        .position = spot->value->position,
    };
    g_ptr_array_add(scenario->captures, capture);
    other = g_hash_table_lookup(files, capture->file);
    if (other != NULL)
        spot_error(spot, "writes to %s, as the capture in line %zu: give it a file: of its own",
                   capture->file, other->position.line);
    else
        g_hash_table_insert(files, capture->file, capture);
}

// The devices at both ends of a link are of one kind, or the link is an error by itself.
static void capture_check_filter(const Spot *spot, const CaptureDraft *draft)
{
    const InterfaceSpec *interface =
        draft->interface != NULL ? draft->interface : draft->link->ends[0];
    bool is_tun = interface != NULL && interface->node->device == DEVICE_TUN;
    g_autoptr(GError) error = NULL;

    if (draft->filter != NULL &&
        !capture_filter_check(is_tun ? CAPTURE_RAW_IP : CAPTURE_ETHERNET, draft->filter, &error))
        spot_error(spot, "filter: %s", error->message);
}

static void capture_read(Loader *loader, const Spot *spot, Scenario *scenario, GHashTable *files)
{
    g_auto(CaptureDraft) draft = {.snaplen_bytes = CAPTURE_SNAPLEN_BYTES};
    size_t n_errors = problems_n_errors(spot->problems);
    guint index;

    if (spot->value->kind == VALUE_SCALAR) {
        const char *name = spot_text(spot, "the name of a link, or {interface: \"NODE:eth0\"}");

        if (name != NULL && strchr(name, ':') != NULL)
            capture_find_interface(loader, spot, name, &draft);
        else if (name != NULL)
            capture_find_link(loader, spot, name, &draft);
    } else if (spot_is_map(spot, "the name of a link, or {interface: \"NODE:eth0\"}")) {
        section_read(&capture_section, loader, spot, &draft);
        if (spot_find(spot, "link", &index) == spot_find(spot, "interface", &index))
            spot_error(spot, "needs one of link: and interface:");
        else if (draft.dropped && draft.link == NULL)
            spot_error(spot, "dropped: an interface drops nothing: capture a link:");
    }
    if (problems_n_errors(spot->problems) > n_errors)
        return;
    capture_check_filter(spot, &draft);
    if (draft.interface != NULL) {
        capture_add(spot, scenario, files, &draft, draft.interface);
    } else if (draft.file != NULL && strcmp(draft.file, "-") == 0) {
        spot_error(spot, "a link has two ends and standard output is one: capture an interface:");
    } else {
        for (unsigned end = 0; end < 2; end++) {
            if (draft.link->ends[end] != NULL)
                capture_add(spot, scenario, files, &draft, draft.link->ends[end]);
        }
        if (draft.dropped)
            capture_add_dropped(spot, scenario, &draft);
    }
}

void captures_read(Loader *loader, const Spot *spot, void *scenario)
{
    g_autoptr(GHashTable) files = g_hash_table_new(g_str_hash, g_str_equal);

    if (!spot_is_list(spot, "[LINK] or [{interface: \"NODE:eth0\"}]"))
        return;
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);

        capture_read(loader, &item, scenario, files);
    }
}
