// SPDX-License-Identifier: Apache-2.0
// Loader: a Scenario in the making. Each section of the file is read by a file of its own, in the
// order of the functions below; what they must know of one another while loading stands here.
#pragma once

#include "sim/scenario/expect_spec.h"
#include "sim/scenario/node_draft.h"
#include "sim/scenario/problems.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/section.h"
#include "sim/scenario/segments.h"

struct Loader {
    Scenario *scenario;
    Problems *problems;
    GPtrArray *drafts;            // of NodeDraft, owned, in the order of scenario->nodes
    GHashTable *draft_of;         // NodeSpec to NodeDraft
    GHashTable *interfaces;       // "london:eth0", owned, to InterfaceSpec
    GHashTable *presets;          // by name: Preset, owned
    GHashTable *objects;          // by path and class, owned: ParamObject, owned
    const char **link_keys;       // of links/link_config.h
    bool links_are_whole;         // the ends of all links could be read
    bool links_are_right;         // nodes and links are free of errors
    NodeDraft *node_defaults;     // of `defaults`, as are the next two
    LinkConfig *link_defaults[2]; // of both directions, which differ by a preset only
    TaskSpec *task_defaults;
    SectionWitness witness; // NULL for none
    void *witness_data;
    size_t n_timeline_targets; // links, named by entries of the timeline
};

// Each reads the value of its key at `spot`; to be called in this order, if the file has the key.
void nodes_read(Loader *loader, const Spot *spot, void *scenario);
void links_read(Loader *loader, const Spot *spot, void *scenario);
void fidelity_read(Loader *loader, const Spot *spot, void *scenario);
void tasks_read(Loader *loader, const Spot *spot, void *scenario);
void timeline_read(Loader *loader, const Spot *spot, void *scenario);
void captures_read(Loader *loader, const Spot *spot, void *scenario);
void fates_read(Loader *loader, const Spot *spot, void *scenario);
void artifacts_read(Loader *loader, const Spot *spot, void *scenario);
void expect_read(Loader *loader, const Spot *spot, void *scenario);

// A key of a link, of the tables of links/link_config.h, for the LinkConfig of one direction; false
// for any other key.
bool link_key_read(Loader *loader, const Spot *spot, void *config);

// The key `faults` of all links of the list at `spot`, to be called when their interfaces have
// names, by which rules may tell directions. Until then a link says only whether it is a list, and
// a map without endpoints that it has no place there.
void faults_read(Loader *loader, const Spot *spot);
void faults_read_later(Loader *loader, const Spot *spot, void *unused);
void faults_read_misplaced(Loader *loader, const Spot *spot, void *unused);

// The values of a node's `attach` and `container`, into its NodeDraft; and of the whole node at
// `spot`, what does not go together with them, and what would stay behind.
void attach_read(Loader *loader, const Spot *spot, void *into);
void container_read(Loader *loader, const Spot *spot, void *into);
void attached_check(const Loader *loader, const Spot *spot, NodeSpec *node);

// The value of a link's `endpoints`: makes its interfaces, and sets `nodes` to those it names.
void endpoints_read(Loader *loader, const Spot *spot, LinkSpec *link, NodeSpec *nodes[2]);

// Names the interfaces that the file does not name: eth0, eth1 … in the order of the links, leaving
// out those it does.
void endpoints_name(Loader *loader);

// The parts of `defaults`, to be read before all others.
void node_defaults_read(Loader *loader, const Spot *spot, void *unused);
void link_defaults_read(Loader *loader, const Spot *spot, void *unused);
void task_defaults_read(Loader *loader, const Spot *spot, void *unused);

// What may be joined to what: loops, device kinds, nodes without a link.
void wiring_check(Loader *loader);

// Puts the addresses of the file onto interfaces.
void addressing_place(Loader *loader);

// The next are to be called when nodes and links are free of errors.

// Warns of segments whose hosts differ in MTU; ports of switches and hubs get the largest.
void wiring_complete(Loader *loader, const Segments *segments);

// Gives out the addresses that the file does not.
void addressing_complete(Loader *loader, Segments *segments);

// Warns of subnets that the file gives to several segments.
void overlap_check(Loader *loader, const Segments *segments);

// Checks the routes of the file and gives out those of hosts without any.
void routing_complete(Loader *loader, const Segments *segments);

// A task or a pause of `tasks:`, added to the scenario; `after` is left to the caller. To be called
// with a map.
TaskSpec *task_read(Loader *loader, const Spot *spot);

// Settings of the environment, and their list.
GPtrArray *settings_new(void);
void env_read(const Spot *spot, GPtrArray *settings);

// The value of a task's `probe`.
void probe_read(Loader *loader, const Spot *spot, void *task);

// The value of `reachable` of an expectation: the expectation, owned by the caller, whose probe is
// added to the tasks; NULL after an error.
ExpectSpec *reachable_read(Loader *loader, const Spot *spot, int64_t after_ns, int64_t within_ns);

void fidelity_init(FidelitySpec *fidelity);
void artifacts_init(ArtifactsSpec *artifacts);

// The draft of a node of the scenario.
NodeDraft *loader_draft(const Loader *loader, const NodeSpec *node);

void link_spec_free(LinkSpec *link);
void capture_spec_free(CaptureSpec *capture);
TaskSpec *task_spec_new(void);
void task_spec_free(TaskSpec *task);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TaskSpec, task_spec_free)

// Whether `name` can be a host's name and part of a file's, up to `max_bytes` long: an error says
// what would be.
bool name_check(const Spot *spot, const char *name, size_t max_bytes);

// The object of a file that the scenario names, of which the loader keeps one for each file and
// class; NULL after an error.
ParamObject *loader_object(Loader *loader, const Spot *spot, const ParamObjectClass *class);

// What one `partition:` cuts, found by sim/scenario/partition.c: the links between its groups.
void partition_read(Loader *loader, const Spot *spot, TimelineEntry *entry);

// Checks what the values of `timeline:` at `spot`, a list of entries, do to the links.
void timeline_check(Loader *loader, const Spot *spot, const TimelineSpec *timeline);

// A file that the scenario names, relative to the scenario's own folder; the caller frees it.
char *loader_path(const Loader *loader, const char *name);

// The node of that name; NULL after an error that names the nearest.
NodeSpec *loader_find_node(const Loader *loader, const Spot *spot, const char *name);

// The link of that name; likewise.
LinkSpec *loader_find_link(const Loader *loader, const Spot *spot, const char *name);

// "nodes.london.address" (`key` may be NULL) and "links[2]": where problems found after reading
// are; the caller frees it.
char *node_where(const NodeSpec *node, const char *key);
char *link_where(const Loader *loader, const LinkSpec *link);
