// SPDX-License-Identifier: Apache-2.0
// Medium: one transmitter for both directions of a link (half-duplex). One frame is sent at a time;
// where both directions wait they take turns, and a change of direction takes the turnaround.
#pragma once

#include "links/rate/server.h"

typedef enum { MEDIUM_FULL_DUPLEX, MEDIUM_HALF_DUPLEX } MediumDuplex;

typedef struct {
    int64_t turnaround_ns;
    int duplex; // MediumDuplex
} MediumConfig;

extern const StageClass medium_stage_class;

struct Medium {
    Server *sides[2];
    Server *last; // whose frame was sent last; NULL for none yet
    Server *next; // whom `turn` is for
    Event turn;
    int64_t free_ns; // since when
    int64_t turnaround_ns;
};

// Shares one, or no longer does, as server_pair().
void medium_pair(Stage *stage, Stage *other);

// Undoes the sharing.
void medium_free(Medium *medium);

// Whether `server`, which has a frame to send, may send it now. If not, server_send_next() is
// called for it in its turn.
bool medium_take(Medium *medium, Server *server);

// Tells that what `server` had under way has been sent; whoever is next begins.
void medium_release(Medium *medium, Server *server);
