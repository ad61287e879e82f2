// SPDX-License-Identifier: Apache-2.0
// The section `links:` and `defaults: {link:}`.
#include <glib.h>
#include <unistd.h>

#include "links/delay/delay.h"
#include "links/queue/drop_tail.h"
#include "tests/sim/scenario/parsed.h"

#define NODES "nodes: [a, b, c]\n"

static const LinkSpec *link_at(const Scenario *scenario, guint index)
{
    return g_ptr_array_index(scenario->links, index);
}

static void test_keys_come_from_the_stages(void)
{
    g_autoptr(Scenario) scenario = parsed("nodes: [a, b]\n"
                                          "links:\n"
                                          "  - endpoints: [a, b]\n"
                                          "    name: atlantic\n"
                                          "    rate: 100mbit\n"
                                          "    queue: {limit: 64kB}\n"
                                          "    delay: 35ms\n"
                                          "    jitter: {deviation: 2ms, distribution: normal}\n"
                                          "    loss: 0.1%\n"
                                          "    reverse: {rate: 10mbit, loss: 0%}\n");
    const LinkSpec *link = scenario_link(scenario, "atlantic");
    const LinkConfig *forward = link->directions[0], *reverse = link->directions[1];
    Limit queue = link_config_queue_limit(forward);

    g_assert_cmpuint(link_config_rate_bps(forward), ==, 100000000);
    g_assert_cmpint(link_config_delay_ns(forward), ==, 35000000);
    g_assert_cmpint(link_config_jitter_ns(forward), ==, 2000000);
    g_assert_cmpuint(link_config_loss(forward), ==, 4294967);
    g_assert_cmpint(queue.unit, ==, LIMIT_BYTES);
    g_assert_cmpuint(queue.amount, ==, 64000);
    g_assert_cmpuint(link_config_rate_bps(reverse), ==, 10000000); // said to differ
    g_assert_cmpuint(link_config_loss(reverse), ==, 0);
    g_assert_cmpint(link_config_delay_ns(reverse), ==, 35000000); // not said
    g_assert_cmpint(link_config_queue_limit(reverse).unit, ==, LIMIT_BYTES);
    g_assert_cmpuint(link->position.line, ==, 3);
}

static void test_interfaces_are_numbered_in_order(void)
{
    g_autoptr(Scenario) scenario = parsed(NODES "links:\n"
                                                "  - {endpoints: [a, b]}\n"
                                                "  - {endpoints: ['a:eth0', c]}\n"
                                                "  - {endpoints: [a, 'c:eth7'], name: third}\n"
                                                "  - {endpoints: [c, b]}\n");

    g_assert_cmpstr(link_at(scenario, 0)->name, ==, "a-b");
    g_assert_cmpstr(link_at(scenario, 0)->ends[0]->name, ==, "eth1"); // eth0 is spoken for
    g_assert_cmpstr(link_at(scenario, 0)->ends[1]->name, ==, "eth0");
    g_assert_cmpstr(link_at(scenario, 1)->ends[0]->name, ==, "eth0");
    g_assert_cmpstr(link_at(scenario, 1)->ends[1]->name, ==, "eth0");
    g_assert_cmpstr(link_at(scenario, 2)->ends[0]->name, ==, "eth2");
    g_assert_cmpstr(link_at(scenario, 2)->ends[1]->name, ==, "eth7");
    g_assert_cmpstr(link_at(scenario, 3)->ends[0]->name, ==, "eth1");
    g_assert_cmpuint(link_at(scenario, 3)->ends[1]->end, ==, 1);
    g_assert_cmpstr(link_at(scenario, 3)->ends[1]->node->name, ==, "b");
    g_assert_true(link_at(scenario, 3)->ends[1]->link == link_at(scenario, 3));
}

static void test_macs_are_local_and_lasting(void)
{
    static const uint8_t expected[6] = {0xc2, 0x36, 0xec, 0xb3, 0x29, 0xed};
    g_autoptr(Scenario) scenario = parsed("nodes: [a, b]\nlinks: [{endpoints: [a, b]}]\n");
    const LinkSpec *link = link_at(scenario, 0);

    g_assert_cmpmem(link->ends[0]->mac, 6, expected, 6);
    g_assert_cmphex(link->ends[1]->mac[0] & 3, ==, 2);
    g_assert_true(memcmp(link->ends[0]->mac, link->ends[1]->mac, 6) != 0);
}

static void test_defaults_apply_to_all(void)
{
    g_autoptr(Scenario) scenario =
        parsed("defaults: {link: {delay: 5ms, loss: 1%}}\n" NODES "links:\n"
               "  - {endpoints: [a, b]}\n"
               "  - {endpoints: [b, c], delay: 7ms}\n");

    g_assert_cmpint(link_config_delay_ns(link_at(scenario, 0)->directions[1]), ==, 5000000);
    g_assert_cmpint(link_config_delay_ns(link_at(scenario, 1)->directions[0]), ==, 7000000);
    g_assert_cmpuint(link_config_loss(link_at(scenario, 1)->directions[1]), ==, 42949673);
    ASSERT_ERRORS("defaults: {link: {name: x, dealy: 3ms}}\n" NODES
                  "links: [{endpoints: [a, b]}, {endpoints: [b, c]}]\n",
                  "1:19: defaults.link: \"name\" is no key of the defaults of links: did you mean "
                  "\"rate\"?",
                  "1:28: defaults.link: \"dealy\" is no key of the defaults of links: did you mean "
                  "\"delay\"?");
}

static void test_merge_keys_work(void)
{
    g_autoptr(Scenario) scenario = parsed(NODES "links:\n"
                                                "  - &dsl\n"
                                                "    endpoints: [a, b]\n"
                                                "    delay: 5ms\n"
                                                "    reverse: &up {delay: 6ms}\n"
                                                "  - {<<: *dsl, endpoints: [b, c]}\n");

    g_assert_cmpstr(link_at(scenario, 1)->name, ==, "b-c");
    g_assert_cmpint(link_config_delay_ns(link_at(scenario, 1)->directions[0]), ==, 5000000);
    g_assert_cmpint(link_config_delay_ns(link_at(scenario, 1)->directions[1]), ==, 6000000);
}

static void test_wrong_values_are_told(void)
{
    ASSERT_ERRORS(
        NODES "links:\n"
              "  - endpoints: [a, b]\n"
              "    dealy: 3ms\n"
              "    delay: 20\n"
              "    rate: 101gbit\n"
              "    loss: [1%]\n"
              "    queue: {limt: 3ms}\n"
              "    reverse: {delay: 2h, name: x}\n"
              "  - {endpoints: [b, c], jitter: {distribution: normal}, rate: }\n",
        "4:5: links[0]: \"dealy\" is no key of a link: did you mean \"delay\"?",
        "5:12: links[0].delay: \"20\" has no unit: write 20ms or 20s",
        "6:11: links[0].rate: \"101gbit\" is out of range: write 1bit to 100gbit, or unlimited",
        "7:11: links[0].loss: is a list and not a single value: write 0% to 100%",
        "8:13: links[0].queue: \"limt\" is no key of queue (drop-tail): did you mean \"limit\"?",
        "9:22: links[0].reverse.delay: \"2h\" is out of range: write 0ns to 1h",
        "9:26: links[0].reverse: \"name\" is no key of a direction of a link: did you "
        "mean \"rate\"?",
        "10:33: links[1].jitter: needs deviation: uniform: delay plus or minus this; "
        "all others: the standard deviation",
        "10:63: links[1].rate: is empty and not a single value: write 1bit to 100gbit, or "
        "unlimited");
}

#define ONE_LINK(keys) "nodes: [a, b]\nlinks: [{endpoints: [a, b], " keys "}]\n"

// A map of which nothing comes; a 0 that a timeline may raise says enough.
static void test_what_has_no_effect_is_told(void)
{
    g_autoptr(Scenario) scenario = parsed(
        ONE_LINK("loss: {model: four-state, rate: 0%}, rate: {model: constant, rate: unlimited}, "
                 "corrupt: {rate: 1%, then: "
                 "deliver}, reorder: {rate: 0%, extent: 2 packets}, reverse: {corrupt: {then: "
                 "repair}}"));

    g_assert_nonnull(scenario);
    ASSERT_ERRORS(ONE_LINK("corrupt: {then: deliver}"),
                  "2:38: links[0].corrupt: has no effect without one of rate, ber: add one, if "
                  "only as 0");
    ASSERT_ERRORS(ONE_LINK("delay: {loop: no}"),
                  "2:36: links[0].delay: has no effect without one of delay, trace: add one, if "
                  "only as 0");
    ASSERT_ERRORS(ONE_LINK("delay: {delay: 5ms, loop: no}"),
                  "2:55: links[0].delay.loop: has no effect without a trace: add that, or leave "
                  "loop out");
    ASSERT_ERRORS(ONE_LINK("reorder: {rate: 1%, extent: 5ms, timeout: 1s}"),
                  "2:71: links[0].reorder.timeout: has no effect beside an extent in time, which "
                  "ends by itself");
    ASSERT_ERRORS(ONE_LINK("rate: {model: constant}"),
                  "2:35: links[0].rate: needs rate: bits a second that leave, link-layer headers "
                  "included");
    ASSERT_ERRORS(ONE_LINK("rate: 1mbit, overhead: {}"),
                  "2:52: links[0].overhead: says nothing: write {bytes: …}, or leave overhead out");
}

static void test_rules_between_keys_are_told_once(void)
{
    ASSERT_ERRORS("nodes: [a, b]\nlinks: [{endpoints: [a, b], jitter: 2ms}]\n",
                  "2:37: links[0].jitter: varies the delay, and there is none: add delay, or "
                  "remove jitter");
    ASSERT_ERRORS("nodes: [a, b]\n"
                  "links:\n"
                  "  - endpoints: [a, b]\n"
                  "    queue: {limit: 50ms}\n",
                  "4:12: links[0].queue: without a rate it has no effect: add rate, or remove "
                  "queue");
    // The reason is another error already.
    ASSERT_ERRORS("nodes: [a, b]\nlinks: [{endpoints: [a, b], delay: 5, jitter: 2ms}]\n",
                  "2:36: links[0].delay: \"5\" has no unit: write 5ms or 5s");
    ASSERT_ERRORS("nodes: [a, b]\n"
                  "links: [{endpoints: [a, b], delay: 5ms, reverse: {delay: 0ms, jitter: 1ms}}]\n",
                  "2:71: links[0].reverse.jitter: varies the delay, and there is none: add delay, "
                  "or remove jitter");
    // The key at fault stands elsewhere: in `defaults`, or in the other direction.
    ASSERT_ERRORS("nodes: [a, b]\n"
                  "links: [{endpoints: [a, b], delay: 5ms, jitter: 1ms, reverse: {delay: 0ms}}]\n",
                  "2:63: links[0].reverse: jitter: varies the delay, and there is none: add delay, "
                  "or remove jitter");
}

// All of them, since no other error would tell a newcomer, and each once.
static void test_unknown_keys_list_the_known(void)
{
    const char *const text = "nodes: [a, b]\nlinks: [{endpoints: [a, b], xyzzy: 5}]\n";
    g_autofree char *errors = NULL;
    const char *faults;

    g_assert_null(scenario_parse("x.yaml", text, strlen(text), &errors));
    g_assert_true(g_str_has_prefix(errors, "x.yaml:2:29: links[0]: \"xyzzy\" is no key of a link: "
                                           "known is endpoints, "));
    g_assert_nonnull(strstr(errors, ", delay, "));
    faults = strstr(errors, ", faults, ");
    g_assert_nonnull(faults);
    g_assert_null(strstr(faults + 1, ", faults"));
}

// Rules stand beside endpoints only, so nowhere else they are named as known.
static void test_no_direction_knows_faults(void)
{
    static const char *const texts[] = {
        "defaults: {link: {xyzzy: 5}}\nnodes: [a, b]\nlinks: [{endpoints: [a, b]}]\n",
        "nodes: [a, b]\nlinks: [{endpoints: [a, b], reverse: {xyzzy: 5}}]\n",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *errors = NULL;

        g_assert_null(scenario_parse("x.yaml", texts[i], strlen(texts[i]), &errors));
        g_assert_nonnull(strstr(errors, "known is preset, "));
        g_assert_null(strstr(errors, ", faults"));
    }
}

// The queue that `direction` has, drop-tail with this limit; 0 for none of its own.
static void assert_drop_tail(const LinkSpec *link, unsigned direction, uint64_t amount)
{
    const LinkConfig *config = link->directions[direction];
    const DropTailConfig *queue = link_config_of(config, &drop_tail_stage_class);

    g_assert_true(link_config_has_chosen(config, &drop_tail_stage_class));
    g_assert_cmpuint(queue->limit.amount, ==, amount);
}

// A queue from elsewhere is no error where there is no rate, and not there when one comes later.
static void test_what_needs_a_rate_is_inherited_with_one(void)
{
    g_autoptr(Scenario) scenario =
        parsed("defaults: {link: {overhead: ethernet, queue: 5ms}}\n"
               "nodes: [a, b]\n"
               "links:\n"
               "  - {endpoints: [a, b], name: none}\n"
               "  - {endpoints: [a, b], name: one, rate: 1mbit, queue: {discipline: codel},\n"
               "     reverse: {rate: unlimited}}\n"
               "  - {endpoints: [a, b], name: back, reverse: {rate: 1mbit}}\n"
               "  - {endpoints: [a, b], name: preset, preset: lte, rate: unlimited}\n");
    const LinkSpec *links[4];

    for (unsigned i = 0; i < 4; i++) {
        links[i] = link_at(scenario, i);
        for (unsigned direction = 0; direction < 2; direction++)
            g_assert_true(link_config_check(links[i]->directions[direction], NULL));
    }
    g_assert_cmpuint(link_config_overhead(links[0]->directions[0])->bytes, ==, 0);
    g_assert_cmpuint(link_config_overhead(links[2]->directions[1])->bytes, ==, 24);
    assert_drop_tail(links[0], 0, 0);
    g_assert_false(link_config_has_chosen(links[1]->directions[0], &drop_tail_stage_class));
    assert_drop_tail(links[1], 1, 0);
    assert_drop_tail(links[2], 0, 0);
    assert_drop_tail(links[2], 1, 5000000);
    assert_drop_tail(links[3], 0, 0);
    ASSERT_ERRORS("nodes: [a, b]\n"
                  "links: [{endpoints: [a, b], reverse: {queue: 5ms}}]\n",
                  "2:46: links[0].reverse.queue: without a rate it has no effect: add rate, or "
                  "remove queue");
}

static void test_endpoints_are_two_nodes(void)
{
    ASSERT_ERRORS(
        "nodes: [a, b]\n"
        "links:\n"
        "  - {delay: 3ms}\n"
        "  - {endpoints: a-b}\n"
        "  - {endpoints: [a]}\n"
        "  - {endpoints: [a, bb]}\n"
        "  - {endpoints: [a, a]}\n"
        "  - {endpoints: ['a:wlan0', 'b:eth01']}\n"
        "  - {endpoints: ['a:eth1234567890123', {}]}\n"
        "  - link\n",
        "3:5: links[0]: needs endpoints: [NODE, NODE]",
        "4:17: links[1].endpoints: is a single value and not a list: write [london, "
        "newyork]",
        "5:17: links[2].endpoints: a link has two ends and not 1: write [london, newyork]",
        "6:21: links[3].endpoints[1]: \"bb\" is no node: did you mean \"b\"?",
        "7:17: links[4].endpoints: both ends are at a: a link joins two nodes",
        "8:18: links[5].endpoints[0]: \"wlan0\" is no name of an interface: write eth0, "
        "eth1 and so on, at most 15 bytes",
        "8:29: links[5].endpoints[1]: \"eth01\" is no name of an interface: write eth0, "
        "eth1 and so on, at most 15 bytes",
        "9:18: links[6].endpoints[0]: \"eth1234567890123\" is no name of an interface: "
        "write eth0, eth1 and so on, at most 15 bytes",
        "9:40: links[6].endpoints[1]: is a map and not a single value: write NODE or "
        "\"NODE:eth0\"",
        "10:5: links[7]: is a single value and not a map: write {endpoints: [london, "
        "newyork]}");
}

static void test_an_interface_is_one_end(void)
{
    ASSERT_ERRORS(NODES "links:\n"
                        "  - {endpoints: ['a:eth0', b]}\n"
                        "  - {endpoints: ['a:eth0', c]}\n",
                  "4:18: links[1].endpoints[0]: a:eth0 is an end of another link already, in line "
                  "3: give it another interface, or leave the interface out");
}

static void test_names_are_unique_and_fit_for_files(void)
{
    ASSERT_ERRORS(NODES "links:\n"
                        "  - {endpoints: [a, b]}\n"
                        "  - {endpoints: [a, b]}\n"
                        "  - {endpoints: [b, c], name: a-b}\n"
                        "  - {endpoints: [b, c], name: up/down}\n",
                  "4:5: links[1]: its name is a-b, as that of the link in line 3: give it a name: "
                  "of its own",
                  "5:5: links[2]: its name is a-b, as that of the link in line 3: give it a name: "
                  "of its own",
                  "6:31: links[3].name: \"up/down\" is no name: write letters, digits, _ . and -, "
                  "up to 127, a letter or digit first");
}

// What the deviation asked for does to a distribution that ends at a delay of zero.
static void test_jitter_that_is_cut_is_odd(void)
{
    ASSERT_WARNINGS("nodes: [a, b]\n"
                    "links: [{endpoints: [a, b], delay: 2ms, jitter: 2ms, reverse: {jitter: "
                    "4ms}}]\n",
                    "2:63: links[0].reverse: jitter: no delay is below zero, so 43% of the frames "
                    "have none, and the others more: mean (2ms) and deviation (2309401ns) are as "
                    "asked");
    ASSERT_WARNINGS("nodes: [a, b]\n"
                    "links: [{endpoints: [a, b], delay: 1us, jitter: {deviation: 1s, "
                    "distribution: normal}}]\n",
                    "2:9: links[0]: jitter: the delays come to a mean of 1us and a deviation of "
                    "36918ns, where 1us and 1s were asked for");
}

static void test_what_jitter_needs(void)
{
    ASSERT_ERRORS("nodes: [a, b]\nlinks: [{endpoints: [a, b], delay: 5ms, jitter: {deviation: "
                  "1ms, distribution: table}}]\n",
                  "2:49: links[0].jitter: the distribution table needs file: the name of a table "
                  "of tc-netem (.dist)");
    ASSERT_ERRORS("nodes: [a, b]\nlinks: [{endpoints: [a, b], delay: 5ms, jitter: {deviation: "
                  "1ms, distribution: gamma}}]\n",
                  "2:49: links[0].jitter: the distribution gamma needs shape: 1 to 1000");
    ASSERT_ERRORS("nodes: [a, b]\nlinks: [{endpoints: [a, b], delay: 5ms, jitter: {deviation: "
                  "1ms, shape: 3}}]\n",
                  "2:49: links[0].jitter: a shape is for the distribution gamma: add that, or "
                  "remove shape");
    ASSERT_ERRORS("nodes: [a, b]\nlinks: [{endpoints: [a, b], delay: 5ms, jitter: {deviation: "
                  "1ms, correlation: 3kB}}]\n",
                  "2:49: links[0].jitter: the correlation is a distance in packets or time: write "
                  "10 packets or 20ms");
}

// A file of that content, whose name the caller frees when it has unlinked it.
static char *file_new(const char *content)
{
    char *path = g_build_filename(g_get_tmp_dir(), "links-test-XXXXXX", NULL);
    int fd = g_mkstemp(path);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    g_assert_true(g_file_set_contents(path, content, -1, NULL));
    return path;
}

static void test_none_takes_a_file_away(void)
{
    g_autofree char *trace = file_new("time_s,rate_mbit\n0,2\n1,3\n");
    g_autofree char *delays = file_new("1ms\n2ms\n");
    g_autofree char *table = file_new("-8192 0 8192\n");
    g_autofree char *text =
        g_strdup_printf("nodes: [a, b]\nlinks:\n  - endpoints: [a, b]\n    rate: 1mbit\n"
                        "    trace: %s\n    delay: {delay: 9ms, trace: %s}\n"
                        "    reverse: {trace: none, delay: {trace: none}}\n"
                        "  - endpoints: [b, a]\n    delay: 9ms\n"
                        "    jitter: {deviation: 1ms, distribution: table, file: %s}\n"
                        "    reverse: {jitter: {distribution: normal, file: none}}\n"
                        "timeline: [{at: 1s, link: a-b, set: {trace: none}}]\n",
                        trace, delays, table);
    g_autoptr(Scenario) scenario = parsed(text);
    LinkConfig *const *first = link_at(scenario, 0)->directions;
    LinkConfig *const *second = link_at(scenario, 1)->directions;

    g_assert_cmpuint(link_config_rate_bps(first[0]), ==, 2000000);
    g_assert_cmpint(link_config_delay_ns(first[0]), ==, 10500000);
    g_assert_cmpuint(link_config_rate_bps(first[1]), ==, 1000000);
    g_assert_cmpint(link_config_delay_ns(first[1]), ==, 9000000);
    g_assert_nonnull(((const DelayConfig *)link_config_of(second[0], &delay_stage_class))->file);
    g_assert_null(((const DelayConfig *)link_config_of(second[1], &delay_stage_class))->file);
    unlink(trace);
    unlink(delays);
    unlink(table);
}

static void test_rows_of_a_trace_fit_the_model(void)
{
    g_autofree char *path = file_new("# a drive\ntime_s,loss_percent\n\n0,80\n1,100\n2,81\n");
    g_autofree char *gilbert =
        g_strdup_printf("nodes: [a, b]\nlinks:\n  - endpoints: [a, b]\n"
                        "    loss: {model: gilbert, rate: 1%%, burst: 4}\n    trace: %s\n",
                        path);
    g_autofree char *expected =
        g_strdup_printf("5:12: links[0].trace: %s:6: loss: with bursts of 4 at least one frame in "
                        "5 arrives: rate must be at most 80%%, or 100%%, or burst longer",
                        path);

    ASSERT_ERRORS(gilbert, expected);
    g_assert_true(g_file_set_contents(path, "time_s,loss_percent\n0,80\n1,100\n2,0\n", -1, NULL));
    scenario_free(parsed(gilbert));
    unlink(path);
}

static void test_what_a_trace_replaces_is_told(void)
{
    g_autofree char *path = file_new("time_s,rate_mbit,delay_ms\n0,2,9\n1,3,9\n");
    g_autofree char *early =
        g_strdup_printf("nodes: [a, b]\nlinks:\n  - endpoints: [a, b]\n    rate: 1mbit\n"
                        "    loss: 1%%\n    trace: {file: %s}\n    reverse: {delay: 3ms}\n",
                        path);
    g_autofree char *jittered =
        g_strdup_printf("nodes: [a, b]\nlinks:\n  - endpoints: [a, b]\n    delay: 5ms\n"
                        "    jitter: 1ms\n    trace: {file: %s}\n",
                        path);

    ASSERT_WARNINGS(early,
                    "4:11: links[0].rate: has no effect beside the trace, which sets it from 0s "
                    "on: remove one",
                    "7:22: links[0].reverse.delay: has no effect beside the trace, which sets it "
                    "from 0s on: remove one");
    assert_warnings(jittered, (const char *const[]){NULL});
    g_assert_true(g_file_set_contents(path, "time_s,rate_mbit,delay_ms\n1,2,9\n2,3,9\n", -1, NULL));
    assert_warnings(early, (const char *const[]){NULL});
    unlink(path);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/links/keys-come-from-the-stages", test_keys_come_from_the_stages);
    g_test_add_func("/scenario/links/interfaces-are-numbered-in-order",
                    test_interfaces_are_numbered_in_order);
    g_test_add_func("/scenario/links/macs-are-local-and-lasting", test_macs_are_local_and_lasting);
    g_test_add_func("/scenario/links/defaults-apply-to-all", test_defaults_apply_to_all);
    g_test_add_func("/scenario/links/merge-keys-work", test_merge_keys_work);
    g_test_add_func("/scenario/links/wrong-values-are-told", test_wrong_values_are_told);
    g_test_add_func("/scenario/links/what-has-no-effect-is-told", test_what_has_no_effect_is_told);
    g_test_add_func("/scenario/links/rules-between-keys-are-told-once",
                    test_rules_between_keys_are_told_once);
    g_test_add_func("/scenario/links/what-needs-a-rate-is-inherited-with-one",
                    test_what_needs_a_rate_is_inherited_with_one);
    g_test_add_func("/scenario/links/unknown-keys-list-the-known",
                    test_unknown_keys_list_the_known);
    g_test_add_func("/scenario/links/no-direction-knows-faults", test_no_direction_knows_faults);
    g_test_add_func("/scenario/links/endpoints-are-two-nodes", test_endpoints_are_two_nodes);
    g_test_add_func("/scenario/links/an-interface-is-one-end", test_an_interface_is_one_end);
    g_test_add_func("/scenario/links/names-are-unique-and-fit-for-files",
                    test_names_are_unique_and_fit_for_files);
    g_test_add_func("/scenario/links/jitter-that-is-cut-is-odd", test_jitter_that_is_cut_is_odd);
    g_test_add_func("/scenario/links/what-jitter-needs", test_what_jitter_needs);
    g_test_add_func("/scenario/links/none-takes-a-file-away", test_none_takes_a_file_away);
    g_test_add_func("/scenario/links/rows-of-a-trace-fit-the-model",
                    test_rows_of_a_trace_fit_the_model);
    g_test_add_func("/scenario/links/what-a-trace-replaces-is-told",
                    test_what_a_trace_replaces_is_told);
    return g_test_run();
}
