// SPDX-License-Identifier: Apache-2.0
#include "sim/probe/probe.h"

#include <stdio.h>

#include "sim/probe/endpoint.h"

int probe_run(const ProbeRequest *request, GError **error)
{
    static int (*const runs[])(const ProbeRequest *, GError **) = {
        [PROBE_PING] = ping_run, [PROBE_REACH] = ping_run, [PROBE_TCP] = tcp_run,
        [PROBE_UDP] = udp_run,   [PROBE_HTTP] = http_run,
    };
    int status;

    endpoint_prepare();
    status = runs[request->spec->kind](request, error);
    fflush(stdout);
    return status;
}

char **probe_argv_new(const ProbeSpec *spec, int64_t since_ns)
{
    GPtrArray *argv = g_ptr_array_new();
    const struct {
        const char *option;
        int64_t value;
    } options[] = {
        {"count", (int64_t)spec->count},     {"interval", spec->interval_ns},
        {"size", (int64_t)spec->size_bytes}, {"rate", (int64_t)spec->rate_bps},
        {"flows", (int64_t)spec->flows},     {"time", spec->time_ns},
        {"timeout", spec->timeout_ns},       {"since", since_ns},
    };

    g_ptr_array_add(argv, g_strdup("/proc/self/exe"));
    g_ptr_array_add(argv, g_strdup("probe"));
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        g_ptr_array_add(
            argv, g_strdup_printf("--%s=%" G_GINT64_FORMAT, options[i].option, options[i].value));
    if (spec->peer != NULL)
        g_ptr_array_add(argv, g_strdup("--peer"));
    g_ptr_array_add(argv, g_strdup("--"));
    g_ptr_array_add(argv, g_strdup(probe_kind_name(spec->kind)));
    g_ptr_array_add(argv, g_strdup(spec->target));
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}
