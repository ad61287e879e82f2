// SPDX-License-Identifier: Apache-2.0
// Scenario: a checked scenario file with every default filled in and every address given out.
// It holds no fd and no engine; nothing changes it after loading.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "links/link_config.h"
#include "sim/scenario/node_spec.h"
#include "sim/scenario/task_spec.h"

typedef struct Scenario Scenario;
typedef struct TimelineEntry TimelineEntry;
typedef struct TimelineSpec TimelineSpec;

#define SCENARIO_UNTIL_TASKS_END_NS INT64_C(-1)

struct LinkSpec {
    char *name;
    unsigned number;           // in the order of the file, from 0
    InterfaceSpec *ends[2];    // owned by their nodes
    LinkConfig *directions[2]; // [0] from the first endpoint to the second
    GPtrArray *tags;           // of char *, owned; NULL without
    SourcePosition position;
};

typedef struct {
    InterfaceSpec *interface;
    char *file;   // relative to the capture directory, absolute, or "-" for standard output
    char *filter; // in pcap-filter(7) syntax, or NULL
    uint32_t snaplen_bytes;
    LinkSpec *link; // of which each dropped frame is written, one file for each reason; or NULL
    SourcePosition position;
} CaptureSpec;

// Where the fates of frames go.
typedef struct {
    char *file;       // as a capture's; NULL: nowhere
    GPtrArray *links; // of LinkSpec, whose both directions are watched
    bool is_jsonl;    // a JSON object a line; else CSV
    bool is_placed;   // a relative name is that of the present directory, not that of captures
} FatesSpec;

// When a run as a test leaves its report, output and captures behind.
typedef enum { KEEP_FAILURE, KEEP_ALWAYS, KEEP_NEVER } KeepRule;
extern const char *const keep_rule_names[]; // of those, NULL-terminated

typedef struct {
    int keep;          // KeepRule, default KEEP_FAILURE: all that did not pass
    bool captures_all; // every interface, where no capture is asked for; the default
} ArtifactsSpec;

// What makes a run invalid.
typedef struct {
    Probability late_share;    // more frames than this share departing late: default 1 %
    int64_t late_floor_ns;     // late is: by more than the larger of this, default 1 ms,
    Probability late_of_delay; // and this share of the link's delay, default 10 %
    uint64_t device_drops;     // drops inside a TAP or TUN that are still accepted, default 0
    uint64_t unaccounted;      // frames without a fate that are still accepted, default 0
    uint64_t others_share;     // of a busy machine, default 25 %: a failure beside more is invalid
    bool strict;               // an invalid run exits with status 4, as --strict asks
} FidelitySpec;

struct Scenario {
    char *name;
    char *path;           // as given to the loader
    GPtrArray *variables; // of SettingSpec, owned: what ${name} stands for, of `matrix:` as well
    char *combination;    // of them, as sim/scenario/variables.h has it; "" without a matrix
    uint64_t seed;
    int64_t duration_ns;   // or SCENARIO_UNTIL_TASKS_END_NS
    uint64_t memory_bytes; // for frames; 0: a quarter of the machine's
    GPtrArray *nodes;      // of NodeSpec
    GPtrArray *links;      // of LinkSpec
    GPtrArray *tasks;      // of TaskSpec
    GPtrArray *captures;   // of CaptureSpec
    FatesSpec fates;
    TimelineSpec *timeline; // sim/scenario/timeline_spec.h
    FidelitySpec fidelity;
    ArtifactsSpec artifacts;
    GPtrArray *expectations;  // of ExpectSpec, sim/scenario/expect_spec.h
    GPtrArray *warnings;      // of char *, "file:line:column: …": what is allowed but odd
    GHashTable *node_by_name; // for scenario_node() and scenario_link()
    GHashTable *link_by_name;
    GHashTable *task_by_name; // of those that have one
};

// Reads and checks the file `name`; "-" is standard input. On failure returns NULL and sets
// `*errors` to one text with a line, ended by a newline, for each error of the file, sorted by
// place: "file:line:column: where: what is wrong, what would be right"; the caller frees it. Opens
// nothing but the file, and those that it names.
Scenario *scenario_load(const char *name, char **errors);

// The two halves of that: the text, ended by a NUL and freed by the caller, or NULL with an error;
// and what positions in it are printed with, "stdin" for "-".
char *scenario_read_file(const char *name, size_t *length_bytes, char **errors);
const char *scenario_path(const char *name);

// The same from memory; `path` is what positions are printed with.
Scenario *scenario_parse(const char *path, const char *text, size_t length_bytes, char **errors);

// Both with values for names of `matrix:` and `variables:`, as sim/scenario/variables.h has them:
// NULL-terminated, or NULL. Without them a name of the matrix has its first value.
Scenario *scenario_load_chosen(const char *name, const char *const *choices, char **errors);
Scenario *scenario_parse_chosen(const char *path, const char *text, size_t length_bytes,
                                const char *const *choices, char **errors);

void scenario_free(Scenario *scenario);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scenario, scenario_free)

// NULL when there is none of that name.
NodeSpec *scenario_node(const Scenario *scenario, const char *name);
LinkSpec *scenario_link(const Scenario *scenario, const char *name);

// Has the fates of all links, or of those that the file names, written to `file` in the present
// directory.
void fates_set(Scenario *scenario, const char *file);
