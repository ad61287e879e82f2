// SPDX-License-Identifier: Apache-2.0
// Overhead: what IP packets cost on known kinds of lines.
#include "links/rate/overhead.h"

#include "tests/support/link_rig.h"

static void test_known_lines(void)
{
    // An IP packet of so many bytes, behind 14 of Ethernet; cells worked out by hand.
    static const struct {
        const char *config;
        uint32_t ip_bytes, wire_bytes;
    } cases[] = {
        {"overhead 0B", 1500, 1514},
        {"overhead ethernet", 1500, 1538},
        {"overhead ethernet", 46, 84},
        {"overhead ethernet, overhead.minimum 84B", 28, 84},
        {"overhead.encapsulation ethernet", 1500, 1538},
        {"overhead.encapsulation ethernet", 28, 84},
        {"overhead.encapsulation ethernet-vlan", 1500, 1542},
        {"overhead.encapsulation docsis", 1500, 1518},
        {"overhead.encapsulation docsis", 40, 64},
        // 1500 + 40 bytes fill 32.08 cells.
        {"overhead.encapsulation pppoe-llcsnap", 1500, 33 * 53},
        {"overhead.encapsulation pppoe-llcsnap", 1496, 32 * 53},
        {"overhead.encapsulation pppoe-llcsnap", 1497, 33 * 53},
        {"overhead.encapsulation pppoe-llcsnap", 40, 2 * 53},
        {"overhead.encapsulation pppoe-vcmux", 1500, 32 * 53},
        {"overhead.encapsulation pppoa-vcmux", 1478, 31 * 53},
        {"overhead.encapsulation pppoa-vcmux", 1479, 32 * 53},
        {"overhead.encapsulation pppoa-llc", 34, 53},
        {"overhead.encapsulation ipoa-vcmux", 40, 53},
        {"overhead.encapsulation ipoa-vcmux", 41, 2 * 53},
        {"overhead.encapsulation ipoa-llcsnap", 32, 53},
        {"overhead.encapsulation bridged-vcmux", 24, 53},
        {"overhead.encapsulation bridged-llcsnap", 16, 53},
        {"overhead.encapsulation conservative", 1500, 33 * 53},
        {"overhead.encapsulation pppoe-ptm", 1492, 1522 + 24},
        {"overhead.encapsulation pppoe-ptm", 34, 64 + 1},
        {"overhead.encapsulation bridged-ptm", 42, 64 + 1},
        {"overhead.encapsulation bridged-ptm", 43, 65 + 2},
        {"overhead 26B, overhead.cells atm", 1500, 33 * 53}, // the same by its parts
        {"overhead 4B, overhead.cells atm", 30, 53},
        {"overhead 4B, overhead.cells ptm", 46, 64 + 1},
        {"overhead 4B, overhead.cells ptm", 47, 65 + 2},
        {"overhead 4B, overhead.encapsulation ethernet", 1500, 1542}, // another tag
        {"overhead.encapsulation ethernet, overhead.cells ptm", 90, 128 + 2},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        g_autofree char *text = g_strdup_printf("rate 1mbit, %s", cases[n].config);
        g_autoptr(LinkConfig) config = link_rig_config(text);

        g_test_message("%s, %u", cases[n].config, cases[n].ip_bytes);
        g_assert_cmpuint(overhead_wire_bytes(link_config_overhead(config), cases[n].ip_bytes + 14),
                         ==, cases[n].wire_bytes);
    }
}

// A cell of 53 bytes more, and a rate sends them: 2 x 53 x 8 bits at 848 kbit/s take 1 ms.
static void test_cells_take_time(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "adsl", "rate 848kbit, overhead.encapsulation pppoe-llcsnap", "");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 2, 54);
    link_rig_run_to_end(&rig);
    probe_assert_times(&rig.probe[LINK_FORWARD], (const int64_t[]){1000000, 2000000}, 2);
    link_rig_close(&rig);
}

// What waits stays, and counts by the overhead in force from then on: 8 ms each.
static void test_overhead_changes_while_frames_wait(void)
{
    g_autoptr(LinkConfig) config = link_rig_config("rate 1mbit, overhead 875B, queue 20ms");
    LinkRig rig;

    link_rig_open(&rig, 1, "live", "rate 1mbit, queue 20ms", "");
    script_add(&rig.script[LINK_FORWARD], 0, 0, 5, 125); // one is sent, four wait
    link_rig_run(&rig, 0);
    link_configure(rig.link, LINK_FORWARD, config);
    script_add(&rig.script[LINK_FORWARD], 0, 0, 1, 125);
    link_rig_run(&rig, 18000000); // two wait
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, 1);
    link_rig_run(&rig, 100000000);
    script_add(&rig.script[LINK_FORWARD], 100000000, 0, 4, 125); // three pass
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, 2);
    probe_assert_times(&rig.probe[LINK_FORWARD],
                       (const int64_t[]){1000000, 9000000, 17000000, 25000000, 33000000, 108000000,
                                         116000000, 124000000},
                       8);
    link_rig_close(&rig);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/overhead/known-lines", test_known_lines);
    g_test_add_func("/links/overhead/cells-take-time", test_cells_take_time);
    g_test_add_func("/links/overhead/changes-while-frames-wait",
                    test_overhead_changes_while_frames_wait);
    return g_test_run();
}
