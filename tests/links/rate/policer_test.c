// SPDX-License-Identifier: Apache-2.0
// The policer: what passes, by RFC 2697's bucket stepped in the smallest parts of a byte, and that
// nothing waits.
#include "links/rate/policer.h"

#include "tests/support/dice.h"
#include "tests/support/link_rig.h"

#define MS INT64_C(1000000)

// RFC 2697 section 3: Tc grows by one CIR times a second up to CBS; a packet is green if
// Tc - B >= 0. Here in steps of a microsecond, at a rate of whole bits in each.
static void test_passes_what_is_green(void)
{
    enum { N_FRAMES = 3000, RATE_BIT_US = 3, BURST_BITS = 4000 * 8 };
    LinkRig rig;
    Dice dice = dice_new(5);
    int64_t at_us = 0, n_bits = BURST_BITS;
    GArray *green = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    link_rig_open(&rig, 1, "policer", "policer 3mbit, policer.burst 4000B", "");
    for (uint32_t n = 0; n < N_FRAMES; n++) {
        uint32_t bytes = 60 + dice_throw(&dice, 1940);
        int64_t gap_us = dice_throw(&dice, 5) == 0 ? dice_throw(&dice, 20000) : 0;

        at_us += gap_us;
        for (int64_t us = 0; us < gap_us; us++)
            n_bits = MIN(n_bits + RATE_BIT_US, BURST_BITS);
        if (n_bits >= (int64_t)bytes * 8) {
            n_bits -= bytes * 8;
            g_array_append_val(green, n);
        }
        script_add(&rig.script[LINK_FORWARD], at_us * 1000, 0, 1, bytes);
    }
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(green->len, >, N_FRAMES / 4);
    g_assert_cmpuint(green->len, <, N_FRAMES);
    probe_assert_serials(&rig.probe[LINK_FORWARD], (const uint32_t *)(void *)green->data,
                         green->len);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_POLICED), ==, N_FRAMES - green->len);
    for (unsigned n = 0; n < green->len; n++) {
        const ProbeRecord *record = probe_record(&rig.probe[LINK_FORWARD], n);

        g_assert_cmpint(record->at_ns, ==, record->entered_ns);
    }
    g_array_unref(green);
    link_rig_close(&rig);
}

// Twice the rate for 100 s: half of it passes, and the burst.
static void test_passes_the_rate(void)
{
    LinkRig rig;
    uint64_t n_bytes;

    link_rig_open(&rig, 1, "policer", "policer 999999bit, policer.burst 2000B", "");
    script_add(&rig.script[LINK_FORWARD], 0, 4 * MS, 25001, 1000);
    link_rig_run_to_end(&rig);
    n_bytes = counter_get(&link_counters(rig.link, LINK_FORWARD)->out_bytes);
    g_assert_cmpuint(n_bytes, ==, (2000 + 99999900 / 8) / 1000 * 1000);
    link_rig_close(&rig);
}

static void rig_configure(LinkRig *rig, int64_t at_ns, const char *text)
{
    g_autoptr(LinkConfig) config = link_rig_config(text);

    link_rig_run(rig, at_ns);
    link_configure(rig->link, LINK_FORWARD, config);
}

static void test_changes_keep_the_credit(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "policer", "policer 1mbit, policer.burst 2000B", "");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 2, 2000);              // one passes
    rig_configure(&rig, 8 * MS, "policer 4mbit, policer.burst 8000B"); // 1000 bytes of credit
    script_add(&rig.script[LINK_FORWARD], 8 * MS, 0, 3, 500);          // two pass
    script_add(&rig.script[LINK_FORWARD], 9 * MS, 0, 2, 500);          // one passes
    rig_configure(&rig, 10 * MS, "");
    script_add(&rig.script[LINK_FORWARD], 10 * MS, 0, 9, 2000);
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 1 + 2 + 1 + 9);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_POLICED), ==, 3);
    link_rig_close(&rig);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/policer/passes-what-is-green", test_passes_what_is_green);
    g_test_add_func("/links/policer/passes-the-rate", test_passes_the_rate);
    g_test_add_func("/links/policer/changes-keep-the-credit", test_changes_keep_the_credit);
    return g_test_run();
}
