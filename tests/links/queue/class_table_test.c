// SPDX-License-Identifier: Apache-2.0
// Classes of traffic: read from their text, refused with a reason, and found for a frame.
#include "links/queue/class_table.h"

#include <string.h>

#include "core/packet.h"

enum { POOL_BYTES = 1 << 20, TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58, GRE = 47 };

static ClassTable parsed(const char *text)
{
    g_autoptr(GError) error = NULL;
    ClassTable table;

    class_table_parse(&table, text, &error);
    g_assert_no_error(error);
    return table;
}

static void test_reads_services(void)
{
    ClassTable table = parsed(
        "ef|va: strict limit 20 packets, AF41 | af42:weight 3,  default: weight 7 limit 50ms");

    g_assert_cmpuint(table.n_classes, ==, 3);
    g_assert_cmpuint(table.default_class, ==, 2);
    g_assert_true(table.classes[0].is_strict);
    g_assert_cmpuint(table.classes[0].dscps, ==, UINT64_C(1) << 46 | UINT64_C(1) << 44);
    g_assert_cmpint(table.classes[0].limit.unit, ==, LIMIT_PACKETS);
    g_assert_cmpuint(table.classes[0].limit.amount, ==, 20);
    g_assert_false(table.classes[1].is_strict);
    g_assert_cmpuint(table.classes[1].weight, ==, 3);
    g_assert_cmpuint(table.classes[1].limit.amount, ==, 0);
    g_assert_cmpuint(table.classes[2].weight, ==, 7);
    g_assert_cmpint(table.classes[2].limit.unit, ==, LIMIT_TIME);
}

static void test_has_a_default(void)
{
    ClassTable table = parsed("46: strict");

    g_assert_cmpuint(table.n_classes, ==, 2);
    g_assert_cmpuint(table.default_class, ==, 1);
    g_assert_cmpuint(table.classes[1].weight, ==, 1);
    g_assert_false(table.classes[1].is_strict);
}

// The names beside the values of their RFCs.
static void test_knows_the_dscps(void)
{
    static const struct {
        const char *names;
        uint64_t dscps[8];
    } rfcs[] = {
        {"cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7", {0, 8, 16, 24, 32, 40, 48, 56}},     // RFC 2474
        {"af11 af12 af13 af21 af22 af23 df be", {10, 12, 14, 18, 20, 22, 0, 0}}, // RFC 2597
        {"af31 af32 af33 af41 af42 af43 0 63", {26, 28, 30, 34, 36, 38, 0, 63}},
        {"ef va le", {46, 44, 1}}, // RFC 3246, 5865, 8622
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rfcs); i++) {
        g_auto(GStrv) names = g_strsplit(rfcs[i].names, " ", -1);

        for (unsigned n = 0; names[n] != NULL; n++) {
            g_autofree char *text = g_strdup_printf("%s: strict", names[n]);

            g_assert_cmpuint(parsed(text).classes[0].dscps, ==, UINT64_C(1) << rfcs[i].dscps[n]);
        }
    }
}

static void test_refuses(void)
{
    static const char *const cases[][2] = {
        {"", "class"},
        {"ef", "\"ef\" is no class"},
        {": strict", "in front of its colon"},
        {"ef: fast", "\"fast\" is no service"},
        {"ef:", "is no service"},
        {"af51: strict", "\"af51\" chooses no traffic"},
        {"64: strict", "\"64\" chooses no traffic"},
        {"port: strict", "\"port\" chooses no traffic"},
        {"port 0: strict", "chooses no traffic"},
        {"tcp port 65536: strict", "chooses no traffic"},
        {"icmp port 7: strict", "chooses no traffic"},
        {"udp port 7 8: strict", "\"udp port 7 8\" chooses no traffic"},
        {"ef af41: strict", "chooses no traffic"},
        {"ef: weight", "from 1 to 1000"},
        {"ef: weight 0", "from 1 to 1000"},
        {"ef: weight 1001", "from 1 to 1000"},
        {"ef: strict limit", "limit needs an amount, such as 50ms or 100 packets"},
        {"ef: strict limit x", "is not a number"},
        {"ef\nx: strict", "\"ef\\nx\" chooses no traffic"},
        {"ef: strict limit 0 packets", "limit 0"},
        {"ef: strict limit 20", "\"20\" has no unit"},
        {"ef: strict weight 2", "not \"weight\""},
        {"default: strict, default: weight 1", "more than one default"},
        {"ef: strict, ef: weight 3", "in \"ef\" belongs to a class before it"},
        {"cs0: strict, le|df: strict", "in \"le|df\" belongs"},
        {"tcp: strict, tcp port 22: strict", "in \"tcp port 22\" belongs"},
        {"port 22: strict, tcp|udp port 22: strict", "in \"tcp|udp port 22\" belongs"},
        {"1:strict,2:strict,3:strict,4:strict,5:strict,6:strict,7:strict,8:strict,9:strict,"
         "10:strict,11:strict,12:strict,13:strict,14:strict,15:strict,16:strict",
         "no more than 16 classes"},
        {"tcp|udp|icmp|port 1|port 2|port 3|port 4|port 5|port 6: strict", "no more than 8"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        ClassTable table;

        g_assert_false(class_table_parse(&table, cases[i][0], &error));
        g_assert_nonnull(strstr(error->message, cases[i][1]));
    }
}

// What a class leaves over is the next one's.
static void test_may_narrow_first(void)
{
    ClassTable table = parsed("tcp port 22: strict, tcp: weight 3, port 22: strict, udp: weight 1");

    g_assert_cmpuint(table.n_classes, ==, 5);
}

static unsigned found(const ClassTable *table, FramePool *pool, bool is_ipv6, unsigned dscp,
                      uint8_t protocol, uint16_t from_port, uint16_t to_port, bool is_fragment)
{
    Frame *frame = frame_new(pool, 100);
    uint8_t *at = frame_bytes(frame);
    uint32_t header_bytes = is_ipv6 ? 40 : 20;
    unsigned class;

    memset(at, 0, 100);
    frame->is_bare_ip = true;
    frame->length_bytes = 100;
    if (is_ipv6) {
        packet_store16(at, (uint16_t)(0x6000 | dscp << 6 | 0x3f)); // ECN and the flow label set
        at[6] = protocol;
    } else {
        packet_store16(at, (uint16_t)(0x4503 | dscp << 2));
        packet_store16(at + 6, is_fragment ? 0x2000 : 0);
        at[9] = protocol;
    }
    packet_store16(at + header_bytes, from_port);
    packet_store16(at + header_bytes + 2, to_port);
    class = class_table_find(table, frame);
    frame_free(frame);
    return class;
}

static void test_finds_by_dscp(void)
{
    ClassTable table = parsed("ef: strict, default: weight 2, af41|1: weight 1");
    FramePool *pool = frame_pool_new(POOL_BYTES);

    for (unsigned dscp = 0; dscp < 64; dscp++) {
        unsigned expected = dscp == 46 ? 0 : dscp == 34 || dscp == 1 ? 2 : 1;

        g_assert_cmpuint(found(&table, pool, false, dscp, UDP, 1, 2, false), ==, expected);
        g_assert_cmpuint(found(&table, pool, true, dscp, UDP, 1, 2, false), ==, expected);
    }
    frame_pool_free(pool);
}

// The first class that has it; a fragment and a protocol without ports have none.
static void test_finds_by_protocol_and_port(void)
{
    enum { WEB, DNS, DATAGRAMS, PINGS, REST };
    ClassTable table = parsed("port 443: weight 9, udp port 53 | tcp port 53: strict, "
                              "udp: weight 2, icmp: weight 1");
    FramePool *pool = frame_pool_new(POOL_BYTES);

    for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++) {
        g_assert_cmpuint(found(&table, pool, is_ipv6, 0, TCP, 9, 443, false), ==, WEB);
        g_assert_cmpuint(found(&table, pool, is_ipv6, 0, UDP, 443, 9, false), ==, WEB);
        g_assert_cmpuint(found(&table, pool, is_ipv6, 0, UDP, 53, 9, false), ==, DNS);
        g_assert_cmpuint(found(&table, pool, is_ipv6, 0, TCP, 9, 53, false), ==, DNS);
        g_assert_cmpuint(found(&table, pool, is_ipv6, 0, UDP, 9, 9, false), ==, DATAGRAMS);
        g_assert_cmpuint(found(&table, pool, is_ipv6, 0, GRE, 443, 443, false), ==, REST);
        g_assert_cmpuint(found(&table, pool, is_ipv6, 0, TCP, 0, 0, false), ==, REST);
        g_assert_cmpuint(found(&table, pool, is_ipv6, 0, is_ipv6 ? ICMP6 : ICMP, 0, 0, false), ==,
                         PINGS);
    }
    g_assert_cmpuint(found(&table, pool, false, 0, TCP, 9, 443, true), ==, REST);
    g_assert_cmpuint(found(&table, pool, false, 0, UDP, 9, 443, true), ==, DATAGRAMS);
    frame_pool_free(pool);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/class_table/reads-services", test_reads_services);
    g_test_add_func("/links/class_table/has-a-default", test_has_a_default);
    g_test_add_func("/links/class_table/knows-the-dscps", test_knows_the_dscps);
    g_test_add_func("/links/class_table/refuses", test_refuses);
    g_test_add_func("/links/class_table/may-narrow-first", test_may_narrow_first);
    g_test_add_func("/links/class_table/finds-by-dscp", test_finds_by_dscp);
    g_test_add_func("/links/class_table/finds-by-protocol-and-port",
                    test_finds_by_protocol_and_port);
    return g_test_run();
}
