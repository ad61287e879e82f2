// SPDX-License-Identifier: Apache-2.0
// Brings the parts together in order, and takes them down in the reverse one. While the data thread
// runs, this side reads nothing of the engine, links and devices but counters.
#include "sim/lab/lab.h"

#include <errno.h>
#include <string.h>

#include "sim/capture/capture.h"
#include "sim/devices/closer.h"
#include "sim/devices/device.h"
#include "sim/fates/drop_capture.h"
#include "sim/fates/fate_log.h"
#include "sim/host/refusal.h"
#include "sim/realtime/data_thread.h"
#include "sim/realtime/machine.h"
#include "sim/realtime/machine_time.h"
#include "sim/scenario/topology.h"

enum { CAPTURE_PATIENCE_MS = 2000 };

typedef struct {
    const InterfaceSpec *spec;
    Host *host;
    Device *device;
    InterfaceStats stats; // of the kernel, once the lab has stopped
    bool has_stats;
} LabInterface;

struct Lab {
    const Scenario *scenario;
    Enclosure *enclosure;
    GHashTable *hosts; // NodeSpec to Host, owned
    Engine *engine;
    FramePool *pool;
    DeviceScratch *scratch;
    Outbox *outbox;
    Topology *topology;
    Live *live;
    GArray *interfaces;       // of LabInterface, of all hosts
    Writer *writer;           // of captures and fates
    GPtrArray *drop_captures; // of DropCapture
    DataThread *data_thread;
    Grants *grants; // NULL without
    bool is_running;
    int64_t elapsed_ns; // once it has stopped
    MachineTime began, ended;
};

static void lab_set_replay(Lab *lab, const FateFile *replay)
{
    const GPtrArray *links = lab->scenario->links;

    for (guint i = 0; replay != NULL && i < links->len; i++) {
        const LinkSpec *spec = g_ptr_array_index(links, i);

        for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
            const FateTable *table = fate_file_table(replay, spec->name, direction);

            if (table != NULL)
                link_set_replay(topology_link(lab->topology, spec), direction, table);
        }
    }
}

static bool lab_open_pool(Lab *lab, GError **error)
{
    uint64_t given_bytes = lab->scenario->memory_bytes;
    uint64_t limit_bytes = given_bytes > 0 ? given_bytes : machine_memory_bytes() / 4;
    g_autofree char *limit = quantity_format_size(limit_bytes);

    lab->pool = frame_pool_new(limit_bytes);
    if (lab->pool != NULL)
        return true;
    refusal_set_remedy(error, errno,
                       "frames need address space: raise `ulimit -v`, set vm.overcommit_memory to "
                       "0 or 1, or write less as `memory:` in the scenario",
                       "reserve %s for frames", limit);
    return false;
}

static bool lab_open_hosts(Lab *lab, GError **error)
{
    const GPtrArray *nodes = lab->scenario->nodes;
    g_autofree char *hosts_text = hosts_text_new(lab->scenario);
    GHashTableIter iterator;
    gpointer host;

    for (guint i = 0; i < nodes->len; i++) {
        const NodeSpec *spec = g_ptr_array_index(nodes, i);

        if (spec->kind != NODE_HOST)
            continue;
        host = host_begin(lab->enclosure, spec, hosts_text, error);
        if (host == NULL)
            return false;
        g_hash_table_insert(lab->hosts, (gpointer)spec, host);
    }
    g_hash_table_iter_init(&iterator, lab->hosts);
    while (g_hash_table_iter_next(&iterator, NULL, &host))
        if (!host_finish(host, error))
            return false;
    return true;
}

// The interface of `spec`, whose host the calling thread is inside of.
static bool lab_open_interface(Lab *lab, Host *host, const InterfaceSpec *spec, GError **error)
{
    const DeviceClass *class =
        spec->node->device == DEVICE_TUN ? &tun_device_class : &tap_device_class;
    g_autofree char *name = g_strdup_printf("%s:%s", spec->node->name, spec->name);
    Link *link = topology_link(lab->topology, spec->link);
    LabInterface interface = {.spec = spec, .host = host};

    interface.device =
        device_open(class, spec->name, name, spec->node->offload,
                    &(DeviceDriver){lab->engine, lab->pool, lab->outbox, lab->scratch}, error);
    if (interface.device == NULL)
        return false;
    g_array_append_val(lab->interfaces, interface);
    interface.device->inward = topology_entry(lab->topology, spec);
    interface.device->meter = link_take_meter(link, interface_direction_in(spec));
    link_judge(link, interface_direction_in(spec), lab->scenario->fidelity.late_floor_ns,
               lab->scenario->fidelity.late_of_delay);
    topology_connect(lab->topology, spec, &interface.device->sink);
    live_add(lab->live, spec, interface.device);
    return data_thread_add(lab->data_thread, interface.device, error) &&
           host_configure_interface(host, spec, error);
}

static bool lab_open_interfaces(Lab *lab, GError **error)
{
    const GPtrArray *nodes = lab->scenario->nodes;

    for (guint i = 0; i < nodes->len; i++) {
        const NodeSpec *node = g_ptr_array_index(nodes, i);
        Host *host = lab_host(lab, node);
        bool opened = true;

        if (host == NULL)
            continue;
        if (!host_enter(host, error))
            return false;
        for (guint k = 0; opened && k < node->interfaces->len; k++)
            opened = lab_open_interface(lab, host, g_ptr_array_index(node->interfaces, k), error);
        host_leave(host);
        if (!opened || !host_configure(host, error))
            return false;
    }
    return true;
}

// Puts `observer` at the device of a host's interface, or at the port of a switch or hub.
static void lab_observe(Lab *lab, const InterfaceSpec *spec, Observer *observer)
{
    for (guint i = 0; i < lab->interfaces->len; i++) {
        LabInterface *interface = &g_array_index(lab->interfaces, LabInterface, i);

        if (interface->spec != spec)
            continue;
        observer->next = interface->device->observers;
        interface->device->observers = observer;
        return;
    }
    topology_observe(lab->topology, spec, observer);
}

static char *lab_path(const char *directory, const char *file)
{
    bool has_place = strcmp(file, "-") == 0 || g_path_is_absolute(file);

    return has_place || directory == NULL ? g_strdup(file)
                                          : g_build_filename(directory, file, NULL);
}

static CaptureLinkType lab_link_type(const InterfaceSpec *spec)
{
    return spec->node->device == DEVICE_TUN ? CAPTURE_RAW_IP : CAPTURE_ETHERNET;
}

static bool lab_open_drop_capture(Lab *lab, const char *directory, const CaptureSpec *spec,
                                  GError **error)
{
    g_autofree char *stem = lab_path(directory, spec->file);
    DropCaptureOptions options = {stem, lab_link_type(spec->link->ends[0]), spec->snaplen_bytes,
                                  spec->filter};
    DropCapture *capture =
        drop_capture_new(lab->writer, topology_link(lab->topology, spec->link), &options, error);

    if (capture == NULL)
        return false;
    g_ptr_array_add(lab->drop_captures, capture);
    return true;
}

static bool lab_open_capture(Lab *lab, const char *directory, const CaptureSpec *spec,
                             GError **error)
{
    g_autofree char *path = NULL;
    g_autofree char *name = NULL;
    CapturePoint *point;

    if (spec->link != NULL)
        return lab_open_drop_capture(lab, directory, spec, error);
    path = lab_path(directory, spec->file);
    name = g_strdup_printf("%s:%s", spec->interface->node->name, spec->interface->name);
    point = capture_point_add(lab->writer, name, path, lab_link_type(spec->interface),
                              spec->snaplen_bytes, spec->filter, error);
    if (point == NULL)
        return false;
    lab_observe(lab, spec->interface, capture_point_observer(point));
    return true;
}

static bool lab_open_fates(Lab *lab, const char *directory, GError **error)
{
    const FatesSpec *fates = &lab->scenario->fates;
    g_autofree char *path = NULL;
    FateLog *log;

    if (fates->file == NULL)
        return true;
    path = lab_path(fates->is_placed ? NULL : directory, fates->file);
    log = fate_log_add(lab->writer, path, fates->is_jsonl ? FATES_JSONL : FATES_CSV, error);
    if (log == NULL)
        return false;
    for (guint i = 0; i < fates->links->len; i++) {
        Link *link = topology_link(lab->topology, g_ptr_array_index(fates->links, i));

        for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
            fate_log_watch(log, link, direction);
    }
    return true;
}

static bool lab_open_captures(Lab *lab, const LabOptions *options, GError **error)
{
    const char *directory = options->capture_directory;
    const GPtrArray *specs = lab->scenario->captures;

    lab->writer = writer_new(0);
    if (directory != NULL && g_mkdir_with_parents(directory, 0777) != 0) {
        refusal_set(error, errno, "capture directory %s", directory);
        return false;
    }
    for (guint i = 0; i < specs->len; i++)
        if (!lab_open_capture(lab, directory, g_ptr_array_index(specs, i), error))
            return false;
    if (!lab_open_fates(lab, directory, error))
        return false;
    if (specs->len > 0 || !options->capture_all)
        return true;
    for (guint i = 0; i < lab->interfaces->len; i++) {
        LabInterface *interface = &g_array_index(lab->interfaces, LabInterface, i);
        g_autofree char *file =
            g_strdup_printf("%s-%s.pcap", interface->spec->node->name, interface->spec->name);
        // Only read: the specification has no const.
        CaptureSpec spec = {.interface = (InterfaceSpec *)interface->spec, .file = file};

        if (!lab_open_capture(lab, directory, &spec, error))
            return false;
    }
    return true;
}

Lab *lab_open(const Scenario *scenario, const LabOptions *options, GError **error)
{
    g_autoptr(Lab) lab = g_new0(Lab, 1);

    lab->scenario = scenario;
    lab->hosts = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)host_close);
    lab->interfaces = g_array_new(FALSE, TRUE, sizeof(LabInterface));
    lab->drop_captures = g_ptr_array_new_with_free_func((GDestroyNotify)drop_capture_free);
    lab->engine = engine_new();
    lab->topology = topology_new(scenario, lab->engine);
    lab_set_replay(lab, options->replay);
    lab->outbox = outbox_new();
    if (!lab_open_pool(lab, error))
        return NULL;
    lab->scratch = device_scratch_new(lab->pool);
    lab->enclosure = enclosure_open(error);
    if (lab->enclosure == NULL)
        return NULL;
    lab->data_thread = data_thread_new(lab->engine, lab->outbox, options->wait_mode, error);
    if (lab->data_thread == NULL)
        return NULL;
    lab->live = live_new(scenario, lab->topology, lab->engine, lab->data_thread);
    if (!lab_open_hosts(lab, error) || !lab_open_interfaces(lab, error) ||
        !lab_open_captures(lab, options, error))
        return NULL;
    if (options->realtime)
        lab->grants = grants_ask(options->wait_mode, options->shares_cores);
    return g_steal_pointer(&lab);
}

const Grants *lab_grants(const Lab *lab)
{
    return lab->grants;
}

void lab_start(Lab *lab)
{
    lab->is_running = true;
    lab->began = machine_time_read();
    live_begin(lab->live);
    data_thread_start(lab->data_thread, lab->grants);
    writer_start(lab->writer, data_thread_epoch_ns(lab->data_thread));
}

void lab_stop(Lab *lab)
{
    lab->elapsed_ns = data_thread_elapsed_ns(lab->data_thread);
    lab->ended = machine_time_read();
    data_thread_stop(lab->data_thread);
    live_end(lab->live);
    lab->is_running = false;
    writer_finish(lab->writer, CAPTURE_PATIENCE_MS);
    for (guint i = 0; i < lab->interfaces->len; i++) {
        LabInterface *interface = &g_array_index(lab->interfaces, LabInterface, i);

        interface->has_stats =
            host_read_stats(interface->host, interface->spec->name, &interface->stats, NULL);
    }
}

static void lab_close_devices(Lab *lab)
{
    g_autofree int *fds = g_new(int, lab->interfaces->len);

    for (guint i = 0; i < lab->interfaces->len; i++)
        fds[i] = device_take_fd(g_array_index(lab->interfaces, LabInterface, i).device);
    closer_close(fds, lab->interfaces->len);
    for (guint i = 0; i < lab->interfaces->len; i++)
        device_close(g_array_index(lab->interfaces, LabInterface, i).device);
}

void lab_close(Lab *lab)
{
    if (lab->is_running)
        lab_stop(lab);
    lab_close_devices(lab);
    g_array_unref(lab->interfaces);
    g_hash_table_unref(lab->hosts);
    g_clear_pointer(&lab->enclosure, enclosure_close);
    g_clear_pointer(&lab->writer, writer_free);
    g_clear_pointer(&lab->live, live_free);
    g_clear_pointer(&lab->data_thread, data_thread_free);
    g_clear_pointer(&lab->grants, grants_free);
    topology_free(lab->topology);
    g_ptr_array_unref(lab->drop_captures);
    g_clear_pointer(&lab->scratch, device_scratch_free);
    g_clear_pointer(&lab->outbox, outbox_free);
    g_clear_pointer(&lab->pool, frame_pool_free);
    engine_free(lab->engine);
    g_free(lab);
}

const Scenario *lab_scenario(const Lab *lab)
{
    return lab->scenario;
}

Enclosure *lab_enclosure(const Lab *lab)
{
    return lab->enclosure;
}

Host *lab_host(const Lab *lab, const NodeSpec *spec)
{
    return g_hash_table_lookup(lab->hosts, spec);
}

Live *lab_live(const Lab *lab)
{
    return lab->live;
}

int64_t lab_elapsed_ns(const Lab *lab)
{
    return lab->is_running ? data_thread_elapsed_ns(lab->data_thread) : lab->elapsed_ns;
}

int64_t lab_instant_ns(const Lab *lab, int64_t engine_ns)
{
    return data_thread_instant_ns(lab->data_thread, engine_ns);
}

LinkTotals lab_link_totals(const Lab *lab)
{
    const GPtrArray *links = lab->scenario->links;
    LinkTotals totals = {0};

    for (guint i = 0; i < links->len; i++) {
        const Link *link = topology_link(lab->topology, g_ptr_array_index(links, i));

        for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
            const LinkCounters *counters = link_counters(link, direction);

            totals.out_frames += counter_get(&counters->out_frames);
            totals.out_bytes += counter_get(&counters->out_bytes);
            totals.dropped_frames += drop_total(&counters->drops);
        }
    }
    return totals;
}

static void lab_report_interface(const Lab *lab, unsigned n, Report *report)
{
    const LabInterface *interface = &g_array_index(lab->interfaces, LabInterface, n);
    const Device *device = interface->device;
    const DeviceCounters *counters = &device->counters;
    DeviceReport entry = {
        .interface = interface->spec,
        .written_frames = counter_get(&counters->written_frames),
        .written_bytes = counter_get(&counters->written_bytes),
        .has_kernel_drops = interface->has_stats,
        .has_lost_carrier = live_has_lost_carrier(lab->live, n),
        .kernel_dropped_to_us = interface->stats.tx_dropped,
        .kernel_dropped_to_host = interface->stats.rx_dropped,
    };
    uint64_t n_dropped = report_copy_drops(entry.dropped_frames, &counters->drops);
    Link *link = topology_link(lab->topology, interface->spec->link);
    uint64_t n_entered =
        counter_get(&link_counters(link, interface_direction_out(interface->spec))->in_frames);

    entry.pushed_frames = counter_get(&counters->pushed_frames);
    entry.read_frames = counter_get(&counters->read_frames);
    entry.read_bytes = counter_get(&counters->read_bytes);
    if (!lab->is_running) {
        entry.held_frames = frame_queue_count(&device->outgoing);
        // Both ways together: what was read or pushed was sent on, written, dropped or is held.
        entry.unaccounted_frames = (int64_t)(entry.read_frames + entry.pushed_frames - n_entered -
                                             entry.written_frames - n_dropped - entry.held_frames);
    }
    g_array_append_val(report->devices, entry);
}

Report *lab_report(const Lab *lab)
{
    Report *report = report_new(lab->scenario, lab_elapsed_ns(lab));
    const GPtrArray *links = lab->scenario->links, *nodes = lab->scenario->nodes;

    report->grants = lab->grants;
    report->machine = machine_time_between(&lab->began, &lab->ended);
    live_look(lab->live);
    report->changes = live_changes(lab->live);
    for (guint i = 0; i < links->len; i++) {
        const LinkSpec *spec = g_ptr_array_index(links, i);
        Link *link = topology_link(lab->topology, spec);
        uint64_t held_frames[N_LINK_DIRECTIONS];
        LinkInForce in_force[N_LINK_DIRECTIONS];

        for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
            const LiveDirection *live = live_direction(lab->live, spec, direction);

            in_force[direction] = (LinkInForce){live->config, live->is_down, live->n_changes};
        }
        if (!lab->is_running)
            for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
                held_frames[direction] = link_held_frames(link, direction);
        report_add_link(report, spec, link, lab->is_running ? NULL : held_frames, in_force);
    }
    for (guint i = 0; i < nodes->len; i++) {
        const NodeSpec *spec = g_ptr_array_index(nodes, i);
        Node *node = topology_node(lab->topology, spec);

        if (node != NULL)
            report_add_node(report, spec, node);
    }
    for (guint i = 0; i < lab->interfaces->len; i++)
        lab_report_interface(lab, i, report);
    for (unsigned i = 0; i < writer_n_files(lab->writer); i++) {
        const WriterFile *file = writer_file(lab->writer, i);
        WriterResult result = writer_file_result(file);

        if (!file->is_optional || result.written_frames + result.lost_frames > 0)
            g_array_append_val(report->files, result);
    }
    return report;
}
