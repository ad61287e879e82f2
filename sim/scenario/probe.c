// SPDX-License-Identifier: Apache-2.0
// The key `probe:` of a task: one kind with its target, and the parameters of that kind.
#include <arpa/inet.h>
#include <string.h>

#include "core/quote.h"
#include "sim/scenario/loader.h"
#include "sim/scenario/probe_spec.h"

#define PROBE_EXAMPLE "{ping: newyork, count: 20}"
#define PROBE_MAX_NS (UINT64_C(86400) * 1000000000)

static const ParamSpec probe_count = {.name = "count",
                                      .type = PARAM_COUNT,
                                      .offset = offsetof(ProbeSpec, count),
                                      .min = 1,
                                      .max = 1000000,
                                      .fallback = "10",
                                      .summary = "how many echo requests are sent"};
static const ParamSpec probe_interval = {.name = "interval",
                                         .type = PARAM_DURATION,
                                         .offset = offsetof(ProbeSpec, interval_ns),
                                         .min = 10000,
                                         .max = PROBE_MAX_NS,
                                         .fallback = "100ms",
                                         .summary = "from one to the next"};
static const ParamSpec probe_timeout = {.name = "timeout",
                                        .type = PARAM_DURATION,
                                        .offset = offsetof(ProbeSpec, timeout_ns),
                                        .min = 1000000,
                                        .max = PROBE_MAX_NS,
                                        .fallback = "2s",
                                        .summary = "how long what is missing is waited for"};
static const ParamSpec probe_time = {.name = "time",
                                     .type = PARAM_DURATION,
                                     .offset = offsetof(ProbeSpec, time_ns),
                                     .min = 1000000,
                                     .max = PROBE_MAX_NS,
                                     .fallback = "1s",
                                     .summary = "for how long is sent"};
static const ParamSpec probe_flows = {.name = "flows",
                                      .type = PARAM_COUNT,
                                      .offset = offsetof(ProbeSpec, flows),
                                      .min = 1,
                                      .max = 256,
                                      .fallback = "1",
                                      .summary = "connections at the same time"};
static const ParamSpec probe_rate = {.name = "rate",
                                     .type = PARAM_RATE,
                                     .offset = offsetof(ProbeSpec, rate_bps),
                                     .min = 1000,
                                     .max = UINT64_C(100000000000),
                                     .fallback = "1mbit",
                                     .summary = "of payload"};
// Their bounds and fallbacks differ, their meaning does not.
#define PROBE_SIZE(least, most, usual)                                                             \
    {                                                                                              \
        .name = "size", .type = PARAM_SIZE, .offset = offsetof(ProbeSpec, size_bytes),             \
        .min = least, .max = most, .fallback = usual, .summary = "of the payload"                  \
    }
static const ParamSpec probe_ping_size = PROBE_SIZE(16, 65000, "56B");
static const ParamSpec probe_udp_size = PROBE_SIZE(16, 65000, "200B");
static const ParamSpec probe_tcp_size = PROBE_SIZE(1, UINT64_C(1) << 50, NULL);

static const struct {
    const char *name;
    const MetricSpec *metrics;
    const ParamSpec *params[5];
} probe_kinds[] = {
    [PROBE_PING] = {"ping",
                    ping_metrics,
                    {&probe_count, &probe_interval, &probe_ping_size, &probe_timeout}},
    [PROBE_REACH] = {"reach", reach_metrics, {&probe_interval, &probe_ping_size, &probe_timeout}},
    [PROBE_TCP] = {"tcp",
                   tcp_metrics,
                   {&probe_flows, &probe_time, &probe_tcp_size, &probe_timeout}},
    [PROBE_UDP] = {"udp", udp_metrics, {&probe_rate, &probe_udp_size, &probe_time, &probe_timeout}},
    [PROBE_HTTP] = {"http", http_metrics, {&probe_timeout}},
};

const char *probe_kind_name(ProbeKind kind)
{
    return probe_kinds[kind].name;
}

const MetricSpec *probe_metrics(ProbeKind kind)
{
    return probe_kinds[kind].metrics;
}

bool probe_kind_find(const char *name, ProbeKind *kind)
{
    for (*kind = 0; *kind < N_PROBE_KINDS; ++*kind)
        if (strcmp(probe_kinds[*kind].name, name) == 0)
            return true;
    return false;
}

void probe_spec_free(ProbeSpec *probe)
{
    g_free(probe->target);
    g_free(probe);
}

static bool probe_is_echo(const ProbeSpec *probe)
{
    return probe->kind == PROBE_PING || probe->kind == PROBE_REACH;
}

static void probe_read_host(Loader *loader, const Spot *spot, ProbeSpec *probe)
{
    struct in6_addr address;
    const NodeSpec *node;

    if (probe_is_echo(probe) && (inet_pton(AF_INET, probe->target, &address) == 1 ||
                                 inet_pton(AF_INET6, probe->target, &address) == 1))
        return;
    node = loader_find_node(loader, spot, probe->target);
    if (node != NULL && node->kind != NODE_HOST)
        spot_error(spot, "%s is no host", node->name);
    if (!probe_is_echo(probe))
        probe->peer = node;
}

// The host of a URL. One of another name may be known to a name server, if it has a dot, and to the
// system that a host which is there already belongs to.
static void probe_read_url_host(Loader *loader, const Spot *spot, const char *url)
{
    const char *authority = url + strlen("http://");
    g_autofree char *name = g_strndup(authority, strcspn(authority, ":/?#"));
    const NodeSpec *node;

    for (guint i = 0; i < loader->scenario->nodes->len; i++) {
        if (node_is_attached(g_ptr_array_index(loader->scenario->nodes, i)))
            return;
    }
    if (*name == '[' || strchr(name, '.') != NULL || strcmp(name, "localhost") == 0)
        return;
    node = loader_find_node(loader, spot, name);
    if (node != NULL && node->kind != NODE_HOST)
        spot_error(spot, "%s is no host", node->name);
}

static void probe_read_target(Loader *loader, const Spot *spot, ProbeSpec *probe)
{
    const char *target = spot_text(spot, probe->kind == PROBE_HTTP ? "\"http://newyork:8080/\""
                                                                   : "the name of a host");

    if (target == NULL)
        return;
    probe->target = g_strdup(target);
    if (probe->kind != PROBE_HTTP) {
        probe_read_host(loader, spot, probe);
    } else if (!g_str_has_prefix(target, "http://") || strpbrk(target, " \r\n") != NULL ||
               strchr("/:", target[strlen("http://")]) != NULL) {
        g_autofree char *quote = quote_new(target);

        spot_error(spot, "%s is no such URL: write \"http://newyork:8080/\"", quote);
    } else {
        probe_read_url_host(loader, spot, target);
    }
}

static bool probe_read_param(Loader *loader, const Spot *spot, void *into)
{
    ProbeSpec *probe = into;
    ProbeKind kind;

    (void)loader;
    for (const ParamSpec *const *param = probe_kinds[probe->kind].params; *param != NULL; param++) {
        if (strcmp((*param)->name, spot->key) == 0) {
            spot_read_param(spot, *param, probe);
            return true;
        }
    }
    if (!probe_kind_find(spot->key, &kind))
        return false;
    if (kind != probe->kind)
        spot_error(spot, "stands beside %s: write a task for each", probe_kinds[probe->kind].name);
    return true;
}

// The kind that the map names first, with its value.
static bool probe_find_kind(const Spot *spot, ProbeKind *kind, guint *index)
{
    for (guint i = 0; i < spot->value->entries->len; i++) {
        if (probe_kind_find(g_array_index(spot->value->entries, Entry, i).key->text, kind)) {
            *index = i;
            return true;
        }
    }
    return false;
}

// What stands in reports in place of a command: "probe ping newyork".
static char *probe_words(const ProbeSpec *probe)
{
    return g_strdup_printf("probe %s %s", probe_kinds[probe->kind].name, probe->target);
}

void probe_read(Loader *loader, const Spot *spot, void *into)
{
    TaskSpec *task = into;
    ProbeSpec *probe;
    ProbeKind kind;
    const char *names[G_N_ELEMENTS(probe_kinds[0].params) + 1] = {NULL};
    Section section = {.noun = "this probe", .read_other = probe_read_param, .other_names = names};
    guint index;
    Spot target;

    if (!spot_is_map(spot, PROBE_EXAMPLE))
        return;
    if (!probe_find_kind(spot, &kind, &index)) {
        spot_error(spot,
                   "says nothing to measure: write one of ping:, reach:, tcp:, udp: and http:");
        return;
    }
    task->probe = probe = g_new0(ProbeSpec, 1);
    probe->kind = kind;
    for (size_t i = 0; probe_kinds[kind].params[i] != NULL; i++) {
        ParamSpec table[] = {*probe_kinds[kind].params[i], PARAM_END};

        param_set_fallbacks(table, probe);
        names[i] = table->name;
    }
    target = spot_entry(spot, index);
    probe_read_target(loader, &target, probe);
    section_read(&section, loader, spot, probe);
    g_free(task->command);
    task->command = probe->target != NULL ? probe_words(probe) : NULL;
}
