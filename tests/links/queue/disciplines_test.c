// SPDX-License-Identifier: Apache-2.0
// Disciplines on a link: what waits, what is dropped or marked, who has the next turn, and what
// becomes of frames when another discipline takes over.
#include <string.h>

#include "core/ecn.h"
#include "core/packet.h"
#include "links/queue/codel.h"
#include "tests/links/packet_list.h"
#include "tests/support/conservation.h"
#include "tests/support/dice.h"
#include "tests/support/link_rig.h"
#include "tests/support/virtual_time.h"

#define MS INT64_C(1000000)
enum { FRAME_BYTES = 1000, TCP = PACKET_PROTOCOL_TCP, UDP = PACKET_PROTOCOL_UDP };

// 8 Mbit/s: a frame of FRAME_BYTES takes a millisecond.
#define RATE "rate 8mbit, queue.discipline "

// A bare IPv4 packet. The serial, which a probe reads in its first four bytes, can only be in the
// identification: what a probe notes is compared by that.
typedef struct {
    uint8_t protocol, octet; // of the traffic class
    uint16_t port;           // at the far end
} Kind;

static Frame *packet_new(FramePool *pool, const Kind *kind, uint16_t number, uint32_t length_bytes)
{
    Frame *frame = frame_new(pool, length_bytes);
    uint8_t *at = frame_bytes(frame);

    memset(at, 0, length_bytes);
    frame->length_bytes = length_bytes;
    frame->is_bare_ip = true;
    at[0] = 0x45;
    at[1] = kind->octet;
    packet_store16(at + 2, (uint16_t)length_bytes);
    packet_store16(at + 4, number);
    at[9] = kind->protocol;
    packet_store16(at + 20, 40000);
    packet_store16(at + 22, kind->port);
    return frame;
}

static void rig_send(LinkRig *rig, const Kind *kind, uint16_t number, uint32_t length_bytes)
{
    sink_push(link_entry(rig->link, LINK_FORWARD),
              packet_new(rig->pool, kind, number, length_bytes));
}

static uint16_t record_number(const ProbeRecord *record)
{
    return packet_load16(record->head + 4);
}

static uint8_t record_protocol(const ProbeRecord *record)
{
    return record->head[9];
}

static int64_t record_wait_ns(const ProbeRecord *record)
{
    return record->at_ns - record->entered_ns;
}

static const Kind plain = {UDP, 0, 7}, capable = {UDP, ECN_ECT0, 7};

// Ten at once: the first is on the wire, the last three wait, those between made room.
static void test_drop_head_keeps_the_newest(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "l", RATE "drop-head, queue.limit 3 packets", NULL);
    script_add(&rig.script[LINK_FORWARD], 0, 0, 10, FRAME_BYTES);
    link_rig_run_to_end(&rig);
    probe_assert_serials(&rig.probe[LINK_FORWARD], (uint32_t[]){0, 7, 8, 9}, 4);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, 6);
    link_rig_close(&rig);
}

// What could not wait even alone empties no queue.
static void test_drop_head_turns_away_what_never_fits(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "l", RATE "drop-head, queue.limit 1500B", NULL);
    script_add(&rig.script[LINK_FORWARD], 0, 0, 2, 700);
    script_add(&rig.script[LINK_FORWARD], 0, 0, 1, 1501);
    script_add(&rig.script[LINK_FORWARD], 0, 0, 1, 801);
    link_rig_run_to_end(&rig);
    probe_assert_serials(&rig.probe[LINK_FORWARD], (uint32_t[]){0, 3}, 2);
    link_rig_close(&rig);
}

// The link beside CoDel on numbers alone, under twice the load.
static void assert_codel_link(bool ecn)
{
    enum { N_FRAMES = 6000 };
    LinkRig rig;
    PacketList list;
    Codel codel = {0};
    CodelParams params = {CODEL_TARGET_NS, CODEL_INTERVAL_NS, 1514};
    unsigned arrived = 0, n_marked = 0;
    int64_t served_ns = 0;

    link_rig_open(
        &rig, 1, "l",
        ecn ? RATE "codel, queue.limit 1GB, queue.ecn yes" : RATE "codel, queue.limit 1GB", NULL);
    packet_list_init(&list);
    for (unsigned n = 0; n < N_FRAMES; n++) {
        // The wire is served at whole milliseconds, so that no frame comes at the same instant.
        int64_t at_ns = n == 0 ? 0 : n * MS / 2 + 1000;

        for (; served_ns < at_ns; served_ns += MS)
            codel_dequeue(&codel, &params, served_ns, &packet_list_class, &list);
        virtual_run(rig.engine, at_ns);
        rig_send(&rig, ecn ? &capable : &plain, (uint16_t)n, FRAME_BYTES);
        packet_list_add(&list, (ListedPacket){at_ns, FRAME_BYTES, ecn, 0});
    }
    for (; list.next < N_FRAMES; served_ns += MS)
        codel_dequeue(&codel, &params, served_ns, &packet_list_class, &list);
    link_rig_run_to_end(&rig);
    for (unsigned n = 0; n < N_FRAMES; n++) {
        const ProbeRecord *record;

        if (list.fates->str[n] == 'd')
            continue;
        record = probe_record(&rig.probe[LINK_FORWARD], arrived++);
        g_assert_cmpuint(record_number(record), ==, n);
        g_assert_cmpint((record->head[1] & ECN_MASK) == ECN_CE, ==, list.fates->str[n] == 'm');
        n_marked += list.fates->str[n] == 'm';
    }
    g_assert_cmpuint(arrived, ==, probe_count(&rig.probe[LINK_FORWARD]));
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_AQM), ==, N_FRAMES - arrived);
    g_assert_cmpuint(counter_get(&link_counters(rig.link, LINK_FORWARD)->marked_frames), ==,
                     n_marked);
    g_assert_cmpuint(ecn ? n_marked : N_FRAMES - arrived, >, 100);
    packet_list_clear(&list);
    link_rig_close(&rig);
}

static void test_codel_drops_as_the_algorithm(void)
{
    assert_codel_link(false);
}

static void test_codel_marks_as_the_algorithm(void)
{
    assert_codel_link(true);
}

// What cannot be marked is dropped, also where marking is asked for.
static void test_only_capable_frames_are_marked(void)
{
    static const char *const disciplines[] = {"codel, queue.ecn yes", "fq-codel", "cobalt"};

    for (unsigned i = 0; i < G_N_ELEMENTS(disciplines); i++) {
        for (int is_capable = 0; is_capable < 2; is_capable++) {
            g_autofree char *text = g_strconcat(RATE, disciplines[i], NULL);
            LinkRig rig;

            link_rig_open(&rig, 1, "l", text, NULL);
            for (unsigned n = 0; n < 800; n++) {
                virtual_run(rig.engine, n * MS / 2);
                rig_send(&rig, is_capable ? &capable : &plain, (uint16_t)n, FRAME_BYTES);
            }
            link_rig_run_to_end(&rig);
            g_assert_cmpint(link_rig_dropped(&rig, LINK_FORWARD, DROP_AQM) > 0, ==, !is_capable);
            g_assert_cmpint(counter_get(&link_counters(rig.link, LINK_FORWARD)->marked_frames) > 0,
                            ==, is_capable);
            link_rig_close(&rig);
        }
    }
}

// One flow sends four times the rate, another a packet each 10 ms: that waits for the packet on the
// wire only, and loses none, although the queue overflows.
static void test_flows_are_kept_apart(void)
{
    enum { N_ROUNDS = 200 };
    static const Kind heavy = {UDP, 0, 7}, sparse = {TCP, 0, 80};
    unsigned n_sparse = 0;
    LinkRig rig;

    link_rig_open(&rig, 1, "l", RATE "fq-codel, queue.limit 40 packets", NULL);
    for (unsigned n = 0; n < N_ROUNDS; n++) {
        for (unsigned i = 0; i < 40; i++) {
            virtual_run(rig.engine, n * 10 * MS + i * MS / 4);
            rig_send(&rig, &heavy, 0, FRAME_BYTES);
        }
        rig_send(&rig, &sparse, (uint16_t)n, FRAME_BYTES);
    }
    link_rig_run_to_end(&rig);
    for (unsigned i = 0; i < probe_count(&rig.probe[LINK_FORWARD]); i++) {
        const ProbeRecord *record = probe_record(&rig.probe[LINK_FORWARD], i);

        if (record_protocol(record) != TCP)
            continue;
        g_assert_cmpuint(record_number(record), ==, n_sparse++);
        g_assert_cmpint(record_wait_ns(record), <=, 2 * MS);
    }
    g_assert_cmpuint(n_sparse, ==, N_ROUNDS);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), >, 1000);
    link_rig_close(&rig);
}

// Loads of 10:1 and lengths of 1000 and 250 bytes that both overload the rate: each gets half.
static void test_flows_share_alike(void)
{
    static const Kind many = {UDP, 0, 7}, few = {TCP, 0, 80};
    uint64_t tcp_bytes = 0, udp_bytes = 0;
    LinkRig rig;

    link_rig_open(&rig, 1, "l", RATE "fq-codel", NULL);
    for (unsigned n = 0; n < 20000; n++) {
        virtual_run(rig.engine, n * MS / 10);
        rig_send(&rig, &many, 0, 250);
        if (n % 10 == 0) {
            rig_send(&rig, &few, 0, FRAME_BYTES);
            rig_send(&rig, &few, 0, FRAME_BYTES);
        }
    }
    for (unsigned i = 0; i < probe_count(&rig.probe[LINK_FORWARD]); i++) {
        const ProbeRecord *record = probe_record(&rig.probe[LINK_FORWARD], i);

        if (record_protocol(record) == TCP)
            tcp_bytes += record->length_bytes;
        else
            udp_bytes += record->length_bytes;
    }
    g_assert_cmpfloat((double)tcp_bytes / (double)udp_bytes, >, 0.99);
    g_assert_cmpfloat((double)tcp_bytes / (double)udp_bytes, <, 1.01);
    link_rig_run_to_end(&rig);
    link_rig_close(&rig);
}

// At an overflow the flow with the most bytes loses half of them at its head.
static void test_overflow_hits_the_fattest(void)
{
    static const Kind fat = {UDP, 0, 7}, thin = {TCP, 0, 80};
    LinkRig rig;

    link_rig_open(&rig, 1, "l", RATE "fq-codel, queue.limit 10 packets", NULL);
    for (uint16_t n = 0; n < 9; n++)
        rig_send(&rig, &fat, n, FRAME_BYTES); // 0 is on the wire, 8 wait
    for (uint16_t n = 0; n < 3; n++)
        rig_send(&rig, &thin, n, 100);
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, 4);
    for (unsigned i = 0, fat_number = 0; i < probe_count(&rig.probe[LINK_FORWARD]); i++) {
        const ProbeRecord *record = probe_record(&rig.probe[LINK_FORWARD], i);

        if (record_protocol(record) != UDP)
            continue;
        g_assert_cmpuint(record_number(record), ==, fat_number);
        fat_number += fat_number == 0 ? 5 : 1;
    }
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 8);
    link_rig_close(&rig);
}

static void test_memory_is_a_limit_too(void)
{
    LinkRig rig;

    link_rig_open(&rig, 1, "l", RATE "fq-codel, queue.memory 4kB", NULL);
    for (uint16_t n = 0; n < 6; n++)
        rig_send(&rig, &plain, n,
                 FRAME_BYTES); // the sixth finds 4000 bytes there, of which 3000 go
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), ==, 3);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, 3);
    link_rig_close(&rig);
}

// Strict traffic waits for the packet on the wire only, whatever else there is.
static void test_strict_goes_first(void)
{
    static const Kind voice = {UDP, 46 << 2, 7}, bulk = {TCP, 0, 80};
    unsigned n_voice = 0;
    LinkRig rig;

    link_rig_open(&rig, 1, "l", RATE "classes, queue.classes ef:strict,default:weight 1", NULL);
    for (unsigned n = 0; n < 1000; n++) {
        virtual_run(rig.engine, n * MS / 2);
        rig_send(&rig, &bulk, 0, FRAME_BYTES);
        if (n % 10 == 5)
            rig_send(&rig, &voice, (uint16_t)n, FRAME_BYTES);
    }
    link_rig_run_to_end(&rig);
    for (unsigned i = 0; i < probe_count(&rig.probe[LINK_FORWARD]); i++) {
        const ProbeRecord *record = probe_record(&rig.probe[LINK_FORWARD], i);

        if (record_protocol(record) != UDP)
            continue;
        n_voice++;
        g_assert_cmpint(record_wait_ns(record), <=, 2 * MS);
    }
    g_assert_cmpuint(n_voice, ==, 100);
    g_assert_cmpuint(link_rig_dropped(&rig, LINK_FORWARD, DROP_QUEUE_FULL), >, 100);
    link_rig_close(&rig);
}

// 3:1 of the bytes, whatever the lengths; and each class its own limit.
static void test_weights_share(void)
{
    static const Kind heavy = {UDP, 0, 7}, light = {TCP, 0, 80};
    uint64_t tcp_bytes = 0, udp_bytes = 0;
    int64_t longest_ns = 0;
    LinkRig rig;

    link_rig_open(&rig, 1, "l",
                  RATE "classes, queue.classes udp:weight 3,default:weight 1 limit 4 packets",
                  NULL);
    for (unsigned n = 0; n < 8000; n++) {
        virtual_run(rig.engine, n * MS / 4);
        rig_send(&rig, &heavy, 0, 400);
        rig_send(&rig, &light, 0, FRAME_BYTES);
    }
    for (unsigned i = 0; i < probe_count(&rig.probe[LINK_FORWARD]); i++) {
        const ProbeRecord *record = probe_record(&rig.probe[LINK_FORWARD], i);

        if (record_protocol(record) == TCP) {
            tcp_bytes += record->length_bytes;
            longest_ns = MAX(longest_ns, record_wait_ns(record));
        } else {
            udp_bytes += record->length_bytes;
        }
    }
    g_assert_cmpfloat((double)udp_bytes / (double)tcp_bytes, >, 2.95);
    g_assert_cmpfloat((double)udp_bytes / (double)tcp_bytes, <, 3.05);
    g_assert_cmpint(longest_ns, <, 26 * MS); // four of them, at a quarter of the rate
    link_rig_run_to_end(&rig);
    link_rig_close(&rig);
}

// Each discipline takes over from each: nothing is lost that has room, and every frame is counted.
static void test_changes_keep_frames(void)
{
    static const char *const texts[] = {
        RATE "drop-head, queue.limit 1GB",
        RATE "codel, queue.limit 1GB, queue.ecn yes, queue.target 10s, queue.interval 10s",
        RATE "fq-codel, queue.limit 1GB, queue.memory 1GB, queue.target 10s, queue.interval 10s",
        RATE "fq-codel, queue.limit 1GB, queue.memory 1GB, queue.target 10s, queue.interval 10s, "
             "queue.flows 3",
        RATE "cobalt, queue.limit 1GB, queue.target 10s, queue.interval 10s",
        RATE "classes, queue.limit 1GB, queue.classes udp:weight 1,default:weight 1",
        RATE "classes, queue.limit 1GB, queue.classes tcp:strict,default:weight 2",
        "rate 8mbit, queue 1GB",
    };
    Dice dice = dice_new(5);
    uint16_t sent = 0;
    bool has_come[4000] = {false};
    LinkRig rig;

    link_rig_open(&rig, 1, "l", texts[0], NULL);
    for (unsigned n = 0; n < 200; n++) {
        g_autoptr(LinkConfig) config =
            link_rig_config(texts[dice_throw(&dice, G_N_ELEMENTS(texts))]);

        virtual_run(rig.engine, n * 10 * MS);
        for (unsigned i = 0; i < 20; i++) {
            Kind kind = {dice_throw(&dice, 2) == 0 ? TCP : UDP, 0, (uint16_t)dice_throw(&dice, 9)};

            rig_send(&rig, &kind, sent++, FRAME_BYTES);
        }
        link_configure(rig.link, LINK_FORWARD, config);
        conservation_assert(rig.link);
    }
    link_rig_run_to_end(&rig);
    g_assert_cmpuint(probe_count(&rig.probe[LINK_FORWARD]), ==, sent);
    for (unsigned i = 0; i < sent; i++) {
        uint16_t number = record_number(probe_record(&rig.probe[LINK_FORWARD], i));

        g_assert_false(has_come[number]);
        has_come[number] = true;
    }
    link_rig_close(&rig);
}

// What waits stays, also where a discipline, another overhead or another model of the rate has
// less room, or would judge it.
static void test_changes_drop_nothing(void)
{
    static const char *const small[] = {
        "drop-tail",
        "drop-head",
        "codel",
        "fq-codel, queue.memory 10kB",
        "cobalt",
        "red, queue.min 3 packets, queue.max 10 packets",
        "pie, queue.burst 0ns",
        "fq-pie, queue.burst 0ns",
        "dualpi2",
        "classes, queue.classes default:weight 1",
        "classes, queue.classes default:strict limit 4 packets",
    };
    static const char *const rates[] = {"rate 8mbit", "rate 8mbit, overhead 10B",
                                        "rate.model bucket, rate.rate 8mbit, rate.burst 2000B"};

    for (unsigned n = 0; n < G_N_ELEMENTS(small) * G_N_ELEMENTS(rates); n++) {
        g_autofree char *text =
            g_strdup_printf("%s, queue.discipline %s, queue.limit 5 packets",
                            rates[n % G_N_ELEMENTS(rates)], small[n / G_N_ELEMENTS(rates)]);
        g_autoptr(LinkConfig) config = link_rig_config(text);
        LinkRig rig;

        link_rig_open(&rig, 1, "l", "rate 8mbit, queue 1000 packets", NULL);
        script_add(&rig.script[LINK_FORWARD], 0, 0, 300, FRAME_BYTES);
        link_rig_run(&rig, 1);
        link_configure(rig.link, LINK_FORWARD, config);
        g_assert_cmpuint(drop_total(&link_counters(rig.link, LINK_FORWARD)->drops), ==, 0);
        link_rig_run_to_end(&rig);
        link_rig_close(&rig);
    }
}

// BLUE: when the queue overflows all the time, ever more is dropped at random, by the frame's
// number and the seed.
static void test_cobalt_has_blue(void)
{
    unsigned n_aqm[2], n_again;

    for (uint64_t seed = 1; seed <= 3; seed++) {
        LinkRig rig;

        link_rig_open(&rig, MIN(seed, 2), "l", RATE "cobalt, queue.limit 4kB", NULL);
        for (unsigned n = 0; n < 4000; n++) {
            virtual_run(rig.engine, n * MS / 4);
            rig_send(&rig, &capable, 0, FRAME_BYTES);
        }
        link_rig_run_to_end(&rig);
        n_again = (unsigned)link_rig_dropped(&rig, LINK_FORWARD, DROP_AQM);
        g_assert_cmpuint(n_again, >, 100);
        if (seed < 3)
            n_aqm[seed - 1] = n_again;
        else
            g_assert_cmpuint(n_again, ==, n_aqm[1]);
        link_rig_close(&rig);
    }
    g_assert_cmpuint(n_aqm[0], !=, n_aqm[1]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/drop_head/keeps-the-newest", test_drop_head_keeps_the_newest);
    g_test_add_func("/links/drop_head/turns-away-what-never-fits",
                    test_drop_head_turns_away_what_never_fits);
    g_test_add_func("/links/queue_codel/drops-as-the-algorithm", test_codel_drops_as_the_algorithm);
    g_test_add_func("/links/queue_codel/marks-as-the-algorithm", test_codel_marks_as_the_algorithm);
    g_test_add_func("/links/disciplines/only-capable-frames-are-marked",
                    test_only_capable_frames_are_marked);
    g_test_add_func("/links/queue_fq_codel/flows-are-kept-apart", test_flows_are_kept_apart);
    g_test_add_func("/links/queue_fq_codel/flows-share-alike", test_flows_share_alike);
    g_test_add_func("/links/queue_fq_codel/overflow-hits-the-fattest",
                    test_overflow_hits_the_fattest);
    g_test_add_func("/links/queue_fq_codel/memory-is-a-limit-too", test_memory_is_a_limit_too);
    g_test_add_func("/links/queue_classes/strict-goes-first", test_strict_goes_first);
    g_test_add_func("/links/queue_classes/weights-share", test_weights_share);
    g_test_add_func("/links/disciplines/changes-keep-frames", test_changes_keep_frames);
    g_test_add_func("/links/disciplines/changes-drop-nothing", test_changes_drop_nothing);
    g_test_add_func("/links/queue_cobalt/has-blue", test_cobalt_has_blue);
    return g_test_run();
}
