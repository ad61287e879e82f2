// SPDX-License-Identifier: Apache-2.0
// A scenario with its topology and timeline on an engine of its own, without hosts behind it.
#pragma once

#include "sim/timeline/timeline.h"
#include "tests/sim/scenario/parsed.h"

#define MS INT64_C(1000000)

typedef struct {
    Scenario *scenario;
    Engine *engine;
    Topology *topology;
    Timeline *timeline;
    GString *calls; // what was told to others: "@20 a-b down, @30 a-b up, @40 restart a"
} TimelineRig;

static inline void rig_call(TimelineRig *rig, const char *what, const char *name)
{
    g_string_append_printf(rig->calls, "%s@%" G_GINT64_FORMAT " %s %s",
                           rig->calls->len > 0 ? ", " : "", engine_now(rig->engine) / MS, name,
                           what);
}

static inline void rig_set_carrier(void *data, const LinkSpec *link, bool has_carrier)
{
    rig_call(data, has_carrier ? "up" : "down", link->name);
}

static inline void rig_restart(void *data, const NodeSpec *host)
{
    rig_call(data, "restart", host->name);
}

// `timeline` is the section's value. The links: a-b with 10 ms and 1 %, b-c with 1 Mbit/s and a tag
// wan, a task in the background at a. The timeline starts at 0.
static inline void timeline_rig_open(TimelineRig *rig, const char *timeline)
{
    g_autofree char *text = g_strdup_printf("nodes: [a, b, c]\n"
                                            "links:\n"
                                            "  - {endpoints: [a, b], delay: 10ms, loss: 1%%}\n"
                                            "  - {endpoints: [b, c], rate: 1mbit, tags: [wan]}\n"
                                            "tasks: [{on: a, run: x, background: true}]\n"
                                            "timeline: %s\n",
                                            timeline);

    rig->scenario = parsed(text);
    rig->engine = engine_new();
    rig->topology = topology_new(rig->scenario, rig->engine);
    rig->calls = g_string_new(NULL);
    rig->timeline = timeline_new(rig->scenario, rig->topology, rig->engine,
                                 (TimelineEvents){rig_set_carrier, rig_restart, rig});
    timeline_start(rig->timeline);
}

static inline void timeline_rig_close(TimelineRig *rig)
{
    timeline_free(rig->timeline);
    topology_free(rig->topology);
    engine_free(rig->engine);
    scenario_free(rig->scenario);
    g_string_free(rig->calls, TRUE);
}

static inline Link *rig_link(const TimelineRig *rig, const char *name)
{
    return topology_link(rig->topology, scenario_link(rig->scenario, name));
}

// What a direction of a link is set to: "10ms 1% 1mbit down"; what is 0 stays out.
static inline char *rig_state(const TimelineRig *rig, const char *name, LinkDirection direction)
{
    const Link *link = rig_link(rig, name);
    const LinkConfig *config = link_config(link, direction);
    GString *state = g_string_new(NULL);
    g_autofree char *delay = quantity_format_duration(link_config_delay_ns(config));
    g_autofree char *loss = quantity_format_probability(link_config_loss(config));
    g_autofree char *rate = quantity_format_rate(link_config_rate_bps(config));

    if (link_config_delay_ns(config) != 0)
        g_string_append_printf(state, " %s", delay);
    if (link_config_loss(config) != 0)
        g_string_append_printf(state, " %s", loss);
    if (link_config_rate_bps(config) != 0)
        g_string_append_printf(state, " %s", rate);
    if (link_is_down(link, direction))
        g_string_append(state, " down");
    if (state->len > 0)
        g_string_erase(state, 0, 1);
    return g_string_free(state, FALSE);
}

// Runs up to `at_ms` and compares the forward direction of a link.
static inline void rig_assert(TimelineRig *rig, double at_ms, const char *link,
                              const char *expected)
{
    g_autofree char *state = NULL;

    engine_run_until(rig->engine, (int64_t)(at_ms * (double)MS));
    state = rig_state(rig, link, LINK_FORWARD);
    g_assert_cmpstr(state, ==, expected);
}

static inline void rig_assert_reverse(TimelineRig *rig, const char *link, const char *expected)
{
    g_autofree char *state = rig_state(rig, link, LINK_REVERSE);

    g_assert_cmpstr(state, ==, expected);
}
