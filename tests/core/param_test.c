// SPDX-License-Identifier: Apache-2.0
// Parameter tables: every type is set, checked, written back and described.
#include "core/param.h"

#include <glib.h>

typedef struct {
    int64_t delay_ns;
    uint64_t rate_bps;
    uint64_t overhead_bytes;
    Probability loss;
    Limit queue;
    uint64_t n_bursts;
    uint64_t weight_millionths;
    Probability back;
    uint64_t mark;
    bool ecn;
    int discipline;
} Config;

static const char *const disciplines[] = {"droptail", "codel", "fq_codel", NULL};
static const ParamWord words[] = {{"ethernet", 24}, {NULL, 0}};
static const ParamWord mark_words[] = {{"le", 1}, {"cs1", 8}, {"af11", 10}, {"ef", 46}, {NULL, 0}};
static const ParamWord back_words[] = {{"1-p", PARAM_NO_AMOUNT}, {NULL, 0}};

static const ParamSpec table[] = {
    {.name = "delay",
     .type = PARAM_DURATION,
     .offset = offsetof(Config, delay_ns),
     .max = UINT64_C(3600000000000)},
    {.name = "rate", .type = PARAM_RATE, .offset = offsetof(Config, rate_bps), .min = 1},
    {.name = "overhead",
     .type = PARAM_SIZE,
     .offset = offsetof(Config, overhead_bytes),
     .max = 1000,
     .words = words},
    {.name = "loss", .type = PARAM_PROBABILITY, .offset = offsetof(Config, loss), .fallback = "1%"},
    {.name = "queue",
     .type = PARAM_LIMIT,
     .offset = offsetof(Config, queue),
     .min = 1,
     .fallback = "100 packets"},
    {.name = "mark",
     .type = PARAM_COUNT,
     .offset = offsetof(Config, mark),
     .max = 63,
     .words = mark_words},
    {.name = "bursts",
     .type = PARAM_COUNT,
     .offset = offsetof(Config, n_bursts),
     .min = 2,
     .max = 9},
    {.name = "weight",
     .type = PARAM_DECIMAL,
     .offset = offsetof(Config, weight_millionths),
     .min = 1000000,
     .max = 2500000},
    {.name = "back",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(Config, back),
     .fallback = "1-p",
     .words = back_words},
    {.name = "ecn", .type = PARAM_BOOLEAN, .offset = offsetof(Config, ecn)},
    {.name = "discipline",
     .type = PARAM_CHOICE,
     .offset = offsetof(Config, discipline),
     .choices = disciplines},
    PARAM_END,
};

static void assert_set(Config *config, const char *name, const char *text, const char *written)
{
    const ParamSpec *spec = param_find(table, name);
    g_autoptr(GError) error = NULL;
    g_autofree char *back = NULL;

    g_assert_true(param_set(spec, config, text, &error));
    g_assert_no_error(error);
    back = param_format(spec, config);
    g_assert_cmpstr(back, ==, written);
}

static void assert_refused(const char *name, const char *text, const char *message)
{
    Config config = {.delay_ns = 77, .rate_bps = 77, .discipline = 1, .n_bursts = 77};
    const Config before = config;
    g_autoptr(GError) error = NULL;

    g_assert_false(param_set(param_find(table, name), &config, text, &error));
    g_assert_cmpstr(error->message, ==, message);
    g_assert_cmpmem(&config, sizeof config, &before, sizeof before);
}

static void test_sets_each_type(void)
{
    Config config = {0};

    assert_set(&config, "delay", "1h", "1h");
    g_assert_cmpint(config.delay_ns, ==, INT64_C(3600000000000));
    assert_set(&config, "rate", "10mbit", "10mbit");
    g_assert_cmpuint(config.rate_bps, ==, 10000000);
    assert_set(&config, "overhead", "ethernet", "24B");
    assert_set(&config, "overhead", "1kB", "1kB");
    g_assert_cmpuint(config.overhead_bytes, ==, 1000);
    assert_set(&config, "loss", "100%", "100%");
    g_assert_cmpuint(config.loss, ==, RANDOM_ALWAYS);
    assert_set(&config, "queue", "50ms", "50ms");
    g_assert_cmpint(config.queue.unit, ==, LIMIT_TIME);
    assert_set(&config, "bursts", "9", "9");
    assert_set(&config, "weight", "1.5", "1.5");
    g_assert_cmpuint(config.weight_millionths, ==, 1500000);
    assert_set(&config, "back", "1-p", "1-p");
    g_assert_cmpuint(config.back, ==, PARAM_NO_AMOUNT);
    assert_set(&config, "back", "30%", "30%");
    assert_set(&config, "ecn", "on", "yes");
    g_assert_true(config.ecn);
    assert_set(&config, "ecn", "False", "no");
    g_assert_false(config.ecn);
    assert_set(&config, "discipline", "fq_codel", "fq_codel");
    g_assert_cmpint(config.discipline, ==, 2);
}

static void test_refuses_with_the_range(void)
{
    assert_refused("delay", "1.1h", "\"1.1h\" is out of range: write 0ns to 1h");
    assert_refused("delay", "20", "\"20\" has no unit: write 20ms or 20s");
    assert_refused("rate", "0bit", "\"0bit\" is out of range: write 1bit or more");
    assert_refused("overhead", "2kB",
                   "\"2kB\" is out of range: write 0B to 1kB, or ethernet (24B)");
    assert_refused("queue", "0ms",
                   "\"0ms\" is out of range: write 1ns or more, 1B or more, or 1 packet or more");
    assert_refused("queue", "lots",
                   "\"lots\" is not a number: write 1ns or more, 1B or more, or 1 packet or more");
    assert_refused("overhead", "ethernt",
                   "\"ethernt\" is not a number: write 0B to 1kB, or ethernet (24B)");
    assert_refused("mark", "", "\"\" is not a number: write 0 to 63, or le, cs1, af11 or ef");
    assert_refused("bursts", "1", "\"1\" is out of range: write 2 to 9");
    assert_refused("bursts", "10", "\"10\" is out of range: write 2 to 9");
    assert_refused("weight", "3", "\"3\" is out of range: write 1 to 2.5");
    assert_refused("back", "1-q", "\"1-q\" has the unknown unit \"-q\": use %");
    assert_refused("ecn", "flase", "\"flase\" is unknown: did you mean \"false\"? Write yes or no");
    assert_refused("discipline", "codle",
                   "\"codle\" is unknown: did you mean \"codel\"? Write droptail, codel or "
                   "fq_codel");
    assert_refused("discipline", "xyzzyx",
                   "\"xyzzyx\" is unknown: write droptail, codel or fq_codel");
}

static void assert_range(const char *name, const char *expected)
{
    g_autofree char *range = param_range(param_find(table, name));

    g_assert_cmpstr(range, ==, expected);
}

static void test_describes_ranges(void)
{
    assert_range("delay", "0ns to 1h");
    assert_range("rate", "1bit or more");
    assert_range("loss", "0% to 100%");
    assert_range("weight", "1 to 2.5");
    assert_range("back", "0% to 100%, or 1-p");
    assert_range("ecn", "yes or no");
    assert_range("discipline", "droptail, codel or fq_codel");
}

static void test_fallbacks_fill_only_what_has_one(void)
{
    Config config = {.delay_ns = 5};

    param_set_fallbacks(table, &config);
    g_assert_cmpint(config.delay_ns, ==, 5);
    g_assert_cmpuint(config.loss, ==, 42949673);
    g_assert_cmpint(config.queue.unit, ==, LIMIT_PACKETS);
    g_assert_cmpuint(config.queue.amount, ==, 100);
}

static void test_finds_by_whole_name(void)
{
    g_assert_true(param_find(table, "rate") == &table[1]);
    g_assert_null(param_find(table, "rat"));
    g_assert_null(param_find(table, ""));
}

static void test_nearest_takes_typos_only(void)
{
    static const char *const keys[] = {"delay", "jitter", "loss", "rate", "on", "endpoints", NULL};
    g_autofree char *endless = g_strnfill(1 << 20, 'd');

    g_assert_cmpstr(param_nearest("dealy", keys), ==, "delay");
    g_assert_cmpstr(param_nearest("jiter", keys), ==, "jitter");
    g_assert_cmpstr(param_nearest("los", keys), ==, "loss");
    g_assert_cmpstr(param_nearest("endpiont", keys), ==, "endpoints");
    g_assert_cmpstr(param_nearest("delay", keys), ==, "delay");
    g_assert_null(param_nearest("bandwidth", keys));
    g_assert_null(param_nearest("xy", keys)); // all its letters would differ
    g_assert_null(param_nearest("", keys));
    g_assert_null(param_nearest(endless, keys));
}

// What `name` is `part` / `whole` of the way between two texts; NULL where nothing lies between.
static char *interpolated(const char *name, const char *from, const char *to, uint64_t part,
                          uint64_t whole)
{
    const ParamSpec *spec = param_find(table, name);
    Config first = {0}, last = {0}, between = {0};

    g_assert_true(from == NULL || param_set(spec, &first, from, NULL));
    g_assert_true(to == NULL || param_set(spec, &last, to, NULL));
    if (!param_interpolate(spec, &between, &first, &last, part, whole))
        return NULL;
    return param_format(spec, &between);
}

static void assert_interpolated(const char *name, const char *from, const char *to, uint64_t part,
                                uint64_t whole, const char *expected)
{
    g_autofree char *text = interpolated(name, from, to, part, whole);

    g_assert_cmpstr(text, ==, expected);
}

static void test_interpolation_meets_both_ends(void)
{
    assert_interpolated("delay", "10ms", "200ms", 0, 7, "10ms");
    assert_interpolated("delay", "10ms", "200ms", 7, 7, "200ms");
    assert_interpolated("delay", "200ms", "10ms", 7, 7, "10ms");
    assert_interpolated("delay", "1h", "0ns", 1, UINT64_MAX, "1h");
    assert_interpolated("rate", "1bit", "18446744073gbit", 1, 1, "18446744073gbit");
}

static void test_interpolation_is_linear(void)
{
    assert_interpolated("delay", "10ms", "20ms", 1, 4, "12.5ms");
    assert_interpolated("delay", "20ms", "10ms", 1, 4, "17.5ms");
    assert_interpolated("delay", "0ns", "10ns", 1, 3, "3ns"); // towards where it came from
    assert_interpolated("delay", "10ns", "0ns", 1, 3, "7ns");
    assert_interpolated("rate", "10mbit", "20mbit", 1, 2, "15mbit");
    assert_interpolated("loss", "0%", "100%", 1, 2, "50%");
    assert_interpolated("overhead", "0B", "100B", 3, 10, "30B");
    assert_interpolated("bursts", "2", "8", 1, 2, "5");
    assert_interpolated("queue", "10 packets", "20 packets", 1, 2, "15 packets");
    assert_interpolated("queue", "10ms", "20ms", 1, 2, "15ms");
}

static void test_nothing_lies_between_some(void)
{
    assert_interpolated("queue", "10 packets", "20ms", 1, 2, NULL);
    assert_interpolated("queue", NULL, "20ms", 1, 2, NULL); // no limit
    assert_interpolated("rate", NULL, "20mbit", 1, 2, NULL);
    assert_interpolated("ecn", "no", "yes", 1, 2, NULL);
    assert_interpolated("discipline", "droptail", "codel", 1, 2, NULL);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/param/sets-each-type", test_sets_each_type);
    g_test_add_func("/core/param/refuses-with-the-range", test_refuses_with_the_range);
    g_test_add_func("/core/param/describes-ranges", test_describes_ranges);
    g_test_add_func("/core/param/fallbacks-fill-only-what-has-one",
                    test_fallbacks_fill_only_what_has_one);
    g_test_add_func("/core/param/finds-by-whole-name", test_finds_by_whole_name);
    g_test_add_func("/core/param/nearest-takes-typos-only", test_nearest_takes_typos_only);
    g_test_add_func("/param/interpolate/meets-both-ends", test_interpolation_meets_both_ends);
    g_test_add_func("/param/interpolate/is-linear", test_interpolation_is_linear);
    g_test_add_func("/param/interpolate/nothing-lies-between", test_nothing_lies_between_some);
    return g_test_run();
}
