// SPDX-License-Identifier: Apache-2.0
// Corrupt: flips bits of frames on the wire. What becomes of a frame that is hit is a choice: its
// checksum (FCS) tells the far end, which drops it, as every real Ethernet card does; or it gets
// through, damaged; or with checksums made right again, so that only the application can notice.
//
// How it works: with a bit error ratio b, bits are hit each on its own, so of n bits at risk at
// least one is with probability  hit(n) = 1 - (1 - b)^n,  a power in fixed point. Which of them is
// found by halving: given that a stretch of n bits is hit, its left half of l bits is with
// probability  hit(l) / hit(n);  if so, the right half is on its own terms, else for certain. This
// gives each pattern of errors its exact probability, with some 2 log n draws for each error. With
// a rate in frames, one bit of each such frame is flipped, as netem does.
#include <string.h>

#include "core/packet_edit.h"
#include "core/scale.h"
#include "links/stage.h"

typedef enum { CORRUPT_DROP, CORRUPT_DELIVER, CORRUPT_REPAIR } CorruptThen;
typedef enum { CORRUPT_FRAME, CORRUPT_HEADERS, CORRUPT_PAYLOAD } CorruptWhere;

typedef struct {
    Probability rate;
    uint64_t ber;
    int then;  // CorruptThen
    int where; // CorruptWhere
} CorruptConfig;

enum { CORRUPT_MEMORY_BITS = 4 };

typedef struct {
    Stage stage;
    CorruptConfig config;
    // hit(n) of lengths met before, by the lowest bits of n / 8; n 0 for none.
    struct {
        uint64_t n_bits, hit;
    } memory[1 << CORRUPT_MEMORY_BITS];
} CorruptStage;

// Draws of a frame: whether it is hit, and from the second on where.
enum { CORRUPT_DRAW_HIT, CORRUPT_DRAW_WHERE };

static const ParamSpec corrupt_params[] = {
    {.name = "rate",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(CorruptConfig, rate),
     .alternative = true,
     .summary = "share of frames of which one bit is flipped, whatever their length"},
    {.name = "ber",
     .type = PARAM_RATIO,
     .offset = offsetof(CorruptConfig, ber),
     .alternative = true,
     .summary = "instead: bit error ratio, so that longer frames are hit more often"},
    {.name = "then",
     .type = PARAM_CHOICE,
     .offset = offsetof(CorruptConfig, then),
     .fallback = "drop",
     .choices = (const char *const[]){[CORRUPT_DROP] = "drop",
                                      [CORRUPT_DELIVER] = "deliver",
                                      [CORRUPT_REPAIR] = "repair",
                                      NULL},
     .summary = "what becomes of a frame that was hit: dropped at the far end for its frame check "
                "sequence, delivered as it is, or delivered with IP, TCP and UDP checksums made "
                "right again"},
    {.name = "where",
     .type = PARAM_CHOICE,
     .offset = offsetof(CorruptConfig, where),
     .fallback = "frame",
     .choices = (const char *const[]){[CORRUPT_FRAME] = "frame",
                                      [CORRUPT_HEADERS] = "headers",
                                      [CORRUPT_PAYLOAD] = "payload",
                                      NULL},
     .summary = "which bits are at risk: all, those of the headers up to TCP's or UDP's, or those "
                "behind them"},
    PARAM_END,
};

static const StageKey corrupt_keys[] = {
    {"corrupt", corrupt_params, "bits flipped on the wire",
     "[has a bit flipped with a probability of {rate}][has each bit flipped with a probability of "
     "{ber}], anywhere in the {where}; then: {then}"},
    {NULL, NULL, NULL},
};

static bool corrupt_is_needed(const void *config)
{
    const CorruptConfig *corrupt = config;

    return corrupt->rate != 0 || corrupt->ber != 0;
}

static bool corrupt_check(const void *config, GError **error)
{
    const CorruptConfig *corrupt = config;

    if (corrupt->rate == 0 || corrupt->ber == 0)
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                "corrupt: has both a rate of frames and a bit error ratio: write one of them, and "
                "0 for the other where it comes from elsewhere");
    return false;
}

static uint64_t multiply_high(uint64_t a, uint64_t b)
{
    return (uint64_t)((Uint128)a * b >> 64);
}

// hit(n) in units of 2^-64.
static uint64_t corrupt_hit(const CorruptStage *self, uint64_t n_bits)
{
    uint64_t power = -self->config.ber, spared = UINT64_MAX; // 1 - b, and its power so far

    for (; n_bits > 0; n_bits >>= 1) {
        if (n_bits & 1)
            spared = multiply_high(spared, power);
        power = multiply_high(power, power);
    }
    return UINT64_MAX - spared;
}

// The same, remembered.
static uint64_t corrupt_hit_frame(CorruptStage *self, uint64_t n_bits)
{
    unsigned at = (unsigned)(n_bits >> 3) & ((1 << CORRUPT_MEMORY_BITS) - 1);

    if (self->memory[at].n_bits != n_bits) {
        self->memory[at].n_bits = n_bits;
        self->memory[at].hit = corrupt_hit(self, n_bits);
    }
    return self->memory[at].hit;
}

// The bytes at risk of one segment of `frame`.
typedef struct {
    uint32_t start_bytes, length_bytes;
} Stretch;

static uint32_t corrupt_header_bytes(const Frame *frame)
{
    uint32_t end_bytes = frame->is_bare_ip ? 0 : FRAME_ETHERNET_HEADER_BYTES;
    Packet packet;

    if (frame->n_segments > 1)
        return frame->gso_header_bytes;
    if (packet_locate(&packet, frame_bytes_const(frame), frame->length_bytes, !frame->is_bare_ip)) {
        end_bytes = packet.transport_bytes;
        if (packet.is_fragment)
            ;
        else if (packet.protocol == PACKET_PROTOCOL_UDP)
            end_bytes += PACKET_UDP_HEADER_BYTES;
        else if (packet.protocol == PACKET_PROTOCOL_TCP &&
                 end_bytes + PACKET_TCP_HEADER_BYTES <= frame->length_bytes)
            end_bytes += packet_tcp_header_bytes(frame_bytes_const(frame) + end_bytes);
    }
    return MIN(end_bytes, frame->length_bytes);
}

static Stretch corrupt_stretch(const CorruptStage *self, const Frame *frame, unsigned segment)
{
    uint32_t length_bytes = segment + 1 < frame->n_segments ? frame_segment_bytes(frame)
                                                            : frame_last_segment_bytes(frame);
    uint32_t header_bytes;

    if (self->config.where == CORRUPT_FRAME)
        return (Stretch){0, length_bytes};
    header_bytes = corrupt_header_bytes(frame);
    if (self->config.where == CORRUPT_HEADERS)
        return (Stretch){0, header_bytes};
    return (Stretch){header_bytes, length_bytes - header_bytes};
}

static bool corrupt_spares(Stage *stage, const Frame *frame, unsigned segment)
{
    CorruptStage *self = (CorruptStage *)stage;
    Stretch risk = corrupt_stretch(self, frame, segment);

    if (risk.length_bytes == 0)
        return true;
    if (self->config.ber == 0)
        return !stage_hits(stage, frame, segment, CORRUPT_DRAW_HIT, self->config.rate);
    return stage_draw(stage, frame, segment, CORRUPT_DRAW_HIT) >=
           corrupt_hit_frame(self, (uint64_t)risk.length_bytes * 8);
}

// A frame whose bits are being flipped.
typedef struct {
    const CorruptStage *stage;
    Frame *frame;
    PacketEdit packet;
    bool is_packet;
    uint32_t draw;
} Damage;

static uint64_t damage_draw(Damage *damage)
{
    return stage_draw(&damage->stage->stage, damage->frame, 0, damage->draw++);
}

static void damage_flip(Damage *damage, uint64_t bit)
{
    uint32_t at = (uint32_t)(bit / 8);
    uint8_t *byte = frame_bytes(damage->frame) + at;
    uint8_t flipped = (uint8_t)(*byte ^ 0x80 >> bit % 8);

    if (damage->is_packet)
        packet_edit_set_byte(&damage->packet, at, flipped);
    else
        *byte = flipped;
}

// Flips bits among `n_bits` from `start` on, of which at least one is hit.
static void damage_spread(Damage *damage, uint64_t start, uint64_t n_bits)
{
    while (n_bits > 1) {
        uint64_t n_left = n_bits / 2, n_right = n_bits - n_left;
        bool is_left_hit = multiply_high(damage_draw(damage), corrupt_hit(damage->stage, n_bits)) <
                           corrupt_hit(damage->stage, n_left);

        if (is_left_hit) {
            if (damage_draw(damage) < corrupt_hit(damage->stage, n_right))
                damage_spread(damage, start + n_left, n_right);
            n_bits = n_left;
        } else {
            start += n_left;
            n_bits = n_right;
        }
    }
    damage_flip(damage, start);
}

// Damages an ordinary frame.
static void corrupt_damage(Stage *stage, Frame *frame)
{
    const CorruptStage *self = (const CorruptStage *)stage;
    Stretch risk = corrupt_stretch(self, frame, 0);
    uint64_t start = (uint64_t)risk.start_bytes * 8, n_bits = (uint64_t)risk.length_bytes * 8;
    Damage damage = {.stage = self, .frame = frame, .draw = CORRUPT_DRAW_WHERE};

    super_frame_finish(frame); // the receiver is to compare with the sum of what was sent
    damage.is_packet = self->config.then == CORRUPT_REPAIR &&
                       packet_edit_init(&damage.packet, frame_bytes(frame), frame->length_bytes,
                                        !frame->is_bare_ip, false);
    if (self->config.ber == 0)
        damage_flip(&damage, start + multiply_high(damage_draw(&damage), n_bits));
    else
        damage_spread(&damage, start, n_bits);
    counter_add(&stage->lane->counters->corrupted_frames, 1);
}

// Passes on `frame`, whose segments from the first on are spared, up to one that is not.
static void corrupt_deliver(Stage *stage, Frame *frame)
{
    while (frame != NULL) {
        unsigned n_spared = 0;
        Frame *front;

        while (n_spared < frame->n_segments && corrupt_spares(stage, frame, n_spared))
            n_spared++;
        if (n_spared > 0) {
            front = stage_take_front(stage, &frame, n_spared);
        } else {
            front = stage_take_front(stage, &frame, 1);
            if (front != NULL)
                corrupt_damage(stage, front);
        }
        if (front != NULL)
            stage_forward(stage, front);
    }
}

static void corrupt_push(Sink *sink, Frame *frame)
{
    Stage *stage = (Stage *)sink;

    if (((CorruptStage *)stage)->config.then == CORRUPT_DROP)
        stage_sift(stage, frame, corrupt_spares, DROP_CORRUPT, stage_forward);
    else
        corrupt_deliver(stage, frame);
}

static void corrupt_apply(Stage *stage)
{
    CorruptStage *self = (CorruptStage *)stage;

    self->config = *(const CorruptConfig *)stage->config;
    memset(self->memory, 0, sizeof self->memory);
}

const StageClass corrupt_stage_class = {
    .name = "corrupt",
    .summary = "bit errors",
    .position = STAGE_WIRE,
    .keys = corrupt_keys,
    .config_bytes = sizeof(CorruptConfig),
    .stage_bytes = sizeof(CorruptStage),
    .is_needed = corrupt_is_needed,
    .check = corrupt_check,
    .apply = corrupt_apply,
    .push = corrupt_push,
};
