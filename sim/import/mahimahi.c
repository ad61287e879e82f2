// SPDX-License-Identifier: Apache-2.0
// mahimahi's shells, one within the other: mm-delay, mm-loss and mm-link. What runs in the
// innermost is the client; what lies beyond the outermost the server.
#include <string.h>

#include "core/param.h"
#include "core/quantity.h"
#include "core/quote.h"
#include "sim/import/amount.h"
#include "sim/import/import.h"

enum { MAHIMAHI_MAX_DELAY_MS = 3600000 };

typedef struct {
    const char *trace; // a file with one delivery opportunity a line; NULL: no mm-link
    const char *queue; // a queue of mahimahi; NULL: infinite
    const char *queue_args;
} MahimahiWay;

enum { UPLINK, DOWNLINK, N_WAYS };

typedef struct {
    Words *words;
    GError **error;
    uint64_t delay_ms;     // of all shells together
    double passed[N_WAYS]; // the share that no mm-loss takes
    MahimahiWay ways[N_WAYS];
    bool once;
    bool delay_is_inside; // of mm-link
} Mahimahi;

static bool mahimahi_read_delay(Mahimahi *self)
{
    const char *word = words_need(self->words, "a delay in milliseconds", self->error);
    g_autofree char *quote = word != NULL ? quote_new(word) : NULL;
    uint64_t delay_ms;

    if (word == NULL)
        return false;
    if (!amount_parse_count(word, MAHIMAHI_MAX_DELAY_MS - self->delay_ms, &delay_ms))
        return words_fail(self->words, self->error,
                          "%s is no delay: write whole milliseconds without a unit, such as 40, an "
                          "hour at most",
                          quote);
    self->delay_ms += delay_ms;
    self->delay_is_inside |= self->ways[UPLINK].trace != NULL;
    return true;
}

// A share between 0 and 1 as mm-loss wants it.
static bool share_parse(const char *text, double *share)
{
    static const AmountUnit units[] = {{"", UINT64_C(1) << 32, 1}, {NULL, 0, 0}};
    uint64_t steps;

    if (!amount_parse(text, units, false, &steps) || steps > UINT64_C(1) << 32)
        return false;
    *share = (double)steps / (double)(UINT64_C(1) << 32);
    return true;
}

static bool mahimahi_read_loss(Mahimahi *self)
{
    const char *way = words_need(self->words, "uplink or downlink", self->error);
    const char *word;
    g_autofree char *quote = NULL;
    double share;

    if (way == NULL)
        return false;
    quote = quote_new(way);
    if (strcmp(way, "uplink") != 0 && strcmp(way, "downlink") != 0)
        return words_fail(self->words, self->error,
                          "%s is no direction: write uplink or downlink, then the loss", quote);
    word = words_need(self->words, "the share lost, from 0 to 1,", self->error);
    if (word == NULL)
        return false;
    g_free(quote);
    quote = quote_new(word);
    if (!share_parse(word, &share))
        return words_fail(self->words, self->error,
                          "%s is no loss: write a share from 0 to 1, such as 0.01 for 1%%", quote);
    self->passed[strcmp(way, "uplink") == 0 ? UPLINK : DOWNLINK] *= 1 - share;
    return true;
}

// The value of `--NAME=value` if `word` is that.
static const char *option_value(const char *word, const char *name)
{
    return g_str_has_prefix(word, name) && word[strlen(name)] == '=' ? word + strlen(name) + 1
                                                                     : NULL;
}

static bool mahimahi_read_queue(Mahimahi *self, const char *name, MahimahiWay *way)
{
    static const char *const queues[] = {"infinite", "droptail", "drophead", "codel", "pie", NULL};
    g_autofree char *quote = quote_new(name);

    if (!g_strv_contains(queues, name))
        return words_fail(self->words, self->error,
                          "%s is no queue of mm-link: write infinite, droptail, drophead, codel or "
                          "pie",
                          quote);
    way->queue = name;
    return true;
}

static bool mahimahi_read_link_option(Mahimahi *self, const char *word)
{
    static const char *const names[] = {"--uplink", "--downlink"};
    g_autofree char *quote = quote_new(word);

    for (int way = 0; way < N_WAYS; way++) {
        g_autofree char *queue = g_strconcat(names[way], "-queue", NULL);
        g_autofree char *args = g_strconcat(names[way], "-queue-args", NULL);
        g_autofree char *log = g_strconcat(names[way], "-log", NULL);

        if (option_value(word, queue) != NULL)
            return mahimahi_read_queue(self, option_value(word, queue), &self->ways[way]);
        if (option_value(word, args) != NULL) {
            self->ways[way].queue_args = option_value(word, args);
            return true;
        }
        if (option_value(word, log) != NULL)
            return true;
    }
    if (strcmp(word, "--once") == 0) {
        self->once = true;
        return true;
    }
    if (g_str_has_prefix(word, "--meter-"))
        return true;
    return words_fail(self->words, self->error,
                      "%s is no option of mm-link: known are --once, --uplink-queue=, "
                      "--downlink-queue=, --uplink-queue-args= and --downlink-queue-args=",
                      quote);
}

// "packets" out of "packets=100, target=5": 0 without it.
static uint64_t queue_arg(const MahimahiWay *way, const char *name)
{
    g_auto(GStrv) pairs = g_strsplit(way->queue_args != NULL ? way->queue_args : "", ",", -1);
    uint64_t count;

    for (char **pair = pairs; *pair != NULL; pair++) {
        const char *value = option_value(g_strstrip(*pair), name);

        if (value != NULL && amount_parse_count(g_strchomp((char *)value), UINT32_MAX, &count))
            return count;
    }
    return 0;
}

// mm-link refuses a queue without these.
static bool mahimahi_check_queue(const Mahimahi *self, const MahimahiWay *way)
{
    static const struct {
        const char *queue, *args[2];
    } needs[] = {{"codel", {"target", "interval"}}, {"pie", {"qdelay_ref", "max_burst"}}};

    if (way->queue == NULL || strcmp(way->queue, "infinite") == 0)
        return true;
    if (queue_arg(way, "packets") == 0 && queue_arg(way, "bytes") == 0)
        return words_fail(self->words, self->error,
                          "the queue %s needs a limit: write --uplink-queue-args=packets=100, or "
                          "--downlink-queue-args=",
                          way->queue);
    for (size_t i = 0; i < G_N_ELEMENTS(needs); i++) {
        for (size_t j = 0; j < 2 && strcmp(way->queue, needs[i].queue) == 0; j++) {
            if (queue_arg(way, needs[i].args[j]) == 0)
                return words_fail(self->words, self->error,
                                  "the queue %s needs %s and %s in milliseconds among its "
                                  "arguments",
                                  way->queue, needs[i].args[0], needs[i].args[1]);
        }
    }
    if (strcmp(way->queue, "codel") == 0 && queue_arg(way, "target") > queue_arg(way, "interval"))
        return words_fail(
            self->words, self->error,
            "the target of codel is above its interval: write a twentieth of that, as "
            "target=5, interval=100");
    return true;
}

static bool mahimahi_read_link(Mahimahi *self)
{
    static const char *const wanted[] = {"the trace of the uplink", "the trace of the downlink"};
    int n_traces = 0;
    const char *word;

    if (self->ways[UPLINK].trace != NULL)
        return words_fail(self->words, self->error,
                          "a second mm-link: a scenario for it needs a second link, write it as "
                          "client - middle - server");
    // As getopt does: options anywhere.
    while ((word = words_peek(self->words)) != NULL) {
        if (g_str_has_prefix(word, "--") && word[2] != '\0') {
            words_next(self->words);
            if (!mahimahi_read_link_option(self, word))
                return false;
        } else if (n_traces < N_WAYS && strcmp(word, "--") != 0) {
            self->ways[n_traces++].trace = words_next(self->words);
        } else {
            break;
        }
    }
    if (n_traces < N_WAYS)
        return words_fail_at_end(self->words, self->error, "mm-link lacks %s", wanted[n_traces]);
    return mahimahi_check_queue(self, &self->ways[UPLINK]) &&
           mahimahi_check_queue(self, &self->ways[DOWNLINK]);
}

static const struct {
    const char *name;
    bool (*read)(Mahimahi *mahimahi);
} shells[] = {
    {"mm-delay", mahimahi_read_delay},
    {"mm-loss", mahimahi_read_loss},
    {"mm-link", mahimahi_read_link},
};

static bool mahimahi_read_shell(Mahimahi *self, const char *word)
{
    const char *names[G_N_ELEMENTS(shells) + 1] = {NULL};
    g_autofree char *quote = quote_new(word);
    const char *nearest;

    for (size_t i = 0; i < G_N_ELEMENTS(shells); i++) {
        if (strcmp(word, shells[i].name) == 0)
            return shells[i].read(self);
        names[i] = shells[i].name;
    }
    nearest = param_nearest(word, names);
    if (nearest != NULL)
        return words_fail(self->words, self->error, "%s is no shell of mahimahi: did you mean %s?",
                          quote, nearest);
    return words_fail(self->words, self->error,
                      "%s cannot be imported: known are mm-delay, mm-loss and mm-link", quote);
}

static void mahimahi_write_queue(const MahimahiWay *way, TextBlock *keys)
{
    const char *discipline = g_strcmp0(way->queue, "drophead") == 0 ? "drop-head" : way->queue;
    uint64_t n_packets = queue_arg(way, "packets"), n_bytes = queue_arg(way, "bytes");
    g_autofree char *limit = n_packets > 0
                                 ? g_strdup_printf("%" G_GUINT64_FORMAT " packets", n_packets)
                                 : g_strdup_printf("%" G_GUINT64_FORMAT "B", n_bytes);

    if (way->queue == NULL || strcmp(way->queue, "infinite") == 0) {
        text_block_note(keys, "mm-link's queue has no limit.");
        text_block_line(keys, "queue: 1000000 packets");
        return;
    }
    if (n_packets > 0 && n_bytes > 0)
        text_block_note(keys, "The limit of %" G_GUINT64_FORMAT " bytes besides is left out.",
                        n_bytes);
    if (strcmp(way->queue, "droptail") == 0) {
        text_block_line(keys, "queue: %s", limit);
    } else if (strcmp(way->queue, "drophead") == 0) {
        text_block_line(keys, "queue: {discipline: %s, limit: %s}", discipline, limit);
    } else if (strcmp(way->queue, "codel") == 0) {
        text_block_line(keys,
                        "queue: {discipline: codel, limit: %s, target: %" G_GUINT64_FORMAT
                        "ms, interval: %" G_GUINT64_FORMAT "ms}",
                        limit, queue_arg(way, "target"), queue_arg(way, "interval"));
    } else {
        text_block_note(keys, "mm-link's PIE takes the delay from the rate at which packets leave; "
                              "here it is that of RFC 8033.");
        text_block_line(keys,
                        "queue: {discipline: pie, limit: %s, target: %" G_GUINT64_FORMAT
                        "ms, burst: %" G_GUINT64_FORMAT "ms, update: 30ms}",
                        limit, queue_arg(way, "qdelay_ref"), queue_arg(way, "max_burst"));
    }
}

static void mahimahi_write_way(const Mahimahi *self, int way, TextBlock *keys)
{
    const char *loop = self->once ? ", loop: no" : "";
    double share = 1 - self->passed[way];

    if (self->ways[way].trace != NULL) {
        g_autofree char *file = scenario_text_quote(self->ways[way].trace);

        text_block_line(keys, "rate: {model: trace, file: %s%s}", file, loop);
        mahimahi_write_queue(&self->ways[way], keys);
    }
    if (share > 0 || self->passed[UPLINK] < 1)
        text_block_line(keys, "loss: %.6g%%", share * 100);
}

static void mahimahi_write(const Mahimahi *self, ScenarioText *scenario)
{
    text_block_note(scenario->head, "The client stands for what runs inside the shells, the server "
                                    "for what lies beyond: the way from client to server is the "
                                    "uplink.");
    if (self->delay_is_inside)
        text_block_note(scenario->head, "mm-delay inside mm-link delays what goes up before its "
                                        "queue, a link behind it.");
    text_block_line(scenario->nodes, "client: {}");
    text_block_line(scenario->nodes, "server: {}");
    text_block_line(scenario->link, "endpoints: [client, server]");
    mahimahi_write_way(self, UPLINK, scenario->link);
    if (self->delay_ms > 0)
        text_block_line(scenario->link, "delay: %" G_GUINT64_FORMAT "ms", self->delay_ms);
    mahimahi_write_way(self, DOWNLINK, scenario->reverse);
}

static bool mahimahi_read(Words *words, ScenarioText *scenario, GError **error)
{
    Mahimahi self = {.words = words, .error = error, .passed = {1, 1}};
    const char *word = words_need(words, "mm-delay, mm-loss or mm-link", error);

    if (word == NULL)
        return false;
    // What follows the shells is the command that runs in them.
    while (word != NULL && strcmp(word, "--") != 0) {
        if (!mahimahi_read_shell(&self, word))
            return false;
        word = words_next(words);
        if (word != NULL && !g_str_has_prefix(word, "mm-"))
            break;
    }
    mahimahi_write(&self, scenario);
    return true;
}

const ImportFormat mahimahi_import = {
    .name = "mahimahi",
    .summary = "mahimahi's shells: mm-delay, mm-loss, mm-link",
    .example = "mm-delay 40 mm-loss uplink 0.01 mm-link up.trace down.trace",
    .read = mahimahi_read,
};
