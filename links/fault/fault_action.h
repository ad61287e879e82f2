// SPDX-License-Identifier: Apache-2.0
// FaultAction: what a rule of `faults` does to the frames that it hits. One entry of a table each,
// with its parameters; a plain value sets the first: `delay: 2s` is `delay: {delay: 2s}`.
#pragma once

#include "core/frame.h"
#include "core/packet_edit.h"
#include "core/param.h"

// What becomes of a frame that was hit. Only an edited one goes on to the rules that follow.
typedef enum {
    FAULT_EDIT,
    FAULT_DROP,
    FAULT_ANSWER, // dropped, and answered with an ICMP error
    FAULT_DELAY,
    FAULT_DUPLICATE,
} FaultFate;

// The parameters of all actions; each reads its own.
typedef struct {
    int64_t delay_ns;
    uint64_t copies;
    uint64_t offset_bytes, mask;
    uint64_t length_bytes;
    bool repair;
    int codepoint; // EcnCodepoint
    uint64_t dscp;
    uint64_t kind; // of a TCP option
    uint64_t mss_bytes;
    int error; // IcmpErrorKind
    uint64_t mtu_bytes;
} FaultConfig;

// A frame or a segment as it is judged.
typedef struct {
    PacketEdit packet; // its bytes in any case, its headers if it is IP
    bool is_ip;
    bool has_ethernet;
} FaultView;

typedef struct {
    const char *name;
    const char *summary;
    FaultFate fate;
    bool per_segment; // what is done to several segments cannot be done to their super-frame
    const ParamSpec *params;
    // Rules between parameters; NULL for none. The error says what is wrong, without the name.
    bool (*check)(const FaultConfig *config, GError **error);
    // Whether there is anything to do to such a frame: otherwise it does not match. NULL for
    // actions that take any.
    bool (*affects)(const FaultConfig *config, const FaultView *view);
    void (*edit)(const FaultConfig *config, Frame *frame); // of FAULT_EDIT
} FaultAction;

// Ended by a NULL name.
extern const FaultAction fault_actions[];

// The action of that name, or NULL.
const FaultAction *fault_action_find(const char *name);

void fault_view_init(FaultView *view, const Frame *frame, uint8_t *bytes, uint32_t length_bytes);
