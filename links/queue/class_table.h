// SPDX-License-Identifier: Apache-2.0
// ClassTable: which class of traffic a frame belongs to, and how each is served, from a text such
// as "ef: strict, af41 | af42 | udp port 5004: weight 3, default: weight 1 limit 50ms".
#pragma once

#include <glib.h>

#include "core/frame.h"
#include "core/quantity.h"

enum { CLASS_TABLE_MAX_CLASSES = 16, CLASS_TABLE_MAX_RULES = 8, CLASS_TABLE_MAX_WEIGHT = 1000 };

typedef enum { CLASS_ANY, CLASS_TCP, CLASS_UDP, CLASS_ICMP } ClassProtocol;

typedef struct {
    ClassProtocol protocol;
    uint16_t port; // either end's; 0: any
} ClassRule;

typedef struct {
    uint64_t dscps; // a bit for each DSCP that belongs to it
    ClassRule rules[CLASS_TABLE_MAX_RULES];
    unsigned n_rules;
    bool is_strict;  // served before all that stand behind it and all that have a weight
    unsigned weight; // its share of what strict classes leave
    Limit limit;     // of its own; amount 0: none
} TrafficClass;

typedef struct {
    TrafficClass classes[CLASS_TABLE_MAX_CLASSES];
    unsigned n_classes;
    unsigned default_class; // of what belongs to no other, whatever is not IP included
} ClassTable;

// Fills `table`; without a class of that name, one of weight 1 is the default. DSCPs are named as
// in RFC 2474 (cs0 to cs7, df), 2597 (af11 to af43), 3246 (ef), 5865 (va) and 8622 (le), or are
// numbers. The error says what is wrong and what would be right.
bool class_table_parse(ClassTable *table, const char *text, GError **error);

// The index of the first class to which the frame belongs.
unsigned class_table_find(const ClassTable *table, const Frame *frame);
