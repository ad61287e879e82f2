// SPDX-License-Identifier: Apache-2.0
// What all nodes share: ports, counters, and sending one frame out of many ports.
#include "sim/nodes/node.h"

#include <glib.h>

static void node_arrive(Sink *sink, Frame *frame)
{
    Port *port = (Port *)((char *)sink - offsetof(Port, in));

    observers_see(port->observers, frame, engine_now(port->node->engine));
    counter_add(&port->node->counters.in_frames, frame->n_segments);
    port->node->class->receive(port->node, port, frame);
}

Node *node_new(const NodeClass *class, Engine *engine, unsigned n_ports, const NodeConfig *config)
{
    Node *node = g_malloc0(class->node_bytes);

    node->class = class;
    node->engine = engine;
    node->n_ports = n_ports;
    node->ports = g_new0(Port, n_ports);
    for (unsigned i = 0; i < n_ports; i++)
        node->ports[i] = (Port){.in.push = node_arrive, .node = node, .number = i};
    if (class->init != NULL)
        class->init(node, config);
    return node;
}

void node_free(Node *node)
{
    if (node->class->clear != NULL)
        node->class->clear(node);
    g_free(node->ports);
    g_free(node);
}

Sink *node_port(Node *node, unsigned number)
{
    g_assert(number < node->n_ports);
    return &node->ports[number].in;
}

void node_connect(Node *node, unsigned number, Sink *out)
{
    g_assert(number < node->n_ports && node->ports[number].out == NULL);
    node->ports[number].out = out;
}

void node_observe(Node *node, unsigned number, Observer *observer)
{
    g_assert(number < node->n_ports);
    observer->next = node->ports[number].observers;
    node->ports[number].observers = observer;
}

void node_send(Node *node, Port *port, Frame *frame)
{
    observers_see(port->observers, frame, engine_now(node->engine));
    counter_add(&node->counters.out_frames, frame->n_segments);
    sink_push(port->out, frame);
}

void node_drop(Node *node, Frame *frame, DropReason reason)
{
    drop_count(&node->counters.drops, reason, frame->n_segments);
    frame_free(frame);
}

// The last port gets the frame itself. A copy for which there is no memory counts as made and lost.
void node_flood(Node *node, const Port *except, Frame *frame)
{
    Port *previous = NULL;

    for (Port *port = node->ports; port < node->ports + node->n_ports; port++) {
        Frame *copy;

        if (port == except)
            continue;
        if (previous != NULL) {
            counter_add(&node->counters.copied_frames, frame->n_segments);
            copy = frame_copy(frame);
            if (copy != NULL)
                node_send(node, previous, copy);
            else
                drop_count(&node->counters.drops, DROP_NO_MEMORY, frame->n_segments);
        }
        previous = port;
    }
    if (previous != NULL)
        node_send(node, previous, frame);
    else
        node_drop(node, frame, DROP_NO_PORT);
}
