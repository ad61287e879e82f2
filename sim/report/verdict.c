// SPDX-License-Identifier: Apache-2.0
// The rule: a run is valid unless too many frames departed late, the kernel dropped frames in a TAP
// where no link had asked for it, a frame found no memory, or a frame has no fate; and what failed
// has failed unless it had to share the cores with others.
#include "sim/report/verdict.h"

#include "core/scale.h"

int64_t fidelity_late_ns(const FidelitySpec *fidelity, const LinkConfig *config)
{
    return link_late_ns(config, fidelity->late_floor_ns, fidelity->late_of_delay);
}

G_GNUC_PRINTF(2, 3)
static void verdict_add(Verdict *verdict, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(verdict->reasons, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

static void verdict_on_lateness(Report *report)
{
    const FidelitySpec *fidelity = &report->scenario->fidelity;
    const DirectionReport *worst = NULL;
    uint64_t n_late = 0;
    g_autofree char *allowed = NULL;
    g_autofree char *late = NULL;

    for (guint i = 0; i < report->directions->len; i++) {
        const DirectionReport *entry = &g_array_index(report->directions, DirectionReport, i);

        n_late += entry->late_frames;
        if (worst == NULL || entry->late_frames > worst->late_frames)
            worst = entry;
    }
    report->verdict.late_frames = n_late;
    if (n_late <= scale(report->lateness.count, fidelity->late_share, RANDOM_ALWAYS))
        return;
    allowed = quantity_format_probability(fidelity->late_share);
    late = quantity_format_duration(worst->late_ns);
    verdict_add(&report->verdict,
                "the machine was too slow: %.2f %% of frames left late, more than the %s allowed; "
                "worst on %s from %s to %s, where late is over %s",
                100.0 * (double)n_late / (double)report->lateness.count, allowed, worst->link->name,
                worst->from, worst->to, late);
}

static void verdict_on_devices(Report *report)
{
    uint64_t n_dropped = 0;
    const DeviceReport *worst = NULL;

    for (guint i = 0; i < report->devices->len; i++) {
        const DeviceReport *entry = &g_array_index(report->devices, DeviceReport, i);
        // What a host sends without a carrier is dropped there as well, and cannot be told apart.
        uint64_t n = (entry->has_lost_carrier ? 0 : entry->kernel_dropped_to_us) +
                     entry->dropped_frames[DROP_DEVICE_REFUSED];

        n_dropped += n;
        if (n > 0 && worst == NULL)
            worst = entry;
    }
    report->verdict.device_drops = n_dropped;
    if (n_dropped > report->scenario->fidelity.device_drops)
        verdict_add(&report->verdict,
                    "%" G_GUINT64_FORMAT
                    " frames were dropped inside a device, first at %s:%s: its "
                    "host sent faster than this machine could take",
                    n_dropped, worst->interface->node->name, worst->interface->name);
}

static void verdict_on_accounts(Report *report)
{
    uint64_t n_unaccounted = 0, n_no_memory = 0;

    for (guint i = 0; i < report->directions->len; i++) {
        const DirectionReport *entry = &g_array_index(report->directions, DirectionReport, i);

        n_unaccounted += (uint64_t)ABS(entry->unaccounted_frames);
        n_no_memory += entry->dropped_frames[DROP_NO_MEMORY];
    }
    for (guint i = 0; i < report->nodes->len; i++) {
        const NodeReport *entry = &g_array_index(report->nodes, NodeReport, i);

        n_unaccounted += (uint64_t)ABS(entry->unaccounted_frames);
        n_no_memory += entry->dropped_frames[DROP_NO_MEMORY];
    }
    for (guint i = 0; i < report->devices->len; i++) {
        const DeviceReport *entry = &g_array_index(report->devices, DeviceReport, i);

        n_unaccounted += (uint64_t)ABS(entry->unaccounted_frames);
        n_no_memory += entry->dropped_frames[DROP_NO_MEMORY];
    }
    if (n_no_memory > 0)
        verdict_add(&report->verdict,
                    "%" G_GUINT64_FORMAT
                    " frames found no memory: raise memory:, shorten delays or "
                    "queues, or lower the traffic",
                    n_no_memory);
    report->verdict.unaccounted_frames = n_unaccounted;
    if (n_unaccounted > report->scenario->fidelity.unaccounted)
        verdict_add(&report->verdict,
                    "%" G_GUINT64_FORMAT " frames have no fate: this is a bug in taploom",
                    n_unaccounted);
}

void verdict_reach(Report *report)
{
    verdict_on_lateness(report);
    verdict_on_devices(report);
    verdict_on_accounts(report);
    report->verdict.valid = report->verdict.reasons->len == 0;
}

void verdict_weigh_failure(Report *report)
{
    const MachineShares *machine = &report->machine;
    double allowed = probability_to_double(report->scenario->fidelity.others_share);

    if (report_tasks_succeeded(report) && report_expectations_hold(report))
        return;
    if (!machine_shares_are_short(machine, allowed))
        return;
    if (machine->held_back > allowed)
        verdict_add(&report->verdict,
                    "something failed, and its control group held the lab back for %.0f %% of the "
                    "run, more than the %.0f %% of others_share: lift its limit (cpu.max)",
                    100 * machine->held_back, 100 * allowed);
    else
        verdict_add(&report->verdict,
                    "something failed while others had the machine: %.0f %% of all cores, more "
                    "than the %.0f %% of others_share: run it again when they are done",
                    100 * (machine->others + machine->stolen), 100 * allowed);
    report->verdict.valid = false;
}
