// SPDX-License-Identifier: Apache-2.0
// One frame under way, the others in a queue. The limit is held against what would wait if each
// segment were sent by itself: those of the group under way that have not begun count as waiting.
#include "links/server.h"

#include "links/link_config.h"

enum { SERVER_FETCH_BYTES = 224 };

Queue *stage_queue(Stage *stage)
{
    return ((Server *)stage)->queue;
}

static unsigned server_group_size(const Stage *stage, const Frame *frame)
{
    const Server *server = (const Server *)stage;

    return server->service->group_size(server, frame);
}

static void *server_queue_room(const Server *server)
{
    return (char *)server + server->stage.class->stage_bytes - SERVER_QUEUE_ROOM_BYTES;
}

static const StageClass *server_discipline(const Server *server)
{
    const StageClass *class = NULL;

    link_config_key(server->stage.link_config, "queue", &class);
    return class;
}

static Queue *queue_new(Server *server, const StageClass *discipline, void *room)
{
    const QueueClass *class = discipline->queue;
    Queue *queue = room;

    if (room == NULL || class->queue_bytes > SERVER_QUEUE_ROOM_BYTES)
        queue = g_malloc(class->queue_bytes);
    memset(queue, 0, class->queue_bytes);
    queue->class = class;
    queue->stage = &server->stage;
    queue->group_size = server_group_size;
    if (class->init != NULL)
        class->init(queue);
    return queue;
}

static void queue_free(const Server *server, Queue *queue)
{
    queue->class->clear(queue);
    if ((void *)queue != server_queue_room(server))
        g_free(queue);
}

// Notes what the next frame finds before it.
static void server_count_backlog(Server *server)
{
    Queue *queue = server->queue;
    const Frame *group = server->under_way;
    unsigned n_unsent;

    queue->is_wire_free = group == NULL && server->rest == NULL && queue->waiting.frames == 0;
    queue->backlog = queue->waiting;
    if (server->rest != NULL) {
        queue->backlog.frames += server->rest->n_segments;
        queue->backlog.bytes += frame_wire_bytes(server->rest);
        queue->backlog.wire_bytes += overhead_frame_wire_bytes(queue->overhead, server->rest);
    }
    if (group == NULL || group->n_segments == 1 || server->service->unsent_segments == NULL)
        return;
    n_unsent = server->service->unsent_segments(server);
    if (n_unsent == 0)
        return;
    queue->backlog.frames += n_unsent;
    queue->backlog.bytes +=
        (n_unsent - 1) * (uint64_t)frame_segment_bytes(group) + frame_last_segment_bytes(group);
    queue->backlog.wire_bytes +=
        (n_unsent - 1) * overhead_wire_bytes(queue->overhead, frame_segment_bytes(group)) +
        overhead_wire_bytes(queue->overhead, frame_last_segment_bytes(group));
}

static void server_apply_queue(Server *server, const StageClass *discipline, uint64_t rate_bps)
{
    Queue *queue = server->queue;

    queue->config = link_config_of(server->stage.link_config, discipline);
    queue->overhead = link_config_overhead(server->stage.link_config);
    queue_apply(queue, discipline->queue_limit(queue->config), rate_bps);
}

// Another discipline: what waits in the old queue goes into the new one, as if it had just come.
static void server_change_queue(Server *server, const StageClass *discipline, uint64_t rate_bps)
{
    Queue *before = server->queue;
    Frame *frame;

    server->queue = queue_new(server, discipline, NULL);
    server_apply_queue(server, discipline, rate_bps);
    while ((frame = before->class->drain(before)) != NULL) {
        server_count_backlog(server);
        server->queue->class->enqueue(server->queue, frame);
    }
    queue_free(server, before);
}

void server_apply(Server *server, uint64_t rate_bps)
{
    const StageClass *discipline = server_discipline(server);

    server->is_bypassed = discipline->queue->is_bypassed;

    if (server->queue->class != discipline->queue)
        server_change_queue(server, discipline, rate_bps);
    else
        server_apply_queue(server, discipline, rate_bps);
}

void server_send_next(Server *server)
{
    Frame *group = NULL;

    while (group == NULL && server->rest != NULL)
        group = stage_take_front(&server->stage, &server->rest,
                                 server_group_size(&server->stage, server->rest));
    if (group == NULL && server->queue->waiting.frames > 0)
        group = server->queue->class->dequeue(server->queue);
    server->waits = server->rest != NULL || server->queue->waiting.frames > 0;
    if (group != NULL)
        server->service->send(server, group);
}

static void server_sent(Event *event)
{
    Server *server = (Server *)((char *)event - offsetof(Server, sent));
    Frame *group = server->under_way;

    server->under_way = NULL;
    if (server->waits)
        server_send_next(server);
    group->wired_ns = engine_now(server->stage.engine);
    stage_forward(&server->stage, group);
}

void server_push(Sink *sink, Frame *frame)
{
    Server *server = (Server *)sink;

    if (server->under_way == NULL && frame->n_segments == 1 && server->is_bypassed) {
        server->service->send(server, frame);
        return;
    }
    server_count_backlog(server);
    server->queue->class->enqueue(server->queue, frame);
    server->waits = true;
    if (server->under_way == NULL)
        server_send_next(server);
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
    server->stage.event = &server->sent;
    server->service = service;
    server->queue = queue_new(server, server_discipline(server), server_queue_room(server));
}

void server_clear(Stage *stage)
{
    Server *server = (Server *)stage;

    engine_disarm(stage->engine, &server->sent);
    g_clear_pointer(&server->under_way, frame_free);
    g_clear_pointer(&server->rest, frame_free);
    queue_free(server, server->queue);
}

uint64_t server_held_frames(const Stage *stage)
{
    const Server *server = (const Server *)stage;

    return server->queue->class->held_frames(server->queue) +
           (server->under_way != NULL ? server->under_way->n_segments : 0) +
           (server->rest != NULL ? server->rest->n_segments : 0);
}
