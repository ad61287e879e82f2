// SPDX-License-Identifier: Apache-2.0
// Answer: what a lab replies to the requests that concern no more than its hosts. Each fills an
// empty message.
#pragma once

#include <stdint.h>

#include "sim/control/message.h"
#include "sim/host/enclosure.h"
#include "sim/host/host.h"

// {"error": "FORMAT"}
void answer_error(Message *reply, const char *format, ...) G_GNUC_PRINTF(2, 3);

// To "describe": {"lab", "pid", "scenario": path, "hosts": [names], "up_s"}.
void answer_describe(Message *reply, const char *lab, const Scenario *scenario, int64_t up_ns);

// To "namespaces": {"environment": ["NAME=value", …]} and the descriptors of `host`, in the order
// of EnterNamespaces.
void answer_namespaces(Message *reply, const char *lab, const Enclosure *enclosure,
                       const Host *host);
