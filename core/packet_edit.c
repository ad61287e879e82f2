// SPDX-License-Identifier: Apache-2.0
// How it works: a checksum is the complement of a sum of 16-bit words, to which a byte adds itself
// at an odd place and 256 times itself at an even one. So a byte is exchanged by taking away what
// it added and adding what its successor does, wherever it stands.
#include "core/packet_edit.h"

#include <stddef.h>

#include "core/checksum.h"

enum {
    IPV4_TOTAL_LENGTH = 2,
    IPV4_CHECKSUM = 10,
    IPV4_ADDRESSES = 12,
    IPV6_PAYLOAD_LENGTH = 4,
    IPV6_ADDRESSES = 8,

    PROTOCOL_ICMP = 1,
    PROTOCOL_ICMPV6 = 58,
    ICMP_CHECKSUM = 2,

    CHECKSUM_BYTES = 2,
    NO_CHECKSUM = UINT32_MAX,

    OPTION_END = 0,
    OPTION_NO_OPERATION = 1,
    OPTION_MSS = 2,
    OPTION_MSS_BYTES = 4,
};

bool packet_edit_init(PacketEdit *edit, uint8_t *bytes, uint32_t length_bytes, bool has_ethernet,
                      bool is_partial)
{
    *edit = (PacketEdit){.bytes = bytes, .length_bytes = length_bytes, .is_partial = is_partial};
    return packet_locate(&edit->packet, bytes, length_bytes, has_ethernet);
}

static uint8_t *edit_network(const PacketEdit *edit)
{
    return edit->bytes + edit->packet.network_bytes;
}

static uint8_t *edit_transport(const PacketEdit *edit)
{
    return edit->bytes + edit->packet.transport_bytes;
}

// Where the transport checksum lies in the frame. None in a fragment, which does not have all that
// it covers, nor in UDP without (RFC 768).
static uint32_t edit_checksum_at(const PacketEdit *edit)
{
    uint32_t at = edit->packet.transport_bytes;

    if (edit->packet.is_fragment)
        return NO_CHECKSUM;
    switch (edit->packet.protocol) {
    case PACKET_PROTOCOL_TCP:
        at += PACKET_TCP_CHECKSUM;
        break;
    case PACKET_PROTOCOL_UDP:
        at += PACKET_UDP_CHECKSUM;
        break;
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
        at += ICMP_CHECKSUM;
        break;
    default:
        return NO_CHECKSUM;
    }
    if (at + CHECKSUM_BYTES > edit->length_bytes)
        return NO_CHECKSUM;
    if (edit->packet.protocol == PACKET_PROTOCOL_UDP && !edit->is_partial &&
        packet_load16(edit->bytes + at) == 0)
        return NO_CHECKSUM;
    return at;
}

// A byte of what `sum` was made of becomes another.
static uint16_t sum_exchange(uint16_t sum, bool is_odd, uint8_t old_value, uint8_t value)
{
    unsigned shift = is_odd ? 0 : 8;
    uint32_t exchanged;

    if (old_value == value)
        return sum;
    exchanged = sum + (uint32_t)(uint16_t) ~(old_value << shift) + ((uint32_t)value << shift);
    return checksum_fold(exchanged);
}

static void checksum_exchange(uint8_t *field, bool is_odd, uint8_t old_value, uint8_t value)
{
    uint16_t sum = (uint16_t)~packet_load16(field);

    packet_store16(field, (uint16_t)~sum_exchange(sum, is_odd, old_value, value));
}

// The same for the transport checksum of `edit`; `is_pseudo` for what is in its pseudo-header, the
// only part that an unfinished one covers.
static void edit_exchange(PacketEdit *edit, uint32_t checksum_at, bool is_pseudo, bool is_odd,
                          uint8_t old_value, uint8_t value)
{
    uint8_t *field = edit->bytes + checksum_at;

    if (checksum_at == NO_CHECKSUM || (edit->is_partial && !is_pseudo))
        return;
    if (edit->is_partial) {
        packet_store16(field, sum_exchange(packet_load16(field), is_odd, old_value, value));
        return;
    }
    checksum_exchange(field, is_odd, old_value, value);
    if (edit->packet.protocol == PACKET_PROTOCOL_UDP && packet_load16(field) == 0)
        packet_store16(field, UINT16_MAX);
}

uint32_t packet_edit_packet_bytes(const PacketEdit *edit)
{
    const uint8_t *ip = edit_network(edit);

    return edit->packet.version == 4
               ? packet_load16(ip + IPV4_TOTAL_LENGTH)
               : (uint32_t)packet_load16(ip + IPV6_PAYLOAD_LENGTH) + PACKET_IPV6_HEADER_BYTES;
}

// The first option of that kind, with its length; NULL without one.
static uint8_t *tcp_option(const PacketEdit *edit, uint8_t kind, uint32_t *option_bytes)
{
    uint8_t *tcp = edit_transport(edit), *at, *end;

    if (edit->packet.protocol != PACKET_PROTOCOL_TCP || edit->packet.is_fragment ||
        edit->packet.transport_bytes + (uint32_t)PACKET_TCP_HEADER_BYTES > edit->length_bytes)
        return NULL;
    end = tcp + packet_tcp_header_bytes(tcp);
    if (end > edit->bytes + edit->length_bytes)
        return NULL;
    for (at = tcp + PACKET_TCP_HEADER_BYTES; at < end && *at != OPTION_END; at += *option_bytes) {
        *option_bytes = 1;
        if (*at == OPTION_NO_OPERATION)
            continue;
        if (at + 1 >= end || at[1] < 2 || at[1] > end - at)
            return NULL;
        *option_bytes = at[1];
        if (*at == kind)
            return at;
    }
    return NULL;
}

static void edit_set_tcp_byte(PacketEdit *edit, uint8_t *at, uint8_t value)
{
    packet_edit_set_byte(edit, (uint32_t)(at - edit->bytes), value);
}

bool packet_edit_has_tcp_option(const PacketEdit *edit, uint8_t kind)
{
    uint32_t option_bytes;

    return tcp_option(edit, kind, &option_bytes) != NULL;
}

void packet_edit_strip_tcp_option(PacketEdit *edit, uint8_t kind)
{
    uint32_t option_bytes = 0;

    for (uint8_t *option; (option = tcp_option(edit, kind, &option_bytes)) != NULL;)
        for (uint32_t i = 0; i < option_bytes; i++)
            edit_set_tcp_byte(edit, option + i, OPTION_NO_OPERATION);
}

// The option in a SYN, NULL without.
static uint8_t *tcp_mss_option(const PacketEdit *edit)
{
    uint32_t option_bytes;
    uint8_t *option = tcp_option(edit, OPTION_MSS, &option_bytes);

    if (option == NULL || option_bytes != OPTION_MSS_BYTES ||
        (edit_transport(edit)[PACKET_TCP_FLAGS] & PACKET_TCP_SYN) == 0)
        return NULL;
    return option;
}

uint16_t packet_edit_mss(const PacketEdit *edit)
{
    const uint8_t *option = tcp_mss_option(edit);

    return option != NULL ? packet_load16(option + 2) : 0;
}

void packet_edit_set_mss(PacketEdit *edit, uint16_t mss_bytes)
{
    uint8_t *option = tcp_mss_option(edit);

    if (option == NULL)
        return;
    edit_set_tcp_byte(edit, option + 2, (uint8_t)(mss_bytes >> 8));
    edit_set_tcp_byte(edit, option + 3, (uint8_t)mss_bytes);
}

static bool is_within(uint32_t at, uint32_t start, uint32_t n_bytes)
{
    return at >= start && at - start < n_bytes;
}

static void edit_set_network_byte(PacketEdit *edit, uint32_t checksum_at, uint32_t at,
                                  uint8_t old_value, uint8_t value)
{
    bool is_ipv4 = edit->packet.version == 4, is_odd = at % 2 != 0;
    bool is_address =
        is_ipv4 ? is_within(at, IPV4_ADDRESSES, 8) : is_within(at, IPV6_ADDRESSES, 32);

    if (is_ipv4 && !is_within(at, IPV4_CHECKSUM, CHECKSUM_BYTES))
        checksum_exchange(edit_network(edit) + IPV4_CHECKSUM, is_odd, old_value, value);
    // ICMP has no pseudo-header, ICMPv6 has.
    if (is_address && edit->packet.protocol != PROTOCOL_ICMP)
        edit_exchange(edit, checksum_at, true, is_odd, old_value, value);
}

void packet_edit_set_byte(PacketEdit *edit, uint32_t at_bytes, uint8_t value)
{
    uint32_t network_at = edit->packet.network_bytes, transport_at = edit->packet.transport_bytes;
    uint32_t checksum_at = edit_checksum_at(edit);
    uint8_t old_value = edit->bytes[at_bytes];

    edit->bytes[at_bytes] = value;
    if (is_within(at_bytes, network_at, transport_at - network_at))
        edit_set_network_byte(edit, checksum_at, at_bytes - network_at, old_value, value);
    else if (is_within(at_bytes, transport_at, edit->length_bytes) && checksum_at != NO_CHECKSUM &&
             !is_within(at_bytes, checksum_at, CHECKSUM_BYTES))
        edit_exchange(edit, checksum_at, false, (at_bytes - transport_at) % 2 != 0, old_value,
                      value);
}

// A 16-bit length in the transport's pseudo-header, its header or IPv4's becomes another.
static void edit_exchange_length(PacketEdit *edit, uint32_t checksum_at, bool is_pseudo,
                                 uint32_t old_bytes, uint32_t new_bytes)
{
    edit_exchange(edit, checksum_at, is_pseudo, false, (uint8_t)(old_bytes >> 8),
                  (uint8_t)(new_bytes >> 8));
    edit_exchange(edit, checksum_at, is_pseudo, true, (uint8_t)old_bytes, (uint8_t)new_bytes);
}

static void edit_truncate_network(PacketEdit *edit, uint32_t old_bytes, uint32_t new_bytes)
{
    uint8_t *ip = edit_network(edit);

    if (edit->packet.version == 6) {
        packet_store16(ip + IPV6_PAYLOAD_LENGTH, (uint16_t)(new_bytes - PACKET_IPV6_HEADER_BYTES));
        return;
    }
    checksum_exchange(ip + IPV4_CHECKSUM, false, (uint8_t)(old_bytes >> 8),
                      (uint8_t)(new_bytes >> 8));
    checksum_exchange(ip + IPV4_CHECKSUM, true, (uint8_t)old_bytes, (uint8_t)new_bytes);
    packet_store16(ip + IPV4_TOTAL_LENGTH, (uint16_t)new_bytes);
}

// What ends behind `end`, both counted from the transport header.
static void edit_truncate_transport(PacketEdit *edit, uint32_t old_end, uint32_t end)
{
    uint32_t checksum_at = edit_checksum_at(edit);
    uint8_t *transport = edit_transport(edit);

    if (edit->packet.is_fragment)
        return;
    for (uint32_t at = end; at < old_end; at++)
        edit_exchange(edit, checksum_at, false, at % 2 != 0, transport[at], 0);
    if (edit->packet.protocol != PROTOCOL_ICMP)
        edit_exchange_length(edit, checksum_at, true, old_end, end);
    if (edit->packet.protocol != PACKET_PROTOCOL_UDP)
        return;
    edit_exchange_length(edit, checksum_at, false, packet_load16(transport + PACKET_UDP_LENGTH),
                         end);
    packet_store16(transport + PACKET_UDP_LENGTH, (uint16_t)end);
}

// What must be left for the transport to have a length and a checksum.
static uint32_t edit_transport_least_bytes(const PacketEdit *edit)
{
    switch (edit->packet.protocol) {
    case PACKET_PROTOCOL_TCP:
        return PACKET_TCP_HEADER_BYTES;
    case PACKET_PROTOCOL_UDP:
        return PACKET_UDP_HEADER_BYTES;
    default:
        return ICMP_CHECKSUM + CHECKSUM_BYTES;
    }
}

void packet_edit_truncate(PacketEdit *edit, uint32_t length_bytes)
{
    uint32_t network_at = edit->packet.network_bytes, transport_at = edit->packet.transport_bytes;
    uint32_t packet_bytes = packet_edit_packet_bytes(edit);
    uint32_t end = network_at + packet_bytes; // behind it there may be padding

    if (length_bytes < transport_at || end > edit->length_bytes || length_bytes >= end) {
        edit->length_bytes = length_bytes;
        return;
    }
    if (length_bytes >= transport_at + edit_transport_least_bytes(edit))
        edit_truncate_transport(edit, end - transport_at, length_bytes - transport_at);
    edit_truncate_network(edit, packet_bytes, length_bytes - network_at);
    edit->length_bytes = length_bytes;
}
