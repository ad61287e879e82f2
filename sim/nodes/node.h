// SPDX-License-Identifier: Apache-2.0
// Node: what joins links inside the simulation; Port: one end of a link at a node. NodeClass: the
// constant descriptor of a kind of node, one file each in sim/nodes/.
#pragma once

#include <stdint.h>

#include "core/counter.h"
#include "core/drop.h"
#include "core/engine.h"
#include "core/frame.h"
#include "core/observer.h"
#include "core/sink.h"

typedef struct Node Node;

typedef struct {
    Sink in;             // frames that arrive at the node here
    Sink *out;           // where the node's own frames leave to
    Observer *observers; // see what enters and what leaves
    Node *node;
    unsigned number;
} Port;

typedef struct {
    Counter in_frames;
    Counter out_frames;
    Counter copied_frames; // made by the node itself, when one frame goes out of several ports
    DropCounters drops;
} NodeCounters;

typedef struct {
    int64_t ageing_ns; // switch: how long an address stays learnt
} NodeConfig;

typedef struct {
    const char *name;
    const char *summary;
    size_t node_bytes; // of its own structure, which begins with a Node
    void (*init)(Node *node, const NodeConfig *config);
    void (*clear)(Node *node); // NULL when init() takes nothing
    // Takes a frame that arrived at `port`, already counted.
    void (*receive)(Node *node, Port *port, Frame *frame);
} NodeClass;

struct Node {
    const NodeClass *class;
    Engine *engine;
    NodeCounters counters;
    unsigned n_ports;
    Port *ports;
};

extern const NodeClass switch_node_class;
extern const NodeClass hub_node_class;

// Ports are numbered from 0; each is to be connected before the first frame.
Node *node_new(const NodeClass *class, Engine *engine, unsigned n_ports, const NodeConfig *config);
void node_free(Node *node);

Sink *node_port(Node *node, unsigned number);
void node_connect(Node *node, unsigned number, Sink *out);

// Puts `observer` at a port: it sees what arrives there and what is sent out of it.
void node_observe(Node *node, unsigned number, Observer *observer);

// For node classes: each takes the frame and counts its fate.
void node_send(Node *node, Port *port, Frame *frame);
void node_flood(Node *node, const Port *except, Frame *frame);
void node_drop(Node *node, Frame *frame, DropReason reason);
