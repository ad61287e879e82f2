// SPDX-License-Identifier: Apache-2.0
// What each stage and each queue costs a frame in virtual time, in nanoseconds of processor time,
// as JSON.
// - `stages`: a link with that stage and nothing else, less an empty link (but for what needs
//   another beside it);
// - `queues`: a link to which 105 % of its rate is sent, so that the discipline has to work, less
//   one with the same rate in which nothing ever waits. What is dropped counts as well.
//
// All rigs run in short turns, one after the other; a figure is the median, over the rounds, of the
// difference between two turns of the same round. Names given as arguments: only these.
#include <arpa/inet.h>
#include <glib.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "links/fault/faults.h"
#include "sim/capture/filter.h"
#include "tests/bench/rig.h"
#include "tests/support/fault_script.h"
#include "tests/support/link_rig.h"

#define MS INT64_C(1000000)

enum {
    N_ROUNDS = 41,
    TURN_NS = 3000 * 1000,
    WARM_UP_FRAMES = 20000,
    FRAME_BYTES = 1000,
    N_FLOWS = 8,
    FIRST_PORT = 20000,
    ETHERTYPE_IPV4 = 0x0800,
    PROTOCOL_UDP = 17,
    TTL = 64,
    TOS_EXPEDITED = 46 << 2,
    STAGE_GAP_NS = 10 * 1000,
    QUEUE_FRAME_NS = 800 * 1000, // 1000 bytes at 10 Mbit/s
    QUEUE_BUSY_GAP_NS = QUEUE_FRAME_NS / 105 * 100,
    QUEUE_IDLE_GAP_NS = QUEUE_FRAME_NS / 95 * 100,
};

typedef struct {
    const char *name, *config;
    const char *which, *match; // of a rule of `faults`, which drops; NULL for none
} Case;

// Each is measured against the first.
static const Case stages[] = {
    {"empty link", ""},
    {"loss, independent", "loss 1%"},
    {"loss, Gilbert", "loss.model gilbert, loss.rate 1%, loss.burst 4"},
    {"loss, Gilbert over time", "loss.model gilbert, loss.rate 1%, loss.burst 4, loss.step 1ms"},
    {"loss, Gilbert-Elliott",
     "loss.model gilbert-elliott, loss.p 1%, loss.r 25%, loss.1-h 90%, loss.1-k 0.1%"},
    {"loss, four states",
     "loss.model four-state, loss.p13 1%, loss.p31 30%, loss.p32 10%, loss.p14 0.1%"},
    {"loss, periodic", "loss.model periodic, loss.every 100"},
    {"loss, pattern", "loss.model pattern, loss.pattern ...............................x.x"},
    {"loss, list", "loss.model list, loss.indices 5,6,9,1000-1010"},
    {"corrupt, dropped", "corrupt 1%"},
    {"corrupt by bit errors, delivered", "corrupt.ber 1e-6, corrupt.then deliver"},
    {"duplicate", "duplicate 1%"},
    {"duplicate, delayed", "duplicate 1%, duplicate.delay 1ms"},
    {"delay", "delay 200us"},
    {"jitter, uniform", "delay 200us, jitter 50us"},
    {"jitter, normal", "delay 200us, jitter 50us, jitter.distribution normal"},
    {"jitter, pareto", "delay 200us, jitter 50us, jitter.distribution pareto"},
    {"jitter, paretonormal", "delay 200us, jitter 50us, jitter.distribution paretonormal"},
    {"jitter, exponential", "delay 200us, jitter 50us, jitter.distribution exponential"},
    {"jitter, gamma", "delay 200us, jitter 50us, jitter.distribution gamma, jitter.shape 4"},
    {"jitter, table", "delay 200us, jitter 50us, jitter.file -8192 0 0 8192, "
                      "jitter.distribution table"},
    {"jitter, correlated over frames",
     "delay 200us, jitter 50us, jitter.distribution normal, jitter.correlation 10 packets"},
    {"jitter, correlated over time",
     "delay 200us, jitter 50us, jitter.distribution normal, jitter.correlation 1ms"},
    {"jitter that reorders", "delay 200us, jitter 50us, jitter.reorder yes"},
    {"delays from a trace", "delay.trace 200us\n250us\n220us\n210us"},
    {"reorder by frames", "reorder 1%"},
    {"reorder by time", "reorder 1%, reorder.extent 100us"},
    {"slot", "slot 1ms"},
    {"policer", "policer 1gbit, policer.burst 15140B"},
    {"faults, by number", "", "every 1000"},
    {"faults, short filter", "", "every 1000", "udp port 53"},
    {"faults, long filter", "", "every 1000",
     "tcp port 443 or udp port 443 or tcp port 80 or udp port 53 or (udp and src net 10.0.0.0/8 "
     "and not dst net 10.0.0.0/16)"},
    {"rate, constant", "rate 1gbit"},
    {"rate, bucket", "rate.model bucket, rate.rate 1gbit, rate.burst 15140B"},
    {"rate, bucket with a peak",
     "rate.model bucket, rate.rate 1gbit, rate.burst 15140B, rate.peak 2gbit"},
    {"rate, trace",
     "rate.model trace, rate.file 1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1"},
    {"medium, half-duplex", "rate 1gbit, medium half-duplex"},
};

static const Case queues[] = {
    {"rate, nothing waiting", "rate 10mbit"},
    {"drop-tail", "rate 10mbit, queue 100 packets"},
    {"drop-head", "rate 10mbit, queue.discipline drop-head, queue.limit 100 packets"},
    {"RED", "rate 10mbit, queue.discipline red, queue.limit 100 packets, queue.adaptive no, "
            "queue.min 10 packets, queue.max 40 packets"},
    {"adaptive RED", "rate 10mbit, queue.discipline red, queue.limit 100 packets"},
    {"CoDel", "rate 10mbit, queue.discipline codel"},
    {"FQ-CoDel", "rate 10mbit, queue.discipline fq-codel"},
    {"PIE", "rate 10mbit, queue.discipline pie"},
    {"FQ-PIE", "rate 10mbit, queue.discipline fq-pie"},
    {"COBALT", "rate 10mbit, queue.discipline cobalt"},
    {"DualPI2", "rate 10mbit, queue.discipline dualpi2"},
    {"classes, strict", "rate 10mbit, queue.discipline classes, queue.limit 100 packets, "
                        "queue.classes ef:strict,default:weight 1"},
    {"classes, weighted", "rate 10mbit, queue.discipline classes, queue.limit 100 packets, "
                          "queue.classes ef:weight 3,default:weight 1"},
};

typedef struct {
    const Case *what;
    Rig *rig;
    GArray *above_ns; // the first of its kind, round by round; of the first itself: its cost
} Subject;

typedef struct {
    FaultMatcher matcher;
    Filter *filter;
} FilterMatcher;

static bool filter_matcher_match(const FaultMatcher *matcher, const uint8_t *bytes,
                                 uint32_t length_bytes)
{
    return filter_passes(((const FilterMatcher *)matcher)->filter, bytes, length_bytes);
}

static void filter_matcher_free(FaultMatcher *matcher)
{
    filter_free(((FilterMatcher *)matcher)->filter);
    g_free(matcher);
}

static FaultMatcher *filter_matcher_new(const char *text)
{
    FilterMatcher *self = g_new(FilterMatcher, 1);
    GError *error = NULL;

    *self = (FilterMatcher){{filter_matcher_match, filter_matcher_free},
                            filter_new(CAPTURE_ETHERNET, text, &error)};
    g_assert_no_error(error);
    return &self->matcher;
}

// A UDP datagram of one of some flows, of which every other is to be forwarded expeditedly; only
// the headers are written, and no checksum, which nothing here reads.
static Frame *datagram_make(FramePool *pool, uint32_t length_bytes, uint64_t number)
{
    Frame *frame = frame_new(pool, length_bytes);
    uint8_t *bytes = frame_bytes(frame);
    uint32_t ip_bytes = length_bytes - FRAME_ETHERNET_HEADER_BYTES;
    struct iphdr ip = {.version = 4,
                       .ihl = 5,
                       .tos = number % 2 == 0 ? TOS_EXPEDITED : 0,
                       .tot_len = htons((uint16_t)ip_bytes),
                       .ttl = TTL,
                       .protocol = PROTOCOL_UDP,
                       .saddr = htonl(0x0a000001),
                       .daddr = htonl(0x0a000002)};
    struct udphdr udp = {.source = htons((uint16_t)(FIRST_PORT + number % N_FLOWS)),
                         .dest = htons(FIRST_PORT),
                         .len = htons((uint16_t)(ip_bytes - sizeof ip))};

    frame->length_bytes = length_bytes;
    memset(bytes, 0, FRAME_ETHERNET_HEADER_BYTES);
    bytes[FRAME_ETHERNET_HEADER_BYTES - 2] = ETHERTYPE_IPV4 >> 8;
    memcpy(bytes + FRAME_ETHERNET_HEADER_BYTES, &ip, sizeof ip);
    memcpy(bytes + FRAME_ETHERNET_HEADER_BYTES + sizeof ip, &udp, sizeof udp);
    return frame;
}

static LinkConfig *case_config(const Case *what)
{
    LinkConfig *config = link_rig_config(what->config);
    FaultList *list;

    if (what->which == NULL)
        return config;
    list = fault_list_new();
    if (what->match != NULL)
        fault_script_add(list, "drop", "", what->which)->matcher = filter_matcher_new(what->match);
    else
        fault_script_add(list, "drop", "", what->which);
    faults_set_list(config, list);
    param_object_unref(&list->object);
    return config;
}

static void subject_init(Subject *self, const Case *what, int64_t gap_ns)
{
    RigFlow flow = {datagram_make, FRAME_BYTES, gap_ns};

    self->what = what;
    self->rig = rig_new(1, case_config(what));
    self->above_ns = g_array_new(FALSE, FALSE, sizeof(double));
    link_connect(self->rig->links[0], LINK_FORWARD, &self->rig->drain.sink);
    rig_start(self->rig, 0, &flow, gap_ns);
    engine_run_until(self->rig->engine, WARM_UP_FRAMES * gap_ns);
}

// Where nothing has been dropped, the discipline had nothing to do.
static void subject_assert_worked(const Subject *self)
{
    const LinkCounters *counters = link_counters(self->rig->links[0], LINK_FORWARD);

    if (drop_total(&counters->drops) == 0)
        g_error("%s has dropped nothing", self->what->name);
}

static void subject_clear(Subject *self)
{
    rig_free(self->rig);
    g_array_unref(self->above_ns);
}

// One round of the first and all others.
static void subjects_measure(Subject *subjects, unsigned n_subjects)
{
    double first_ns = 0;

    for (unsigned n = 0; n < n_subjects; n++) {
        double above_ns = rig_turn(subjects[n].rig, TURN_NS).sent_ns - first_ns;

        if (n == 0)
            first_ns = above_ns;
        g_array_append_val(subjects[n].above_ns, above_ns);
    }
}

static void subjects_print(const char *kind, const Subject *subjects, unsigned n_subjects)
{
    printf("\"%s\": {\"frame_ns\": %.1f, \"above_ns\": {", kind, rig_median(subjects[0].above_ns));
    for (unsigned n = 1; n < n_subjects; n++)
        printf("%s\"%s\": %.1f", n > 1 ? ", " : "", subjects[n].what->name,
               rig_median(subjects[n].above_ns));
    printf("}}");
}

// The first, and those asked for; all without any words.
static unsigned subjects_choose(Subject *subjects, const Case *cases, size_t n_cases,
                                char *const *words)
{
    unsigned n_subjects = 0;

    for (size_t n = 0; n < n_cases; n++) {
        int64_t gap_ns = cases == stages ? STAGE_GAP_NS
                         : n == 0        ? QUEUE_IDLE_GAP_NS
                                         : QUEUE_BUSY_GAP_NS;

        if (n == 0 || *words == NULL || g_strv_contains((const char *const *)words, cases[n].name))
            subject_init(&subjects[n_subjects++], &cases[n], gap_ns);
    }
    return n_subjects;
}

int main(int argc, char **argv)
{
    Subject of_stages[G_N_ELEMENTS(stages)], of_queues[G_N_ELEMENTS(queues)];
    unsigned n_stages, n_queues;

    (void)argc;
    n_stages = subjects_choose(of_stages, stages, G_N_ELEMENTS(stages), argv + 1);
    n_queues = subjects_choose(of_queues, queues, G_N_ELEMENTS(queues), argv + 1);
    for (int round = 0; round < N_ROUNDS; round++) {
        subjects_measure(of_stages, n_stages);
        subjects_measure(of_queues, n_queues);
    }
    for (unsigned n = 1; n < n_queues; n++)
        subject_assert_worked(&of_queues[n]);
    printf("{");
    subjects_print("stages", of_stages, n_stages);
    printf(", ");
    subjects_print("queues", of_queues, n_queues);
    printf("}\n");
    for (unsigned n = 0; n < n_stages; n++)
        subject_clear(&of_stages[n]);
    for (unsigned n = 0; n < n_queues; n++)
        subject_clear(&of_queues[n]);
    return EXIT_SUCCESS;
}
