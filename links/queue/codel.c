// SPDX-License-Identifier: Apache-2.0
// How it works: RFC 8289, section 5. While the time packets spent in the queue has been above the
// target for a whole interval, one is dropped at once and the next ones interval/sqrt(count) apart,
// until it is below. A new spell of dropping that follows soon goes on near the count at which the
// last one stopped.
//
// The square root is exact, so that no error adds up: the largest r with r*r*count <= interval^2,
// bit by bit. It is needed once for each drop, not for each packet. Marking instead of dropping is
// as in Linux since 3.5: one mark counts as one drop, and the marked packet is the one sent.
#include "links/queue/codel.h"

#include "core/scale.h"

enum { CODEL_RECENT_INTERVALS = 16 };

int64_t codel_control_law(int64_t from_ns, int64_t interval_ns, uint32_t count)
{
    Uint128 square = (Uint128)(uint64_t)interval_ns * (uint64_t)interval_ns / count;
    uint64_t root = 0;
    uint64_t bit = UINT64_C(1) << 63 >> __builtin_clzll((uint64_t)interval_ns | 1);

    for (; bit != 0; bit >>= 1) {
        uint64_t larger = root | bit;

        if ((Uint128)larger * larger <= square)
            root = larger;
    }
    return from_ns + (int64_t)root;
}

static bool codel_is_low(const CodelParams *params, const AqmPacket *packet, int64_t now_ns)
{
    return now_ns - packet->queued_ns < params->target_ns ||
           packet->behind_bytes <= params->mtu_bytes;
}

// The RFC's dodequeue(): the next packet, and whether it may be dropped.
static bool codel_take(Codel *codel, const CodelParams *params, int64_t now_ns,
                       const AqmQueue *class, void *queue, bool *may_drop)
{
    AqmPacket packet;
    bool is_there = class->next(queue, &packet);

    *may_drop = false;
    if (!is_there || codel_is_low(params, &packet, now_ns))
        codel->first_above_ns = 0;
    else if (codel->first_above_ns == 0)
        codel->first_above_ns = now_ns + params->interval_ns;
    else
        *may_drop = now_ns >= codel->first_above_ns;
    return is_there;
}

static bool codel_enter(Codel *codel, const CodelParams *params, int64_t now_ns,
                        const AqmQueue *class, void *queue)
{
    uint32_t delta = codel->count - codel->last_count;
    bool is_there = true, may_drop;

    if (!class->mark(queue)) {
        class->drop(queue);
        is_there = codel_take(codel, params, now_ns, class, queue, &may_drop);
    }
    codel->is_dropping = true;
    codel->count = 1;
    if (delta > 1 && now_ns - codel->drop_next_ns < CODEL_RECENT_INTERVALS * params->interval_ns)
        codel->count = delta;
    codel->drop_next_ns = codel_control_law(now_ns, params->interval_ns, codel->count);
    codel->last_count = codel->count;
    return is_there;
}

static bool codel_go_on(Codel *codel, const CodelParams *params, int64_t now_ns,
                        const AqmQueue *class, void *queue)
{
    bool is_there = true;

    while (codel->is_dropping && now_ns >= codel->drop_next_ns) {
        bool is_marked = class->mark(queue);

        codel->count += codel->count < UINT32_MAX;
        if (!is_marked) {
            class->drop(queue);
            is_there = codel_take(codel, params, now_ns, class, queue, &codel->is_dropping);
        }
        if (codel->is_dropping)
            codel->drop_next_ns =
                codel_control_law(codel->drop_next_ns, params->interval_ns, codel->count);
        if (is_marked)
            break;
    }
    return is_there;
}

bool codel_dequeue(Codel *codel, const CodelParams *params, int64_t now_ns, const AqmQueue *class,
                   void *queue)
{
    bool may_drop;
    bool is_there = codel_take(codel, params, now_ns, class, queue, &may_drop);

    codel->is_dropping &= may_drop;
    if (codel->is_dropping)
        return codel_go_on(codel, params, now_ns, class, queue);
    if (may_drop)
        return codel_enter(codel, params, now_ns, class, queue);
    return is_there;
}

bool codel_is_calm(const Codel *codel, const CodelParams *params, const AqmPacket *packet,
                   int64_t now_ns, int64_t until_ns)
{
    int64_t first_above_ns = codel->first_above_ns;

    if (until_ns - packet->queued_ns < params->target_ns)
        return true;
    if (codel_is_low(params, packet, now_ns))
        return false;
    if (codel->is_dropping && first_above_ns != 0 && now_ns >= first_above_ns)
        return until_ns < codel->drop_next_ns;
    if (first_above_ns == 0)
        first_above_ns = now_ns + params->interval_ns;
    return until_ns < first_above_ns;
}
