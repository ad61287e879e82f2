// SPDX-License-Identifier: Apache-2.0
// taploom check: validates a scenario and prints what it comes to, in 80 columns.
#include <stdio.h>
#include <string.h>

#include "core/scale.h"
#include "links/link.h"
#include "sim/commands/command.h"
#include "sim/commands/paragraph.h"
#include "sim/report/change_words.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/timeline_spec.h"
#include "sim/scenario/variables.h"

enum {
    CHECK_COLUMNS = PARAGRAPH_COLUMNS,
    CHECK_TIMELINE_ENTRIES = 50,
    CHECK_ETHERNET_HEADER_BYTES = 14,
    CHECK_MIN_NAME_COLUMNS = 8,
};

// The columns that each direction of a link shows, with their widths; together CHECK_COLUMNS.
static const struct {
    const char *title;
    int width;
} check_cells[] = {
    {"rate", 12},   {"queue", 12}, {"loss", 9},    {"delay", 11},
    {"jitter", 11}, {"BDP", 10},   {"frames", 10},
};

enum { CHECK_N_CELLS = G_N_ELEMENTS(check_cells), CHECK_LABEL_COLUMNS = 5 };

// The scenario with the first combination of its matrix, when all of them are right.
static Scenario *check_load(const char *name, guint *n_combinations, char **errors)
{
    size_t length_bytes;
    g_autofree char *text = scenario_read_file(name, &length_bytes, errors);
    const char *path = scenario_path(name);
    g_autoptr(GPtrArray) choices = NULL;
    g_autoptr(Scenario) first = NULL;

    if (text != NULL)
        choices = variables_combinations(path, text, length_bytes, errors);
    for (guint i = 0; choices != NULL && i < choices->len; i++) {
        const char *choice = g_ptr_array_index(choices, i);
        g_autoptr(Scenario) scenario = scenario_parse_chosen(
            path, text, length_bytes, (const char *const[]){choice, NULL}, errors);

        if (scenario == NULL && i > 0)
            fprintf(stderr, "%s: with %s:\n", path, choice);
        if (scenario == NULL)
            return NULL;
        if (first == NULL)
            first = g_steal_pointer(&scenario);
    }
    *n_combinations = choices != NULL ? choices->len : 0;
    return g_steal_pointer(&first);
}

static int check_command_run(int argc, char **argv);

const Command check_command = {
    .name = "check",
    .arguments = "FILE",
    .summary = "Validate a scenario; print addresses, bandwidth-delay products and warnings",
    .run = check_command_run,
};

// `text` in at most `width` columns, its end replaced by an ellipsis if need be.
static char *check_shorten(const char *text, glong width)
{
    g_autofree char *start = NULL;

    if (g_utf8_strlen(text, -1) <= width)
        return g_strdup(text);
    start = g_utf8_substring(text, 0, width - 1);
    return g_strconcat(start, "…", NULL);
}

// Prints `text` in `width` columns; a negative width aligns to the left, as in printf.
static void check_print_cell(const char *text, int width)
{
    g_autofree char *cell = check_shorten(text, ABS(width));
    int padding = ABS(width) - (int)g_utf8_strlen(cell, -1);

    printf("%*s%s%*s", width > 0 ? padding : 0, "", cell, width < 0 ? padding : 0, "");
}

// Prints a paragraph, what does not fit into its first line two blanks further in.
static void check_print_text(const char *text, int indent)
{
    paragraph_print(text, indent, indent + 2);
}

static const char *check_kind(const NodeSpec *node)
{
    switch (node->kind) {
    case NODE_HOST:
        if (node_is_attached(node))
            return "attach";
        return node->device == DEVICE_TUN ? "tun" : "host";
    case NODE_SWITCH:
        return "switch";
    case NODE_HUB:
        return "hub";
    }
    g_assert_not_reached();
}

typedef struct {
    int name, interface;
} NodeColumns;

static void check_print_host(const NodeSpec *node, NodeColumns columns)
{
    const char *name = node->name, *kind = check_kind(node);

    for (guint i = 0; i < node->interfaces->len; i++) {
        const InterfaceSpec *interface = g_ptr_array_index(node->interfaces, i);
        const char *label = interface->name;

        for (guint j = 0; j < interface->addresses->len; j++) {
            g_autofree char *address =
                address_format(&g_array_index(interface->addresses, Address, j));

            printf("  ");
            check_print_cell(name, -columns.name);
            printf("  %-6s  %-*s  %s\n", kind, columns.interface, label, address);
            name = kind = label = "";
        }
    }
}

static NodeColumns check_node_columns(const Scenario *scenario)
{
    glong name = 0, interface = 0, address = 0;

    for (guint i = 0; i < scenario->nodes->len; i++) {
        const NodeSpec *node = g_ptr_array_index(scenario->nodes, i);

        name = MAX(name, (glong)strlen(node->name));
        for (guint j = 0; node->kind == NODE_HOST && j < node->interfaces->len; j++) {
            const InterfaceSpec *each = g_ptr_array_index(node->interfaces, j);

            interface = MAX(interface, (glong)strlen(each->name));
            for (guint k = 0; k < each->addresses->len; k++) {
                g_autofree char *text = address_format(&g_array_index(each->addresses, Address, k));

                address = MAX(address, (glong)strlen(text));
            }
        }
    }
    // Two blanks in front of each of four columns, of which the second takes six.
    name = MIN(name, CHECK_COLUMNS - 4 * 2 - 6 - interface - address);
    return (NodeColumns){(int)MAX(name, CHECK_MIN_NAME_COLUMNS), (int)interface};
}

static void check_print_nodes(const Scenario *scenario)
{
    NodeColumns columns = check_node_columns(scenario);

    puts("Nodes");
    for (guint i = 0; i < scenario->nodes->len; i++) {
        const NodeSpec *node = g_ptr_array_index(scenario->nodes, i);

        if (node->kind == NODE_HOST) {
            check_print_host(node, columns);
            continue;
        }
        printf("  ");
        check_print_cell(node->name, -columns.name);
        printf("  %-6s  %u port%s\n", check_kind(node), node->interfaces->len,
               node->interfaces->len == 1 ? "" : "s");
    }
}

// Three significant digits are enough of a product.
static uint64_t check_round(uint64_t amount)
{
    uint64_t unit = 1;

    while (amount / unit >= 1000)
        unit *= 10;
    return amount / unit * unit;
}

// The longest frame that both ends take.
static uint64_t check_full_frame_bytes(const LinkSpec *link)
{
    uint64_t mtu_bytes = MIN(link->ends[0]->mtu_bytes, link->ends[1]->mtu_bytes);
    const NodeSpec *node = link->ends[0]->node;

    return node->kind == NODE_HOST && node->device == DEVICE_TUN
               ? mtu_bytes
               : mtu_bytes + CHECK_ETHERNET_HEADER_BYTES;
}

// The bandwidth-delay product of one direction: its rate times the round trip through the link.
static uint64_t check_bdp_bytes(const LinkSpec *link, const LinkConfig *config)
{
    int64_t round_trip_ns = link_config_mean_delay_ns(link->directions[0]) +
                            link_config_mean_delay_ns(link->directions[1]);

    return scale(link_config_rate_bps(config), (uint64_t)round_trip_ns, UINT64_C(8) * 1000000000);
}

static char *check_duration(int64_t ns)
{
    return ns > 0 ? quantity_format_duration(ns) : g_strdup("-");
}

static void check_print_direction(const LinkSpec *link, LinkDirection direction)
{
    const LinkConfig *config = link->directions[direction];
    uint64_t rate_bps = link_config_rate_bps(config);
    uint64_t bdp_bytes = check_bdp_bytes(link, config);
    uint64_t frame_bytes = check_full_frame_bytes(link);
    uint64_t n_frames = bdp_bytes / frame_bytes + (bdp_bytes % frame_bytes > 0);
    g_auto(GStrv) cells = g_new0(char *, CHECK_N_CELLS + 1);
    g_autofree char *rest = link_details_words(config);

    cells[0] = rate_bps > 0 ? quantity_format_rate(rate_bps) : g_strdup("-");
    cells[1] =
        rate_bps > 0 ? quantity_format_limit(link_config_queue_limit(config)) : g_strdup("-");
    cells[2] = link_config_loss(config) > 0 ? quantity_format_probability(link_config_loss(config))
                                            : g_strdup("-");
    cells[3] = check_duration(link_config_mean_delay_ns(config));
    cells[4] = check_duration(link_config_jitter_ns(config));
    cells[5] = rate_bps > 0 ? quantity_format_size(check_round(bdp_bytes)) : g_strdup("-");
    cells[6] = rate_bps > 0 ? g_strdup_printf("%" G_GUINT64_FORMAT, n_frames) : g_strdup("-");
    printf("%-*s", CHECK_LABEL_COLUMNS, direction == LINK_FORWARD ? "  ->" : "  <-");
    for (size_t i = 0; i < CHECK_N_CELLS; i++) {
        putchar(' ');
        check_print_cell(cells[i], check_cells[i].width - 1);
    }
    putchar('\n');
    if (*rest != '\0')
        check_print_text(rest, CHECK_LABEL_COLUMNS + 1);
}

static void check_print_links(const Scenario *scenario)
{
    printf("\n%-*s", CHECK_LABEL_COLUMNS, "Links");
    for (size_t i = 0; i < CHECK_N_CELLS; i++)
        printf("%*s", check_cells[i].width, check_cells[i].title);
    putchar('\n');
    for (guint i = 0; i < scenario->links->len; i++) {
        const LinkSpec *link = g_ptr_array_index(scenario->links, i);
        g_autofree char *heading =
            g_strdup_printf("%s: %s:%s to %s:%s", link->name, link->ends[0]->node->name,
                            link->ends[0]->name, link->ends[1]->node->name, link->ends[1]->name);

        check_print_text(heading, 2);
        check_print_direction(link, LINK_FORWARD);
        check_print_direction(link, LINK_REVERSE);
    }
    puts("\nBDP: bandwidth-delay product, the rate times both delays of the link, in bytes\n"
         "and in full frames. The queue is the one in force; - stands for none.");
}

static void check_print_timeline(const Scenario *scenario)
{
    const GPtrArray *entries = scenario->timeline->entries;

    if (entries->len > 0)
        puts("\nTimeline");
    for (guint i = 0; i < entries->len && i < CHECK_TIMELINE_ENTRIES; i++) {
        const ChangeRecord record = {.entry = g_ptr_array_index(entries, i), .kind = CHANGE_BEGUN};
        g_autofree char *time = change_time_words(record.entry);
        g_autofree char *place = change_place_words(record.entry);
        g_autofree char *action = change_action_words(&record);
        g_autofree char *words = g_strdup_printf("%s: %s: %s", time, place, action);

        check_print_text(words, 2);
    }
    if (entries->len > CHECK_TIMELINE_ENTRIES)
        printf("  … %u more\n", entries->len - CHECK_TIMELINE_ENTRIES);
}

static void check_print_warnings(const Scenario *scenario)
{
    if (scenario->warnings->len > 0)
        puts("\nWarnings");
    for (guint i = 0; i < scenario->warnings->len; i++)
        check_print_text(g_ptr_array_index(scenario->warnings, i), 2);
}

static void check_print_verdict(const Scenario *scenario, guint n_combinations)
{
    const struct {
        const char *noun;
        guint count;
    } parts[] = {
        {"node", scenario->nodes->len},
        {"link", scenario->links->len},
        {"task", scenario->tasks->len},
        {"timeline event", scenario->timeline->entries->len},
        {"capture file", scenario->captures->len},
        {"expectation", scenario->expectations->len},
        {"warning", scenario->warnings->len},
        {"combination", *scenario->combination != '\0' ? n_combinations : 0},
    };
    GString *verdict = g_string_new(NULL);

    g_string_append_printf(verdict, "%s is right:", scenario->path);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (parts[i].count > 0)
            g_string_append_printf(verdict, "%s %u %s%s", i > 0 ? "," : "", parts[i].count,
                                   parts[i].noun, parts[i].count == 1 ? "" : "s");
    }
    g_string_append_c(verdict, '.');
    putchar('\n');
    check_print_text(verdict->str, 0);
    g_string_free(verdict, TRUE);
}

static int check_command_run(int argc, char **argv)
{
    g_autoptr(Scenario) scenario = NULL;
    g_autofree char *errors = NULL;
    guint n_combinations;
    int status;

    if (!command_parse(
            &check_command, &argc, &argv, NULL,
            "Needs no privilege and starts nothing. Exit status: 0 the scenario is right,\n"
            "2 it is not; the errors are on standard error, all of them.",
            1, &status))
        return status;
    scenario = check_load(argv[1], &n_combinations, &errors);
    if (scenario == NULL) {
        fputs(errors, stderr);
        return STATUS_USAGE;
    }
    check_print_nodes(scenario);
    check_print_links(scenario);
    check_print_timeline(scenario);
    check_print_warnings(scenario);
    check_print_verdict(scenario, n_combinations);
    return STATUS_OK;
}
