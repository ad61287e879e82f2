// SPDX-License-Identifier: Apache-2.0
// Coupling undone gives back what was coupled: a queue of frames is written out in trains, each is
// read again as a kernel would, and the segments of all are compared with those there were before.
//
//     queue --+-- segments of each ---------------------------------------+
//             +-- train_couple() - train_finish() - read - its segments --+--> equal?
#include "sim/devices/train.h"

#include <glib.h>
#include <string.h>

#include "tests/support/dice.h"
#include "tests/support/stream.h"

enum {
    POOL_BYTES = 1 << 28,
    SEGMENT_MAX_BYTES = 10000,
    TAKES_ALL = 1 << GSO_NONE | 1 << GSO_TCP4 | 1 << GSO_TCP6 | 1 << GSO_UDP,
    UDP_MAX_SEGMENTS = 64, // of Linux 6.2, which refuses more
    IP_MAX_BYTES = 65535,
};

typedef struct {
    FramePool *pool;
    bool has_ethernet;
    FrameQueue queue;
    GPtrArray *expected; // of GBytes: segments of the queue
    unsigned n_compared; // of these
    GArray *lengths;     // of unsigned: frames in each train so far
} Fixture;

static void open_queue(Fixture *fixture, bool has_ethernet)
{
    fixture->pool = frame_pool_new(POOL_BYTES);
    fixture->has_ethernet = has_ethernet;
    frame_queue_init(&fixture->queue);
    fixture->expected = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    fixture->n_compared = 0;
    fixture->lengths = g_array_new(FALSE, FALSE, sizeof(unsigned));
}

static void close_queue(Fixture *fixture)
{
    g_assert_null(frame_queue_peek(&fixture->queue));
    g_assert_cmpuint(fixture->n_compared, ==, fixture->expected->len);
    g_ptr_array_unref(fixture->expected);
    g_array_unref(fixture->lengths);
    frame_pool_free(fixture->pool); // asserts that no frame is out
}

static GBytes *segment_of(const Frame *frame, unsigned number)
{
    uint8_t bytes[SEGMENT_MAX_BYTES];
    uint32_t length_bytes = super_frame_segment(frame, number, bytes, sizeof bytes);

    g_assert_cmpuint(length_bytes, <=, sizeof bytes);
    return g_bytes_new(bytes, length_bytes);
}

// Appends to the queue.
static void add(Fixture *fixture, Frame *frame)
{
    for (unsigned i = 0; i < frame->n_segments; i++)
        g_ptr_array_add(fixture->expected, segment_of(frame, i));
    frame_queue_append(&fixture->queue, frame);
}

static void assert_segments(Fixture *fixture, const Frame *frame)
{
    for (unsigned i = 0; i < frame->n_segments; i++) {
        g_autoptr(GBytes) segment = segment_of(frame, i);

        g_assert_cmpuint(fixture->n_compared, <, fixture->expected->len);
        g_assert_true(g_bytes_equal(segment, fixture->expected->pdata[fixture->n_compared]));
        fixture->n_compared++;
    }
}

// What a kernel would read of a train.
static Frame *train_read(Train *train, Fixture *fixture)
{
    Frame *frame = frame_new(fixture->pool, FRAME_MAX_BYTES);
    uint8_t *at = vnet_header_of(frame);

    train_finish(train);
    for (unsigned i = 0; i < 1 + train->n_frames; i++) {
        memcpy(at, train->parts[i].iov_base, train->parts[i].iov_len);
        at += train->parts[i].iov_len;
    }
    frame->length_bytes = (uint32_t)(at - frame_bytes(frame));
    g_assert_true(vnet_header_take(frame, fixture->has_ethernet));
    g_assert_cmpuint(frame->n_segments, ==, train->n_segments);
    g_assert_cmpuint(frame->length_bytes - train->packet.network_bytes, <=, IP_MAX_BYTES);
    if (frame->gso_type == GSO_UDP)
        g_assert_cmpuint(frame->n_segments, <=, UDP_MAX_SEGMENTS);
    return frame;
}

// Takes one train off the queue and compares it. Returns the number of its frames.
static unsigned take_train(Fixture *fixture, OffloadSet set)
{
    g_autofree Train *train = g_new(Train, 1);

    train_couple(train, &fixture->queue, set, fixture->has_ethernet);
    if (train->n_frames == 1) {
        assert_segments(fixture, train->frames[0]);
    } else {
        Frame *whole = train_read(train, fixture);

        assert_segments(fixture, whole);
        frame_free(whole);
    }
    for (unsigned i = 0; i < train->n_frames; i++)
        frame_free(train->frames[i]);
    return train->n_frames;
}

static void take_all(Fixture *fixture, OffloadSet set)
{
    while (frame_queue_peek(&fixture->queue) != NULL) {
        unsigned n_frames = take_train(fixture, set);

        g_array_append_val(fixture->lengths, n_frames);
    }
}

// Takes all, in trains of these numbers of frames.
static void assert_trains(Fixture *fixture, OffloadSet set, const char *lengths)
{
    g_autoptr(GString) got = g_string_new(NULL);

    g_array_set_size(fixture->lengths, 0);
    take_all(fixture, set);
    for (guint i = 0; i < fixture->lengths->len; i++)
        g_string_append_printf(got, i == 0 ? "%u" : " %u",
                               g_array_index(fixture->lengths, unsigned, i));
    g_assert_cmpstr(got->str, ==, lengths);
}

static Frame *burst(Stream *stream, Fixture *fixture, uint32_t payload_bytes, uint8_t last_flags)
{
    stream->pool = fixture->pool;
    stream->has_ethernet = fixture->has_ethernet;
    return stream_next(stream, &(StreamBurst){payload_bytes, last_flags, false}, NULL);
}

static void add_burst(Stream *stream, Fixture *fixture, uint32_t payload_bytes)
{
    add(fixture, burst(stream, fixture, payload_bytes, 0));
}

// A queue of bursts of one stream, of these many bytes up to a 0, makes these trains.
static void assert_trains_of(Stream stream, const uint32_t *payloads_bytes, const char *lengths)
{
    Fixture fixture;

    open_queue(&fixture, true);
    for (; *payloads_bytes != 0; payloads_bytes++)
        add_burst(&stream, &fixture, *payloads_bytes);
    assert_trains(&fixture, TAKES_ALL, lengths);
    close_queue(&fixture);
}

// The frame, which it takes, with its checksum made, as a kernel without the offload sends it.
static Frame *finished(Frame *frame)
{
    Frame *copy = frame_new(frame->pool, FRAME_MAX_BYTES);

    copy->length_bytes = super_frame_segment(frame, 0, frame_bytes(copy), FRAME_MAX_BYTES);
    frame_free(frame);
    return copy;
}

static void test_singles_of_a_flow_are_coupled(void)
{
    static const Stream kinds[] = {
        {.type = GSO_TCP4, .size_bytes = 1000, .id = 65530},
        {.type = GSO_TCP6, .size_bytes = 999, .seq = UINT32_MAX - 5000},
        {.type = GSO_UDP, .size_bytes = 1000, .id = 65530},
        {.type = GSO_UDP, .size_bytes = 1, .is_ipv6 = true},
        {.type = GSO_TCP4, .size_bytes = 1000, .has_vlan = true},
    };

    for (unsigned i = 0; i < 2 * G_N_ELEMENTS(kinds); i++) {
        Stream stream = kinds[i / 2];
        Fixture fixture;

        open_queue(&fixture, i % 2 == 0);
        for (int n = 0; n < 10; n++)
            add_burst(&stream, &fixture, stream.size_bytes);
        assert_trains(&fixture, TAKES_ALL, "10");
        close_queue(&fixture);
    }
}

static void test_what_a_device_does_not_take_stays_alone(void)
{
    static const struct {
        Stream stream;
        OffloadSet set;
    } cases[] = {
        {{.type = GSO_TCP4, .size_bytes = 1000}, 1 << GSO_NONE | 1 << GSO_TCP6 | 1 << GSO_UDP},
        {{.type = GSO_TCP6, .size_bytes = 1000}, 1 << GSO_NONE | 1 << GSO_TCP4 | 1 << GSO_UDP},
        {{.type = GSO_UDP, .size_bytes = 1000}, 1 << GSO_NONE | 1 << GSO_TCP4 | 1 << GSO_TCP6},
        {{.type = GSO_TCP4, .size_bytes = 1000}, 0},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Stream stream = cases[i].stream;
        Fixture fixture;

        open_queue(&fixture, true);
        for (int n = 0; n < 3; n++)
            add_burst(&stream, &fixture, stream.size_bytes);
        assert_trains(&fixture, cases[i].set, "1 1 1");
        close_queue(&fixture);
    }
}

static void test_short_one_closes(void)
{
    Stream stream = {.type = GSO_TCP4, .size_bytes = 1000};
    Fixture fixture;

    open_queue(&fixture, true);
    add_burst(&stream, &fixture, 3000);
    add_burst(&stream, &fixture, 1000);
    add_burst(&stream, &fixture, 2001);
    add_burst(&stream, &fixture, 1000);
    stream.size_bytes = 1001; // a longer one does not follow a shorter
    add_burst(&stream, &fixture, 1001);
    assert_trains(&fixture, TAKES_ALL, "3 1 1");
    close_queue(&fixture);
}

static void test_push_and_fin_close(void)
{
    Stream stream = {.type = GSO_TCP6, .size_bytes = 500};
    Fixture fixture;

    open_queue(&fixture, true);
    add_burst(&stream, &fixture, 2000);
    add(&fixture, burst(&stream, &fixture, 500, PACKET_TCP_PSH));
    add(&fixture, burst(&stream, &fixture, 1000, PACKET_TCP_PSH)); // none follows it
    add_burst(&stream, &fixture, 500);
    add(&fixture, burst(&stream, &fixture, 500, PACKET_TCP_FIN | PACKET_TCP_PSH));
    assert_trains(&fixture, TAKES_ALL, "2 1 2");
    close_queue(&fixture);
}

static void test_congestion_window_reduced_leads(void)
{
    Stream stream = {.type = GSO_TCP4, .size_bytes = 500};
    Fixture fixture;

    open_queue(&fixture, true);
    for (int n = 0; n < 6; n++) {
        Frame *frame = burst(&stream, &fixture, n < 3 ? 500 : 1000, 0);

        // In the second of the singles, in the second of the super-frames, which says so.
        if (n == 1 || n == 4)
            frame_bytes(frame)[14 + 20 + PACKET_TCP_FLAGS] |= PACKET_TCP_CWR;
        if (n == 4)
            frame->offload_flags |= FRAME_GSO_ECN;
        add(&fixture, frame);
    }
    assert_trains(&fixture, TAKES_ALL, "1 3 2");
    close_queue(&fixture);
}

static void test_finished_frames_stay_alone(void)
{
    Stream stream = {.type = GSO_TCP4, .size_bytes = 1000};
    Fixture fixture;

    open_queue(&fixture, true);
    for (int n = 0; n < 6; n++) {
        Frame *frame = burst(&stream, &fixture, 1000, 0);

        add(&fixture, n == 0 || n == 3 ? finished(frame) : frame);
    }
    assert_trains(&fixture, TAKES_ALL, "1 2 1 2");
    close_queue(&fixture);
}

static void test_gaps_and_other_flows_part(void)
{
    Stream a = {.type = GSO_TCP4, .size_bytes = 700, .seq = 1}, b = {.type = GSO_UDP};
    Fixture fixture;

    b.size_bytes = 700;
    open_queue(&fixture, true);
    add_burst(&a, &fixture, 700);
    add_burst(&a, &fixture, 1400);
    a.seq += 700; // one was lost, but not its identification
    add_burst(&a, &fixture, 700);
    add_burst(&a, &fixture, 700);
    a.id++;
    add_burst(&a, &fixture, 700);
    add_burst(&b, &fixture, 700);
    add_burst(&b, &fixture, 700);
    add_burst(&a, &fixture, 700);
    assert_trains(&fixture, TAKES_ALL, "2 2 1 2 1");
    close_queue(&fixture);
}

static void test_at_most_64_frames(void)
{
    uint32_t payloads_bytes[130 + 1] = {0};

    for (int n = 0; n < 130; n++)
        payloads_bytes[n] = 100;
    assert_trains_of((Stream){.type = GSO_TCP4, .size_bytes = 100}, payloads_bytes, "64 64 2");
}

// Headers of 52 bytes, of which none counts the link layer.
static void test_at_most_what_an_ip_length_tells(void)
{
    static const uint32_t payloads_bytes[] = {
        30000, 30000, 5000, IP_MAX_BYTES - 52 - 65000, 30000, 35000, IP_MAX_BYTES - 52 - 65000 + 1,
        0};

    assert_trains_of((Stream){.type = GSO_TCP4, .size_bytes = 1000}, payloads_bytes, "4 2 1");
}

// More than that the kernel refuses, and all would be lost.
static void test_at_most_64_datagrams(void)
{
    static const uint32_t payloads_bytes[] = {4000, 2400, 3200, 3300, 6400, 0};

    assert_trains_of((Stream){.type = GSO_UDP, .size_bytes = 100}, payloads_bytes, "2 1 1 1");
}

// Of the headers of an ordinary frame no bit can differ unnoticed, wherever in the train it is.
static void test_any_bit_that_differs_parts(void)
{
    static const Stream kinds[] = {
        {.type = GSO_TCP4, .size_bytes = 100},
        {.type = GSO_TCP6, .size_bytes = 99},
        {.type = GSO_UDP, .size_bytes = 100},
        {.type = GSO_UDP, .size_bytes = 99, .is_ipv6 = true, .has_vlan = true},
    };

    for (unsigned i = 0; i < 3 * G_N_ELEMENTS(kinds); i++) {
        uint32_t header_bytes = 1;

        for (uint32_t bit = 0; bit < header_bytes * 8; bit++) {
            Stream stream = kinds[i / 3];
            Fixture fixture;

            open_queue(&fixture, true);
            for (unsigned n = 0; n < 3; n++) {
                Frame *frame = burst(&stream, &fixture, stream.size_bytes, 0);

                header_bytes = frame->length_bytes - stream.size_bytes;
                if (n == i % 3)
                    frame_bytes(frame)[bit / 8] ^= (uint8_t)(1 << bit % 8);
                add(&fixture, frame);
            }
            take_all(&fixture, TAKES_ALL);
            close_queue(&fixture);
        }
    }
}

// A short Ethernet frame is filled up: what follows the packet is none of its payload.
static void test_padding_is_no_payload(void)
{
    static const Stream kinds[] = {
        {.type = GSO_TCP4, .size_bytes = 2},
        {.type = GSO_TCP6, .size_bytes = 2},
        {.type = GSO_UDP, .size_bytes = 2},
        {.type = GSO_UDP, .size_bytes = 2, .is_ipv6 = true},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        for (uint32_t n_padding = 1; n_padding < 5; n_padding++) {
            Stream stream = kinds[i];
            Fixture fixture;

            open_queue(&fixture, true);
            for (int n = 0; n < 4; n++) {
                Frame *frame = burst(&stream, &fixture, 2, 0);

                memset(frame_bytes(frame) + frame->length_bytes, 0, n_padding);
                frame->length_bytes += n_padding;
                add(&fixture, frame);
            }
            assert_trains(&fixture, TAKES_ALL, "1 1 1 1");
            close_queue(&fixture);
        }
    }
}

// A TCP header that claims to be shorter than one.
static void test_impossible_tcp_header_stays_alone(void)
{
    for (uint8_t n_words = 0; n_words < 5; n_words++) {
        Stream stream = {.type = GSO_TCP4, .size_bytes = 100};
        Fixture fixture;

        open_queue(&fixture, true);
        for (int n = 0; n < 2; n++) {
            Frame *frame = burst(&stream, &fixture, 100, 0);

            frame_bytes(frame)[14 + 20 + PACKET_TCP_DATA_OFFSET] = (uint8_t)(n_words << 4);
            add(&fixture, frame);
            stream.seq += 32 - n_words * 4U; // so much of the header counts as payload
        }
        assert_trains(&fixture, TAKES_ALL, "1 1");
        close_queue(&fixture);
    }
}

// A burst cut at random places; pieces get lost, are finished, or have a bit of a header changed.
static void add_pieces(Fixture *fixture, Dice *dice, Frame *whole)
{
    while (whole != NULL) {
        unsigned n_front = 1 + dice_throw(dice, MIN(whole->n_segments, 20));
        Frame *piece = whole, *rest = NULL;

        if (n_front < whole->n_segments)
            g_assert_true(super_frame_cut(&piece, n_front, &rest));
        whole = rest;
        switch (dice_throw(dice, 20)) {
        case 0:
            frame_free(piece);
            continue;
        case 1:
            if (piece->n_segments == 1)
                piece = finished(piece);
            break;
        case 2:
            frame_bytes(piece)[dice_throw(dice, 54)] ^= (uint8_t)(1 << dice_throw(dice, 8));
            break;
        }
        add(fixture, piece);
    }
}

static void test_random_streams(void)
{
    Stream streams[] = {
        {.type = GSO_TCP4, .size_bytes = 1448, .id = 65000, .seq = UINT32_MAX - 100000},
        {.type = GSO_TCP6, .size_bytes = 1428},
        {.type = GSO_UDP, .size_bytes = 1200},
        {.type = GSO_UDP, .size_bytes = 37, .is_ipv6 = true},
        {.type = GSO_TCP4, .size_bytes = 8948, .has_vlan = true},
        {.type = GSO_TCP4, .size_bytes = 21},
    };
    Dice dice = dice_new(6);
    unsigned n_singles = 0, n_coupled = 0;
    Fixture fixture;

    open_queue(&fixture, true);
    for (int i = 0; i < 300; i++) {
        uint32_t number = dice_throw(&dice, G_N_ELEMENTS(streams));
        int n_bursts = 1 + (int)dice_throw(&dice, 4);

        for (int n = 0; n < n_bursts; n++)
            add_pieces(&fixture, &dice,
                       burst(&streams[number], &fixture,
                             (1 + dice_throw(&dice, 59)) * streams[number].size_bytes /
                                 (9 + dice_throw(&dice, 3)),
                             dice_throw(&dice, 5) == 0 ? PACKET_TCP_PSH : 0));
    }
    take_all(&fixture, TAKES_ALL);
    for (guint i = 0; i < fixture.lengths->len; i++) {
        n_singles += g_array_index(fixture.lengths, unsigned, i) == 1;
        n_coupled += g_array_index(fixture.lengths, unsigned, i) > 1;
    }
    g_assert_cmpuint(n_singles, >, 100);
    g_assert_cmpuint(n_coupled, >, 100);
    close_queue(&fixture);
}

#define ADD(path, function) g_test_add_func("/sim/devices/train/" path, function)

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("singles-of-a-flow-are-coupled", test_singles_of_a_flow_are_coupled);
    ADD("what-a-device-does-not-take-stays-alone", test_what_a_device_does_not_take_stays_alone);
    ADD("short-one-closes", test_short_one_closes);
    ADD("push-and-fin-close", test_push_and_fin_close);
    ADD("congestion-window-reduced-leads", test_congestion_window_reduced_leads);
    ADD("finished-frames-stay-alone", test_finished_frames_stay_alone);
    ADD("gaps-and-other-flows-part", test_gaps_and_other_flows_part);
    ADD("at-most-64-frames", test_at_most_64_frames);
    ADD("at-most-what-an-ip-length-tells", test_at_most_what_an_ip_length_tells);
    ADD("at-most-64-datagrams", test_at_most_64_datagrams);
    ADD("any-bit-that-differs-parts", test_any_bit_that_differs_parts);
    ADD("padding-is-no-payload", test_padding_is_no_payload);
    ADD("impossible-tcp-header-stays-alone", test_impossible_tcp_header_stays_alone);
    ADD("random-streams", test_random_streams);
    return g_test_run();
}
