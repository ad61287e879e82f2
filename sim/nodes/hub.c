// SPDX-License-Identifier: Apache-2.0
// Hub: repeats every frame out of all other ports.
#include "sim/nodes/node.h"

static void hub_receive(Node *node, Port *port, Frame *frame)
{
    node_flood(node, port, frame);
}

const NodeClass hub_node_class = {
    .name = "hub",
    .summary = "repeats every frame out of all other ports",
    .node_bytes = sizeof(Node),
    .receive = hub_receive,
};
