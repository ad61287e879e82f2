// SPDX-License-Identifier: Apache-2.0
// The table of actions. What a packet must be for one of them to apply stands beside what it does.
#include "links/fault/fault_action.h"

#include <string.h>

#include "core/ecn.h"
#include "core/icmp_error.h"
#include "core/super_frame.h"

enum {
    IPV4_FRAGMENT = 6,
    IPV4_DO_NOT_FRAGMENT = 0x40,
    IPV6_HOP_LIMIT = 7,
    PROTOCOL_ICMPV6 = 58,
    ND_FIRST = 133, // router solicitation to redirect (RFC 4861, 4)
    ND_LAST = 137,
    ND_HOP_LIMIT = 255,
};

#define FAULT_DELAY_MAX_NS (UINT64_C(3600) * 1000000000)

void fault_view_init(FaultView *view, const Frame *frame, uint8_t *bytes, uint32_t length_bytes)
{
    view->has_ethernet = !frame->is_bare_ip;
    view->is_ip = packet_edit_init(&view->packet, bytes, length_bytes, view->has_ethernet,
                                   (frame->offload_flags & FRAME_CHECKSUM_PARTIAL) != 0);
}

// The headers of a frame that is known to be IP.
static PacketEdit frame_packet(Frame *frame)
{
    FaultView view;

    fault_view_init(&view, frame, frame_bytes(frame), frame->length_bytes);
    return view.packet;
}

static bool affects_ip(const FaultConfig *config, const FaultView *view)
{
    (void)config;
    return view->is_ip;
}

static const ParamSpec no_params[] = {PARAM_END};

static const ParamSpec delay_params[] = {
    {.name = "delay",
     .type = PARAM_DURATION,
     .offset = offsetof(FaultConfig, delay_ns),
     .required = true,
     .min = 1,
     .max = FAULT_DELAY_MAX_NS,
     .summary = "how long the frame waits in front of the link"},
    PARAM_END,
};

static const ParamSpec duplicate_params[] = {
    {.name = "copies",
     .type = PARAM_COUNT,
     .offset = offsetof(FaultConfig, copies),
     .fallback = "1",
     .min = 1,
     .max = 100,
     .summary = "how many are sent behind the frame itself"},
    PARAM_END,
};

static const ParamSpec corrupt_params[] = {
    {.name = "offset",
     .type = PARAM_SIZE,
     .offset = offsetof(FaultConfig, offset_bytes),
     .required = true,
     .max = FRAME_MAX_BYTES - 1,
     .summary = "of the byte to change, from the start of the frame"},
    {.name = "mask",
     .type = PARAM_COUNT,
     .offset = offsetof(FaultConfig, mask),
     .fallback = "255",
     .min = 1,
     .max = 255,
     .summary = "the bits to flip in it"},
    {.name = "repair",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(FaultConfig, repair),
     .fallback = "no",
     .summary = "whether the checksums that cover it are made to fit"},
    PARAM_END,
};

static bool corrupt_affects(const FaultConfig *config, const FaultView *view)
{
    return config->offset_bytes < view->packet.length_bytes;
}

static void corrupt_edit(const FaultConfig *config, Frame *frame)
{
    uint32_t at = (uint32_t)config->offset_bytes;
    FaultView view;
    uint8_t value;

    // A checksum that is completed later would cover the change.
    if (!config->repair)
        super_frame_finish(frame);
    fault_view_init(&view, frame, frame_bytes(frame), frame->length_bytes);
    value = (uint8_t)(view.packet.bytes[at] ^ config->mask);
    if (config->repair && view.is_ip)
        packet_edit_set_byte(&view.packet, at, value);
    else
        view.packet.bytes[at] = value;
}

static const ParamSpec truncate_params[] = {
    {.name = "length",
     .type = PARAM_SIZE,
     .offset = offsetof(FaultConfig, length_bytes),
     .required = true,
     .min = FRAME_ETHERNET_HEADER_BYTES,
     .max = FRAME_MAX_BYTES,
     .summary = "what is left of the frame, from its start"},
    {.name = "repair",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(FaultConfig, repair),
     .fallback = "no",
     .summary = "whether lengths and checksums are made to fit"},
    PARAM_END,
};

static bool truncate_affects(const FaultConfig *config, const FaultView *view)
{
    return config->length_bytes < view->packet.length_bytes;
}

static void truncate_edit(const FaultConfig *config, Frame *frame)
{
    uint32_t length_bytes = (uint32_t)config->length_bytes;
    FaultView view;

    // What the device is to complete must be left.
    if (!config->repair || length_bytes < frame->csum_start_bytes + frame->csum_offset_bytes + 2U)
        super_frame_finish(frame);
    fault_view_init(&view, frame, frame_bytes(frame), frame->length_bytes);
    if (config->repair && view.is_ip)
        packet_edit_truncate(&view.packet, length_bytes);
    frame->length_bytes = length_bytes;
}

static const char *const ecn_codepoints[] = {
    [ECN_NOT_ECT] = "not-ect", [ECN_ECT1] = "ect1", [ECN_ECT0] = "ect0", [ECN_CE] = "ce", NULL};

static const ParamSpec ecn_params[] = {
    {.name = "codepoint",
     .type = PARAM_CHOICE,
     .offset = offsetof(FaultConfig, codepoint),
     .required = true,
     .choices = ecn_codepoints,
     .summary = "of RFC 3168, section 5; not-ect clears both bits"},
    PARAM_END,
};

static void ecn_edit(const FaultConfig *config, Frame *frame)
{
    ecn_set_traffic_class(frame, ECN_MASK, (uint8_t)config->codepoint);
}

// RFC 2474, 2597, 3246, 5865, 8622.
static const ParamWord dscp_words[] = {
    {"le", 1},    {"cs1", 8},   {"cs2", 16},  {"cs3", 24},  {"cs4", 32},  {"cs5", 40},
    {"cs6", 48},  {"cs7", 56},  {"af11", 10}, {"af12", 12}, {"af13", 14}, {"af21", 18},
    {"af22", 20}, {"af23", 22}, {"af31", 26}, {"af32", 28}, {"af33", 30}, {"af41", 34},
    {"af42", 36}, {"af43", 38}, {"va", 44},   {"ef", 46},   {NULL, 0},
};

static const ParamSpec dscp_params[] = {
    {.name = "dscp",
     .type = PARAM_COUNT,
     .offset = offsetof(FaultConfig, dscp),
     .required = true,
     .max = 63,
     .words = dscp_words,
     .summary = "by number or name; 0 clears it"},
    PARAM_END,
};

static void dscp_edit(const FaultConfig *config, Frame *frame)
{
    ecn_set_traffic_class(frame, (uint8_t)~ECN_MASK, (uint8_t)(config->dscp << ECN_DSCP_SHIFT));
}

// The registry of TCP option kinds (RFC 9293, 7323, 2018, 7413, 8684).
static const ParamWord option_words[] = {
    {"mss", 2},  {"window-scale", 3}, {"sack-permitted", 4}, {"sack", 5}, {"timestamps", 8},
    {"md5", 19}, {"mptcp", 30},       {"fast-open", 34},     {NULL, 0},
};

static const ParamSpec option_params[] = {
    {.name = "option",
     .type = PARAM_COUNT,
     .offset = offsetof(FaultConfig, kind),
     .required = true,
     .min = 2,
     .max = 254,
     .words = option_words,
     .summary = "the kind of TCP option, by number or name, that no-operations take the place of"},
    PARAM_END,
};

static bool option_affects(const FaultConfig *config, const FaultView *view)
{
    return view->is_ip && packet_edit_has_tcp_option(&view->packet, (uint8_t)config->kind);
}

static void option_edit(const FaultConfig *config, Frame *frame)
{
    PacketEdit packet = frame_packet(frame);

    packet_edit_strip_tcp_option(&packet, (uint8_t)config->kind);
}

static const ParamSpec mss_params[] = {
    {.name = "mss",
     .type = PARAM_SIZE,
     .offset = offsetof(FaultConfig, mss_bytes),
     .required = true,
     .min = 1,
     .max = UINT16_MAX,
     .summary = "the most that a SYN may name as its maximum segment size"},
    PARAM_END,
};

static bool mss_affects(const FaultConfig *config, const FaultView *view)
{
    return view->is_ip && packet_edit_mss(&view->packet) > config->mss_bytes;
}

static void mss_edit(const FaultConfig *config, Frame *frame)
{
    PacketEdit packet = frame_packet(frame);

    packet_edit_set_mss(&packet, (uint16_t)config->mss_bytes);
}

static const char *const icmp_errors[] = {
    [ICMP_ERROR_UNREACHABLE] = "unreachable",
    [ICMP_ERROR_NET_UNREACHABLE] = "net-unreachable",
    [ICMP_ERROR_PORT_UNREACHABLE] = "port-unreachable",
    [ICMP_ERROR_ADMIN_PROHIBITED] = "admin-prohibited",
    [ICMP_ERROR_TOO_BIG] = "too-big",
    NULL,
};

static const ParamSpec icmp_params[] = {
    {.name = "error",
     .type = PARAM_CHOICE,
     .offset = offsetof(FaultConfig, error),
     .required = true,
     .choices = icmp_errors,
     .summary = "what the sender of the packet is told"},
    {.name = "mtu",
     .type = PARAM_SIZE,
     .offset = offsetof(FaultConfig, mtu_bytes),
     .min = 68, // RFC 791
     .max = UINT16_MAX,
     .summary = "too-big: IP packets longer than this are hit, and the sender is told so"},
    PARAM_END,
};

static bool icmp_check(const FaultConfig *config, GError **error)
{
    if ((config->error == ICMP_ERROR_TOO_BIG) == (config->mtu_bytes != 0))
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                config->mtu_bytes == 0 ? "too-big needs mtu, as in mtu: 1280B"
                                       : "mtu has an effect with too-big only");
    return false;
}

// Without neighbours there is nobody to answer: no router takes their discovery for a packet to
// send on (RFC 4861, 6.1, 7.1).
static bool view_is_neighbour_discovery(const FaultView *view)
{
    const Packet *packet = &view->packet.packet;
    const uint8_t *bytes = view->packet.bytes;

    return packet->version == 6 && packet->protocol == PROTOCOL_ICMPV6 &&
           packet->transport_bytes < view->packet.length_bytes &&
           bytes[packet->transport_bytes] >= ND_FIRST &&
           bytes[packet->transport_bytes] <= ND_LAST &&
           bytes[packet->network_bytes + IPV6_HOP_LIMIT] == ND_HOP_LIMIT;
}

static bool view_is_longer(const FaultView *view, uint64_t mtu_bytes)
{
    return view->is_ip && packet_edit_packet_bytes(&view->packet) > mtu_bytes;
}

// RFC 1191, 4: what may be fragmented is not told of.
static bool icmp_affects(const FaultConfig *config, const FaultView *view)
{
    const uint8_t *ip = view->packet.bytes + view->packet.packet.network_bytes;

    if (!view->is_ip)
        return false;
    if (config->error != ICMP_ERROR_TOO_BIG)
        return !view_is_neighbour_discovery(view);
    return view_is_longer(view, config->mtu_bytes) &&
           (view->packet.packet.version == 6 || (ip[IPV4_FRAGMENT] & IPV4_DO_NOT_FRAGMENT) != 0);
}

static const ParamSpec black_hole_params[] = {
    {.name = "mtu",
     .type = PARAM_SIZE,
     .offset = offsetof(FaultConfig, mtu_bytes),
     .required = true,
     .min = 68,
     .max = UINT16_MAX,
     .summary = "IP packets longer than this vanish, and nobody is told"},
    PARAM_END,
};

static bool black_hole_affects(const FaultConfig *config, const FaultView *view)
{
    return view_is_longer(view, config->mtu_bytes);
}

const FaultAction fault_actions[] = {
    {.name = "drop",
     .summary = "the frame goes no further",
     .fate = FAULT_DROP,
     .params = no_params},
    {.name = "delay",
     .summary = "the frame waits; those behind it do not",
     .fate = FAULT_DELAY,
     .params = delay_params},
    {.name = "duplicate",
     .summary = "copies follow the frame",
     .fate = FAULT_DUPLICATE,
     .per_segment = true,
     .params = duplicate_params},
    {.name = "corrupt",
     .summary = "bits of one byte are flipped",
     .per_segment = true,
     .params = corrupt_params,
     .affects = corrupt_affects,
     .edit = corrupt_edit},
    {.name = "truncate",
     .summary = "the frame loses its end",
     .per_segment = true,
     .params = truncate_params,
     .affects = truncate_affects,
     .edit = truncate_edit},
    {.name = "set-ecn",
     .summary = "sets the ECN field of an IP packet",
     .params = ecn_params,
     .affects = affects_ip,
     .edit = ecn_edit},
    {.name = "set-dscp",
     .summary = "sets the DSCP of an IP packet",
     .params = dscp_params,
     .affects = affects_ip,
     .edit = dscp_edit},
    {.name = "strip-option",
     .summary = "takes an option from TCP segments that have it",
     .params = option_params,
     .affects = option_affects,
     .edit = option_edit},
    {.name = "clamp-mss",
     .summary = "lowers the maximum segment size that a SYN names",
     .params = mss_params,
     .affects = mss_affects,
     .edit = mss_edit},
    {.name = "icmp",
     .summary = "an IP packet goes no further, and its sender is told by ICMP",
     .fate = FAULT_ANSWER,
     .per_segment = true,
     .params = icmp_params,
     .check = icmp_check,
     .affects = icmp_affects},
    {.name = "black-hole",
     .summary = "IP packets that are too long vanish",
     .fate = FAULT_DROP,
     .params = black_hole_params,
     .affects = black_hole_affects},
    {.name = NULL},
};

const FaultAction *fault_action_find(const char *name)
{
    for (const FaultAction *action = fault_actions; action->name != NULL; action++)
        if (strcmp(action->name, name) == 0)
            return action;
    return NULL;
}
