// SPDX-License-Identifier: Apache-2.0
// Lab: a scenario brought to life: hosts with their devices, links and nodes on an engine,
// captures, and the data thread that drives them. What runs inside the hosts is not its concern.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/fates/fate_file.h"
#include "sim/host/enclosure.h"
#include "sim/host/host.h"
#include "sim/lab/live.h"
#include "sim/realtime/grants.h"
#include "sim/report/report.h"
#include "sim/scenario/scenario.h"

typedef struct Lab Lab;

typedef struct {
    const char *capture_directory; // for files with relative names; NULL: the present one
    bool capture_all;       // every interface of every host, where the scenario asks for none
    WaitMode wait_mode;     // of the data thread
    bool realtime;          // asks the system for what lets the data thread be on time
    bool shares_cores;      // then: all but a core of its own
    const FateFile *replay; // fates that frames meet, instead of drawn ones; NULL: all are drawn
} LabOptions;

// Builds everything; nothing runs yet. The process must have one thread. Whatever the system
// refuses is said with the host, the call and the remedy, and nothing of the lab is left. The
// scenario must outlive the lab, as must the fates to be replayed.
Lab *lab_open(const Scenario *scenario, const LabOptions *options, GError **error);

// What was granted to the data thread, with the last refusals once the lab has started; NULL where
// nothing was asked for.
const Grants *lab_grants(const Lab *lab);

// Frames flow from here on: engine time 0.
void lab_start(Lab *lab);

// Frames stop, captures are closed, the kernel's counters are read.
void lab_stop(Lab *lab);

// Kills what still runs inside and removes all; a lab that runs is stopped.
void lab_close(Lab *lab);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lab, lab_close)

const Scenario *lab_scenario(const Lab *lab);
Enclosure *lab_enclosure(const Lab *lab);
Host *lab_host(const Lab *lab, const NodeSpec *spec); // NULL for a switch or hub
Live *lab_live(const Lab *lab);
int64_t lab_elapsed_ns(const Lab *lab); // engine time; 0 before the start

// When it is that by the engine, on the monotonic clock; after the start.
int64_t lab_instant_ns(const Lab *lab, int64_t engine_ns);

// Of all links and directions so far; from any thread.
typedef struct {
    uint64_t out_frames, out_bytes, dropped_frames;
} LinkTotals;

LinkTotals lab_link_totals(const Lab *lab);

// All but tasks: to be completed and concluded by the caller, who owns it. While the lab runs,
// what is held is derived; afterwards it was counted.
Report *lab_report(const Lab *lab);
