// SPDX-License-Identifier: Apache-2.0
// netem's grammar: what each option sets, what it defaults to, and where a wrong text is wrong.
#include <glib.h>

#include "sim/import/netem.h"

// Tables of words outlive what points into them.
static Netem netem_of(const char *text)
{
    g_autoptr(Words) words = words_new(text);
    g_autoptr(GError) error = NULL;
    Netem netem;

    g_assert_true(netem_parse(words, &netem, &error));
    g_assert_no_error(error);
    netem.distribution = g_intern_string(netem.distribution);
    netem.slot_distribution = g_intern_string(netem.slot_distribution);
    return netem;
}

static void assert_error(const char *text, const char *expected)
{
    g_autoptr(Words) words = words_new(text);
    g_autoptr(GError) error = NULL;
    Netem netem;

    g_assert_false(netem_parse(words, &netem, &error));
    g_assert_cmpstr(error->message, ==, expected);
}

static Probability percent(unsigned n)
{
    return (RANDOM_ALWAYS * n + 50) / 100;
}

static void test_times(void)
{
    Netem netem = netem_of("delay 10ms 2MSEC 25% distribution normal");

    g_assert_cmpint(netem.delay_ns, ==, 10000000);
    g_assert_cmpint(netem.jitter_ns, ==, 2000000);
    g_assert_cmpuint(netem.delay_correlation, ==, percent(25));
    g_assert_cmpstr(netem.distribution, ==, "normal");
    g_assert_false(netem.time_is_bare);
    g_assert_cmpuint(netem.limit_packets, ==, 1000);

    netem = netem_of("delay 100 1.5secs");
    g_assert_cmpint(netem.delay_ns, ==, 100000); // microseconds
    g_assert_cmpint(netem.jitter_ns, ==, 1500000000);
    g_assert_true(netem.time_is_bare);
}

static void test_loss(void)
{
    Netem netem = netem_of("loss 10 25%");

    g_assert_cmpint(netem.loss, ==, NETEM_LOSS_RANDOM);
    g_assert_cmpuint(netem.loss_rate, ==, percent(10));
    g_assert_cmpuint(netem.loss_correlation, ==, percent(25));

    netem = netem_of("loss gemodel 1%"); // r defaults to 1 - p
    g_assert_cmpint(netem.loss, ==, NETEM_LOSS_GEMODEL);
    g_assert_cmpuint(netem.r, ==, RANDOM_ALWAYS - percent(1));
    g_assert_cmpuint(netem.one_minus_h, ==, RANDOM_ALWAYS);
    g_assert_cmpuint(netem.one_minus_k, ==, 0);

    netem = netem_of("loss gemodel 1% 10% 70% 0.1%");
    g_assert_cmpuint(netem.r, ==, percent(10));
    g_assert_cmpuint(netem.one_minus_h, ==, percent(70));
    g_assert_cmpuint(netem.one_minus_k, ==, 4294967);

    netem = netem_of("loss state 1%");
    g_assert_cmpint(netem.loss, ==, NETEM_LOSS_STATE);
    g_assert_cmpuint(netem.p31, ==, RANDOM_ALWAYS - percent(1));
    g_assert_cmpuint(netem.p32, ==, 0);
    g_assert_cmpuint(netem.p23, ==, RANDOM_ALWAYS);
    g_assert_cmpuint(netem.p14, ==, 0);

    netem = netem_of("drop state 1 20 30 40 50 ecn");
    g_assert_cmpuint(netem.p31, ==, percent(20));
    g_assert_cmpuint(netem.p32, ==, percent(30));
    g_assert_cmpuint(netem.p23, ==, percent(40));
    g_assert_cmpuint(netem.p14, ==, percent(50));
    g_assert_true(netem.ecn);
}

static void test_rates(void)
{
    static const struct {
        const char *text;
        uint64_t rate_bps;
    } cases[] = {{"rate 1000", 1000},       {"rate 10mbit", 10000000},
                 {"rate 10Mbit", 10000000}, {"rate 10mbps", 80000000}, // bytes a second
                 {"rate 1.5kibit", 1536},   {"rate 1gibps", UINT64_C(8) << 30}};
    Netem netem;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpuint(netem_of(cases[i].text).rate_bps, ==, cases[i].rate_bps);
    netem = netem_of("rate 5kbit -14 100 5 limit 7");
    g_assert_cmpint(netem.overhead_bytes, ==, -14);
    g_assert_cmpuint(netem.cell_bytes, ==, 100);
    g_assert_cmpint(netem.cell_overhead_bytes, ==, 5);
    g_assert_cmpuint(netem.limit_packets, ==, 7);
}

static void test_the_rest(void)
{
    Netem netem = netem_of("corrupt 1% 2% duplicate 3% 4% delay 1ms reorder 5% 6% gap 7 seed 8");

    g_assert_cmpuint(netem.corrupt, ==, percent(1));
    g_assert_cmpuint(netem.corrupt_correlation, ==, percent(2));
    g_assert_cmpuint(netem.duplicate, ==, percent(3));
    g_assert_cmpuint(netem.duplicate_correlation, ==, percent(4));
    g_assert_cmpuint(netem.reorder, ==, percent(5));
    g_assert_cmpuint(netem.reorder_correlation, ==, percent(6));
    g_assert_cmpuint(netem.gap, ==, 7);
    g_assert_true(netem.has_seed);
    g_assert_cmpuint(netem.seed, ==, 8);
    g_assert_cmpuint(netem_of("delay 1ms reorder 5%").gap, ==, 1);
}

static void test_slots(void)
{
    Netem netem = netem_of("slot 800us 1ms packets 5 bytes 1kb");

    g_assert_cmpint(netem.slot_min_ns, ==, 800000);
    g_assert_cmpint(netem.slot_max_ns, ==, 1000000);
    g_assert_cmpuint(netem.slot_packets, ==, 5);
    g_assert_cmpuint(netem.slot_bytes, ==, 1024);
    netem = netem_of("slot 800");
    g_assert_cmpint(netem.slot_max_ns, ==, 800); // nanoseconds, in slots
    netem = netem_of("slot distribution pareto 10ms 2ms p 3");
    g_assert_cmpstr(netem.slot_distribution, ==, "pareto");
    g_assert_cmpint(netem.slot_delay_ns, ==, 10000000);
    g_assert_cmpint(netem.slot_jitter_ns, ==, 2000000);
    g_assert_cmpuint(netem.slot_packets, ==, 3);
}

static void test_whole_commands_and_short_words(void)
{
    g_assert_cmpint(netem_of("tc qdisc add dev eth0 root netem delay 1ms").delay_ns, ==, 1000000);
    g_assert_cmpint(netem_of("netem\tlat 1ms").delay_ns, ==, 1000000);
    g_assert_cmpuint(netem_of("l 5").limit_packets, ==, 5); // limit comes first
    g_assert_cmpint(netem_of("delay 1ms delay 2ms").delay_ns, ==, 2000000);
}

static void test_errors_say_where(void)
{
    static const char *const cases[][2] = {
        {"", "character 1: there is nothing to import: write netem's options, such as delay 10ms"},
        {"delay", "character 6: the text ends where a delay should be"},
        {"delay 10xs", "character 7: \"10xs\" is no time: write 10ms, 10us, 10ns or 10s"},
        {"délay 10ms", "character 1: \"délay\" is no option of netem: did you mean delay?"},
        {"ﬀ 1", "character 1: \"ﬀ\" is no option of netem: known are limit, delay, distribution, "
                "loss, ecn, corrupt, duplicate, reorder, gap, rate, slot and seed"},
        {"loss 101%", "character 6: \"101%\" is no percentage: write 0% to 100%"},
        {"loss often", "character 6: \"often\" is no loss model: write a percentage, or random, "
                       "state or gemodel first"},
        {"loss 1% loss 2%", "character 9: loss stands here a second time: netem takes one model"},
        {"rate 50%", "character 6: \"50%\" is no rate here, since there is no device it is a share "
                     "of: write 10mbit"},
        {"rate 10mb", "character 6: \"10mb\" is no rate: write 10mbit, or 10mbps for 10 megabytes "
                      "a second"},
        {"rate 0", "character 6: \"0\" is no rate: write 1bit or more"},
        {"slot 2ms 1ms", "character 10: the greatest delay of a slot is below the least: write the "
                         "least first"},
        {"reorder 1%", "character 11: reorder sends packets before those that are delayed: add "
                       "delay"},
        {"gap 5 delay 1ms", "character 16: gap says how often reorder strikes: add reorder 100% "
                            "for every packet at that distance"},
        {"ecn", "character 4: ecn marks what loss would take: add loss"},
        {"delay 1ms distribution normal", "character 30: distribution is that of the jitter: add "
                                          "delay with two times, such as delay "
                                          "10ms 2ms"},
        {"tc qdisc add dev eth0 root tbf rate 1mbit",
         "character 42: there is no netem in this command, the only queueing discipline that is "
         "understood"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_error(cases[i][0], cases[i][1]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/import/netem/times", test_times);
    g_test_add_func("/import/netem/loss", test_loss);
    g_test_add_func("/import/netem/rates", test_rates);
    g_test_add_func("/import/netem/the-rest", test_the_rest);
    g_test_add_func("/import/netem/slots", test_slots);
    g_test_add_func("/import/netem/whole-commands-and-short-words",
                    test_whole_commands_and_short_words);
    g_test_add_func("/import/netem/errors-say-where", test_errors_say_where);
    return g_test_run();
}
