// SPDX-License-Identifier: Apache-2.0
// Server: sends one frame at a time (or a group of segments that leave together) and keeps the
// others waiting in a queue; how long sending takes is the affair of the stage built on it.
#pragma once

#include "links/queue/queue.h"

typedef struct Server Server;
typedef struct Medium Medium;

typedef struct {
    // Begins to send `group`, nothing being under way: sets server->under_way and arms
    // server->sent. True, and nothing armed, when it leaves at this very instant.
    bool (*send)(Server *server, Frame *group);
    // How many segments of a super-frame, whose turn it is, leave as one; at least 1.
    unsigned (*group_size)(const Server *server, const Frame *frame);
    // How many segments of what is under way have not begun to be sent; NULL for none ever.
    unsigned (*unsent_segments)(const Server *server);
    // How many segments at the front of a super-frame, were it sent now, would leave at this very
    // instant; NULL for none ever.
    unsigned (*at_once_segments)(const Server *server, const Frame *frame);
} Service;

struct Server {
    Stage stage;
    Event sent;       // what is under way has left
    Frame *under_way; // or a group of segments
    Frame *rest;      // of it, to be sent before whatever waits: a list, NULL for most of the time
    bool is_bypassed; // the queue, by a frame that finds nothing before it
    bool waits;       // something does, in the queue or as `rest`
    bool is_letting_go; // frames leave at this instant: what comes meanwhile waits behind them
    bool has_overhead;  // the queue says which
    const Service *service;
    Queue *queue;
    Medium *medium;           // shared with the other direction; NULL for most
    Counter *unqueued_frames; // of the meter
};

static_assert(sizeof(Server) <= 152, "a server and its stage have left three lines of memory");

// What a frame of `bytes` counts as, overhead included.
static inline uint64_t server_wire_bytes(const Server *server, uint64_t bytes)
{
    return server->has_overhead ? overhead_wire_bytes(&server->queue->overhead, bytes) : bytes;
}

// For StageClass: `service` and the queue of the link's discipline; server_apply() follows.
void server_init(Server *server, const Service *service);

// For StageClass.apply: takes over discipline, limit, and the rate at which the queue is emptied.
void server_apply(Server *server, uint64_t rate_bps);

// The other functions of a StageClass.
void server_push(Sink *sink, Frame *frame);
void server_clear(Stage *stage);
uint64_t server_held_frames(const Stage *stage);

// For StageClass.pair, of a stage whose frames take time to be sent: the two share a medium, or no
// longer do, as either one's configuration says.
void server_pair(Stage *stage, Stage *other);

// Sends what is to be sent next, if anything; nothing may be under way.
void server_send_next(Server *server);

// Lets the first `n_sent` segments of what is under way go, keeps the next one under way, whose
// sending is then still to be armed, and puts the others back, to be sent first.
void server_keep_one(Server *server, unsigned n_sent);

// Gives all that `from` holds, in order, to `to`, which stands in its stead: what was being sent
// begins anew.
void server_bequeath(Stage *from, Stage *to);
