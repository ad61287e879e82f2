// SPDX-License-Identifier: Apache-2.0
// taploom presets: what kinds of network links can be, and what one of them means.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/param.h"
#include "core/quote.h"
#include "links/link.h"
#include "sim/commands/command.h"
#include "sim/commands/paragraph.h"
#include "sim/commands/table.h"
#include "sim/scenario/preset.h"
#include "sim/scenario/scenario.h"

// A full frame on Ethernet, and what TCP carries in it, its timestamps subtracted.
enum { PRESETS_FRAME_BYTES = 1514, PRESETS_SEGMENT_BYTES = 1448 };

static int presets_run(int argc, char **argv);

const Command presets_command = {
    .name = "presets",
    .arguments = "[NAME]",
    .summary = "List the presets of links, or explain one",
    .run = presets_run,
};

// A scenario whose only link has that preset, as any file would have it.
static Scenario *presets_scenario(const char *name)
{
    g_autofree char *text = g_strdup_printf(
        "nodes: [subscriber, network]\nlinks: [{endpoints: [subscriber, network], preset: %s}]\n",
        name);
    g_autofree char *errors = NULL;
    Scenario *scenario = scenario_parse(name, text, strlen(text), &errors);

    if (scenario == NULL)
        g_error("a preset is wrong: %s", errors);
    return scenario;
}

static const LinkSpec *presets_link(const Scenario *scenario)
{
    return g_ptr_array_index(scenario->links, 0);
}

static int64_t presets_round_trip_ns(const LinkSpec *link)
{
    return link_config_delay_ns(link->directions[0]) + link_config_delay_ns(link->directions[1]);
}

static char *presets_rate(const LinkConfig *config)
{
    return link_config_rate_bps(config) > 0 ? quantity_format_rate(link_config_rate_bps(config))
                                            : g_strdup("-");
}

static char *presets_loss(const LinkConfig *config)
{
    return link_config_loss(config) > 0 ? quantity_format_probability(link_config_loss(config))
                                        : g_strdup("-");
}

static void presets_list(void)
{
    g_autofree const char **names = preset_names();
    g_autoptr(Table) table = table_new("lrrrrl");

    table_add(table, "NAME", "UP", "DOWN", "RTT", "LOSS", "WHAT");
    for (const char **name = names; *name != NULL; name++) {
        g_autoptr(Preset) preset = preset_new(*name);
        g_autoptr(Scenario) scenario = presets_scenario(*name);
        const LinkSpec *link = presets_link(scenario);
        g_autofree char *up = presets_rate(link->directions[LINK_FORWARD]);
        g_autofree char *down = presets_rate(link->directions[LINK_REVERSE]);
        g_autofree char *round_trip = quantity_format_duration(presets_round_trip_ns(link));
        g_autofree char *loss = presets_loss(link->directions[LINK_FORWARD]);

        table_add(table, *name, up, down, round_trip, loss, preset->summary);
    }
    table_print(table, stdout);
    puts("");
    paragraph_print(
        "UP is from a link's first endpoint, the subscriber, to its second; RTT is both "
        "delays together, LOSS each way. In a scenario: {endpoints: [phone, mast], "
        "preset: lte}",
        0, 0);
}

// Three digits are enough of what was multiplied.
static uint64_t presets_round(double amount)
{
    double unit = 1;

    while (amount / unit >= 1000)
        unit *= 10;
    return (uint64_t)(round(amount / unit) * unit);
}

static char *presets_size(double bytes)
{
    return bytes > 0 ? quantity_format_size(presets_round(bytes)) : g_strdup("-");
}

// What one flow of TCP gets of a direction: the payload's share of the rate, or less where losses
// keep the window small (Mathis, Semke, Mahdavi and Ott, "The macroscopic behavior of the TCP
// congestion avoidance algorithm", 1997): MSS / RTT * sqrt(3 / 2 / p). 0 when nothing limits it.
static double presets_tcp_bps(const LinkSpec *link, const LinkConfig *config)
{
    double rate_bps =
        (double)link_config_rate_bps(config) * PRESETS_SEGMENT_BYTES / PRESETS_FRAME_BYTES;
    double loss = probability_to_double(link_config_loss(config));
    double round_trip_s = (double)presets_round_trip_ns(link) / 1e9;
    double mathis_bps;

    if (loss <= 0 || round_trip_s <= 0)
        return rate_bps;
    mathis_bps = PRESETS_SEGMENT_BYTES * 8 / round_trip_s * sqrt(1.5 / loss);
    return rate_bps > 0 ? fmin(rate_bps, mathis_bps) : mathis_bps;
}

// A queue's limit in bytes; 0 where it is none in time or bytes.
static double presets_queue_bytes(const LinkConfig *config)
{
    Limit limit = link_config_queue_limit(config);

    if (link_config_rate_bps(config) == 0 || limit.unit == LIMIT_PACKETS)
        return 0;
    if (limit.unit == LIMIT_BYTES)
        return (double)limit.amount;
    return (double)limit.amount * (double)link_config_rate_bps(config) / 8e9;
}

// The rows of one direction, in the order of `presets_rows`; each is to be freed.
enum { PRESETS_N_ROWS = 8 };

static const char *const presets_rows[PRESETS_N_ROWS] = {
    "rate",
    "queue",
    "",
    "loss",
    "delay, one way",
    "jitter",
    "bandwidth-delay product",
    "TCP throughput to expect",
};

static char **presets_cells(const LinkSpec *link, LinkDirection direction)
{
    const LinkConfig *config = link->directions[direction];
    double round_trip_s = (double)presets_round_trip_ns(link) / 1e9;
    double tcp_bps = presets_tcp_bps(link, config);
    char **cells = g_new0(char *, PRESETS_N_ROWS + 1);
    bool has_rate = link_config_rate_bps(config) > 0;

    cells[0] = presets_rate(config);
    cells[1] = has_rate ? quantity_format_limit(link_config_queue_limit(config)) : g_strdup("-");
    cells[2] = presets_size(presets_queue_bytes(config));
    cells[3] = presets_loss(config);
    cells[4] = quantity_format_duration(link_config_delay_ns(config));
    cells[5] = link_config_jitter_ns(config) > 0
                   ? quantity_format_duration(link_config_jitter_ns(config))
                   : g_strdup("-");
    cells[6] = presets_size((double)link_config_rate_bps(config) / 8 * round_trip_s);
    cells[7] = tcp_bps > 0 ? quantity_format_rate(presets_round(tcp_bps)) : g_strdup("-");
    return cells;
}

static void presets_print_figures(const char *name)
{
    g_autoptr(Scenario) scenario = presets_scenario(name);
    const LinkSpec *link = presets_link(scenario);
    g_auto(GStrv) up = presets_cells(link, LINK_FORWARD);
    g_auto(GStrv) down = presets_cells(link, LINK_REVERSE);
    g_autoptr(Table) table = table_new("lrr");

    table_add(table, "", "UP", "DOWN");
    for (size_t row = 0; row < PRESETS_N_ROWS; row++)
        table_add(table, presets_rows[row], up[row], down[row]);
    table_print(table, stdout);
}

static void presets_print_source(const Preset *preset)
{
    g_autofree char *source = g_strdup_printf("Source (%s): %s", preset->date, preset->source);

    paragraph_print(source, 0, 2);
    paragraph_print(preset->url, 2, 2);
    paragraph_print(preset->note, 0, 0);
}

static int presets_explain(const char *name)
{
    g_autoptr(Preset) preset = preset_new(name);
    g_autofree const char **names = preset_names();
    g_autofree char *quote = quote_new(name);
    const char *nearest;

    if (preset == NULL) {
        nearest = param_nearest(name, names);
        fprintf(stderr, "taploom presets: %s is no preset: %s%s%s\n", quote,
                nearest != NULL ? "did you mean " : "taploom presets lists them",
                nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
        return STATUS_USAGE;
    }
    printf("%s: %s\n\n", preset->name, preset->summary);
    presets_print_figures(name);
    puts("");
    paragraph_print("UP is from a link's first endpoint, the subscriber, to its second. The "
                    "bandwidth-delay product is the rate times both delays. TCP: one flow of long "
                    "duration, the 1448 of 1514 bytes that are its payload; with losses no more "
                    "than 1448 bytes / round trip * sqrt(3 / 2 / loss) (Mathis et al. 1997), for "
                    "an algorithm like Reno and without what the queue adds to the round trip.",
                    0, 0);
    puts("");
    presets_print_source(preset);
    return STATUS_OK;
}

static int presets_run(int argc, char **argv)
{
    int status;

    if (!command_parse(
            &presets_command, &argc, &argv, NULL,
            "What a preset sets is set as if the link said so itself, before all that it "
            "says.",
            -1, &status))
        return status;
    if (argc > 2)
        return command_usage(&presets_command);
    if (argc == 2)
        return presets_explain(argv[1]);
    presets_list();
    return STATUS_OK;
}
