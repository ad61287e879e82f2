// SPDX-License-Identifier: Apache-2.0
// Super-frames and the frames they stand for meet the same fates by rates that are no constant, by
// policers and slots, and while all of these change, as tests/links/segments_test.c has it for the
// others.
#include "tests/support/twin_links.h"

enum { N_BURSTS = 150 };

// `changes` may be NULL: the configuration stays.
static void assert_equivalent(const char *text, const char *const *changes, int64_t gap_ns,
                              int64_t tolerance_ns, uint64_t seed)
{
    TwinLinks twins;

    g_test_message("%s, a burst each %" G_GINT64_FORMAT " ns at most", text, gap_ns);
    twin_links_open(&twins, text);
    twin_links_load(&twins, N_BURSTS, gap_ns, changes, seed);
    twin_links_assert_same(&twins, tolerance_ns);
    twin_links_close(&twins);
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
        "red",
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

// What waits goes from one discipline into another in the order in which its segments would.
static void test_same_fates_while_disciplines_change(void)
{
#define AT "rate 10mbit, spacing 0ns, queue.discipline "
    static const char *const disciplines[] = {
        AT "drop-tail, queue.limit 50 packets",
        AT "drop-head, queue.limit 30 packets",
        AT "codel, queue.target 2ms, queue.interval 10ms",
        AT "fq-codel, queue.target 2ms, queue.interval 10ms",
        AT "cobalt, queue.target 1ms, queue.interval 5ms",
        AT "red",
        AT "pie, queue.burst 0ns",
        AT "fq-pie, queue.burst 0ns, queue.target 3ms",
        AT "fq-pie, queue.burst 0ns, queue.target 3ms, queue.flows 2",
        AT "dualpi2",
        AT "classes, queue.classes udp:weight 1,default:weight 3",
        NULL,
    };
#undef AT

    for (uint64_t seed = 0; seed < 4; seed++)
        assert_equivalent(disciplines[0], disciplines, 20000000, 0, seed);
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
    g_test_add_func("/links/segments_paced/same-fates-while-disciplines-change",
                    test_same_fates_while_disciplines_change);
    return g_test_run();
}
