// SPDX-License-Identifier: Apache-2.0
// Report: what a run was asked for, what it achieved, where every frame went and whether its
// figures can be trusted; as plain numbers, from which the text and the JSON are written.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/drop.h"
#include "links/fault/faults.h"
#include "links/link.h"
#include "sim/capture/capture.h"
#include "sim/nodes/node.h"
#include "sim/realtime/grants.h"
#include "sim/realtime/machine_time.h"
#include "sim/scenario/expect_spec.h"
#include "sim/scenario/probe_spec.h"
#include "sim/scenario/scenario.h"
#include "sim/timeline/change_log.h"

typedef struct {
    uint64_t count;
    int64_t p50_ns, p90_ns, p95_ns, p99_ns, p999_ns, max_ns;
} Spread;

// A share measured in trials, with its 95 % interval (Wilson's score).
typedef struct {
    uint64_t n_hits, n_trials;
    double share, low, high;
} MeasuredShare;

// What has come of one rule of `faults` in one direction.
typedef struct {
    const FaultRule *rule;
    uint64_t matched_frames, hit_frames;
} FaultReport;
// RFC 4737, as links/delay/reordering.h has it.
typedef struct {
    bool is_watched; // else all below is 0
    uint64_t frames, reordered_frames, n_reordered_frames, max_extent;
    double ratio, mean_extent, n_ratio;
} ReorderingReport;

// What a direction of a link is set to at the moment of the report.
typedef struct {
    const LinkConfig *config;
    bool is_down;
    uint64_t n_changes; // of the configuration, from that of the file
} LinkInForce;

typedef struct {
    const LinkSpec *link;
    LinkDirection direction;
    const char *from, *to; // node names
    LinkInForce in_force;

    uint64_t in_frames, in_bytes, out_frames, out_bytes, copied_frames, held_frames;
    uint64_t marked_frames;    // by queues, with ECN
    uint64_t corrupted_frames; // that went on
    uint64_t dropped_frames[N_DROP_REASONS];
    int64_t unaccounted_frames; // in + copied - out - dropped - held

    Spread delay;        // of the wire, at the departure
    Spread queue;        // waiting, until it began to be sent
    Spread queue_frames; // which each frame found waiting before it: of frames, not of ns
    Spread lateness;     // against the instant demanded
    uint64_t late_frames;
    int64_t late_ns; // from when on a frame of this direction is late
    uint64_t mean_rate_bps, peak_rate_bps;
    MeasuredShare loss;
    RunLengths loss_bursts, loss_gaps; // of frames lost on the wire
    GArray *faults;                    // of FaultReport
    bool is_replayed;                  // recorded fates stood in for drawn ones
    uint64_t unrecorded_frames;        // then: without a recorded one
    ReorderingReport reordering;
} DirectionReport;

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

typedef enum {
    TASK_NOT_STARTED,
    TASK_RUNNING,
    TASK_SUCCEEDED,
    TASK_FAILED,    // exit status other than 0, or a signal that was not ours
    TASK_TIMED_OUT, // had not ended, or was not ready, within its timeout
    TASK_CUT_OFF,   // had not ended when the run did
    TASK_ENDED,     // in the background, ended by us with the run
} TaskOutcome;

// What a probe has measured.
typedef struct {
    const MetricSpec *metric;
    double value;
} ProbeFigure;

typedef struct {
    const TaskSpec *task;
    TaskOutcome outcome;
    int exit_status; // as a shell gives it: 128 + signal when killed; -1 before its end
    int64_t elapsed_ns;
    const char *output; // what it printed, UTF-8
    bool output_cut;    // only the first part was kept
    unsigned n_tries;
    unsigned n_restarts;   // by the timeline
    const GArray *figures; // of ProbeFigure; NULL for a command
} TaskReport;

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

// "succeeded", "timed out" …; static.
const char *task_outcome_name(TaskOutcome outcome);
