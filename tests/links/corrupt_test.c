// SPDX-License-Identifier: Apache-2.0
// The corrupt stage: which frames are hit, which of their bits, and what becomes of them.
#include <string.h>

#include "core/packet.h"
#include "tests/support/link_rig.h"
#include "tests/support/stream.h"
#include "tests/support/sums.h"

enum { N_FRAMES = 1000000 };

// Behind the link: how many bits of each frame are not as they were sent, which is all zeros.
typedef struct {
    Sink sink;
    uint64_t n_frames, n_hit, n_flipped;
    uint64_t by_bit[128];
} BitCounter;

static void bit_counter_push(Sink *sink, Frame *frame)
{
    BitCounter *self = (BitCounter *)sink;
    uint64_t n_flipped = 0;

    for (uint32_t bit = 0; bit < frame->length_bytes * 8; bit++) {
        if (frame_bytes(frame)[bit / 8] >> (7 - bit % 8) & 1) {
            n_flipped++;
            if (bit < G_N_ELEMENTS(self->by_bit))
                self->by_bit[bit]++;
        }
    }
    self->n_frames++;
    self->n_hit += n_flipped > 0;
    self->n_flipped += n_flipped;
    frame_free(frame);
}

// Sends zeros through such a link, and counts what comes out.
static uint64_t count_bits(BitCounter *counter, const char *text, uint32_t length_bytes,
                           uint64_t n_frames)
{
    g_autoptr(LinkConfig) config = link_rig_config(text);
    FramePool *pool = frame_pool_new(UINT64_C(1) << 24);
    Engine *engine = engine_new();
    Link *link = link_new(engine, 3, "noise", config, config);
    uint64_t n_dropped;

    *counter = (BitCounter){.sink.push = bit_counter_push};
    link_connect(link, LINK_FORWARD, &counter->sink);
    for (uint64_t n = 0; n < n_frames; n++) {
        Frame *frame = frame_new(pool, length_bytes);

        memset(frame_bytes(frame), 0, length_bytes);
        frame->length_bytes = length_bytes;
        sink_push(link_entry(link, LINK_FORWARD), frame);
    }
    n_dropped = counter_get(&link_counters(link, LINK_FORWARD)->drops.frames[DROP_CORRUPT]);
    g_assert_cmpuint(n_dropped + counter->n_frames, ==, n_frames);
    g_assert_cmpuint(counter_get(&link_counters(link, LINK_FORWARD)->corrupted_frames), ==,
                     counter->n_hit);
    link_free(link);
    frame_pool_free(pool);
    engine_free(engine);
    return n_dropped;
}

// The number of a frame decides, as a draw keyed by the seed, the link and the stage.
static void test_fates_are_fixed(void)
{
    RandomKey key = random_key(7, "atlantic", LINK_FORWARD, "corrupt");
    unsigned arrived = 0;
    LinkRig rig;

    link_rig_open(&rig, 7, "atlantic", "corrupt 10%", NULL);
    script_add(&rig.script[LINK_FORWARD], 0, 1000, 200, 60);
    link_rig_run_to_end(&rig);
    for (uint32_t serial = 0; serial < 200; serial++) {
        if (random_draw(key, serial, 0) >> 32 < 429496730)
            continue;
        g_assert_cmpuint(probe_record(&rig.probe[LINK_FORWARD], arrived++)->serial, ==, serial);
    }
    g_assert_cmpuint(arrived, ==, probe_count(&rig.probe[LINK_FORWARD]));
    g_assert_cmpuint(arrived, <, 200);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_CORRUPT), ==, 200 - arrived);
    link_rig_close(&rig);
}

static void test_none_and_all(void)
{
    BitCounter counter;

    g_assert_cmpuint(count_bits(&counter, "corrupt 0%", 60, 1000), ==, 0);
    g_assert_cmpuint(count_bits(&counter, "corrupt 100%", 60, 1000), ==, 1000);
    g_assert_cmpuint(count_bits(&counter, "corrupt.ber 1", 60, 1000), ==, 1000);
    g_assert_cmpuint(count_bits(&counter, "corrupt 100%, corrupt.then deliver", 60, 1000), ==, 0);
    g_assert_cmpuint(counter.n_hit, ==, 1000);
    g_assert_cmpuint(counter.n_flipped, ==, 1000); // one bit each
    g_assert_cmpuint(count_bits(&counter, "corrupt.ber 1, corrupt.then deliver", 60, 10), ==, 0);
    g_assert_cmpuint(counter.n_flipped, ==, 10 * 480); // every bit
}

// A bit error ratio of 10^-6 hits 1 - (1 - 10^-6)^n frames of n bits: 9950.17 of a million of 1250
// bytes, 999.5 of 125 bytes. Bounds: 3.29 deviations, which 99.9 % of all seeds keep.
static void test_longer_frames_are_hit_more_often(void)
{
    BitCounter counter;
    uint64_t n_long = count_bits(&counter, "corrupt.ber 1e-6", 1250, N_FRAMES);
    uint64_t n_short = count_bits(&counter, "corrupt.ber 0.0001%", 125, N_FRAMES);

    g_assert_cmpuint(n_long, >=, 9950 - 327);
    g_assert_cmpuint(n_long, <=, 9951 + 327);
    g_assert_cmpuint(n_short, >=, 999 - 104);
    g_assert_cmpuint(n_short, <=, 1000 + 104);
}

// Each of 128 bits is flipped on its own with 1 %, so flips have a binomial distribution in number
// (2,560,000 x 1 %, 3.29 deviations: 524), and so has each bit (20,000 x 1 %; of 128 bits none but
// one in 10,000 seeds leaves 4.9 deviations: 69).
static void test_bits_are_hit_each_on_its_own(void)
{
    BitCounter counter;
    double spared = 1;

    count_bits(&counter, "corrupt.ber 1%, corrupt.then deliver", 16, 20000);
    g_assert_cmpuint(counter.n_flipped, >=, 25600 - 524);
    g_assert_cmpuint(counter.n_flipped, <=, 25600 + 524);
    for (int bit = 0; bit < 128; bit++) {
        spared *= 0.99;
        g_assert_cmpuint(counter.by_bit[bit], >=, 200 - 69);
        g_assert_cmpuint(counter.by_bit[bit], <=, 200 + 69);
    }
    // 1 - 0.99^128 of the frames are hit; 3.29 deviations of 20,000 such draws.
    g_assert_cmpfloat((double)counter.n_hit, >=, 20000 * (1 - spared) - 208);
    g_assert_cmpfloat((double)counter.n_hit, <=, 20000 * (1 - spared) + 208);
}

// What becomes of TCP segments of which every one is hit.
typedef struct {
    Sink sink;
    bool is_right; // their checksums, at the far end
    bool headers_are_same, payloads_are_same;
    GPtrArray *sent; // of GBytes
    unsigned n_seen;
} Receiver;

static void receiver_push(Sink *sink, Frame *frame)
{
    Receiver *self = (Receiver *)sink;
    uint8_t bytes[FRAME_SMALL_SLOT_BYTES];

    for (unsigned i = 0; i < frame->n_segments; i++) {
        uint32_t length_bytes = super_frame_segment(frame, i, bytes, sizeof bytes);
        const uint8_t *sent = g_bytes_get_data(g_ptr_array_index(self->sent, self->n_seen++), NULL);
        const uint32_t header_bytes = 14 + 20 + 32;
        bool header_is_same = memcmp(sent, bytes, 14 + 20 + 16) == 0 &&
                              memcmp(sent + 52, bytes + 52, header_bytes - 52) == 0;

        g_assert_cmpint(sums_transport_is_right(bytes, length_bytes, true), ==, self->is_right);
        if (self->headers_are_same) // but for the checksum
            g_assert_true(header_is_same);
        g_assert_cmpint(
            memcmp(sent + header_bytes, bytes + header_bytes, length_bytes - header_bytes) == 0, ==,
            self->payloads_are_same);
    }
    frame_free(frame);
}

static void assert_received(const char *text, Receiver receiver)
{
    g_autoptr(LinkConfig) config = link_rig_config(text);
    FramePool *pool = frame_pool_new(UINT64_C(1) << 24);
    Engine *engine = engine_new();
    Link *link = link_new(engine, 3, "noise", config, config);
    Stream stream = {.pool = pool, .type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1000};
    FrameQueue segments;
    Frame *whole, *frame;

    receiver.sink.push = receiver_push;
    receiver.sent = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    link_connect(link, LINK_FORWARD, &receiver.sink);
    frame_queue_init(&segments);
    whole = stream_next(&stream, &(StreamBurst){20000}, &segments);
    while ((frame = frame_queue_take(&segments)) != NULL) {
        g_ptr_array_add(receiver.sent, g_bytes_new(frame_bytes(frame), frame->length_bytes));
        frame_free(frame);
    }
    sink_push(link_entry(link, LINK_FORWARD), whole);
    g_assert_cmpuint(receiver.n_seen, ==, 20);
    g_ptr_array_unref(receiver.sent);
    link_free(link);
    frame_pool_free(pool);
    engine_free(engine);
}

static void test_delivered_with_wrong_checksums(void)
{
    assert_received("corrupt 100%, corrupt.then deliver, corrupt.where payload",
                    (Receiver){.is_right = false, .headers_are_same = true});
}

static void test_delivered_with_repaired_checksums(void)
{
    assert_received("corrupt 100%, corrupt.then repair, corrupt.where payload",
                    (Receiver){.is_right = true, .headers_are_same = true});
}

static void test_headers_only(void)
{
    BitCounter counter;

    // Not IP: the Ethernet header is all there is. 112 of 480 bits.
    count_bits(&counter, "corrupt 100%, corrupt.where headers, corrupt.then deliver", 60, 2000);
    g_assert_cmpuint(counter.n_flipped, ==, 2000);
    for (int bit = 0; bit < 128; bit++)
        g_assert_true(bit < 112 ? counter.by_bit[bit] > 0 : counter.by_bit[bit] == 0);
}

static void test_rate_or_ratio(void)
{
    g_autoptr(LinkConfig) config = link_config_new();
    const StageClass *class;
    const StageKey *key = link_config_key(config, "corrupt", &class);
    g_autoptr(GError) error = NULL;

    g_assert_true(link_config_set(config, class, param_find(key->params, "rate"), "1%", NULL));
    g_assert_true(link_config_set(config, class, param_find(key->params, "ber"), "1e-9", NULL));
    g_assert_false(link_config_check(config, &error));
    g_assert_cmpstr(
        error->message, ==,
        "corrupt: has both a rate of frames and a bit error ratio: write one of them, and "
        "0 for the other where it comes from elsewhere");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/corrupt/fates-are-fixed", test_fates_are_fixed);
    g_test_add_func("/links/corrupt/none-and-all", test_none_and_all);
    g_test_add_func("/links/corrupt/longer-frames-are-hit-more-often",
                    test_longer_frames_are_hit_more_often);
    g_test_add_func("/links/corrupt/bits-are-hit-each-on-its-own",
                    test_bits_are_hit_each_on_its_own);
    g_test_add_func("/links/corrupt/delivered-with-wrong-checksums",
                    test_delivered_with_wrong_checksums);
    g_test_add_func("/links/corrupt/delivered-with-repaired-checksums",
                    test_delivered_with_repaired_checksums);
    g_test_add_func("/links/corrupt/headers-only", test_headers_only);
    g_test_add_func("/links/corrupt/rate-or-ratio", test_rate_or_ratio);
    return g_test_run();
}
