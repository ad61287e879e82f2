// SPDX-License-Identifier: Apache-2.0
// PacketList: a queue of packets that are nothing but numbers, for tests of the algorithms behind
// links/queue/aqm.h. It notes what becomes of each.
#pragma once

#include <glib.h>

#include "links/queue/aqm.h"

typedef struct {
    int64_t queued_ns;
    uint32_t bytes;
    bool can_be_marked;
    uint32_t random;
} ListedPacket;

typedef struct {
    GArray *packets; // of ListedPacket, all that ever came
    GString *fates;  // a letter each: s sent, m marked and sent, d dropped
    guint next;      // of them to be taken
    guint at_hand;
    uint64_t waiting_bytes;
} PacketList;

static inline void packet_list_init(PacketList *list)
{
    *list = (PacketList){.packets = g_array_new(FALSE, FALSE, sizeof(ListedPacket)),
                         .fates = g_string_new(NULL)};
}

static inline void packet_list_clear(PacketList *list)
{
    g_array_unref(list->packets);
    g_string_free(list->fates, TRUE);
}

static inline void packet_list_add(PacketList *list, ListedPacket packet)
{
    g_array_append_val(list->packets, packet);
    g_string_append_c(list->fates, '.');
    list->waiting_bytes += packet.bytes;
}

static inline ListedPacket *packet_list_at_hand(PacketList *list)
{
    return &g_array_index(list->packets, ListedPacket, list->at_hand);
}

static inline bool packet_list_next(void *queue, AqmPacket *packet)
{
    PacketList *list = queue;

    if (list->next == list->packets->len)
        return false;
    list->at_hand = list->next++;
    list->waiting_bytes -= packet_list_at_hand(list)->bytes;
    list->fates->str[list->at_hand] = 's';
    *packet = (AqmPacket){packet_list_at_hand(list)->queued_ns, list->waiting_bytes};
    return true;
}

static inline bool packet_list_mark(void *queue)
{
    PacketList *list = queue;

    if (!packet_list_at_hand(list)->can_be_marked)
        return false;
    list->fates->str[list->at_hand] = 'm';
    return true;
}

static inline void packet_list_drop(void *queue)
{
    PacketList *list = queue;

    list->fates->str[list->at_hand] = 'd';
}

static inline uint32_t packet_list_draw(void *queue)
{
    return packet_list_at_hand(queue)->random;
}

static const AqmQueue packet_list_class = {
    .next = packet_list_next,
    .mark = packet_list_mark,
    .drop = packet_list_drop,
    .draw = packet_list_draw,
};
