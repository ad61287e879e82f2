// SPDX-License-Identifier: Apache-2.0
// FaultRule: one entry of `faults`: which frames, and what is done to them. FaultList: the rules of
// one direction of a link, as a parameter of its configuration.
#pragma once

#include "links/fault/fault_action.h"
#include "links/fault/fault_choice.h"

// Tells which frames a rule is about. Where filters are compiled is not known here.
typedef struct FaultMatcher FaultMatcher;

struct FaultMatcher {
    // Whether it is about a frame of these bytes; transport checksums may be unfinished. Runs on a
    // frame's way.
    bool (*match)(const FaultMatcher *matcher, const uint8_t *bytes, uint32_t length_bytes);
    void (*free)(FaultMatcher *matcher);
};

#define FAULT_NEVER_NS INT64_MAX

typedef struct {
    const FaultAction *action;
    FaultConfig config;
    FaultMatcher *matcher; // NULL: about every frame
    FaultChoice which;
    int64_t from_ns, to_ns; // engine time from which, and up to which but not at, it is in force
    unsigned number;        // in its list in the file, from 1
    char *text;             // "drop, match udp port 53, which 5-9": for reports
} FaultRule;

// Allocated with every fallback of the parameters of `action`; shared, so never changed later.
FaultRule *fault_rule_new(const FaultAction *action);
void fault_rule_unref(FaultRule *rule);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaultRule, fault_rule_unref)

typedef struct {
    ParamObject object;
    GPtrArray *rules; // of FaultRule, in the order in which a frame meets them
} FaultList;

extern const ParamObjectClass fault_list_class;

// Empty; one reference is the caller's, to be given back with param_object_unref().
FaultList *fault_list_new(void);

// Adds a rule behind the others, of which it takes a reference.
void fault_list_add(FaultList *list, FaultRule *rule);
