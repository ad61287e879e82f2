// SPDX-License-Identifier: Apache-2.0
// Rate: sends one frame at a time at a constant rate; others wait in the link's queue, whose limit
// counts the frames that wait and never the one under way. A serialiser in the sense of traffic
// control: without credit, two frames are never closer than the first takes to send.
//
// How it works: sending a frame takes (length + overhead) x 8 / rate seconds. What the division to
// nanoseconds leaves is carried to the next frame of the same busy period, so a backlog leaves at
// exactly the rate however long it lasts. Work is counted in bit-nanoseconds a second: a frame of b
// bits is b x 10^9 of it, and a nanosecond does as much of it as the rate says.
//
// A super-frame waits as a whole and is sent in groups of segments whose departures lie within the
// spacing; a group leaves with its last segment. When the rate changes, what has been sent of a
// group leaves at once, the segment on the wire goes on at the new rate, and the others go back to
// the head of the queue.
#include "links/rate/rate.h"

#include "core/scale.h"
#include "links/link_config.h"
#include "links/rate/server.h"

typedef struct {
    Server server;
    uint64_t rate_bps;
    uint64_t remainder; // of the last division: work that the next frame begins with
    int64_t free_ns;    // when the last frame leaves: from there the remainder counts
} RateStage;

#define NS_PER_S UINT64_C(1000000000)

static const ParamWord rate_words[] = {{"unlimited", 0}, {NULL, 0}};

static const ParamSpec rate_params[] = {
    {.name = "rate",
     .type = PARAM_RATE,
     .offset = offsetof(RateConfig, rate_bps),
     .min = 1,
     .max = UINT64_C(100000000000),
     .required = true,
     .words = rate_words,
     .summary = "bits a second that leave, link-layer headers included"},
    PARAM_END,
};

static const StageKey rate_keys[] = {
    {"rate", rate_params, "the rate at which frames leave; unlimited when not given",
     "is sent at {rate}, one behind the other"},
    {NULL, NULL, NULL},
};

static bool rate_is_needed(const void *config)
{
    return ((const RateConfig *)config)->rate_bps != 0;
}

static uint64_t rate_segment_work(const RateStage *self, uint64_t bytes)
{
    return server_wire_bytes(&self->server, bytes) * 8 * NS_PER_S;
}

// Those whose departures lie within the spacing.
static unsigned rate_group_size(const Server *server, const Frame *frame)
{
    const RateStage *self = (const RateStage *)server;
    uint64_t slot = rate_segment_work(self, frame_segment_bytes(frame));
    uint64_t n_gaps = scale((uint64_t)server->stage.lane->spacing_ns, self->rate_bps, slot);

    if (self->rate_bps == 0)
        return frame->n_segments;
    return n_gaps < frame->n_segments ? (unsigned)n_gaps + 1 : frame->n_segments;
}

// Arms the departure of what is under way, of which so much work is left.
static void rate_arm(RateStage *self, uint64_t work)
{
    uint64_t left_ns = 0;

    self->remainder = 0;
    if (self->rate_bps > 0) {
        left_ns = work / self->rate_bps;
        self->remainder = work % self->rate_bps;
    }
    self->free_ns = engine_now(self->server.stage.engine) + (int64_t)left_ns;
    stage_arm(&self->server.stage, &self->server.sent, self->free_ns);
}

static bool rate_send(Server *server, Frame *group)
{
    RateStage *self = (RateStage *)server;
    uint64_t work = rate_segment_work(self, frame_last_segment_bytes(group));

    if (engine_now(server->stage.engine) > self->free_ns)
        self->remainder = 0;
    work += self->remainder;
    if (group->n_segments > 1) {
        uint64_t slot = rate_segment_work(self, frame_segment_bytes(group));

        work += (group->n_segments - 1) * slot;
        group->wired_span_ns =
            self->rate_bps > 0
                ? (uint32_t)(work / self->rate_bps - (slot + self->remainder) / self->rate_bps)
                : 0;
        group->due_span_ns = group->wired_span_ns;
    }
    server->under_way = group;
    rate_arm(self, work);
    group->sending_ns =
        self->free_ns - engine_now(server->stage.engine) - (int64_t)group->wired_span_ns;
    return false;
}

// The work that is left of what is under way: what rate_arm() turned into an instant.
static uint64_t rate_left_work(const RateStage *self)
{
    int64_t left_ns = self->free_ns - engine_now(self->server.stage.engine);

    return (uint64_t)left_ns * self->rate_bps + self->remainder;
}

// How many segments of the group under way have left: one has, once less than a nanosecond's work
// is left besides that of the segments behind it.
static unsigned rate_n_sent(const RateStage *self, const Frame *group)
{
    uint64_t slot = rate_segment_work(self, frame_segment_bytes(group));
    uint64_t least = rate_segment_work(self, frame_last_segment_bytes(group)) + self->rate_bps;
    uint64_t left = rate_left_work(self);
    uint64_t n_behind = left < least ? 0 : (left - least) / slot + 1;

    return n_behind < group->n_segments ? (unsigned)(group->n_segments - 1 - n_behind) : 0;
}

static unsigned rate_unsent_segments(const Server *server)
{
    const RateStage *self = (const RateStage *)server;

    if (self->rate_bps == 0)
        return 0;
    return server->under_way->n_segments - 1 - rate_n_sent(self, server->under_way);
}

static const Service rate_service = {
    .send = rate_send,
    .group_size = rate_group_size,
    .unsent_segments = rate_unsent_segments,
};

// Lets go what of the group under way has been sent, and takes back what has not begun. Returns
// what is left of the work of the segment in between.
static uint64_t rate_break_group(RateStage *self, uint64_t left)
{
    Server *server = &self->server;
    const Frame *group = server->under_way;
    unsigned n_sent = rate_n_sent(self, group);
    uint64_t slot = rate_segment_work(self, frame_segment_bytes(group));
    uint64_t last = rate_segment_work(self, frame_last_segment_bytes(group));
    unsigned n_behind = group->n_segments - 1 - n_sent;
    uint64_t behind = n_behind > 0 ? (n_behind - 1) * slot + last : 0;
    uint64_t own = n_behind > 0 ? slot : last;

    left -= MIN(left, behind);
    server_keep_one(server, n_sent);
    if (server->under_way != NULL) // up to now
        server->under_way->sending_ns = (int64_t)((own - MIN(own, left)) / self->rate_bps);
    return left;
}

// What is under way goes on at the new rate from here.
static void rate_change(RateStage *self, uint64_t rate_bps)
{
    uint64_t left = rate_left_work(self);
    int64_t before_ns = self->free_ns;
    Server *server = &self->server;

    if (server->under_way->n_segments > 1 && self->rate_bps > 0) {
        left = rate_break_group(self, left);
        before_ns = engine_now(server->stage.engine);
    }
    self->rate_bps = rate_bps;
    if (server->under_way == NULL)
        return;
    rate_arm(self, left);
    server->under_way->sending_ns += self->free_ns - before_ns;
}

static void rate_apply(Stage *stage)
{
    RateStage *self = (RateStage *)stage;
    bool is_chosen = link_config_has_chosen(stage->lane->config, stage->class);
    uint64_t rate_bps = is_chosen ? ((const RateConfig *)stage->config)->rate_bps : 0;

    if (self->server.under_way != NULL && rate_bps != self->rate_bps)
        rate_change(self, rate_bps);
    self->rate_bps = rate_bps;
    server_apply(&self->server, rate_bps);
    server_send_next(&self->server);
}

static void rate_init(Stage *stage)
{
    server_init((Server *)stage, &rate_service);
}

static uint64_t rate_mean_rate_bps(const void *config)
{
    return ((const RateConfig *)config)->rate_bps;
}

const StageClass rate_stage_class = {
    .name = "rate",
    .summary = "a constant rate",
    .position = STAGE_QUEUE,
    .selector = "model",
    .variant = "constant",
    .keys = rate_keys,
    .config_bytes = sizeof(RateConfig),
    .stage_bytes = sizeof(RateStage),
    .event_offset = offsetof(Server, sent),
    .is_needed = rate_is_needed,
    .init = rate_init,
    .apply = rate_apply,
    .clear = server_clear,
    .push = server_push,
    .held_frames = server_held_frames,
    .pair = server_pair,
    .bequeath = server_bequeath,
    .mean_rate_bps = rate_mean_rate_bps,
};
