// SPDX-License-Identifier: Apache-2.0
#include "sim/probe/figure.h"

#include <stdio.h>
#include <string.h>

#define FIGURE_MARK "\001figure "

void figure_print(const char *name, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    printf(FIGURE_MARK "%s %s\n", name, g_ascii_dtostr(text, sizeof text, value));
}

static void figure_print_part(const char *name, const char *part, double value)
{
    g_autofree char *whole = g_strdup_printf("%s.%s", name, part);

    figure_print(whole, value);
}

void figure_print_samples(const char *name, Samples *samples)
{
    static const struct {
        const char *part;
        unsigned per_ten_thousand;
    } parts[] = {{"min", 0},    {"p50", 5000},   {"p90", 9000}, {"p95", 9500},
                 {"p99", 9900}, {"p99.9", 9990}, {"max", 10000}};

    if (samples->values_ns->len == 0)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        figure_print_part(name, parts[i].part,
                          (double)samples_quantile_ns(samples, parts[i].per_ten_thousand));
    figure_print_part(name, "mean", samples_mean_ns(samples));
}

void figure_print_packets(const Arrivals *arrivals, uint64_t n_sent, const char *words)
{
    uint64_t n_lost = n_sent - arrivals->received;

    printf("%" G_GUINT64_FORMAT " sent, %" G_GUINT64_FORMAT " received", n_sent,
           arrivals->received);
    if (arrivals->received > 0)
        printf(", %s", words);
    printf("\n");
    figure_print("sent", (double)n_sent);
    figure_print("received", (double)arrivals->received);
    figure_print("loss", (double)n_lost / (double)MAX(n_sent, 1));
    figure_print("duplicates", (double)arrivals->duplicates);
    figure_print("reordered", (double)arrivals->reordered);
}

bool figure_parse(const char *line, const MetricSpec *table, ProbeFigure *figure)
{
    const char *blank;
    g_autofree char *name = NULL;

    *figure = (ProbeFigure){0};
    if (!g_str_has_prefix(line, FIGURE_MARK))
        return false;
    line += strlen(FIGURE_MARK);
    blank = strchr(line, ' ');
    if (blank == NULL)
        return true;
    name = g_strndup(line, (gsize)(blank - line));
    figure->metric = metric_find(table, name);
    figure->value = g_ascii_strtod(blank + 1, NULL);
    return true;
}
