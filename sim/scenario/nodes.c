// SPDX-License-Identifier: Apache-2.0
// The section `nodes:` and its defaults: hosts, switches and hubs with what each kind can be told.
#include <string.h>

#include "core/quote.h"
#include "sim/scenario/address.h"
#include "sim/scenario/loader.h"

enum {
    NODE_NAME_MAX_BYTES = 63, // of one label of a host name (RFC 1035, 2.3.4)
    NODE_MAX_SETTINGS = 256,  // of sysctl, of env
    NODE_MIN_MTU_BYTES = 576, // what every host must take (RFC 791, 3.1)
    NODE_MAX_MTU_BYTES = 9216,
};

static const char *const node_kinds[] = {
    [NODE_HOST] = "host", [NODE_SWITCH] = "switch", [NODE_HUB] = "hub", NULL};
static const char *const device_kinds[] = {[DEVICE_TAP] = "tap", [DEVICE_TUN] = "tun", NULL};
static const char *const offload_modes[] = {
    [OFFLOAD_AUTO] = "auto", [OFFLOAD_CHECKSUM] = "checksum", [OFFLOAD_OFF] = "off", NULL};

static const ParamSpec node_params[] = {
    {.name = "kind",
     .type = PARAM_CHOICE,
     .offset = offsetof(NodeDraft, kind),
     .fallback = "host",
     .choices = node_kinds,
     .summary = "what the node is"},
    {.name = "device",
     .type = PARAM_CHOICE,
     .offset = offsetof(NodeDraft, device),
     .fallback = "tap",
     .choices = device_kinds,
     .summary = "tap: Ethernet frames; tun: IP packets, between two hosts that one link joins"},
    {.name = "offload",
     .type = PARAM_CHOICE,
     .offset = offsetof(NodeDraft, offload),
     .fallback = "auto",
     .choices = offload_modes,
     .summary = "what its kernel leaves to us: auto: segmentation and checksums; checksum: these "
                "only; off: nothing"},
    {.name = "mtu",
     .type = PARAM_COUNT,
     .offset = offsetof(NodeDraft, mtu_bytes),
     .fallback = "1500",
     .min = NODE_MIN_MTU_BYTES,
     .max = NODE_MAX_MTU_BYTES,
     .summary = "the longest IP packet of its interfaces, in bytes"},
    {.name = "forward",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(NodeDraft, forward),
     .fallback = "no",
     .summary = "whether it passes IP packets on between its interfaces"},
    {.name = "ageing",
     .type = PARAM_DURATION,
     .offset = offsetof(NodeDraft, ageing_ns),
     .fallback = "300s",
     .min = UINT64_C(1000000),
     .max = UINT64_C(1000000) * 1000000000,
     .summary = "how long an address stays learnt"},
    PARAM_END,
};

// The one kind of node that a key is for; `kind` itself is for all.
static const struct {
    const char *name;
    NodeKind kind;
} node_keys[] = {
    {"device", NODE_HOST},    {"offload", NODE_HOST},  {"mtu", NODE_HOST},
    {"forward", NODE_HOST},   {"address", NODE_HOST},  {"routes", NODE_HOST},
    {"sysctl", NODE_HOST},    {"env", NODE_HOST},      {"attach", NODE_HOST},
    {"container", NODE_HOST}, {"ageing", NODE_SWITCH},
};

static void given_address_clear(void *item)
{
    g_free(((GivenAddress *)item)->interface);
}

static void setting_spec_free(void *item)
{
    SettingSpec *setting = item;

    g_free(setting->key);
    g_free(setting->value);
    g_free(setting);
}

GPtrArray *settings_new(void)
{
    return g_ptr_array_new_with_free_func(setting_spec_free);
}

static void interface_spec_free(void *item)
{
    InterfaceSpec *interface = item;

    g_free(interface->name);
    g_array_unref(interface->addresses);
    g_free(interface);
}

NodeSpec *node_spec_new(void)
{
    NodeSpec *node = g_new0(NodeSpec, 1);

    node->interfaces = g_ptr_array_new_with_free_func(interface_spec_free);
    node->routes = g_array_new(FALSE, FALSE, sizeof(RouteSpec));
    node->sysctls = settings_new();
    node->env = settings_new();
    return node;
}

void node_spec_free(NodeSpec *node)
{
    g_ptr_array_unref(node->env);
    g_free(node->resolv_text);
    g_ptr_array_unref(node->sysctls);
    g_array_unref(node->routes);
    g_ptr_array_unref(node->interfaces);
    g_free(node->container);
    g_free(node->attach);
    g_free(node->name);
    g_free(node);
}

static void settings_put(GPtrArray *settings, const char *key, const char *value)
{
    SettingSpec *setting;

    for (guint i = 0; i < settings->len; i++) {
        setting = g_ptr_array_index(settings, i);
        if (strcmp(setting->key, key) == 0) {
            g_free(setting->value);
            setting->value = g_strdup(value);
            return;
        }
    }
    setting = g_new(SettingSpec, 1);
    *setting = (SettingSpec){g_strdup(key), g_strdup(value)};
    g_ptr_array_add(settings, setting);
}

static void settings_copy(GPtrArray *settings, const GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++) {
        const SettingSpec *setting = g_ptr_array_index(from, i);

        settings_put(settings, setting->key, setting->value);
    }
}

NodeDraft *node_draft_new(NodeSpec *spec, const NodeDraft *defaults)
{
    NodeDraft *draft = g_new0(NodeDraft, 1);

    if (defaults != NULL) {
        *draft = *defaults;
        settings_copy(spec->sysctls, defaults->spec->sysctls);
        settings_copy(spec->env, defaults->spec->env);
    } else {
        param_set_fallbacks(node_params, draft);
    }
    draft->spec = spec;
    draft->addresses = g_array_new(FALSE, FALSE, sizeof(GivenAddress));
    g_array_set_clear_func(draft->addresses, given_address_clear);
    draft->route_positions = g_array_new(FALSE, FALSE, sizeof(SourcePosition));
    draft->forest = g_ptr_array_new();
    return draft;
}

void node_draft_free(NodeDraft *draft)
{
    g_ptr_array_unref(draft->forest);
    g_array_unref(draft->route_positions);
    g_array_unref(draft->addresses);
    g_free(draft);
}

static void address_read(const Spot *spot, const char *interface, NodeDraft *draft)
{
    const char *text = spot_text(spot, "10.0.0.1/24");
    g_autoptr(GError) error = NULL;
    GivenAddress given = {.position = spot->value->position};

    if (text == NULL)
        return;
    if (!address_parse(text, &given.address, &error)) {
        spot_error(spot, "%s", error->message);
        return;
    }
    given.interface = g_strdup(interface);
    g_array_append_val(draft->addresses, given);
}

static void addresses_read(const Spot *spot, const char *interface, NodeDraft *draft)
{
    if (spot->value->kind != VALUE_LIST) {
        address_read(spot, interface, draft);
        return;
    }
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);

        address_read(&item, interface, draft);
    }
}

// `10.0.0.1/24`, a list of such, or a map from interfaces to either.
static void node_read_address(Loader *loader, const Spot *spot, void *into)
{
    (void)loader;
    if (spot->value->kind != VALUE_MAP) {
        addresses_read(spot, NULL, into);
        return;
    }
    for (guint i = 0; i < spot->value->entries->len; i++) {
        Spot entry = spot_entry(spot, i);

        addresses_read(&entry, entry.key, into);
    }
}

static void route_read_to(Loader *loader, const Spot *spot, void *into)
{
    const char *text = spot_text(spot, "default or 10.0.1.0/24");
    g_autoptr(GError) error = NULL;

    (void)loader;
    if (text != NULL && !address_parse_destination(text, &((RouteSpec *)into)->destination, &error))
        spot_error(spot, "%s", error->message);
}

static void route_read_via(Loader *loader, const Spot *spot, void *into)
{
    const char *text = spot_text(spot, "10.0.0.1");
    g_autoptr(GError) error = NULL;

    (void)loader;
    if (text != NULL && !address_parse_gateway(text, &((RouteSpec *)into)->gateway, &error))
        spot_error(spot, "%s", error->message);
}

static const Field route_fields[] = {{"to", route_read_to}, {"via", route_read_via}, {NULL, NULL}};
static const Section route_section = {.noun = "a route", .fields = route_fields};

static void route_read(Loader *loader, const Spot *spot, NodeDraft *draft)
{
    size_t n_errors = problems_n_errors(spot->problems);
    RouteSpec route = {0};
    guint index;

    if (!spot_is_map(spot, "{to: 10.0.1.0/24, via: 10.0.0.1}"))
        return;
    section_read(&route_section, loader, spot, &route);
    if (!spot_find(spot, "to", &index) || !spot_find(spot, "via", &index)) {
        spot_error(spot, "needs to: and via:, as {to: 10.0.1.0/24, via: 10.0.0.1}");
        return;
    }
    if (problems_n_errors(spot->problems) > n_errors)
        return;
    if (route.destination.family == AF_UNSPEC) {
        route.destination.family = route.gateway.family;
    } else if (route.destination.family != route.gateway.family) {
        spot_error(spot, "to: and via: are one an IPv4, the other an IPv6 address");
        return;
    }
    g_array_append_val(draft->spec->routes, route);
    g_array_append_val(draft->route_positions, spot->value->position);
}

static void node_read_routes(Loader *loader, const Spot *spot, void *into)
{
    NodeDraft *draft = into;

    draft->has_routes = true;
    if (!spot_is_list(spot, "[{to: 10.0.1.0/24, via: 10.0.0.1}]"))
        return;
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);

        route_read(loader, &item, draft);
    }
}

static void settings_read(const Spot *spot, GPtrArray *settings, const char *example,
                          bool (*is_key)(const char *key), const char *remedy)
{
    if (!spot_is_map(spot, example))
        return;
    if (spot->value->entries->len > NODE_MAX_SETTINGS) {
        spot_error(spot, "has more than %d entries", NODE_MAX_SETTINGS);
        return;
    }
    for (guint i = 0; i < spot->value->entries->len; i++) {
        Spot entry = spot_entry(spot, i);
        const char *text = spot_text(&entry, "a value, in quotes if it is empty");

        if (!is_key(entry.key))
            spot_error(&entry, "%s", remedy);
        else if (text != NULL)
            settings_put(settings, entry.key, text);
    }
}

// Only these belong to a network namespace; the others are the whole machine's.
static bool sysctl_is_key(const char *key)
{
    return g_str_has_prefix(key, "net.") && !g_str_has_suffix(key, ".") &&
           strstr(key, "..") == NULL &&
           strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") ==
               strlen(key);
}

static void node_read_sysctl(Loader *loader, const Spot *spot, void *into)
{
    (void)loader;
    settings_read(spot, ((NodeDraft *)into)->spec->sysctls,
                  "{net.ipv4.tcp_congestion_control: reno}", sysctl_is_key,
                  "is no setting of a host: those begin with net., as net.ipv4.tcp_sack");
}

static bool env_is_key(const char *key)
{
    for (const char *letter = key; *letter != '\0'; letter++) {
        if (!g_ascii_isalnum(*letter) && *letter != '_')
            return false;
    }
    return *key != '\0' && !g_ascii_isdigit(*key);
}

void env_read(const Spot *spot, GPtrArray *settings)
{
    settings_read(spot, settings, "{NAME: value}", env_is_key,
                  "is no name of a variable: letters, digits and _, no digit first");
}

static void node_read_env(Loader *loader, const Spot *spot, void *into)
{
    (void)loader;
    env_read(spot, ((NodeDraft *)into)->spec->env);
}

static const Field node_fields[] = {
    {"attach", attach_read},
    {"container", container_read},
    {"address", node_read_address},
    {"routes", node_read_routes},
    {"sysctl", node_read_sysctl},
    {"env", node_read_env},
    {NULL, NULL},
};

static const Field node_default_fields[] = {
    {"sysctl", node_read_sysctl}, {"env", node_read_env}, {NULL, NULL}};

static const Section node_section = {
    .noun = "a node", .fields = node_fields, .params = node_params};
static const Section node_default_section = {
    .noun = "the defaults of nodes", .fields = node_default_fields, .params = node_params};

void node_defaults_read(Loader *loader, const Spot *spot, void *unused)
{
    (void)unused;
    section_read(&node_default_section, loader, spot, loader->node_defaults);
}

// Refuses the keys that are for other kinds of nodes.
static void node_check_keys(const Spot *spot, const NodeDraft *draft)
{
    for (guint i = 0; i < G_N_ELEMENTS(node_keys); i++) {
        guint index;

        if ((int)node_keys[i].kind != draft->kind && spot_find(spot, node_keys[i].name, &index)) {
            Spot entry = spot_entry(spot, index);

            spot_error(&entry, "is for nodes of the kind %s, and %s is a %s",
                       node_kinds[node_keys[i].kind], draft->spec->name, node_kinds[draft->kind]);
        }
    }
}

static bool node_is_word(const Spot *spot)
{
    return spot->value->kind == VALUE_SCALAR && spot->value->is_null;
}

// One node of that name; `body` is NULL in a plain list of names. `spot` is where the name stands.
static void node_read(Loader *loader, const Spot *spot, const char *name, const Spot *body,
                      SourcePosition position)
{
    NodeSpec *node;
    NodeDraft *draft;

    name_check(spot, name, NODE_NAME_MAX_BYTES);
    if (scenario_node(loader->scenario, name) != NULL) {
        if (body == NULL) // keys of a map have been compared
            spot_error(spot, "\"%s\" is the name of two nodes", name);
        return;
    }
    node = node_spec_new();
    node->name = g_strdup(name);
    node->position = position;
    draft = node_draft_new(node, loader->node_defaults);
    g_ptr_array_add(loader->scenario->nodes, node);
    g_ptr_array_add(loader->drafts, draft);
    g_hash_table_insert(loader->draft_of, node, draft);
    g_hash_table_insert(loader->scenario->node_by_name, node->name, node);
    if (body != NULL && section_read(&node_section, loader, body, draft) && !node_is_word(body))
        node_check_keys(body, draft);
    if (body != NULL)
        attached_check(loader, body, node);
    if (draft->kind != NODE_HOST) {
        g_ptr_array_set_size(node->sysctls, 0);
        g_ptr_array_set_size(node->env, 0);
    }
    node->kind = (NodeKind)draft->kind;
    node->device = node->kind == NODE_HOST ? (DeviceKind)draft->device : DEVICE_TAP;
    node->offload = (OffloadMode)draft->offload;
    node->mtu_bytes = (uint32_t)draft->mtu_bytes;
    node->ageing_ns = node->kind == NODE_SWITCH ? draft->ageing_ns : 0;
    node->forward = node->kind == NODE_HOST && draft->forward;
}

void nodes_read(Loader *loader, const Spot *spot, void *scenario)
{
    GPtrArray *nodes = loader->scenario->nodes;

    (void)scenario;
    if (spot->value->kind == VALUE_LIST) {
        for (guint i = 0; i < spot->value->items->len; i++) {
            Spot item = spot_item(spot, i);
            const char *name = spot_text(&item, "a name; to configure nodes, nodes: {NAME: {…}}");

            if (name != NULL)
                node_read(loader, &item, name, NULL, item.value->position);
        }
    } else if (spot_is_map(spot, "{london: {}, newyork: {}} or [london, newyork]")) {
        for (guint i = 0; i < spot->value->entries->len; i++) {
            Spot entry = spot_entry(spot, i);

            node_read(loader, &entry, entry.key, &entry,
                      g_array_index(spot->value->entries, Entry, i).key->position);
        }
    }
    if (problems_n_errors(loader->problems) == 0 && nodes->len == 0)
        spot_error(spot, "is empty: a scenario needs two nodes at least");
}
