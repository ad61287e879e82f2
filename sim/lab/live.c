// SPDX-License-Identifier: Apache-2.0
// The main thread posts a letter and waits until it has been applied, which is between two events.
// Of what is in force it has a copy, in which a look renews what has changed since the last.
#include "sim/lab/live.h"

#include <errno.h>
#include <semaphore.h>

// A host's device, with an observer for a timeline that starts with the first frame.
typedef struct {
    Observer observer;
    Live *live;
    const LinkSpec *link;
    Device *device;
    Counter n_losses; // of its carrier
} LiveDevice;

typedef struct {
    LiveDirection directions[N_LINK_DIRECTIONS];
    const Link *link;
} LiveLink;

struct Live {
    const Scenario *scenario;
    Topology *topology;
    Engine *engine;
    DataThread *data_thread;
    Timeline *timeline;
    GPtrArray *devices; // of LiveDevice, owned
    void (*restart)(void *data, const NodeSpec *host);
    void *data;
    Event first_frame;
    bool awaits_frame;
    bool is_running;
    GHashTable *links; // LinkSpec to LiveLink, owned
    ChangeLog *changes;
};

// What the main thread asks, and waits for.
typedef struct {
    Letter letter;
    Live *live;
    sem_t done;
    TimelineEntry *const *entries;
    unsigned n_entries;
    int64_t at_ns;
    bool is_right;
    GError *error;
} Request;

static void live_set_carrier(void *data, const LinkSpec *link, bool has_carrier)
{
    Live *self = data;

    for (guint i = 0; i < self->devices->len; i++) {
        LiveDevice *entry = g_ptr_array_index(self->devices, i);

        if (entry->link != link)
            continue;
        counter_add(&entry->n_losses, !has_carrier);
        device_set_carrier(entry->device, has_carrier);
    }
}

static void live_restart(void *data, const NodeSpec *host)
{
    Live *self = data;

    if (self->restart != NULL)
        self->restart(self->data, host);
}

static void live_first_frame(Event *event)
{
    Live *self = (Live *)((char *)event - offsetof(Live, first_frame));

    timeline_start(self->timeline);
}

static void live_link_free(gpointer data)
{
    LiveLink *link = data;

    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        link_config_free(link->directions[direction].config);
    g_free(link);
}

Live *live_new(const Scenario *scenario, Topology *topology, Engine *engine,
               DataThread *data_thread)
{
    Live *self = g_new0(Live, 1);

    self->scenario = scenario;
    self->topology = topology;
    self->engine = engine;
    self->data_thread = data_thread;
    self->timeline = timeline_new(scenario, topology, engine,
                                  (TimelineEvents){live_set_carrier, live_restart, self});
    self->devices = g_ptr_array_new_with_free_func(g_free);
    event_init(&self->first_frame, live_first_frame);
    self->links = g_hash_table_new_full(NULL, NULL, NULL, live_link_free);
    self->changes = change_log_new();
    for (guint i = 0; i < scenario->links->len; i++) {
        const LinkSpec *spec = g_ptr_array_index(scenario->links, i);
        LiveLink *link = g_new0(LiveLink, 1);

        link->link = topology_link(topology, spec);
        for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
            link->directions[direction].config = link_config_copy(spec->directions[direction]);
        g_hash_table_insert(self->links, (gpointer)spec, link);
    }
    return self;
}

void live_free(Live *self)
{
    engine_disarm(self->engine, &self->first_frame);
    timeline_free(self->timeline);
    g_ptr_array_unref(self->devices);
    g_hash_table_unref(self->links);
    change_log_free(self->changes);
    g_free(self);
}

enum { IPV4_MULTICAST = 224 }; // and above, the broadcast included: the first byte of an address

static bool frame_is_unicast(const Frame *frame, bool has_ethernet)
{
    const uint8_t *bytes = frame_bytes_const(frame);

    if (has_ethernet)
        return (bytes[0] & 1) == 0;
    if (bytes[0] >> 4 == 4)
        return bytes[16] < IPV4_MULTICAST;
    return frame->length_bytes > 24 && bytes[24] != 0xFF;
}

static void live_see(Observer *observer, const Frame *frame, int64_t at_ns)
{
    LiveDevice *entry = (LiveDevice *)observer; // its first member
    Live *self = entry->live;

    (void)at_ns;
    if (!self->awaits_frame || !frame_is_unicast(frame, entry->device->class->has_ethernet))
        return;
    self->awaits_frame = false;
    engine_arm(self->engine, &self->first_frame, engine_now(self->engine));
}

void live_add(Live *self, const InterfaceSpec *spec, Device *device)
{
    LiveDevice *entry = g_new0(LiveDevice, 1);

    *entry =
        (LiveDevice){.observer.see = live_see, .live = self, .link = spec->link, .device = device};
    g_ptr_array_add(self->devices, entry);
    if (self->scenario->timeline->start != TIMELINE_AT_FIRST_FRAME)
        return;
    entry->observer.next = device->observers;
    device->observers = &entry->observer;
}

void live_listen(Live *self, void (*restart)(void *data, const NodeSpec *host), void *data)
{
    self->restart = restart;
    self->data = data;
}

void live_begin(Live *self)
{
    self->is_running = true;
    self->awaits_frame = self->scenario->timeline->start == TIMELINE_AT_FIRST_FRAME;
    if (self->scenario->timeline->start == TIMELINE_AT_LAUNCH)
        timeline_start(self->timeline);
}

void live_end(Live *self)
{
    self->is_running = false;
}

static void live_ask(Live *self, Request *request)
{
    request->live = self;
    sem_init(&request->done, 0, 0);
    data_thread_post(self->data_thread, &request->letter);
    while (sem_wait(&request->done) < 0)
        g_assert(errno == EINTR);
    sem_destroy(&request->done);
}

static void live_apply_entries(Letter *letter)
{
    Request *request = (Request *)letter; // its first member
    Live *self = request->live;

    request->at_ns = engine_now(self->engine);
    request->is_right =
        timeline_carry_out(self->timeline, request->entries, request->n_entries, &request->error);
    sem_post(&request->done);
}

static void live_apply_start(Letter *letter)
{
    Request *request = (Request *)letter; // its first member

    request->at_ns = engine_now(request->live->engine);
    timeline_start(request->live->timeline);
    sem_post(&request->done);
}

int64_t live_start_timeline(Live *self)
{
    Request request = {.letter.apply = live_apply_start};

    live_ask(self, &request);
    return request.at_ns;
}

bool live_carry_out(Live *self, TimelineEntry *const *entries, unsigned n_entries, int64_t *at_ns,
                    GError **error)
{
    Request request = {
        .letter.apply = live_apply_entries, .entries = entries, .n_entries = n_entries};

    live_ask(self, &request);
    *at_ns = request.at_ns;
    if (request.error != NULL)
        g_propagate_error(error, request.error);
    return request.is_right;
}

static void live_copy(Live *self)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, self->links);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        LiveLink *link = value;

        for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
            LiveDirection *known = &link->directions[direction];
            uint64_t n_changes = link_n_changes(link->link, direction);

            known->is_down = link_is_down(link->link, direction);
            if (known->n_changes == n_changes)
                continue;
            known->n_changes = n_changes;
            link_config_assign(known->config, link_config(link->link, direction));
        }
    }
    change_log_follow(self->changes, timeline_log(self->timeline));
}

static void live_apply_look(Letter *letter)
{
    Request *request = (Request *)letter; // its first member

    live_copy(request->live);
    sem_post(&request->done);
}

void live_look(Live *self)
{
    Request request = {.letter.apply = live_apply_look};

    if (self->is_running)
        live_ask(self, &request);
    else
        live_copy(self);
}

const LiveDirection *live_direction(const Live *self, const LinkSpec *link, LinkDirection direction)
{
    const LiveLink *entry = g_hash_table_lookup(self->links, link);

    return &entry->directions[direction];
}

bool live_has_lost_carrier(const Live *self, unsigned n)
{
    const LiveDevice *entry = g_ptr_array_index(self->devices, n);

    return counter_get(&entry->n_losses) > 0;
}

const ChangeLog *live_changes(const Live *self)
{
    return self->changes;
}
