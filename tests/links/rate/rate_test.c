// SPDX-License-Identifier: Apache-2.0
// The rate stage: serialisation to the nanosecond, without drift, and the drop-tail queue's limits.
#include "links/rate/rate.h"

#include "tests/support/link_rig.h"
#include "tests/support/stream.h"
#include "tests/support/virtual_time.h"

enum { FULL_BYTES = 1514 };

static void rig_open(LinkRig *rig, const char *config)
{
    link_rig_open(rig, 1, "rate", config, "");
}

// Pushes `n_frames` at once at time 0 and lets them all through.
static void rig_burst(LinkRig *rig, unsigned n_frames, uint32_t length_bytes)
{
    script_add(&rig->script[LINK_FORWARD], 0, 0, n_frames, length_bytes);
    link_rig_run_to_end(rig);
}

// Expects that the first `n_passed` of a burst came through and the rest met a full queue.
static void rig_assert_tail_dropped(const LinkRig *rig, unsigned n_passed, unsigned n_dropped)
{
    const Probe *probe = &rig->probe[LINK_FORWARD];

    g_assert_cmpuint(probe_count(probe), ==, n_passed);
    for (unsigned n = 0; n < n_passed; n++)
        g_assert_cmpuint(probe_record(probe, n)->serial, ==, n);
    g_assert_cmpuint(link_rig_dropped(rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, n_dropped);
    g_assert_cmpuint(drop_total(&link_counters(rig->link, LINK_FORWARD)->drops), ==, n_dropped);
}

static void test_one_frame_takes_its_time(void)
{
    static const struct {
        const char *config;
        uint32_t length_bytes;
        int64_t takes_ns;
    } cases[] = {
        {"rate 10mbit", FULL_BYTES, 1211200},
        {"rate 10mbit", 60, 48000},
        {"rate 100gbit", 125, 10},
        {"rate 100gbit", FULL_BYTES, 121}, // 121.12
        {"rate 100gbit", 4, 0},            // 0.32: less than the clock's step
        {"rate 1kbit", FULL_BYTES, INT64_C(12112000000)},
        {"rate 7bit", 60, INT64_C(68571428571)},
        {"rate 1bit", FRAME_MAX_BYTES, INT64_C(524424000000000)},
        {"rate 1bit, overhead 1000B", FRAME_MAX_BYTES, INT64_C(532424000000000)},
        {"rate 100mbit, overhead ethernet", 60, 6720},
        {"rate 100mbit, overhead 0B", 60, 4800},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        LinkRig rig;

        rig_open(&rig, cases[n].config);
        rig_burst(&rig, 1, cases[n].length_bytes);
        probe_assert_times(&rig.probe[LINK_FORWARD], &cases[n].takes_ns, 1);
        g_assert_cmpuint(probe_record(&rig.probe[LINK_FORWARD], 0)->length_bytes, ==,
                         cases[n].length_bytes);
        link_rig_close(&rig);
    }
}

static void test_frame_carries_when_it_was_sent(void)
{
    LinkRig rig;

    rig_open(&rig, "rate 10mbit, delay 5ms");
    rig_burst(&rig, 2, FULL_BYTES);
    for (unsigned n = 0; n < 2; n++) {
        const ProbeRecord *record = probe_record(&rig.probe[LINK_FORWARD], n);

        g_assert_cmpint(record->entered_ns, ==, 0);
        g_assert_cmpint(record->wired_ns, ==, 1211200 * (n + 1));
        g_assert_cmpint(record->at_ns, ==, record->wired_ns + 5000000);
    }
    link_rig_close(&rig);
}

// In a backlog the n-th frame leaves when the bits up to its end have been sent, rounded down once
// and not once a frame.
static void rig_assert_no_drift(const char *config, uint64_t rate_bps, uint32_t overhead_bytes)
{
    enum { N_FRAMES = 100000 };
    __extension__ typedef unsigned __int128 Wide;
    static const uint32_t lengths_bytes[] = {FULL_BYTES, 997, 61};
    int64_t mean_ns =
        (int64_t)(((Wide)(FULL_BYTES + 997 + 61) + 3 * overhead_bytes) * 8000000000 / 3 / rate_bps);
    Wide sent_bits = 0;
    LinkRig rig;

    rig_open(&rig, config);
    for (int n = 0; n < N_FRAMES; n++) // a little faster than the link, so that it never idles
        script_add(&rig.script[LINK_FORWARD], n * (mean_ns - mean_ns / 500 - 1), 0, 1,
                   lengths_bytes[n % 3]);
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, N_FRAMES);
    for (unsigned n = 0; n < N_FRAMES; n++) {
        sent_bits += (lengths_bytes[n % 3] + overhead_bytes) * 8;
        g_assert_cmpint(probe_record(&rig.probe[LINK_FORWARD], n)->at_ns, ==,
                        (int64_t)(sent_bits * 1000000000 / rate_bps));
    }
    link_rig_close(&rig);
}

static void test_backlog_leaves_without_drift(void)
{
    rig_assert_no_drift("rate 3mbit, queue 100000 packets", 3000000, 0);
    rig_assert_no_drift("rate 7bit, queue 100000 packets", 7, 0);
    rig_assert_no_drift("rate 100gbit, queue 100000 packets", UINT64_C(100000000000), 0);
    rig_assert_no_drift("rate 99999999999bit, overhead ethernet, queue 100000 packets",
                        UINT64_C(99999999999), 24);
}

// A source that sends the next frame at the very instant the last one leaves.
typedef struct {
    Sink sink;
    Sink *entry;
    unsigned n_left;
} Refill;

static void refill_push(Sink *sink, Frame *frame)
{
    Refill *self = (Refill *)sink; // the sink is its first member
    Frame *next;

    if (self->n_left-- == 0) {
        frame_free(frame);
        return;
    }
    next = frame_copy(frame);
    frame_free(frame);
    sink_push(self->entry, next);
}

// 64 bytes at 100 Gbit/s take 5.12 ns: were the remainder forgotten, this source would get 5.
static void test_source_in_step_with_the_link_gets_the_rate(void)
{
    g_autoptr(LinkConfig) config = link_rig_config("rate 100gbit");
    Engine *engine = engine_new();
    FramePool *pool = frame_pool_new(FRAME_LARGE_SLOT_BYTES);
    Link *link = link_new(engine, 1, "loop", config, config);
    Refill refill = {
        .sink.push = refill_push, .entry = link_entry(link, LINK_FORWARD), .n_left = 999};
    Frame *frame = frame_new(pool, 64);

    link_connect(link, LINK_FORWARD, &refill.sink);
    frame->length_bytes = 64;
    sink_push(refill.entry, frame);
    g_assert_cmpint(virtual_run_to_end(engine), ==, 5120);
    link_free(link);
    frame_pool_free(pool);
    engine_free(engine);
}

// 1514 bytes at 3 Mbit/s take 4,037,333 1/3 ns; a third that is over by the next frame is gone.
static void test_idle_link_keeps_no_remainder(void)
{
    static const int64_t times_ns[] = {4037333, 14037333, 24037333, 34037333};
    LinkRig rig;

    rig_open(&rig, "rate 3mbit");
    script_add(&rig.script[LINK_FORWARD], 0, 10000000, 4, FULL_BYTES);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], times_ns, G_N_ELEMENTS(times_ns));
    link_rig_close(&rig);
}

static void test_no_credit_is_saved_while_idle(void)
{
    static const int64_t times_ns[] = {INT64_C(1000001211200), INT64_C(1000002422400)};
    LinkRig rig;

    rig_open(&rig, "rate 10mbit");
    script_add(&rig.script[LINK_FORWARD], INT64_C(1000000000000), 0, 2, FULL_BYTES);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], times_ns, G_N_ELEMENTS(times_ns));
    link_rig_close(&rig);
}

static void test_queue_in_packets(void)
{
    LinkRig rig;

    rig_open(&rig, "rate 1mbit, queue 3 packets");
    rig_burst(&rig, 6, FULL_BYTES); // one under way, three wait
    rig_assert_tail_dropped(&rig, 4, 2);
    link_rig_close(&rig);

    rig_open(&rig, "rate 1mbit, queue 1 packet");
    rig_burst(&rig, 4, 60);
    rig_assert_tail_dropped(&rig, 2, 2);
    link_rig_close(&rig);
}

static void test_queue_in_bytes(void)
{
    LinkRig rig;

    rig_open(&rig, "rate 1mbit, queue 3028B");
    rig_burst(&rig, 5, FULL_BYTES); // two wait: 3028 bytes exactly
    rig_assert_tail_dropped(&rig, 3, 2);
    link_rig_close(&rig);

    rig_open(&rig, "rate 1mbit, queue 3027B");
    rig_burst(&rig, 5, FULL_BYTES);
    rig_assert_tail_dropped(&rig, 2, 3);
    link_rig_close(&rig);

    rig_open(&rig, "rate 1mbit, queue 1B"); // nothing can wait, but what comes to an idle link goes
    rig_burst(&rig, 2, FULL_BYTES);
    rig_assert_tail_dropped(&rig, 1, 1);
    link_rig_close(&rig);
}

static void test_queue_in_bytes_does_not_count_overhead(void)
{
    LinkRig rig;

    rig_open(&rig, "rate 1mbit, overhead 1000B, queue 3028B");
    rig_burst(&rig, 5, FULL_BYTES);
    rig_assert_tail_dropped(&rig, 3, 2);
    link_rig_close(&rig);
}

static void test_queue_in_time(void)
{
    LinkRig rig;

    rig_open(&rig, "rate 1mbit, queue 10ms"); // 1250 bytes
    rig_burst(&rig, 13, 125);
    rig_assert_tail_dropped(&rig, 11, 2);
    link_rig_close(&rig);

    rig_open(&rig, "rate 1mbit, queue 9999us");
    rig_burst(&rig, 13, 125);
    rig_assert_tail_dropped(&rig, 10, 3);
    link_rig_close(&rig);
}

// Time on the wire includes the overhead: 101 + 24 bytes are 1 ms.
static void test_queue_in_time_counts_overhead(void)
{
    LinkRig rig;

    rig_open(&rig, "rate 1mbit, overhead ethernet, queue 10ms");
    rig_burst(&rig, 13, 101);
    rig_assert_tail_dropped(&rig, 11, 2);
    link_rig_close(&rig);

    rig_open(&rig, "rate 1mbit, overhead ethernet, queue 9920us"); // 10 bytes short of ten
    rig_burst(&rig, 13, 101);
    rig_assert_tail_dropped(&rig, 10, 3);
    link_rig_close(&rig);
}

static void test_short_frame_fits_where_a_long_one_did_not(void)
{
    static const uint32_t passed[] = {0, 1, 3};
    LinkRig rig;

    rig_open(&rig, "rate 1mbit, queue 1600B");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 3, FULL_BYTES);
    script_add(&rig.script[LINK_FORWARD], 0, 0, 1, 60);
    link_rig_run_to_end(&rig);
    probe_assert_serials(&rig.probe[LINK_FORWARD], passed, G_N_ELEMENTS(passed));
    link_rig_close(&rig);
}

static void test_queue_has_room_again_when_a_frame_leaves(void)
{
    static const uint32_t passed[] = {0, 1, 3, 4};
    static const char *const configs[] = {// room for one frame of 125 bytes, which takes 1 ms
                                          "rate 1mbit, queue 1 packet", "rate 1mbit, queue 125B",
                                          "rate 1mbit, queue 1ms"};

    for (unsigned n = 0; n < G_N_ELEMENTS(configs); n++) {
        LinkRig rig;

        rig_open(&rig, configs[n]);
        script_add(&rig.script[LINK_FORWARD], 0, 0, 3, 125); // the third is dropped
        script_add(&rig.script[LINK_FORWARD], 1000001, 0, 1, 125);
        script_add(&rig.script[LINK_FORWARD], 2000001, 0, 1, 125);
        link_rig_run_to_end(&rig);
        probe_assert_serials(&rig.probe[LINK_FORWARD], passed, G_N_ELEMENTS(passed));
        g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, 1);
        link_rig_close(&rig);
    }
}

static void test_default_queue_is_100_ms(void)
{
    LinkRig rig;

    rig_open(&rig, "rate 10mbit"); // 125,000 bytes: 82 full frames
    rig_burst(&rig, 100, FULL_BYTES);
    rig_assert_tail_dropped(&rig, 83, 17);
    link_rig_close(&rig);
}

static void test_default_queue_is_at_least_16_full_frames(void)
{
    static const char *const slow[] = {
        "rate 7bit",
        "rate 100kbit",
        "rate 1930kbit",
        "rate 1950kbit, overhead ethernet",
        "rate 2mbit, overhead 1000B",
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(slow); n++) {
        LinkRig rig;

        rig_open(&rig, slow[n]);
        rig_burst(&rig, 20, FULL_BYTES);
        rig_assert_tail_dropped(&rig, 17, 3);
        link_rig_close(&rig);
    }
}

// Segments of FULL_BYTES, each of which takes 121.12 us at 100 Mbit/s, enter as one frame.
static void rig_push_segments(LinkRig *rig, unsigned n_segments)
{
    Stream stream = {.pool = rig->pool, .type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1448};

    sink_push(link_entry(rig->link, LINK_FORWARD),
              stream_next(&stream, &(StreamBurst){n_segments * 1448}, NULL));
}

typedef struct {
    int64_t at_ns;
    unsigned n_segments;
    uint32_t span_ns;
} Group;

static void rig_assert_groups(const LinkRig *rig, const Group *groups, unsigned n_groups)
{
    const Probe *probe = &rig->probe[LINK_FORWARD];
    unsigned n_before = 0;

    g_assert_cmpuint(probe_count(probe), ==, n_groups);
    for (unsigned n = 0; n < n_groups; n++) {
        const ProbeRecord *record = probe_record(probe, n);

        g_assert_cmpint(record->at_ns, ==, groups[n].at_ns);
        g_assert_cmpint(record->wired_ns, ==, groups[n].at_ns);
        g_assert_cmpuint(record->n_segments, ==, groups[n].n_segments);
        g_assert_cmpuint(record->wired_span_ns, ==, groups[n].span_ns);
        g_assert_cmpuint(record->due_span_ns, ==, groups[n].span_ns);
        g_assert_cmpuint(record->index, ==, n_before);
        n_before += groups[n].n_segments;
    }
}

// A group's departures lie within the spacing, its ends included.
static void test_segments_leave_in_groups_within_the_spacing(void)
{
    static const struct {
        const char *config;
        unsigned n_groups;
        Group groups[5];
    } cases[] = {
        {"rate 100mbit, spacing 100ms", 1, {{605600, 5, 484480}}},
        {"rate 100mbit, spacing 242240ns", 2, {{363360, 3, 242240}, {605600, 2, 121120}}},
        {"rate 100mbit, spacing 242239ns",
         3,
         {{242240, 2, 121120}, {484480, 2, 121120}, {605600, 1, 0}}},
        {"rate 100mbit, spacing 50us",
         5,
         {{121120, 1, 0}, {242240, 1, 0}, {363360, 1, 0}, {484480, 1, 0}, {605600, 1, 0}}},
        {"rate 100mbit, overhead ethernet, spacing 100ms", 1, {{615200, 5, 492160}}},
        {"rate 100gbit", 1, {{605, 5, 484}}}, // 121.12 each, rounded down at the end
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        LinkRig rig;

        rig_open(&rig, cases[n].config);
        rig_push_segments(&rig, 5);
        g_assert_cmpuint(link_held_frames(rig.link, LINK_FORWARD), ==, 5);
        link_rig_run_to_end(&rig);
        rig_assert_groups(&rig, cases[n].groups, cases[n].n_groups);
        link_rig_close(&rig);
    }
}

static void test_queue_counts_segments(void)
{
    static const struct {
        const char *config;
        unsigned n_passed; // one under way, and what may wait
    } cases[] = {
        {"rate 100mbit, spacing 100ms, queue 3 packets", 4},
        {"rate 100mbit, spacing 0ns, queue 3 packets", 4},
        {"rate 100mbit, spacing 100ms, queue 3028B", 3},
        {"rate 100mbit, spacing 100ms, queue 3027B", 2},
        {"rate 100mbit, spacing 100ms, queue 484480ns", 5},
        {"rate 100mbit, spacing 100ms, queue 484479ns", 4},
        {"rate 100mbit, spacing 100ms, overhead ethernet, queue 484480ns", 4},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        LinkRig rig;

        rig_open(&rig, cases[n].config);
        rig_push_segments(&rig, 20);
        link_rig_run_to_end(&rig);
        g_assert_cmpuint(counter_get(&link_counters(rig.link, LINK_FORWARD)->out_frames), ==,
                         cases[n].n_passed);
        g_assert_cmpuint(counter_get(&link_counters(rig.link, LINK_FORWARD)->out_bytes), ==,
                         cases[n].n_passed * FULL_BYTES);
        g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==,
                         20 - cases[n].n_passed);
        link_rig_close(&rig);
    }
}

// Six leave as one group. While the third of them is being sent, the three behind it still count:
// of five places two are free.
static void test_group_under_way_fills_the_queue_until_its_turns(void)
{
    static const Group groups[] = {{726720, 6, 605600}, {968960, 2, 121120}};
    LinkRig rig;

    rig_open(&rig, "rate 100mbit, spacing 100ms, queue 5 packets");
    rig_push_segments(&rig, 6);
    link_rig_run(&rig, 300000);
    rig_push_segments(&rig, 4);
    link_rig_run_to_end(&rig);
    rig_assert_groups(&rig, groups, G_N_ELEMENTS(groups));
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, 2);
    link_rig_close(&rig);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/rate/one-frame-takes-its-time", test_one_frame_takes_its_time);
    g_test_add_func("/links/rate/frame-carries-when-it-was-sent",
                    test_frame_carries_when_it_was_sent);
    g_test_add_func("/links/rate/backlog-leaves-without-drift", test_backlog_leaves_without_drift);
    g_test_add_func("/links/rate/source-in-step-with-the-link-gets-the-rate",
                    test_source_in_step_with_the_link_gets_the_rate);
    g_test_add_func("/links/rate/idle-link-keeps-no-remainder", test_idle_link_keeps_no_remainder);
    g_test_add_func("/links/rate/no-credit-is-saved-while-idle",
                    test_no_credit_is_saved_while_idle);
    g_test_add_func("/links/rate/queue-in-packets", test_queue_in_packets);
    g_test_add_func("/links/rate/queue-in-bytes", test_queue_in_bytes);
    g_test_add_func("/links/rate/queue-in-bytes-does-not-count-overhead",
                    test_queue_in_bytes_does_not_count_overhead);
    g_test_add_func("/links/rate/queue-in-time", test_queue_in_time);
    g_test_add_func("/links/rate/queue-in-time-counts-overhead",
                    test_queue_in_time_counts_overhead);
    g_test_add_func("/links/rate/short-frame-fits-where-a-long-one-did-not",
                    test_short_frame_fits_where_a_long_one_did_not);
    g_test_add_func("/links/rate/queue-has-room-again-when-a-frame-leaves",
                    test_queue_has_room_again_when_a_frame_leaves);
    g_test_add_func("/links/rate/default-queue-is-100-ms", test_default_queue_is_100_ms);
    g_test_add_func("/links/rate/default-queue-is-at-least-16-full-frames",
                    test_default_queue_is_at_least_16_full_frames);
    g_test_add_func("/links/rate/segments-leave-in-groups-within-the-spacing",
                    test_segments_leave_in_groups_within_the_spacing);
    g_test_add_func("/links/rate/queue-counts-segments", test_queue_counts_segments);
    g_test_add_func("/links/rate/group-under-way-fills-the-queue-until-its-turns",
                    test_group_under_way_fills_the_queue_until_its_turns);
    return g_test_run();
}
