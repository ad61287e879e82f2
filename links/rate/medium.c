// SPDX-License-Identifier: Apache-2.0
// The turns on a shared medium.
#include "links/rate/medium.h"

#include "links/link_config.h"

static const char *const medium_duplexes[] = {
    [MEDIUM_FULL_DUPLEX] = "full-duplex", [MEDIUM_HALF_DUPLEX] = "half-duplex", NULL};

static const ParamSpec medium_params[] = {
    {.name = "duplex",
     .type = PARAM_CHOICE,
     .offset = offsetof(MediumConfig, duplex),
     .fallback = "full-duplex",
     .choices = medium_duplexes,
     .summary = "half-duplex: one frame at a time in either direction, in turns"},
    {.name = "turnaround",
     .type = PARAM_DURATION,
     .offset = offsetof(MediumConfig, turnaround_ns),
     .max = UINT64_C(10) * 1000 * 1000 * 1000,
     .summary = "what passes between two frames of different directions"},
    PARAM_END,
};

static const StageKey medium_keys[] = {
    {"medium", medium_params, "whether both directions share one transmitter",
     "has to wait while the other direction sends: both share one transmitter[, which takes "
     "{turnaround} to turn around]"},
    {NULL, NULL, NULL},
};

static bool medium_is_needed(const void *config)
{
    return ((const MediumConfig *)config)->duplex == MEDIUM_HALF_DUPLEX;
}

static bool medium_check(const void *config, GError **error)
{
    const MediumConfig *medium = config;

    if (medium->turnaround_ns == 0 || medium->duplex == MEDIUM_HALF_DUPLEX)
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                "medium: only half-duplex has a turnaround: add duplex: half-duplex, or remove it");
    return false;
}

static Server *medium_peer(const Medium *medium, const Server *server)
{
    return medium->sides[medium->sides[0] == server];
}

// Begins on either side, `first` if it can.
static void medium_go_on(Medium *medium, Server *first)
{
    Server *second = medium_peer(medium, first);

    if (first->waits)
        server_send_next(first);
    if (first->under_way == NULL && !event_is_armed(&medium->turn) && second->waits)
        server_send_next(second);
}

static void medium_turn(Event *event)
{
    Medium *medium = (Medium *)((char *)event - offsetof(Medium, turn));

    medium_go_on(medium, medium->next);
}

bool medium_take(Medium *medium, Server *server)
{
    int64_t now_ns = engine_now(server->stage.engine);
    int64_t from_ns = medium->free_ns + medium->turnaround_ns;

    if (server->under_way != NULL || medium_peer(medium, server)->under_way != NULL ||
        event_is_armed(&medium->turn))
        return false;
    if (medium->last == NULL || medium->last == server || now_ns >= from_ns)
        return true;
    medium->next = server;
    stage_arm(&server->stage, &medium->turn, from_ns);
    return false;
}

void medium_release(Medium *medium, Server *server)
{
    medium->last = server;
    medium->free_ns = engine_now(server->stage.engine);
    medium_go_on(medium, medium_peer(medium, server));
}

static void medium_new(Server *a, Server *b, int64_t turnaround_ns)
{
    Medium *medium = g_new0(Medium, 1);

    medium->sides[0] = a;
    medium->sides[1] = b;
    medium->turnaround_ns = turnaround_ns;
    event_init(&medium->turn, medium_turn);
    a->medium = b->medium = medium;
}

void medium_free(Medium *medium)
{
    engine_disarm(medium->sides[0]->stage.engine, &medium->turn);
    for (int side = 0; side < 2; side++)
        medium->sides[side]->medium = NULL;
    for (int side = 0; side < 2; side++)
        server_send_next(medium->sides[side]);
    g_free(medium);
}

void medium_pair(Stage *stage, Stage *other)
{
    const MediumConfig *config = link_config_of(stage->lane->config, &medium_stage_class);
    const MediumConfig *of_other = link_config_of(other->lane->config, &medium_stage_class);
    Server *server = (Server *)stage;
    bool is_shared = config->duplex == MEDIUM_HALF_DUPLEX || of_other->duplex == MEDIUM_HALF_DUPLEX;
    int64_t turnaround_ns = MAX(config->turnaround_ns, of_other->turnaround_ns);

    if (!is_shared && server->medium != NULL)
        medium_free(server->medium);
    else if (is_shared && server->medium == NULL)
        medium_new(server, (Server *)other, turnaround_ns);
    else if (is_shared)
        server->medium->turnaround_ns = turnaround_ns;
}

const StageClass medium_stage_class = {
    .name = "medium",
    .summary = "one transmitter for both directions",
    .position = STAGE_QUEUE,
    .needs_rate = true,
    .keys = medium_keys,
    .config_bytes = sizeof(MediumConfig),
    .is_needed = medium_is_needed,
    .check = medium_check,
};
