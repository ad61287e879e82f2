// SPDX-License-Identifier: Apache-2.0
// One frame under way, the others in a queue. The limit is held against what would wait if each
// segment were sent by itself: those of the group under way that have not begun count as waiting.
#include "links/rate/server.h"

#include <string.h>

#include "links/link_config.h"
#include "links/rate/medium.h"

enum { SERVER_FETCH_BYTES = 192 };

Queue *stage_queue(Stage *stage)
{
    return ((Server *)stage)->queue;
}

static unsigned server_group_size(const Stage *stage, const Frame *frame)
{
    const Server *server = (const Server *)stage;

    // Those that share a medium take turns with each segment.
    return server->medium != NULL ? 1 : server->service->group_size(server, frame);
}

static const StageClass *server_discipline(const Server *server)
{
    const StageClass *class = NULL;

    link_config_key(server->stage.lane->config, "queue", &class);
    return class;
}

static Queue *queue_new(Server *server, const StageClass *discipline)
{
    const QueueClass *class = discipline->queue;
    Lane *lane = server->stage.lane;
    bool is_in_room = lane->queue_room != NULL && class->queue_bytes <= LANE_QUEUE_BYTES;
    Queue *queue = is_in_room ? lane->queue_room : g_malloc(class->queue_bytes);

    memset(queue, 0, class->queue_bytes);
    if (is_in_room)
        lane->queue_room = NULL;
    queue->is_in_room = is_in_room;
    queue->class = class;
    queue->stage = &server->stage;
    queue->config = link_config_of(server->stage.lane->config, discipline);
    queue->overhead = *link_config_overhead(server->stage.lane->config);
    queue->group_size = server_group_size;
    if (class->init != NULL)
        class->init(queue);
    return queue;
}

static void queue_free(Queue *queue)
{
    queue->class->clear(queue);
    if (queue->is_in_room)
        queue->stage->lane->queue_room = queue;
    else
        g_free(queue);
}

static bool server_is_free(const Server *server)
{
    return server->under_way == NULL && !server->is_letting_go;
}

// Whether a frame could begin to be sent now.
static bool server_may_send(Server *server)
{
    return server_is_free(server) &&
           (server->medium == NULL || medium_take(server->medium, server));
}

// Counts segments as waiting: `n_segments`, of which the last is as long as that of `frame`.
static void server_count_segments(Queue *queue, const Frame *frame, unsigned n_segments)
{
    uint32_t bytes = frame_segment_bytes(frame), last_bytes = frame_last_segment_bytes(frame);

    queue->backlog.frames += n_segments;
    queue->backlog.bytes += (n_segments - 1) * (uint64_t)bytes + last_bytes;
    queue->backlog.wire_bytes += (n_segments - 1) * overhead_wire_bytes(&queue->overhead, bytes) +
                                 overhead_wire_bytes(&queue->overhead, last_bytes);
}

// Notes what the next frame finds before it.
static void server_count_backlog(Server *server)
{
    Queue *queue = server->queue;
    const Frame *group = server->under_way;
    unsigned n_unsent;

    queue->is_wire_free = !server->waits && server_may_send(server);
    queue->backlog = queue->waiting;
    for (const Frame *rest = server->rest; rest != NULL; rest = rest->next)
        server_count_segments(queue, rest, rest->n_segments);
    if (group == NULL || group->n_segments == 1 || server->service->unsent_segments == NULL)
        return;
    n_unsent = server->service->unsent_segments(server);
    if (n_unsent > 0)
        server_count_segments(queue, group, n_unsent);
}

// Counts how many segments each segment of a frame found waiting, of which `n_before` waited before
// the first, and the first `n_passing` do not wait themselves.
static void server_count_length(Server *server, unsigned n_segments, uint64_t n_before,
                                uint64_t n_passing)
{
    uint64_t n_in_the_end = server->queue->backlog.frames;

    for (unsigned n = 0; n < n_segments; n++) {
        uint64_t n_found = n_before + (n > n_passing ? n - n_passing : 0);

        n_found = MIN(n_found, MAX(n_in_the_end, n_before));
        if (n_found == 0)
            counter_add(server->unqueued_frames, 1);
        else
            histogram_add(&server->stage.lane->meter->room->queued, (int64_t)n_found);
    }
}

static void server_apply_queue(Server *server, const StageClass *discipline, uint64_t rate_bps)
{
    Queue *queue = server->queue;

    queue->config = link_config_of(server->stage.lane->config, discipline);
    queue_apply(queue, discipline->queue_limit(queue->config), rate_bps);
}

// Another discipline or overhead: what waits in the old queue goes into the new one, as if it had
// just come, but whatever the limit.
static void server_change_queue(Server *server, const StageClass *discipline, uint64_t rate_bps)
{
    Queue *before = server->queue;
    Frame *frame;

    server->queue = queue_new(server, discipline);
    server_apply_queue(server, discipline, rate_bps);
    queue_lift_limit(server->queue);
    while ((frame = before->class->drain(before)) != NULL) {
        server_count_backlog(server);
        server->queue->class->enqueue(server->queue, frame);
    }
    server_apply_queue(server, discipline, rate_bps);
    queue_free(before);
}

void server_apply(Server *server, uint64_t rate_bps)
{
    const StageClass *discipline = server_discipline(server);
    const OverheadConfig *overhead = link_config_overhead(server->stage.lane->config);

    server->is_bypassed = discipline->queue->is_bypassed;
    server->has_overhead = overhead_stage_class.is_needed(overhead);
    if (server->queue->class != discipline->queue ||
        memcmp(&server->queue->overhead, overhead, sizeof *overhead) != 0)
        server_change_queue(server, discipline, rate_bps);
    else
        server_apply_queue(server, discipline, rate_bps);
}

static Frame *server_take_rest(Server *server)
{
    Frame *head = server->rest, *others = head->next, *front;

    head->next = NULL;
    front = stage_take_front(&server->stage, &head, server_group_size(&server->stage, head));
    server->rest = others;
    if (head != NULL) {
        head->next = others;
        server->rest = head;
    }
    return front;
}

// Begins to send what is next, and returns it if it leaves at this very instant.
static Frame *server_begin_next(Server *server)
{
    Frame *group = NULL;

    if (!server->waits || (server->medium != NULL && !medium_take(server->medium, server)))
        return NULL;
    while (group == NULL && server->rest != NULL)
        group = server_take_rest(server);
    if (group == NULL && server->queue->waiting.frames > 0)
        group = server->queue->class->dequeue(server->queue);
    server->waits = server->rest != NULL || server->queue->waiting.frames > 0;
    if (group == NULL || !server->service->send(server, group))
        return NULL;
    server->under_way = NULL;
    return group;
}

static void server_let_go(Server *server, Frame *group)
{
    group->wired_ns = engine_now(server->stage.engine);
    stage_forward(&server->stage, group);
}

// Lets `group` go, and behind it all that leaves at this instant.
static void server_let_go_all(Server *server, Frame *group)
{
    server->is_letting_go = true;
    while (group != NULL) {
        server_let_go(server, group);
        group = server_begin_next(server);
    }
    server->is_letting_go = false;
}

void server_send_next(Server *server)
{
    Frame *group = server_is_free(server) ? server_begin_next(server) : NULL;

    if (group != NULL)
        server_let_go_all(server, group);
}

static void server_sent(Event *event)
{
    Server *server = (Server *)((char *)event - offsetof(Server, sent));
    Frame *group = server->under_way, *next;

    server->under_way = NULL;
    if (server->medium != NULL) {
        medium_release(server->medium, server);
        server_let_go(server, group);
        return;
    }
    next = server->waits ? server_begin_next(server) : NULL;
    if (next != NULL) {
        server->is_letting_go = true;
        server_let_go(server, group);
        server_let_go_all(server, next);
    } else {
        server_let_go(server, group);
    }
}

void server_keep_one(Server *server, unsigned n_sent)
{
    Frame *group = server->under_way, *sent = NULL;

    engine_disarm(server->stage.engine, &server->sent);
    server->under_way = NULL;
    group->wired_span_ns = group->due_span_ns = 0;
    if (n_sent > 0)
        sent = stage_take_front(&server->stage, &group, n_sent);
    if (group != NULL) {
        server->under_way = stage_take_front(&server->stage, &group, 1);
        if (group != NULL) {
            group->next = server->rest;
            server->rest = group;
            server->waits = true;
        }
    }
    if (sent == NULL)
        return;
    server->is_letting_go = true;
    server_let_go(server, sent);
    server->is_letting_go = false;
}

static Frame *server_drain(Server *server)
{
    Frame *frame = server->under_way;

    server->under_way = NULL;
    if (frame != NULL)
        return frame;
    frame = server->rest;
    if (frame != NULL) {
        server->rest = frame->next;
        frame->next = NULL;
        return frame;
    }
    return server->queue->class->drain(server->queue);
}

void server_bequeath(Stage *from, Stage *to)
{
    Queue *queue = ((Server *)to)->queue;
    const uint64_t limits[] = {queue->limit_frames, queue->limit_bytes, queue->limit_wire_bytes};
    Frame *frame;

    engine_disarm(from->engine, &((Server *)from)->sent);
    queue_lift_limit(queue);
    while ((frame = server_drain((Server *)from)) != NULL) {
        frame->wired_span_ns = frame->due_span_ns = 0;
        frame->sending_ns = 0;
        sink_push(&to->sink, frame);
    }
    queue->limit_frames = limits[0];
    queue->limit_bytes = limits[1];
    queue->limit_wire_bytes = limits[2];
    queue->takes_all = false;
}

static void server_enqueue(Server *server, Frame *frame)
{
    unsigned n_segments = frame->n_segments;
    uint64_t n_before, n_passing;

    server_count_backlog(server);
    n_before = server->queue->backlog.frames;
    n_passing = server->queue->is_wire_free;
    server->queue->class->enqueue(server->queue, frame);
    server->waits = true; // or so it seems, up to server_send_next()
    server_count_length(server, n_segments, n_before, n_passing);
    server_send_next(server);
}

// Sends what passes by the queue: nothing waits, and nothing is under way.
static void server_pass(Server *server, Frame *frame)
{
    counter_add(server->unqueued_frames, frame->n_segments);
    if (server->service->send(server, frame)) {
        server->under_way = NULL;
        server_let_go_all(server, frame);
    }
}

// How many segments at the front of a super-frame would leave at this instant.
static unsigned server_at_once_segments(Server *server, const Frame *frame)
{
    if (server->service->at_once_segments == NULL || server->waits || !server_may_send(server))
        return 0;
    return server->service->at_once_segments(server, frame);
}

// Lets the segments at the front of a super-frame that leave at this instant go before the others
// come: a queue must not take them for such as wait. What it drops of them leaves the instant to
// those behind. Returns the rest, NULL for none.
static Frame *server_pass_front(Server *server, Frame *frame)
{
    unsigned n_at_once;

    while (frame != NULL && (n_at_once = server_at_once_segments(server, frame)) > 0) {
        Frame *front = stage_take_front(&server->stage, &frame, n_at_once);

        if (front != NULL && server->is_bypassed) {
            server_pass(server, front);
            return frame;
        }
        while (front != NULL) {
            Frame *segment = stage_take_front(&server->stage, &front, 1);

            if (segment != NULL)
                server_enqueue(server, segment);
        }
    }
    return frame;
}

void server_push(Sink *sink, Frame *frame)
{
    Server *server = (Server *)sink;

    if (frame->n_segments == 1 && server->is_bypassed && !server->waits &&
        server_may_send(server)) {
        server_pass(server, frame);
        return;
    }
    if (frame->n_segments > 1)
        frame = server_pass_front(server, frame);
    if (frame != NULL)
        server_enqueue(server, frame);
}

static void server_fetch(const Event *event)
{
    const Server *server = (const Server *)((const char *)event - offsetof(Server, sent));

    engine_fetch(server, SERVER_FETCH_BYTES);
    engine_fetch(server->under_way, 64);
    stage_fetch_next(&server->stage);
}

void server_init(Server *server, const Service *service)
{
    event_init(&server->sent, server_sent);
    server->sent.fetch = server_fetch;
    server->service = service;
    server->unqueued_frames = &server->stage.lane->meter->unqueued_frames;
    server->queue = queue_new(server, server_discipline(server));
}

void server_clear(Stage *stage)
{
    Server *server = (Server *)stage;

    if (server->medium != NULL)
        medium_free(server->medium);
    engine_disarm(stage->engine, &server->sent);
    g_clear_pointer(&server->under_way, frame_free);
    for (Frame *rest; (rest = server->rest) != NULL;) {
        server->rest = rest->next;
        frame_free(rest);
    }
    queue_free(server->queue);
}

void server_pair(Stage *stage, Stage *other)
{
    medium_pair(stage, other);
}

uint64_t server_held_frames(const Stage *stage)
{
    const Server *server = (const Server *)stage;
    uint64_t n_frames = server->queue->class->held_frames(server->queue);

    if (server->under_way != NULL)
        n_frames += server->under_way->n_segments;
    for (const Frame *rest = server->rest; rest != NULL; rest = rest->next)
        n_frames += rest->n_segments;
    return n_frames;
}
