// SPDX-License-Identifier: Apache-2.0
// The ends of a direction, on a frame's way.
#include "links/link_path.h"

#include "links/link_config.h"

static inline LinkTrack *track_of_exit(Sink *exit)
{
    return (LinkTrack *)((char *)exit - offsetof(LinkTrack, exit));
}

static inline void link_number(LinkTrack *track, Frame *frame)
{
    frame->index = counter_get(&track->counters.in_frames);
    frame->entered_ns = frame->wired_ns = engine_now(track->engine);
    frame->wired_span_ns = frame->due_span_ns = frame->due_lag_ns = 0;
    frame->sending_ns = 0;
    frame->copy = 0;
    counter_add(&track->counters.in_frames, frame->n_segments);
    counter_add(&track->counters.in_bytes, frame_wire_bytes(frame));
}

static void link_enter(Sink *sink, Frame *frame)
{
    LinkTrack *track = (LinkTrack *)sink; // its first member

    link_number(track, frame);
    sink_push(track->first, frame);
}

static inline void link_count_out(LinkTrack *track, Frame *frame)
{
    frame->due_ns = engine_now(track->engine);
    counter_add(&track->counters.out_frames, frame->n_segments);
    counter_add(&track->counters.out_bytes, frame_wire_bytes(frame));
}

static void link_leave(Sink *sink, Frame *frame)
{
    LinkTrack *track = track_of_exit(sink);

    link_count_out(track, frame);
    meter_depart(&track->meter, frame, frame->due_ns);
    sink_push(track->out, frame);
}

// Stands in for link_leave() where others measure.
static void link_leave_unmetered(Sink *sink, Frame *frame)
{
    LinkTrack *track = track_of_exit(sink);

    link_count_out(track, frame);
    sink_push(track->out, frame);
}

// Stands in for both where someone looks on, or the order has to be watched.
static void link_leave_watched(Sink *sink, Frame *frame)
{
    const LinkTrack *track = track_of_exit(sink);
    const LinkPath *path = track->path;

    if (path->reordering != NULL)
        reordering_count(path->reordering, frame);
    witnesses_left(path->lane.witnesses, frame, engine_now(track->engine));
    (path->meter_taken ? link_leave_unmetered : link_leave)(sink, frame);
}

// An answer of the other direction's: it has not entered this one, and leaves it at once. It has no
// number of its own, so it goes as a copy of the frame to come.
void link_answer(Sink *sink, Frame *frame)
{
    LinkTrack *track = ((LinkPath *)((char *)sink - offsetof(LinkPath, answer)))->track;

    frame->index = counter_get(&track->counters.in_frames);
    frame->copy = LINK_ANSWER_COPY;
    frame->entered_ns = frame->wired_ns = engine_now(track->engine);
    counter_add(&track->counters.copied_frames, frame->n_segments);
    sink_push(&track->exit, frame);
}

// While a link is down these two stand in for link_enter() and link_leave(): neither what is sent
// into it arrives, nor what was under way.
static void link_drop(LinkTrack *track, Frame *frame)
{
    drop_count(&track->counters.drops, DROP_LINK_DOWN, frame->n_segments);
    witnesses_dropped(track->path->lane.witnesses, frame, frame->n_segments, DROP_LINK_DOWN,
                      engine_now(track->engine));
    frame_free(frame);
}

static void link_enter_down(Sink *sink, Frame *frame)
{
    LinkTrack *track = (LinkTrack *)sink; // its first member

    link_number(track, frame);
    link_drop(track, frame);
}

static void link_leave_down(Sink *sink, Frame *frame)
{
    link_drop(track_of_exit(sink), frame);
}

void link_path_choose_ends(LinkPath *path)
{
    if (path->reordering == NULL && link_config_reorders(path->lane.config))
        path->reordering = g_new0(Reordering, 1);
    path->track->entry.push = path->is_down ? link_enter_down : link_enter;
    path->track->exit.push = path->is_down ? link_leave_down
                             : path->reordering != NULL || path->lane.witnesses != NULL
                                 ? link_leave_watched
                             : path->meter_taken ? link_leave_unmetered
                                                 : link_leave;
}
