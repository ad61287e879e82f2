// SPDX-License-Identifier: Apache-2.0
// The QUIC network simulator (quic-interop/quic-network-simulator), which is ns-3 between a client
// and a server: its scenarios, whose names and options its sim/scenarios/*/README.md describe.
#include <math.h>
#include <string.h>

#include "core/param.h"
#include "core/quantity.h"
#include "core/quote.h"
#include "sim/import/amount.h"
#include "sim/import/import.h"

enum { QNS_MAX_EVENTS = 1000 }; // of a blackhole that repeats

typedef enum {
    QNS_DELAY,
    QNS_BANDWIDTH,
    QNS_QUEUE,
    QNS_DROPS_TO_CLIENT,
    QNS_DROPS_TO_SERVER,
    QNS_RATE_TO_CLIENT,
    QNS_RATE_TO_SERVER,
    QNS_BURST_TO_CLIENT,
    QNS_BURST_TO_SERVER,
    QNS_ON,
    QNS_OFF,
    QNS_REPEAT,
    QNS_DIRECTION,
    QNS_CROSS_DATA_RATE,
    N_QNS_OPTIONS
} QnsOption;

typedef enum { QNS_TIME, QNS_RATE, QNS_COUNT, QNS_PERCENT, QNS_LIST, QNS_WAY } QnsKind;

static const struct {
    const char *name;
    QnsKind kind;
    const char *example;
} qns_options[] = {
    [QNS_DELAY] = {"delay", QNS_TIME, "15ms"},
    [QNS_BANDWIDTH] = {"bandwidth", QNS_RATE, "10Mbps"},
    [QNS_QUEUE] = {"queue", QNS_COUNT, "25"},
    [QNS_DROPS_TO_CLIENT] = {"drops_to_client", QNS_LIST, "1,3,4"},
    [QNS_DROPS_TO_SERVER] = {"drops_to_server", QNS_LIST, "5"},
    [QNS_RATE_TO_CLIENT] = {"rate_to_client", QNS_PERCENT, "10"},
    [QNS_RATE_TO_SERVER] = {"rate_to_server", QNS_PERCENT, "20"},
    [QNS_BURST_TO_CLIENT] = {"burst_to_client", QNS_COUNT, "3"},
    [QNS_BURST_TO_SERVER] = {"burst_to_server", QNS_COUNT, "3"},
    [QNS_ON] = {"on", QNS_TIME, "10s"},
    [QNS_OFF] = {"off", QNS_TIME, "2s"},
    [QNS_REPEAT] = {"repeat", QNS_COUNT, "2"},
    [QNS_DIRECTION] = {"direction", QNS_WAY, "toclient"},
    [QNS_CROSS_DATA_RATE] = {"crossdatarate", QNS_RATE, "5Mbps"},
};

static const char *const qns_ways[] = {"both", "toclient", "toserver", NULL};

typedef struct {
    bool given[N_QNS_OPTIONS];
    uint64_t value[N_QNS_OPTIONS];   // ns, bit/s, a count, a percentage or an index of qns_ways
    const char *text[N_QNS_OPTIONS]; // behind the '='
    bool time_is_bare;
} Qns;

#define QNS_BIT(option) (1u << (option))
#define QNS_LINK (QNS_BIT(QNS_DELAY) | QNS_BIT(QNS_BANDWIDTH) | QNS_BIT(QNS_QUEUE))

// One scenario: which options it must have and may have, and what it writes besides the link.
typedef struct {
    const char *name;
    unsigned required, optional;
    void (*write)(const Qns *qns, ScenarioText *scenario);
} QnsScenario;

// As ns-3 reads a Time: seconds without a unit.
static const AmountUnit qns_time_units[] = {
    {"", 1000000000, 1},
    {"s", 1000000000, 1},
    {"ms", 1000000, 1},
    {"us", 1000, 1},
    {"ns", 1, 1},
    {"ps", 1, 1000},
    {"fs", 1, 1000000},
    {"min", 60000000000, 1},
    {"h", 3600000000000, 1},
    {"d", 24 * 3600000000000, 1},
    {NULL, 0, 0},
};

// As ns-3 reads a DataRate: b are bits, B bytes.
static const AmountUnit qns_rate_units[] = {
    {"bps", 1, 1},
    {"b/s", 1, 1},
    {"Bps", 8, 1},
    {"B/s", 8, 1},
    {"kbps", 1000, 1},
    {"kb/s", 1000, 1},
    {"Kbps", 1000, 1},
    {"Kb/s", 1000, 1},
    {"kBps", 8000, 1},
    {"kB/s", 8000, 1},
    {"KBps", 8000, 1},
    {"KB/s", 8000, 1},
    {"Kib/s", 1024, 1},
    {"KiB/s", 8192, 1},
    {"Mbps", 1000000, 1},
    {"Mb/s", 1000000, 1},
    {"MBps", 8000000, 1},
    {"MB/s", 8000000, 1},
    {"Mib/s", 1048576, 1},
    {"MiB/s", 8388608, 1},
    {"Gbps", 1000000000, 1},
    {"Gb/s", 1000000000, 1},
    {"GBps", 8000000000, 1},
    {"GB/s", 8000000000, 1},
    {"Gib/s", 1073741824, 1},
    {"GiB/s", 8589934592, 1},
    {NULL, 0, 0},
};

static bool qns_is_list(const char *text)
{
    g_auto(GStrv) numbers = g_strsplit(text, ",", -1);
    uint64_t count;

    for (char **number = numbers; *number != NULL; number++) {
        if (!amount_parse_count(*number, INT32_MAX, &count) || count == 0)
            return false;
    }
    return *numbers != NULL;
}

static bool qns_is_way(const char *text, uint64_t *index)
{
    for (*index = 0; qns_ways[*index] != NULL; (*index)++) {
        if (strcmp(text, qns_ways[*index]) == 0)
            return true;
    }
    return false;
}

static bool qns_parse_value(QnsOption option, const char *text, uint64_t *value)
{
    switch (qns_options[option].kind) {
    case QNS_TIME:
        return amount_parse(text, qns_time_units, false, value);
    case QNS_RATE:
        return amount_parse(text, qns_rate_units, false, value) && *value > 0;
    case QNS_COUNT:
        return amount_parse_count(text, INT32_MAX, value) && *value > 0;
    case QNS_PERCENT:
        return amount_parse_count(text, 100, value);
    case QNS_LIST:
        return qns_is_list(text);
    case QNS_WAY:
        return qns_is_way(text, value);
    }
    g_assert_not_reached();
}

static bool qns_read_value(Qns *qns, QnsOption option, const char *text, const Words *words,
                           GError **error)
{
    static const char *const wanted[] = {
        [QNS_TIME] = "time",
        [QNS_RATE] = "rate",
        [QNS_COUNT] = "whole number above 0",
        [QNS_PERCENT] = "whole number from 0 to 100",
        [QNS_LIST] = "list of packet numbers from 1, with commas and no blanks",
        [QNS_WAY] = "direction (both, toclient or toserver)",
    };
    g_autofree char *quote = quote_new(text);

    if (!qns_parse_value(option, text, &qns->value[option]))
        return words_fail(words, error, "%s is no %s: write --%s=%s", quote,
                          wanted[qns_options[option].kind], qns_options[option].name,
                          qns_options[option].example);
    qns->given[option] = true;
    qns->text[option] = text;
    if (qns_options[option].kind == QNS_TIME && g_ascii_isdigit(text[strlen(text) - 1]))
        qns->time_is_bare = true;
    return true;
}

static bool qns_fail_option(const QnsScenario *kind, const char *word, const Words *words,
                            GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *name = g_strndup(word, strcspn(word, "="));
    g_autofree char *quote = quote_new(name);
    g_autofree char *list = NULL;
    const char *nearest;

    for (int option = 0; option < N_QNS_OPTIONS; option++) {
        if ((kind->required | kind->optional) & QNS_BIT(option))
            g_ptr_array_add(names, (gpointer)qns_options[option].name);
    }
    g_ptr_array_add(names, NULL);
    nearest = param_nearest(name + strspn(name, "-"), (const char *const *)names->pdata);
    if (nearest != NULL)
        return words_fail(words, error, "%s is no option of %s: did you mean --%s?", quote,
                          kind->name, nearest);
    list = g_strjoinv(", --", (char **)names->pdata);
    return words_fail(words, error, "%s is no option of %s: known are --%s", quote, kind->name,
                      list);
}

static bool qns_read_option(Qns *qns, const QnsScenario *kind, const char *word, const Words *words,
                            GError **error)
{
    const char *equals = strchr(word, '=');

    for (int option = 0; option < N_QNS_OPTIONS; option++) {
        const char *name = qns_options[option].name;

        if (!((kind->required | kind->optional) & QNS_BIT(option)) ||
            !g_str_has_prefix(word, "--") || strncmp(word + 2, name, strlen(name)) != 0 ||
            (word[2 + strlen(name)] != '=' && word[2 + strlen(name)] != '\0'))
            continue;
        if (equals == NULL)
            return words_fail(words, error, "--%s has no value: write --%s=%s", name, name,
                              qns_options[option].example);
        return qns_read_value(qns, (QnsOption)option, equals + 1, words, error);
    }
    return qns_fail_option(kind, word, words, error);
}

// The share of packets hit when no more than `burst` in a row may be: with k hits so far in a row,
// p leads to k + 1 and the rest back to 0, as does everything from `burst` on, so that the shares
// of the k are as 1, p, p^2 … p^burst, and those not hit are (1 - p) / (1 - p^(burst + 1)).
static double qns_share(double p, uint64_t burst)
{
    return p < 1 ? 1 - (1 - p) / (1 - pow(p, (double)burst + 1))
                 : (double)burst / ((double)burst + 1);
}

// Writes one rule that drops a share of the UDP packets of one direction.
static void qns_write_rate(const Qns *qns, ScenarioText *scenario, QnsOption rate, QnsOption burst,
                           const char *direction)
{
    double share = (double)qns->value[rate] / 100;

    if (qns->value[rate] == 0)
        return;
    if (qns->given[burst]) {
        share = qns_share(share, qns->value[burst]);
        text_block_note(scenario->faults,
                        "Asked was %s%% with no more than %s in a row: in the long run so many are "
                        "hit. Here a row may be longer.",
                        qns->text[rate], qns->text[burst]);
    }
    text_block_line(scenario->faults,
                    "- {drop: {}, match: \"udp\", direction: %s, which: \"%.4g%%\"}", direction,
                    share * 100);
}

static void qns_note_receiver(ScenarioText *scenario)
{
    text_block_note(scenario->faults,
                    "The simulator counts and hits UDP packets where they arrive, "
                    "these rules where they enter the link, before its queue.");
}

static void qns_write_list(const Qns *qns, ScenarioText *scenario, QnsOption list,
                           const char *direction)
{
    g_auto(GStrv) numbers = NULL;
    g_autofree char *text = NULL;

    if (!qns->given[list])
        return;
    numbers = g_strsplit(qns->text[list], ",", -1);
    text = g_strjoinv(", ", numbers);
    text_block_line(scenario->faults, "- {drop: {}, match: \"udp\", direction: %s, which: \"%s\"}",
                    direction, text);
}

static void qns_write_droplist(const Qns *qns, ScenarioText *scenario)
{
    qns_note_receiver(scenario);
    qns_write_list(qns, scenario, QNS_DROPS_TO_CLIENT, "reverse");
    qns_write_list(qns, scenario, QNS_DROPS_TO_SERVER, "forward");
}

static void qns_write_drop_rate(const Qns *qns, ScenarioText *scenario)
{
    qns_note_receiver(scenario);
    qns_write_rate(qns, scenario, QNS_RATE_TO_CLIENT, QNS_BURST_TO_CLIENT, "reverse");
    qns_write_rate(qns, scenario, QNS_RATE_TO_SERVER, QNS_BURST_TO_SERVER, "forward");
}

static void qns_write_corrupt_way(const Qns *qns, TextBlock *keys, QnsOption rate, QnsOption burst)
{
    double share = (double)qns->value[rate] / 100;

    if (qns->given[burst]) {
        share = qns_share(share, qns->value[burst]);
        text_block_note(keys,
                        "Asked was %s%% with no more than %s in a row: in the long run so "
                        "many are hit. Here a row may be longer.",
                        qns->text[rate], qns->text[burst]);
    }
    text_block_line(keys, "corrupt: {rate: %.4g%%, then: repair, where: payload}", share * 100);
}

static void qns_write_corrupt_rate(const Qns *qns, ScenarioText *scenario)
{
    text_block_note(scenario->link,
                    "The simulator changes one of the first 51 bytes of UDP payload "
                    "at random and spares QUIC's version negotiation; here it is "
                    "one bit of the payload of any frame.");
    qns_write_corrupt_way(qns, scenario->link, QNS_RATE_TO_SERVER, QNS_BURST_TO_SERVER);
    qns_write_corrupt_way(qns, scenario->reverse, QNS_RATE_TO_CLIENT, QNS_BURST_TO_CLIENT);
}

static void qns_write_blackhole(const Qns *qns, ScenarioText *scenario)
{
    static const char *const directions[] = {"", ", direction: reverse", ", direction: forward"};
    const char *direction = directions[qns->given[QNS_DIRECTION] ? qns->value[QNS_DIRECTION] : 0];
    uint64_t n_times = qns->given[QNS_REPEAT] ? qns->value[QNS_REPEAT] : 1;
    uint64_t period_ns = qns->value[QNS_ON] + qns->value[QNS_OFF];
    g_autofree char *off = quantity_format_duration((int64_t)qns->value[QNS_OFF]);

    text_block_note(scenario->timeline,
                    "The simulator drops what arrives in these times, this link "
                    "what is sent in them: a delay earlier.");
    for (uint64_t i = 0; i < MIN(n_times, QNS_MAX_EVENTS); i++) {
        g_autofree char *at =
            quantity_format_duration((int64_t)(qns->value[QNS_ON] + i * period_ns));

        text_block_line(scenario->timeline, "- {at: %s, for: %s, link: path%s, set: {loss: 100%%}}",
                        at, off, direction);
    }
    if (n_times > QNS_MAX_EVENTS)
        text_block_note(scenario->timeline, "Only the first %d of %" G_GUINT64_FORMAT " are here.",
                        QNS_MAX_EVENTS, n_times);
}

// What crosses the bottleneck besides, from a host beside the server to one beside the client.
static void qns_write_cross(ScenarioText *scenario)
{
    text_block_line(scenario->nodes, "left: {kind: switch}");
    text_block_line(scenario->nodes, "right: {kind: switch}");
    text_block_line(scenario->nodes, "sink: {}");
    text_block_line(scenario->links, "- {endpoints: [client, left]}");
    text_block_line(scenario->links, "- {endpoints: [right, server]}");
}

static void qns_write_tcp_cross(const Qns *qns, ScenarioText *scenario)
{
    (void)qns;
    qns_write_cross(scenario);
    text_block_line(scenario->nodes, "source: {sysctl: {net.ipv4.tcp_congestion_control: reno}}");
    text_block_line(scenario->links, "- {endpoints: [sink, left], rate: 100mbit, delay: 1ms}");
    text_block_line(scenario->links, "- {endpoints: [right, source], rate: 100mbit, delay: 1ms}");
    text_block_note(scenario->tasks,
                    "The simulator's TCP is that of ns-3, here it is Linux's, both "
                    "Reno. Put a step of your own behind these, which ends the "
                    "run.");
    text_block_line(scenario->tasks,
                    "- {on: sink, run: iperf3 -s -1, background: true, ready: \"tcp:5201\"}");
    text_block_line(scenario->tasks, "- {on: source, run: iperf3 -c sink -t 36000 -i 5, "
                                     "background: true}");
}

static void qns_write_udp_cross(const Qns *qns, ScenarioText *scenario)
{
    qns_write_cross(scenario);
    text_block_line(scenario->nodes, "source: {}");
    text_block_line(scenario->links, "- {endpoints: [sink, left]}");
    text_block_line(scenario->links, "- {endpoints: [right, source]}");
    text_block_note(scenario->tasks, "As there, from second 20 on. Put a step of your own behind "
                                     "these, which ends the run.");
    text_block_line(scenario->tasks,
                    "- {on: sink, run: iperf3 -s -1, background: true, ready: \"tcp:5201\"}");
    text_block_line(scenario->tasks,
                    "- {on: source, run: \"sleep 20; iperf3 -c sink -u -b %" G_GUINT64_FORMAT
                    " -t 36000\", background: true}",
                    qns->value[QNS_CROSS_DATA_RATE]);
}

static const QnsScenario qns_scenarios[] = {
    {"simple-p2p", QNS_LINK, 0, NULL},
    {"droplist", QNS_LINK, QNS_BIT(QNS_DROPS_TO_CLIENT) | QNS_BIT(QNS_DROPS_TO_SERVER),
     qns_write_droplist},
    {"drop-rate", QNS_LINK | QNS_BIT(QNS_RATE_TO_CLIENT) | QNS_BIT(QNS_RATE_TO_SERVER),
     QNS_BIT(QNS_BURST_TO_CLIENT) | QNS_BIT(QNS_BURST_TO_SERVER), qns_write_drop_rate},
    {"corrupt-rate", QNS_LINK | QNS_BIT(QNS_RATE_TO_CLIENT) | QNS_BIT(QNS_RATE_TO_SERVER),
     QNS_BIT(QNS_BURST_TO_CLIENT) | QNS_BIT(QNS_BURST_TO_SERVER), qns_write_corrupt_rate},
    {"blackhole", QNS_LINK | QNS_BIT(QNS_ON) | QNS_BIT(QNS_OFF),
     QNS_BIT(QNS_REPEAT) | QNS_BIT(QNS_DIRECTION), qns_write_blackhole},
    {"tcp-cross-traffic", QNS_LINK, 0, qns_write_tcp_cross},
    {"udp-cross-traffic", QNS_LINK | QNS_BIT(QNS_CROSS_DATA_RATE), 0, qns_write_udp_cross},
};

// What is there as a scenario of its own, and what else a name may stand for.
static const struct {
    const char *name, *remedy;
} qns_elsewhere[] = {
    {"rebind", "no link does that by itself: run scenarios/quic/rebind.yaml, which ships with "
               "taploom, where a router changes the port; rebind-addr.yaml beside it, the address"},
    {"rebind-addr", "no link does that by itself: run scenarios/quic/rebind-addr.yaml, which ships "
                    "with taploom, where a router changes the address"},
    {"asymmetric", "run scenarios/quic/asymmetric.yaml, which ships with taploom, or import "
                   "simple-p2p and give it reverse: {rate: …}"},
    {"cross-traffic", "write tcp-cross-traffic or udp-cross-traffic"},
};

static const QnsScenario *qns_find(const char *word, const Words *words, GError **error)
{
    const char *names[G_N_ELEMENTS(qns_scenarios) + 1] = {NULL};
    g_autofree char *quote = quote_new(word);
    g_autofree char *list = NULL;
    const char *nearest;

    for (size_t i = 0; i < G_N_ELEMENTS(qns_scenarios); i++) {
        if (strcmp(qns_scenarios[i].name, word) == 0)
            return &qns_scenarios[i];
        names[i] = qns_scenarios[i].name;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(qns_elsewhere); i++) {
        if (strcmp(qns_elsewhere[i].name, word) != 0)
            continue;
        words_fail(words, error, "%s: %s", word, qns_elsewhere[i].remedy);
        return NULL;
    }
    nearest = param_nearest(word, names);
    list = g_strjoinv(", ", (char **)names);
    if (nearest != NULL)
        words_fail(words, error, "%s is no scenario: did you mean %s?", quote, nearest);
    else
        words_fail(words, error, "%s is no scenario: known are %s", quote, list);
    return NULL;
}

// The link that all have, between a client on the left and a server on the right.
static void qns_write_link(const Qns *qns, ScenarioText *scenario, bool has_cross_traffic)
{
    g_autofree char *delay = quantity_format_duration((int64_t)qns->value[QNS_DELAY]);
    g_autofree char *rate = quantity_format_rate(qns->value[QNS_BANDWIDTH]);

    text_block_line(scenario->nodes, "client: {}");
    text_block_line(scenario->nodes, "server: {}");
    text_block_line(scenario->link, "endpoints: [%s]",
                    has_cross_traffic ? "left, right" : "client, server");
    text_block_line(scenario->link, "name: path");
    text_block_note(scenario->link,
                    "Of a packet the simulator sends 2 bytes of PPP and no Ethernet "
                    "header: 12 bytes fewer than here.");
    text_block_line(scenario->link, "rate: %s", rate);
    text_block_note(scenario->link, "One more than --queue: ns-3 counts the packet that waits in "
                                    "the device apart. There, packets of three bands by TOS wait "
                                    "apart too.");
    text_block_line(scenario->link, "queue: %" G_GUINT64_FORMAT " packets",
                    qns->value[QNS_QUEUE] + 1);
    if (qns->time_is_bare)
        text_block_note(scenario->link, "A time without a unit is seconds in ns-3.");
    text_block_line(scenario->link, "delay: %s", delay);
}

static bool qns_read(Words *words, ScenarioText *scenario, GError **error)
{
    const char *word = words_need(words, "the name of a scenario, such as simple-p2p,", error);
    const QnsScenario *kind = word != NULL ? qns_find(word, words, error) : NULL;
    Qns qns = {.time_is_bare = false};

    if (kind == NULL)
        return false;
    while ((word = words_next(words)) != NULL) {
        if (!qns_read_option(&qns, kind, word, words, error))
            return false;
    }
    for (int option = 0; option < N_QNS_OPTIONS; option++) {
        if (kind->required & QNS_BIT(option) && !qns.given[option])
            return words_fail_at_end(words, error, "%s needs --%s: write --%s=%s", kind->name,
                                     qns_options[option].name, qns_options[option].name,
                                     qns_options[option].example);
    }
    qns_write_link(&qns, scenario, g_str_has_suffix(kind->name, "-cross-traffic"));
    if (kind->write != NULL)
        kind->write(&qns, scenario);
    return true;
}

const ImportFormat qns_import = {
    .name = "qns",
    .summary = "a scenario of the QUIC network simulator",
    .example = "simple-p2p --delay=15ms --bandwidth=10Mbps --queue=25",
    .read = qns_read,
};
