// SPDX-License-Identifier: Apache-2.0
// How it works: two lists, the new flows' first. The head of a list has the turn while its deficit
// is positive; when that is used up it gets a quantum and goes to the end of the old ones. A flow
// that was found empty while new goes there too rather than away, lest one that sends a packet now
// and then be new for ever at the expense of the others.
#include "links/queue/drr.h"

static void drr_list_init(DrrList *list)
{
    *list = (DrrList){.head = NULL};
    list->tail = &list->head;
}

static void drr_list_append(DrrList *list, DrrFlow *flow)
{
    flow->next = NULL;
    *list->tail = flow;
    list->tail = &flow->next;
}

static void drr_list_take(DrrList *list)
{
    list->head = list->head->next;
    if (list->head == NULL)
        list->tail = &list->head;
}

void drr_init(Drr *drr)
{
    drr_list_init(&drr->new_flows);
    drr_list_init(&drr->old_flows);
}

static DrrList *drr_list(Drr *drr, DrrPlace place)
{
    return place == DRR_NEW ? &drr->new_flows : &drr->old_flows;
}

void drr_join(Drr *drr, DrrFlow *flow, DrrPlace place)
{
    if (flow->place != DRR_NOWHERE)
        return;
    flow->place = place;
    flow->deficit_bytes = flow->quantum_bytes;
    drr_list_append(drr_list(drr, place), flow);
}

// The head of its list goes to the end of the old ones.
static void drr_grow_old(Drr *drr, DrrFlow *flow)
{
    drr_list_take(drr_list(drr, flow->place));
    flow->place = DRR_OLD;
    drr_list_append(&drr->old_flows, flow);
}

DrrFlow *drr_turn(Drr *drr)
{
    for (;;) {
        DrrFlow *flow = drr->new_flows.head != NULL ? drr->new_flows.head : drr->old_flows.head;

        if (flow == NULL || flow->deficit_bytes > 0)
            return flow;
        flow->deficit_bytes += flow->quantum_bytes;
        drr_grow_old(drr, flow);
    }
}

bool drr_is_alone(const Drr *drr)
{
    const DrrFlow *fresh = drr->new_flows.head, *old = drr->old_flows.head;

    return fresh != NULL ? fresh->next == NULL && old == NULL : old->next == NULL;
}

void drr_charge_group(Drr *drr, DrrFlow *flow, unsigned n_packets, uint64_t packet_bytes,
                      uint64_t last_bytes)
{
    for (; n_packets > 1; n_packets--) {
        drr_charge(flow, packet_bytes);
        drr_turn(drr);
    }
    drr_charge(flow, last_bytes);
}

void drr_rest(Drr *drr, DrrFlow *flow)
{
    if (flow->place == DRR_NEW) {
        drr_grow_old(drr, flow);
        return;
    }
    drr_list_take(&drr->old_flows);
    flow->place = DRR_NOWHERE;
}
