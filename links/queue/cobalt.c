// SPDX-License-Identifier: Apache-2.0
// How it works: one clock, drop_next, serves all of CoDel here. When packets have been too long in
// the queue it starts an interval ahead, and each time it is passed a packet is marked or dropped,
// `count` goes up, and it advances by interval / sqrt(count). While they are not too long, passing
// it takes `count` down again: the memory of a spell fades as slowly as it grew, where RFC 8289
// forgets it after 16 intervals. BLUE drops at random besides, with a probability that goes up when
// the queue overflows and down when it is found empty, at most once in a target each; it never
// marks.
//
// Deviation from Linux: the square root is exact, as in links/codel, and not a table with a Newton
// step. As there, a count of 0 stands for 1.
#include "links/queue/cobalt.h"

static int64_t longer_ns(int64_t a_ns, int64_t b_ns)
{
    return a_ns > b_ns ? a_ns : b_ns;
}

CobaltParams cobalt_params(int64_t target_ns, int64_t interval_ns, int64_t mtu_ns)
{
    int64_t in_force_ns = longer_ns(mtu_ns + mtu_ns / 2, target_ns);

    return (CobaltParams){
        in_force_ns, longer_ns(interval_ns + in_force_ns - target_ns, 2 * in_force_ns), mtu_ns};
}

static void cobalt_advance(Cobalt *cobalt, const CobaltParams *params, int64_t from_ns)
{
    cobalt->drop_next_ns =
        codel_control_law(from_ns, params->interval_ns, cobalt->count > 0 ? cobalt->count : 1);
}

static bool cobalt_is_over(const CobaltParams *params, int64_t sojourn_ns)
{
    return sojourn_ns > params->target_ns && sojourn_ns > 4 * params->mtu_ns;
}

static bool cobalt_is_due(const Cobalt *cobalt, int64_t now_ns)
{
    return cobalt->count > 0 && now_ns >= cobalt->drop_next_ns;
}

// Whether the packet at hand is to be dropped; it has been marked where that is instead.
static bool cobalt_condemns(Cobalt *cobalt, const CobaltParams *params, int64_t sojourn_ns,
                            int64_t now_ns, const AqmQueue *class, void *queue)
{
    bool is_due = cobalt_is_due(cobalt, now_ns);
    bool is_late = now_ns > cobalt->drop_next_ns;
    bool is_condemned = false;

    if (!cobalt_is_over(params, sojourn_ns)) {
        cobalt->is_dropping = false;
    } else {
        if (!cobalt->is_dropping)
            cobalt_advance(cobalt, params, now_ns);
        cobalt->is_dropping = true;
        cobalt->count += cobalt->count == 0;
    }
    if (is_due && cobalt->is_dropping) {
        is_condemned = !class->mark(queue);
        cobalt->count += cobalt->count < UINT32_MAX;
        cobalt_advance(cobalt, params, cobalt->drop_next_ns);
        is_late = now_ns > cobalt->drop_next_ns;
    } else {
        for (; is_due; is_due = cobalt_is_due(cobalt, now_ns)) {
            cobalt->count--;
            cobalt_advance(cobalt, params, cobalt->drop_next_ns);
            is_late = now_ns > cobalt->drop_next_ns;
        }
    }
    if (cobalt->drop_probability > 0 && class->draw(queue) < cobalt->drop_probability)
        is_condemned = true;
    // Signals that were due long ago are not made up for.
    if (cobalt->count == 0)
        cobalt->drop_next_ns = now_ns + params->interval_ns;
    else if (is_late && !is_condemned)
        cobalt->drop_next_ns = now_ns;
    return is_condemned;
}

void cobalt_rest(Cobalt *cobalt, const CobaltParams *params, int64_t now_ns)
{
    if (cobalt->drop_probability > 0 && now_ns - cobalt->blue_ns > params->target_ns) {
        cobalt->drop_probability -= cobalt->drop_probability < COBALT_DECREMENT
                                        ? cobalt->drop_probability
                                        : COBALT_DECREMENT;
        cobalt->blue_ns = now_ns;
    }
    cobalt->is_dropping = false;
    if (cobalt_is_due(cobalt, now_ns)) {
        cobalt->count--;
        cobalt_advance(cobalt, params, cobalt->drop_next_ns);
    }
}

bool cobalt_dequeue(Cobalt *cobalt, const CobaltParams *params, int64_t now_ns,
                    const AqmQueue *class, void *queue)
{
    AqmPacket packet;

    while (class->next(queue, &packet)) {
        if (!cobalt_condemns(cobalt, params, now_ns - packet.queued_ns, now_ns, class, queue) ||
            packet.behind_bytes == 0)
            return true;
        class->drop(queue);
    }
    cobalt_rest(cobalt, params, now_ns);
    return false;
}

void cobalt_pass(Cobalt *cobalt, const CobaltParams *params, int64_t now_ns, const AqmQueue *class,
                 void *queue)
{
    // It has not waited, so that it is not marked; and it is the last one, so that it is sent.
    cobalt_condemns(cobalt, params, 0, now_ns, class, queue);
}

void cobalt_overflow(Cobalt *cobalt, const CobaltParams *params, int64_t now_ns)
{
    if (now_ns - cobalt->blue_ns > params->target_ns) {
        cobalt->drop_probability = cobalt->drop_probability > UINT32_MAX - COBALT_INCREMENT
                                       ? UINT32_MAX
                                       : cobalt->drop_probability + COBALT_INCREMENT;
        cobalt->blue_ns = now_ns;
    }
    cobalt->is_dropping = true;
    cobalt->drop_next_ns = now_ns;
    cobalt->count += cobalt->count == 0;
}

bool cobalt_is_calm(const Cobalt *cobalt, const CobaltParams *params, const AqmPacket *packet,
                    int64_t now_ns, int64_t until_ns)
{
    if (cobalt->drop_probability > 0 || (cobalt->count > 0 && until_ns >= cobalt->drop_next_ns))
        return false;
    if (cobalt->is_dropping)
        return cobalt_is_over(params, now_ns - packet->queued_ns);
    return !cobalt_is_over(params, until_ns - packet->queued_ns);
}
