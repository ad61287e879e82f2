// SPDX-License-Identifier: Apache-2.0
// Super-frames and the frames they stand for meet the same fates by rates that are no constant, by
// policers and slots, and while all of these change, as tests/links/segments_test.c has it for the
// others.
//
//     stream --+-- super-frames ---> link "same" ---> number, length, instant of each segment --+
//              +-- segments -------> link "same" -----------------------------------------------+
#include "core/packet.h"
#include "tests/support/conservation.h"
#include "tests/support/dice.h"
#include "tests/support/link_rig.h"
#include "tests/support/stream.h"

enum { POOL_BYTES = 1 << 30, N_STREAMS = 4, N_BURSTS = 150, BURST_MAX_BYTES = 65000 };

typedef struct {
    int64_t at_ns;
    uint64_t index;
    uint32_t length_bytes;
} Arrival;

typedef struct {
    Sink sink;
    Engine *engine;
    Link *link;
    GArray *arrivals; // of Arrival
} Way;

static void way_push(Sink *sink, Frame *frame)
{
    Way *self = (Way *)sink;

    for (unsigned i = 0; i < frame->n_segments; i++) {
        Arrival arrival = {.at_ns = engine_now(self->engine), .index = frame->index + i};

        arrival.length_bytes = i + 1U == frame->n_segments ? frame_last_segment_bytes(frame)
                                                           : frame_segment_bytes(frame);
        g_array_append_val(self->arrivals, arrival);
    }
    frame_free(frame);
}

static void way_open(Way *way, Engine *engine, const LinkConfig *config)
{
    *way = (Way){.sink.push = way_push, .engine = engine};
    way->link = link_new(engine, 7, "same", config, config);
    way->arrivals = g_array_new(FALSE, TRUE, sizeof(Arrival));
    link_connect(way->link, LINK_FORWARD, &way->sink);
}

static void way_close(Way *way)
{
    link_free(way->link);
    g_array_unref(way->arrivals);
}

static void assert_same_counters(const Way *a, const Way *b)
{
    const LinkCounters *counters_a = link_counters(a->link, LINK_FORWARD);
    const LinkCounters *counters_b = link_counters(b->link, LINK_FORWARD);

    conservation_assert(a->link);
    conservation_assert(b->link);
    // Relaxed counters at rest: all of them, drops by reason included, bit for bit.
    g_assert_cmpmem(counters_a, sizeof *counters_a, counters_b, sizeof *counters_b);
}

// `wholes` may be later than `segments`, by at most `tolerance_ns`, and differ in nothing else.
static void assert_same_arrivals(const Way *wholes, const Way *segments, int64_t tolerance_ns)
{
    g_assert_cmpuint(wholes->arrivals->len, ==, segments->arrivals->len);
    for (guint i = 0; i < wholes->arrivals->len; i++) {
        const Arrival *a = &g_array_index(wholes->arrivals, Arrival, i);
        const Arrival *b = &g_array_index(segments->arrivals, Arrival, i);

        g_assert_cmpuint(a->index, ==, b->index);
        g_assert_cmpuint(a->length_bytes, ==, b->length_bytes);
        g_assert_cmpint(a->at_ns, >=, b->at_ns);
        g_assert_cmpint(a->at_ns, <=, b->at_ns + tolerance_ns);
    }
}

static void streams_init(Stream streams[N_STREAMS], FramePool *pool)
{
    const Stream kinds[N_STREAMS] = {
        {.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1448},
        {.type = GSO_TCP6, .has_ethernet = true, .size_bytes = 1428},
        {.type = GSO_UDP, .has_ethernet = true, .size_bytes = 333, .is_ipv6 = true},
        {.type = GSO_TCP4, .size_bytes = 1400},
    };

    for (int i = 0; i < N_STREAMS; i++) {
        streams[i] = kinds[i];
        streams[i].pool = pool;
    }
}

static void push_sized_burst(Stream *stream, const StreamBurst *burst, Way *wholes, Way *segments)
{
    FrameQueue queue;
    Frame *frame;

    frame_queue_init(&queue);
    sink_push(link_entry(wholes->link, LINK_FORWARD), stream_next(stream, burst, &queue));
    while ((frame = frame_queue_take(&queue)) != NULL)
        sink_push(link_entry(segments->link, LINK_FORWARD), frame);
}

static void push_burst(Stream *stream, Dice *dice, Way *wholes, Way *segments)
{
    StreamBurst burst = {
        .payload_bytes = 1 + dice_throw(dice, BURST_MAX_BYTES - 1),
        .last_flags = dice_throw(dice, 2) == 0 ? PACKET_TCP_PSH : PACKET_TCP_FIN,
        .has_cwr = stream->type != GSO_UDP && dice_throw(dice, 2) == 0,
    };

    push_sized_burst(stream, &burst, wholes, segments);
}

// Puts one of `texts`, ended by NULL, in force on both ways.
static void configure_both(Way *wholes, Way *segments, const char *const *texts, Dice *dice)
{
    unsigned n_texts = g_strv_length((char **)texts);
    g_autoptr(LinkConfig) config = link_rig_config(texts[dice_throw(dice, n_texts)]);

    link_configure(wholes->link, LINK_FORWARD, config);
    link_configure(segments->link, LINK_FORWARD, config);
}

// `changes` may be NULL: the configuration stays.
static void assert_equivalent(const char *text, const char *const *changes, int64_t gap_ns,
                              int64_t tolerance_ns, uint64_t seed)
{
    g_autoptr(LinkConfig) config = link_rig_config(text);
    Dice dice = dice_new(seed);
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Engine *engine = engine_new();
    Stream streams[N_STREAMS];
    Way wholes, segments;

    g_test_message("%s, a burst each %" G_GINT64_FORMAT " ns at most", text, gap_ns);
    streams_init(streams, pool);
    way_open(&wholes, engine, config);
    way_open(&segments, engine, config);
    for (int i = 0; i < N_BURSTS; i++) {
        int64_t wait_ns = gap_ns / 1000 * dice_throw(&dice, 1000);

        engine_run_until(engine, engine_now(engine) + wait_ns);
        if (changes != NULL && dice_throw(&dice, 3) == 0)
            configure_both(&wholes, &segments, changes, &dice);
        push_burst(&streams[dice_throw(&dice, N_STREAMS)], &dice, &wholes, &segments);
        conservation_assert(wholes.link);
    }
    while (engine_next_due_ns(engine) != ENGINE_NEVER_NS)
        engine_run_until(engine, engine_next_due_ns(engine));
    g_assert_cmpuint(segments.arrivals->len, >, 0);
    assert_same_counters(&wholes, &segments);
    assert_same_arrivals(&wholes, &segments, tolerance_ns);
    way_close(&wholes);
    way_close(&segments);
    frame_pool_free(pool);
    engine_free(engine);
}

// Opportunities for about 100 Mbit/s, some together and some after a pause.
#define TRACE "rate.model trace, rate.file 0\n1\n1\n1\n1\n1\n1\n2\n2\n2\n2\n2\n9\n9\n9\n9\n9\n9\n10"
#define BUCKET "rate.model bucket, rate.rate 50mbit"

static const char *const paced[] = {
    "policer 50mbit, policer.burst 20kB",
    "policer 3mbit, policer.burst 100kB, rate 10mbit",
    BUCKET,
    BUCKET ", rate.burst 1514B",
    BUCKET ", rate.burst 100kB, rate.peak 300mbit, queue 17 packets",
    BUCKET ", rate.burst 40kB, queue 1 packets",
    BUCKET ", rate.burst 2000B, rate.peak 51mbit, queue 100kB, overhead ethernet",
    TRACE,
    TRACE ", queue 1 packets",
    TRACE ", queue 30ms, overhead 24B, overhead.cells atm",
    TRACE ", rate.loop no",
    NULL,
};

static void assert_paced(const char *spacing, int64_t tolerance_ns)
{
    for (unsigned n = 0; paced[n] != NULL; n++) {
        g_autofree char *text =
            g_strdup_printf("%s, loss 5%%, delay 1ms, spacing %s", paced[n], spacing);

        assert_equivalent(text, NULL, n % 2 == 0 ? 12000000 : 3000000, tolerance_ns, n);
    }
}

static void test_same_fates_by_bucket_and_trace(void)
{
    assert_paced("0ns", 0);
    assert_paced("50us", 50000);
    assert_paced("5ms", 5000000);
}

// Each segment is judged as it would be by itself, also those that leave on credit.
static void test_same_fates_in_managed_queues(void)
{
    static const char *const disciplines[] = {
        "drop-head, queue.limit 20 packets",
        "codel, queue.target 1ms, queue.interval 5ms",
        "fq-codel, queue.target 1ms, queue.interval 5ms",
        "pie",
        "classes, queue.classes udp:weight 1,default:weight 2",
    };

    for (unsigned n = 0; n < 2 * G_N_ELEMENTS(disciplines); n++) {
        g_autofree char *text =
            g_strdup_printf("%s, queue.discipline %s, spacing 0ns",
                            n % 2 == 0 ? BUCKET ", rate.burst 40kB" : TRACE, disciplines[n / 2]);

        assert_equivalent(text, NULL, 12000000, 0, n);
    }
}

static void test_same_fates_in_slots(void)
{
    static const char *const slots[] = {
        "slot 3ms",
        "slot 100us, slot.max 20ms",
        "slot 100us, slot.max 2ms, slot.packets 7",
        "slot 100us, slot.max 2ms, slot.bytes 10kB",
        "rate 100mbit, slot 100us, slot.max 2ms, slot.packets 3, slot.bytes 9kB",
        "delay 3ms, jitter 1ms, slot 300us, slot.max 900us, slot.packets 12",
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(slots); n++) {
        g_autofree char *text = g_strdup_printf("%s, spacing 0ns", slots[n]);

        assert_equivalent(text, NULL, 5000000, 0, n);
    }
}

#define SLOW ", queue 300 packets, spacing "

// Rates that change while groups are being sent, and models that take over from each other.
static void assert_changing(const char *spacing, int64_t tolerance_ns)
{
    static const char *const constants[] = {"rate 10mbit", "rate 33mbit", "rate 333333333bit",
                                            "rate 1mbit", NULL};
    static const char *const buckets[] = {BUCKET, "rate.model bucket, rate.rate 7mbit",
                                          "rate.model bucket, rate.rate 70mbit, rate.burst 40kB",
                                          NULL};
    static const char *const traces[] = {TRACE, "rate.model trace, rate.file 1\n3\n3\n3\n3", NULL};
    static const char *const *const kinds[] = {constants, buckets, traces};

    for (unsigned n = 0; n < 3 * G_N_ELEMENTS(kinds); n++) {
        const char *const *kind = kinds[n % G_N_ELEMENTS(kinds)];
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_auto(GStrv) texts = NULL;

        for (unsigned i = 0; kind[i] != NULL; i++) {
            g_autofree char *text = g_strconcat(kind[i], SLOW, spacing, NULL);

            g_strv_builder_add(builder, text);
        }
        texts = g_strv_builder_end(builder);
        assert_equivalent(texts[0], (const char *const *)texts, 20000000, tolerance_ns, n);
    }
}

static void test_same_fates_while_rates_change(void)
{
    assert_changing("0ns", 0);
    assert_changing("50us", 50000);
    assert_changing("5ms", 5000000);
    assert_changing("100ms", 100000000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/segments_paced/same-fates-by-bucket-and-trace",
                    test_same_fates_by_bucket_and_trace);
    g_test_add_func("/links/segments_paced/same-fates-in-managed-queues",
                    test_same_fates_in_managed_queues);
    g_test_add_func("/links/segments_paced/same-fates-in-slots", test_same_fates_in_slots);
    g_test_add_func("/links/segments_paced/same-fates-while-rates-change",
                    test_same_fates_while_rates_change);
    return g_test_run();
}
