// SPDX-License-Identifier: Apache-2.0
// Each entry is a Play with an event of its own for whatever it does next. Plays that are due at
// one instant are gathered until a further event, armed by the first of them, settles them all:
// first those that end, then those under way, then those that begin, each in the file's order.
#include "sim/timeline/timeline.h"

#include "sim/timeline/target.h"

typedef struct {
    Event event;
    Timeline *timeline;
    TimelineEntry *entry;
    Target **targets; // the directions of its links
    uint32_t *ages;   // of its causes of outages, while it has any
    unsigned n_targets;
    unsigned number;   // in the file's order
    bool is_down;      // holds its targets down
    bool is_of_file;   // else it goes when it is over
    int64_t begins_ns; // next; ENGINE_NEVER_NS for not again
    int64_t began_ns;  // last
    int64_t next_ns;   // of a ramp the next step, of a flap the next turn
    int64_t ends_ns;   // puts back then
} Play;

typedef struct {
    Target targets[N_LINK_DIRECTIONS];
    bool has_carrier;
} LinkState;

struct Timeline {
    Topology *topology;
    Engine *engine;
    TimelineEvents events;
    GHashTable *states; // LinkSpec to LinkState, owned
    GPtrArray *plays;   // of Play, owned
    GPtrArray *due;     // of Play: gathered at this instant
    GPtrArray *changed; // of Target: to be put in force
    Event settle;
    unsigned n_numbers;
    bool has_started;
    ChangeLog *log;
};

static LinkState *timeline_state(const Timeline *self, const LinkSpec *link)
{
    return g_hash_table_lookup(self->states, link);
}

static void state_free(gpointer data)
{
    LinkState *state = data;

    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        target_clear(&state->targets[direction]);
    g_free(state);
}

static void timeline_add_link(Timeline *self, const LinkSpec *link)
{
    LinkState *state = g_new0(LinkState, 1);

    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        target_init(&state->targets[direction], link, topology_link(self->topology, link),
                    direction);
    state->has_carrier = true;
    g_hash_table_insert(self->states, (gpointer)link, state);
}

static void play_free(gpointer data)
{
    Play *self = data;

    engine_disarm(self->timeline->engine, &self->event);
    timeline_entry_unref(self->entry);
    g_free(self->targets);
    g_free(self->ages);
    g_free(self);
}

static void play_is_due(Event *event)
{
    Play *self = (Play *)event; // its first member
    Timeline *timeline = self->timeline;

    g_ptr_array_add(timeline->due, self);
    if (!event_is_armed(&timeline->settle))
        engine_arm(timeline->engine, &timeline->settle, engine_now(timeline->engine));
}

static Play *play_new(Timeline *timeline, TimelineEntry *entry, bool is_of_file)
{
    Play *self = g_new0(Play, 1);
    unsigned n = 0;

    event_init(&self->event, play_is_due);
    self->timeline = timeline;
    self->entry = timeline_entry_ref(entry);
    self->n_targets = entry->links->len * (unsigned)(entry->in[0] + entry->in[1]);
    self->targets = g_new(Target *, self->n_targets);
    self->number = timeline->n_numbers++;
    self->is_of_file = is_of_file;
    self->begins_ns = self->next_ns = self->ends_ns = ENGINE_NEVER_NS;
    for (guint i = 0; i < entry->links->len; i++) {
        LinkState *state = timeline_state(timeline, g_ptr_array_index(entry->links, i));

        for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
            if (entry->in[direction])
                self->targets[n++] = &state->targets[direction];
    }
    return self;
}

static bool play_configures(const Play *self)
{
    TimelineAction action = self->entry->action;

    return action == TIMELINE_SET || action == TIMELINE_RAMP || action == TIMELINE_RESET;
}

// To be put in force, with its outage.
static void timeline_note(Timeline *self, Target *target)
{
    if (!target->is_noted)
        g_ptr_array_add(self->changed, target);
    target->is_noted = true;
}

static bool play_try(Play *self, GError **error)
{
    for (unsigned n = 0; n < self->n_targets && play_configures(self); n++) {
        if (target_try(self->targets[n], self->entry, error))
            continue;
        g_prefix_error(error, "%s: ", self->targets[n]->spec->name);
        return false;
    }
    return true;
}

static void play_forget(Play *self)
{
    for (unsigned n = 0; n < self->n_targets; n++)
        target_forget(self->targets[n]);
}

static void play_hold_down(Play *self)
{
    if (self->ages == NULL)
        self->ages = g_new(uint32_t, self->n_targets);
    self->is_down = true;
    for (unsigned n = 0; n < self->n_targets; n++)
        self->ages[n] = outage_hold(&self->targets[n]->outage, self->entry->carrier);
}

static void play_release_down(Play *self)
{
    for (unsigned n = 0; self->is_down && n < self->n_targets; n++)
        outage_release(&self->targets[n]->outage, self->ages[n], self->entry->carrier);
    self->is_down = false;
}

static void play_note(Play *self, ChangeKind kind)
{
    Timeline *timeline = self->timeline;

    for (unsigned n = 0; n < self->n_targets; n++)
        timeline_note(timeline, self->targets[n]);
    change_log_add(timeline->log, engine_now(timeline->engine), self->entry, kind, NULL);
}

static void play_restart(const Play *self)
{
    const TimelineEvents *events = &self->timeline->events;

    for (guint i = 0; events->restart != NULL && i < self->entry->hosts->len; i++)
        events->restart(events->data, g_ptr_array_index(self->entry->hosts, i));
}

static void play_begin_outage(Play *self)
{
    const TimelineEntry *entry = self->entry;
    bool is_for_good = entry->for_ns == TIMELINE_FOR_GOOD_NS;

    if (entry->action == TIMELINE_FLAP || (entry->action == TIMELINE_DOWN && !is_for_good))
        play_hold_down(self);
    for (unsigned n = 0; n < self->n_targets; n++) {
        Outage *outage = &self->targets[n]->outage;

        if (entry->action == TIMELINE_DOWN && is_for_good)
            outage_begin(outage, entry->carrier);
        else if (entry->action == TIMELINE_UP || entry->action == TIMELINE_RESET)
            outage_forget(outage);
    }
}

// Whether its links still have anything of a set or a ramp: who resets them, or sets the same for
// good, ends it there.
static bool play_is_in_force(const Play *self)
{
    for (unsigned n = 0; n < self->n_targets; n++)
        if (target_is_held(self->targets[n], self))
            return true;
    return false;
}

// What has been tried comes into force; the times of what follows from it are set.
static void play_begin(Play *self)
{
    const TimelineEntry *entry = self->entry;
    int64_t now_ns = engine_now(self->timeline->engine);

    self->began_ns = now_ns;
    for (unsigned n = 0; n < self->n_targets && play_configures(self); n++)
        target_hold(self->targets[n], entry, self);
    for (unsigned n = 0; n < self->n_targets; n++)
        target_keep(self->targets[n]);
    play_begin_outage(self);
    if (entry->action == TIMELINE_RESTART)
        play_restart(self);
    if (entry->action == TIMELINE_RAMP)
        self->next_ns = now_ns + MIN(entry->step_ns, entry->over_ns);
    if (entry->action == TIMELINE_FLAP)
        self->next_ns = now_ns + entry->outage_ns;
    if (entry->for_ns != TIMELINE_FOR_GOOD_NS)
        self->ends_ns = now_ns + entry->for_ns;
    play_note(self, CHANGE_BEGUN);
}

static void play_step_ramp(Play *self)
{
    const TimelineEntry *entry = self->entry;
    int64_t elapsed_ns = MIN(engine_now(self->timeline->engine) - self->began_ns, entry->over_ns);
    bool is_last = elapsed_ns == entry->over_ns, is_in_force = play_is_in_force(self);

    for (unsigned n = 0; n < self->n_targets; n++) {
        target_step(self->targets[n], self, (uint64_t)elapsed_ns, (uint64_t)entry->over_ns);
        timeline_note(self->timeline, self->targets[n]);
        if (is_last && entry->for_ns == TIMELINE_FOR_GOOD_NS)
            target_release(self->targets[n], self);
    }
    self->next_ns = is_last ? ENGINE_NEVER_NS
                            : MIN(self->next_ns + entry->step_ns, self->began_ns + entry->over_ns);
    if (is_last && is_in_force)
        play_note(self, CHANGE_ENDED);
}

static void play_turn_flap(Play *self)
{
    const TimelineEntry *entry = self->entry;

    if (self->is_down) {
        play_release_down(self);
        self->next_ns += entry->period_ns - entry->outage_ns;
        play_note(self, CHANGE_PUT_BACK);
    } else {
        play_hold_down(self);
        self->next_ns += entry->outage_ns;
        play_note(self, CHANGE_BEGUN);
    }
}

static void play_end(Play *self)
{
    bool is_in_force = !play_configures(self) || play_is_in_force(self);

    for (unsigned n = 0; n < self->n_targets; n++)
        target_release(self->targets[n], self);
    play_release_down(self);
    self->ends_ns = self->next_ns = ENGINE_NEVER_NS;
    if (is_in_force)
        play_note(self, CHANGE_PUT_BACK);
}

static void play_try_to_begin(Play *self)
{
    Timeline *timeline = self->timeline;
    g_autoptr(GError) error = NULL;

    self->begins_ns =
        self->entry->every_ns > 0 ? self->begins_ns + self->entry->every_ns : ENGINE_NEVER_NS;
    if (play_try(self, &error)) {
        play_begin(self);
        return;
    }
    play_forget(self);
    change_log_add(timeline->log, engine_now(timeline->engine), self->entry, CHANGE_REFUSED,
                   g_strdup(error->message));
}

// Arms its event for what comes next; false when nothing does.
static bool play_arm(Play *self)
{
    int64_t due_ns = MIN(self->begins_ns, MIN(self->next_ns, self->ends_ns));

    if (due_ns == ENGINE_NEVER_NS)
        return false;
    engine_arm(self->timeline->engine, &self->event, due_ns);
    return true;
}

static void timeline_show_carrier(Timeline *self, const LinkSpec *link)
{
    LinkState *state = timeline_state(self, link);
    bool has_carrier = !outage_shows(&state->targets[LINK_FORWARD].outage) ||
                       !outage_shows(&state->targets[LINK_REVERSE].outage);

    if (has_carrier == state->has_carrier)
        return;
    state->has_carrier = has_carrier;
    if (self->events.set_carrier != NULL)
        self->events.set_carrier(self->events.data, link, has_carrier);
}

// Puts in force all that is wanted.
static void timeline_commit(Timeline *self)
{
    for (guint i = 0; i < self->changed->len; i++) {
        Target *target = g_ptr_array_index(self->changed, i);

        if (target->is_wanted &&
            !link_config_is_same(target->wanted, link_config(target->link, target->direction)))
            link_configure(target->link, target->direction, target->wanted);
        target->is_wanted = target->is_noted = false;
        link_set_down(target->link, target->direction, outage_is_down(&target->outage));
    }
    for (guint i = 0; i < self->changed->len; i++)
        timeline_show_carrier(self, ((Target *)g_ptr_array_index(self->changed, i))->spec);
    g_ptr_array_set_size(self->changed, 0);
}

static gint play_compare(gconstpointer a, gconstpointer b)
{
    const Play *first = *(Play *const *)a, *second = *(Play *const *)b;

    return first->number < second->number ? -1 : 1;
}

static void timeline_settle(Event *event)
{
    Timeline *self = (Timeline *)((char *)event - offsetof(Timeline, settle));
    int64_t now_ns = engine_now(self->engine);
    Play **plays = (Play **)self->due->pdata;

    g_ptr_array_sort(self->due, play_compare);
    for (guint i = 0; i < self->due->len; i++)
        if (plays[i]->ends_ns == now_ns)
            play_end(plays[i]);
    for (guint i = 0; i < self->due->len; i++) {
        if (plays[i]->next_ns != now_ns)
            continue;
        if (plays[i]->entry->action == TIMELINE_RAMP)
            play_step_ramp(plays[i]);
        else
            play_turn_flap(plays[i]);
    }
    for (guint i = 0; i < self->due->len; i++)
        if (plays[i]->begins_ns == now_ns)
            play_try_to_begin(plays[i]);
    timeline_commit(self);
    for (guint i = 0; i < self->due->len; i++)
        if (!play_arm(plays[i]) && !plays[i]->is_of_file)
            g_ptr_array_remove_fast(self->plays, plays[i]);
    g_ptr_array_set_size(self->due, 0);
}

Timeline *timeline_new(const Scenario *scenario, Topology *topology, Engine *engine,
                       TimelineEvents events)
{
    Timeline *self = g_new0(Timeline, 1);
    const GPtrArray *links = scenario->links, *entries = scenario->timeline->entries;

    self->topology = topology;
    self->engine = engine;
    self->events = events;
    self->states = g_hash_table_new_full(NULL, NULL, NULL, state_free);
    self->plays = g_ptr_array_new_with_free_func(play_free);
    self->due = g_ptr_array_new();
    self->changed = g_ptr_array_new();
    self->log = change_log_new();
    event_init(&self->settle, timeline_settle);
    for (guint i = 0; i < links->len; i++)
        timeline_add_link(self, g_ptr_array_index(links, i));
    for (guint i = 0; i < entries->len; i++)
        g_ptr_array_add(self->plays, play_new(self, g_ptr_array_index(entries, i), true));
    return self;
}

void timeline_free(Timeline *self)
{
    if (self == NULL)
        return;
    engine_disarm(self->engine, &self->settle);
    g_ptr_array_unref(self->plays);
    g_ptr_array_unref(self->due);
    g_ptr_array_unref(self->changed);
    g_hash_table_unref(self->states);
    change_log_free(self->log);
    g_free(self);
}

void timeline_start(Timeline *self)
{
    if (self->has_started)
        return;
    self->has_started = true;
    for (guint i = 0; i < self->plays->len; i++) {
        Play *play = g_ptr_array_index(self->plays, i);

        if (!play->is_of_file)
            continue;
        play->begins_ns = engine_now(self->engine) + play->entry->at_ns;
        play_arm(play);
    }
}

bool timeline_carry_out(Timeline *self, TimelineEntry *const *entries, unsigned n_entries,
                        GError **error)
{
    g_autoptr(GPtrArray) plays = g_ptr_array_new_with_free_func(play_free);
    bool is_right = true;

    for (unsigned i = 0; i < n_entries; i++)
        g_ptr_array_add(plays, play_new(self, entries[i], false));
    for (guint i = 0; is_right && i < plays->len; i++)
        is_right = play_try(g_ptr_array_index(plays, i), error);
    for (guint i = 0; i < plays->len; i++)
        play_forget(g_ptr_array_index(plays, i));
    // Once more, one by one: what each puts back is what those before it leave.
    for (guint i = 0; is_right && i < plays->len; i++) {
        if (!play_try(g_ptr_array_index(plays, i), NULL))
            g_assert_not_reached(); // tried before
        play_begin(g_ptr_array_index(plays, i));
    }
    timeline_commit(self);
    while (plays->len > 0) {
        Play *play = g_ptr_array_steal_index_fast(plays, 0);

        if (is_right && play_arm(play))
            g_ptr_array_add(self->plays, play);
        else
            play_free(play);
    }
    return is_right;
}

const ChangeLog *timeline_log(const Timeline *self)
{
    return self->log;
}
