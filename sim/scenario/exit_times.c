// SPDX-License-Identifier: Apache-2.0
// The shortest way to any host, found by relaxation: a node whose time has become shorter has its
// neighbours looked at again. The way back to where a frame came from counts too. Links may change
// a thousand times a second, so nodes and links are numbers here.
#include "sim/scenario/exit_times.h"

#define EXIT_NEVER_NS (INT64_MAX / 2)

// A direction of a link, numbered 2 x link + direction.
typedef struct {
    ExitTimes *times;
    Link *link;
    LinkDirection direction;
    unsigned from, to; // nodes
    int64_t least_ns;
    int64_t told_ns; // last, by link_set_beyond(); -1 before
} ExitEdge;

struct ExitTimes {
    unsigned n_nodes, n_edges;
    ExitEdge *edges;
    unsigned *first_out; // of each node, in `outs`; one more at the end
    unsigned *outs;      // edges by the node they come from
    bool *is_inside, *is_queued;
    int64_t *exit_ns; // of each node
    unsigned *queue;  // a ring of nodes to be looked at
    unsigned queue_at, n_queued;
    Engine *engine;
    Event settle;
};

static void exit_times_add_edges(ExitTimes *self, const Scenario *scenario, Link *const *links,
                                 GHashTable *numbers)
{
    for (guint i = 0; i < scenario->links->len; i++) {
        const LinkSpec *spec = g_ptr_array_index(scenario->links, i);

        for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
            const NodeSpec *from = spec->ends[direction == LINK_FORWARD ? 0 : 1]->node;
            const NodeSpec *to = spec->ends[direction == LINK_FORWARD ? 1 : 0]->node;

            self->edges[self->n_edges++] =
                (ExitEdge){self,
                           links[i],
                           direction,
                           GPOINTER_TO_UINT(g_hash_table_lookup(numbers, from)),
                           GPOINTER_TO_UINT(g_hash_table_lookup(numbers, to)),
                           link_least_ns(links[i], direction),
                           -1};
        }
    }
}

// By counting: how many each node has, where they then begin, and each into its place.
static void exit_times_sort_edges(ExitTimes *self)
{
    g_autofree unsigned *next = g_new0(unsigned, self->n_nodes + 1);

    for (unsigned i = 0; i < self->n_edges; i++)
        self->first_out[self->edges[i].from + 1]++;
    for (unsigned i = 0; i < self->n_nodes; i++)
        self->first_out[i + 1] += self->first_out[i];
    for (unsigned i = 0; i < self->n_nodes; i++)
        next[i] = self->first_out[i];
    for (unsigned i = 0; i < self->n_edges; i++)
        self->outs[next[self->edges[i].from]++] = i;
}

static void exit_times_queue(ExitTimes *self, unsigned node)
{
    if (!self->is_inside[node] || self->is_queued[node])
        return;
    self->is_queued[node] = true;
    self->queue[(self->queue_at + self->n_queued++) % self->n_nodes] = node;
}

static void exit_times_relax(ExitTimes *self, unsigned node)
{
    int64_t exit_ns = self->exit_ns[node];

    for (unsigned i = self->first_out[node]; i < self->first_out[node + 1]; i++) {
        const ExitEdge *edge = &self->edges[self->outs[i]];

        exit_ns = MIN(exit_ns, edge->least_ns + self->exit_ns[edge->to]);
    }
    if (exit_ns == self->exit_ns[node])
        return;
    self->exit_ns[node] = exit_ns;
    for (unsigned i = self->first_out[node]; i < self->first_out[node + 1]; i++)
        exit_times_queue(self, self->edges[self->outs[i]].to);
}

static void exit_times_work_out(ExitTimes *self)
{
    for (unsigned i = 0; i < self->n_nodes; i++) {
        self->exit_ns[i] = self->is_inside[i] ? EXIT_NEVER_NS : 0;
        exit_times_queue(self, i);
    }
    while (self->n_queued > 0) {
        unsigned node = self->queue[self->queue_at];

        self->queue_at = (self->queue_at + 1) % self->n_nodes;
        self->n_queued--;
        self->is_queued[node] = false;
        exit_times_relax(self, node);
    }
}

static void exit_times_tell(ExitTimes *self)
{
    exit_times_work_out(self);
    for (unsigned i = 0; i < self->n_edges; i++) {
        ExitEdge *edge = &self->edges[i];
        int64_t beyond_ns = self->exit_ns[edge->to];

        if (beyond_ns != edge->told_ns)
            link_set_beyond(edge->link, edge->direction, beyond_ns);
        edge->told_ns = beyond_ns;
    }
}

static void exit_times_settle(Event *event)
{
    exit_times_tell((ExitTimes *)((char *)event - offsetof(ExitTimes, settle)));
}

// What leaves a host finds whatever way there is: only a direction that leads on from a node inside
// is part of one. However many links change at an instant, the times are worked out once.
static void exit_times_changed(void *data, LinkDirection direction)
{
    ExitEdge *edge = (ExitEdge *)data + direction;
    ExitTimes *self = edge->times;

    edge->least_ns = link_least_ns(edge->link, direction);
    if (self->is_inside[edge->from] && !event_is_armed(&self->settle))
        engine_arm(self->engine, &self->settle, engine_now(self->engine));
}

ExitTimes *exit_times_new(const Scenario *scenario, Engine *engine, Link *const *links)
{
    ExitTimes *self = g_new0(ExitTimes, 1);
    guint n_nodes = scenario->nodes->len, n_edges = N_LINK_DIRECTIONS * scenario->links->len;
    g_autoptr(GHashTable) numbers = g_hash_table_new(NULL, NULL);

    self->engine = engine;
    event_init(&self->settle, exit_times_settle);
    self->n_nodes = n_nodes;
    self->edges = g_new0(ExitEdge, n_edges);
    self->first_out = g_new0(unsigned, n_nodes + 1);
    self->outs = g_new0(unsigned, n_edges);
    self->is_inside = g_new0(bool, n_nodes);
    self->is_queued = g_new0(bool, n_nodes);
    self->exit_ns = g_new0(int64_t, n_nodes);
    self->queue = g_new0(unsigned, n_nodes);
    for (guint i = 0; i < n_nodes; i++) {
        const NodeSpec *node = g_ptr_array_index(scenario->nodes, i);

        self->is_inside[i] = node->kind != NODE_HOST;
        g_hash_table_insert(numbers, (gpointer)node, GUINT_TO_POINTER(i));
    }
    exit_times_add_edges(self, scenario, links, numbers);
    exit_times_sort_edges(self);
    exit_times_tell(self);
    for (guint i = 0; i < scenario->links->len; i++)
        link_watch(links[i], exit_times_changed, &self->edges[N_LINK_DIRECTIONS * i]);
    return self;
}

void exit_times_free(ExitTimes *self)
{
    engine_disarm(self->engine, &self->settle);
    g_free(self->edges);
    g_free(self->first_out);
    g_free(self->outs);
    g_free(self->is_inside);
    g_free(self->is_queued);
    g_free(self->exit_ns);
    g_free(self->queue);
    g_free(self);
}
