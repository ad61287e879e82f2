// SPDX-License-Identifier: Apache-2.0
// Report: what a run was asked for, what it achieved, where every frame went and whether its
// figures can be trusted; as plain numbers, from which the text and the JSON are written.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/capture/capture.h"
#include "sim/nodes/node.h"
#include "sim/realtime/grants.h"
#include "sim/realtime/machine_time.h"
#include "sim/report/link_report.h"
#include "sim/report/task_report.h"
#include "sim/scenario/expect_spec.h"
#include "sim/scenario/scenario.h"
#include "sim/timeline/change_log.h"

typedef struct {
    const InterfaceSpec *interface;
    uint64_t read_frames, read_bytes, pushed_frames, written_frames, written_bytes, held_frames;
    uint64_t dropped_frames[N_DROP_REASONS];
    int64_t unaccounted_frames;      // both ways: what was read or pushed and has no fate
    bool has_kernel_drops;           // the kernel could still be asked
    bool has_lost_carrier;           // for a while: the host dropped what it then sent
    uint64_t kernel_dropped_to_us;   // inside the TAP or TUN: its queue towards us was full
    uint64_t kernel_dropped_to_host; // the host's stack had no use for it
} DeviceReport;

typedef struct {
    const NodeSpec *node;
    uint64_t in_frames, out_frames, copied_frames;
    uint64_t dropped_frames[N_DROP_REASONS];
    int64_t unaccounted_frames;
} NodeReport;

// What has come of one entry of `expect:`.
typedef struct {
    const ExpectSpec *spec;
    char *got; // as a person would write it, "12.5ms"; owned
    bool passed;
    bool is_measured;
    double value; // in the metric's unit, when it was measured
} ExpectReport;

typedef struct {
    bool valid;
    GPtrArray *reasons;                                     // of char *: why not, one sentence each
    uint64_t late_frames, device_drops, unaccounted_frames; // what it was reached by
} Verdict;

typedef struct {
    const Scenario *scenario;
    uint64_t seed;
    int64_t elapsed_ns;
    bool interrupted;
    GArray *directions;       // of DirectionReport, two for each link
    GArray *devices;          // of DeviceReport
    GArray *nodes;            // of NodeReport
    GArray *tasks;            // of TaskReport
    GArray *files;            // of WriterResult: captures and fates
    GArray *expectations;     // of ExpectReport: of a run that has ended
    const ChangeLog *changes; // by timeline and commands
    const Grants *grants;     // of the data thread; NULL where none were asked for
    MachineShares machine;    // of the time of the run
    Histogram *all_lateness;
    Spread lateness; // of all departures
    Verdict verdict;
} Report;

// Empty. The scenario, and all texts later put in, must outlive it.
Report *report_new(const Scenario *scenario, int64_t elapsed_ns);
void report_free(Report *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

// Adds both directions of a link. `held_frames` are those counted in its stages, or NULL while it
// runs: then they are what in, out and dropped leave. What `in_force` points at must outlive it.
void report_add_link(Report *report, const LinkSpec *spec, const Link *link,
                     const uint64_t held_frames[N_LINK_DIRECTIONS],
                     const LinkInForce in_force[N_LINK_DIRECTIONS]);

void report_add_node(Report *report, const NodeSpec *spec, const Node *node);

// Copies the drop counters and returns their sum.
uint64_t report_copy_drops(uint64_t dropped_frames[N_DROP_REASONS], const DropCounters *drops);

// After everything was added: the overall lateness and the verdict.
void report_conclude(Report *report);

// When a frame is late on a direction with this configuration (doc: taploom-scenario(5), fidelity).
int64_t fidelity_late_ns(const FidelitySpec *fidelity, const LinkConfig *config);

// Whether every task did what it was there for; those that `expect:` judges do.
bool report_tasks_succeeded(const Report *report);

// The file that `capture` was written to; NULL without one.
const WriterResult *report_capture_file(const Report *report, const CaptureSpec *capture);

// Whether all expectations but soft ones hold.
bool report_expectations_hold(const Report *report);
