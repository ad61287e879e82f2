// SPDX-License-Identifier: Apache-2.0
// The configuration of the faults stage, and what its rules have done.
#pragma once

#include "core/counter.h"
#include "links/fault/fault_rule.h"
#include "links/stage.h"

typedef struct {
    FaultList *list; // NULL: no rules
} FaultsConfig;

typedef struct {
    Counter matched_frames; // while the rule was in force
    Counter hit_frames;     // of these
} FaultCounters;

extern const StageClass faults_stage_class;

// Of rule `index` of the list of a stage of that class; to be read by any thread.
const FaultCounters *faults_counters(const Stage *stage, unsigned index);

// Gives `config` a list of rules, of which it takes a reference.
void faults_set_list(LinkConfig *config, FaultList *list);
const FaultList *faults_list(const LinkConfig *config); // NULL: none
