// SPDX-License-Identifier: Apache-2.0
// Instants are found by walking a copy of the pace over the segments of a super-frame: what they
// would be were each sent by itself.
#include "links/rate/pacer.h"

#include "links/link_config.h"

static uint64_t pacer_wire_bytes(const Pacer *self, const Frame *frame, unsigned segment)
{
    int64_t bytes = segment + 1U == frame->n_segments ? frame_last_segment_bytes(frame)
                                                      : frame_segment_bytes(frame);

    bytes += frame->is_bare_ip ? self->packet_extra_bytes : self->frame_extra_bytes;
    return server_wire_bytes(&self->server, (uint64_t)MAX(bytes, 0));
}

// The same less what of it has been sent, which may be more under another overhead.
static uint64_t pacer_left_bytes(const Pacer *self, const Frame *frame, unsigned segment,
                                 uint64_t sent_bytes)
{
    uint64_t bytes = pacer_wire_bytes(self, frame, segment);

    return bytes - MIN(bytes, sent_bytes);
}

static int64_t pacer_pass(const Pacer *self, Pace *pace, uint64_t bytes, int64_t from_ns)
{
    return self->is_unlimited ? from_ns : self->class->pass(self, pace, bytes, from_ns);
}

// The pace that `frame` meets, which is to be sent now.
static Pace pacer_pace(const Pacer *self, const Frame *frame)
{
    int64_t now_ns = engine_now(self->server.stage.engine);
    Pace pace = self->pace;

    if (self->class->miss != NULL && frame->wired_ns == now_ns)
        self->class->miss(&pace, now_ns);
    return pace;
}

// Walks over the segments of `frame` as long as their instants are not after `until_ns`, and
// returns how many that are. `pace` is moved behind them, `*from_ns` to the last one's instant.
static unsigned pacer_walk(const Pacer *self, const Frame *frame, uint64_t sent_bytes, Pace *pace,
                           int64_t *from_ns, int64_t until_ns)
{
    unsigned n_passed = 0;

    while (n_passed < frame->n_segments) {
        Pace next = *pace;
        int64_t due_ns =
            pacer_pass(self, &next, pacer_left_bytes(self, frame, n_passed, sent_bytes), *from_ns);

        if (due_ns > until_ns)
            break;
        *pace = next;
        *from_ns = due_ns;
        sent_bytes = 0;
        n_passed++;
    }
    return n_passed;
}

static unsigned pacer_group_size(const Server *server, const Frame *frame)
{
    const Pacer *self = (const Pacer *)server;
    Pace before = pacer_pace(self, frame), pace = before;
    int64_t at_ns = engine_now(server->stage.engine);
    int64_t first_ns = pacer_pass(self, &pace, pacer_wire_bytes(self, frame, 0), at_ns);
    unsigned n_passed;

    // Without a spacing even those of one instant go one by one: what waits may still be dropped.
    if (first_ns == ENGINE_NEVER_NS || server->stage.lane->spacing_ns == 0)
        return 1;
    pace = before;
    n_passed = pacer_walk(self, frame, 0, &pace, &at_ns, first_ns + server->stage.lane->spacing_ns);
    return n_passed;
}

static unsigned pacer_at_once_segments(const Server *server, const Frame *frame)
{
    const Pacer *self = (const Pacer *)server;
    Pace pace = pacer_pace(self, frame);
    int64_t now_ns = engine_now(server->stage.engine);

    return pacer_walk(self, frame, 0, &pace, &now_ns, now_ns);
}

// Finds the instants of what is under way, from `begun_ns` on.
static bool pacer_plan(Pacer *self)
{
    Frame *group = self->server.under_way;
    int64_t at_ns = self->begun_ns, first_ns = 0;
    uint64_t sent_bytes = self->sent_bytes;

    self->pace = self->before;
    for (unsigned n = 0; n < group->n_segments; n++) {
        at_ns = pacer_pass(self, &self->pace, pacer_left_bytes(self, group, n, sent_bytes), at_ns);
        first_ns = n == 0 ? at_ns : first_ns;
        sent_bytes = 0;
    }
    if (group->n_segments > 1)
        group->wired_span_ns = group->due_span_ns = (uint32_t)(at_ns - first_ns);
    if (at_ns == self->begun_ns)
        return true;
    if (at_ns != ENGINE_NEVER_NS)
        stage_arm(&self->server.stage, &self->server.sent, at_ns);
    else
        engine_disarm(self->server.stage.engine, &self->server.sent);
    return false;
}

static bool pacer_send(Server *server, Frame *group)
{
    Pacer *self = (Pacer *)server;

    self->before = pacer_pace(self, group);
    self->begun_ns = engine_now(server->stage.engine);
    self->sent_bytes = 0;
    server->under_way = group;
    return pacer_plan(self);
}

static unsigned pacer_unsent_segments(const Server *server)
{
    const Pacer *self = (const Pacer *)server;
    Pace pace = self->before;
    int64_t at_ns = self->begun_ns;
    unsigned n_sent = pacer_walk(self, server->under_way, self->sent_bytes, &pace, &at_ns,
                                 engine_now(server->stage.engine));

    return n_sent < server->under_way->n_segments ? server->under_way->n_segments - 1U - n_sent : 0;
}

static const Service pacer_service = {
    .send = pacer_send,
    .group_size = pacer_group_size,
    .unsent_segments = pacer_unsent_segments,
    .at_once_segments = pacer_at_once_segments,
};

// Lets go what has been sent of what is under way; what has not begun goes back to the front.
void pacer_suspend(Pacer *pacer)
{
    Server *server = &pacer->server;
    Pace *pace = &pacer->before;
    int64_t now_ns = engine_now(server->stage.engine);
    unsigned n_sent;

    if (server->under_way == NULL)
        return;
    n_sent =
        pacer_walk(pacer, server->under_way, pacer->sent_bytes, pace, &pacer->begun_ns, now_ns);
    if (n_sent > 0)
        pacer->sent_bytes = 0;
    server_keep_one(server, n_sent);
    if (server->under_way != NULL && pacer->class->advance != NULL && !pacer->is_unlimited)
        pacer->sent_bytes += pacer->class->advance(pacer, pace, pacer->begun_ns, now_ns);
    pacer->begun_ns = now_ns;
    pacer->pace = *pace;
}

void pacer_resume(Pacer *pacer, bool is_unlimited, uint64_t mean_rate_bps)
{
    Server *server = &pacer->server;

    pacer->is_unlimited = is_unlimited;
    server_apply(server, is_unlimited ? 0 : mean_rate_bps);
    if (server->under_way != NULL) {
        pacer->before = pacer->pace;
        if (pacer_plan(pacer))
            stage_arm(&server->stage, &server->sent, pacer->begun_ns);
    } else {
        server_send_next(server);
    }
}

void pacer_init(Pacer *pacer, const PacerClass *class)
{
    pacer->class = class;
    server_init(&pacer->server, &pacer_service);
}
