// SPDX-License-Identifier: Apache-2.0
// The grammar of netem's options: keywords may be shortened and come in any order, the last one of
// a kind counts; what is optional behind a keyword is there when it begins with a digit.
#include "sim/import/netem.h"

#include <string.h>

#include "core/param.h"
#include "core/quote.h"
#include "sim/import/amount.h"

typedef struct {
    Words *words;
    Netem *netem;
    GError **error;
} NetemParser;

// tc(8) reads a bare number as microseconds.
static const AmountUnit time_units[] = {
    {"", 1000, 1},      {"s", 1000000000, 1}, {"sec", 1000000000, 1}, {"secs", 1000000000, 1},
    {"ms", 1000000, 1}, {"msec", 1000000, 1}, {"msecs", 1000000, 1},  {"us", 1000, 1},
    {"usec", 1000, 1},  {"usecs", 1000, 1},   {"ns", 1, 1},           {"nsec", 1, 1},
    {"nsecs", 1, 1},    {NULL, 0, 0},
};

#define KIBI UINT64_C(1024)

// "bps" are bytes a second.
static const AmountUnit rate_units[] = {
    {"", 1, 1},
    {"bit", 1, 1},
    {"kbit", 1000, 1},
    {"mbit", 1000000, 1},
    {"gbit", 1000000000, 1},
    {"tbit", 1000000000000, 1},
    {"kibit", KIBI, 1},
    {"mibit", KIBI *KIBI, 1},
    {"gibit", KIBI *KIBI *KIBI, 1},
    {"tibit", KIBI *KIBI *KIBI *KIBI, 1},
    {"bps", 8, 1},
    {"kbps", 8000, 1},
    {"mbps", 8000000, 1},
    {"gbps", 8000000000, 1},
    {"tbps", 8000000000000, 1},
    {"kibps", 8 * KIBI, 1},
    {"mibps", 8 * KIBI *KIBI, 1},
    {"gibps", 8 * KIBI *KIBI *KIBI, 1},
    {"tibps", 8 * KIBI *KIBI *KIBI *KIBI, 1},
    {NULL, 0, 0},
};

// Sizes are powers of 1024, whatever they are called.
static const AmountUnit size_units[] = {
    {"", 1, 1},
    {"b", 1, 1},
    {"k", KIBI, 1},
    {"kb", KIBI, 1},
    {"m", KIBI *KIBI, 1},
    {"mb", KIBI *KIBI, 1},
    {"g", KIBI *KIBI *KIBI, 1},
    {"gb", KIBI *KIBI *KIBI, 1},
    {"kbit", KIBI, 8},
    {"mbit", KIBI *KIBI, 8},
    {"gbit", KIBI *KIBI *KIBI, 8},
    {NULL, 0, 0},
};

G_GNUC_PRINTF(2, 3)
static bool netem_fail(NetemParser *self, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return words_fail(self->words, self->error, "%s", message);
}

static bool netem_fail_word(NetemParser *self, const char *word, const char *what)
{
    g_autofree char *quote = quote_new(word);

    return netem_fail(self, "%s is no %s", quote, what);
}

static bool netem_next_is_number(const NetemParser *self)
{
    const char *word = words_peek(self->words);

    return word != NULL && g_ascii_isdigit(*word);
}

static bool netem_next_is_signed_number(const NetemParser *self)
{
    const char *word = words_peek(self->words);

    return word != NULL && (g_ascii_isdigit(*word) || *word == '-');
}

static bool netem_read_time(NetemParser *self, const char *what, int64_t *ns)
{
    const char *word = words_need(self->words, what, self->error);
    uint64_t amount;

    if (word == NULL)
        return false;
    if (!amount_parse(word, time_units, true, &amount))
        return netem_fail_word(self, word, "time: write 10ms, 10us, 10ns or 10s");
    self->netem->time_is_bare |= g_ascii_isdigit(word[strlen(word) - 1]) && amount != 0;
    *ns = (int64_t)amount;
    return true;
}

// Times of slots have always been nanoseconds without a unit.
static bool netem_read_slot_time(NetemParser *self, const char *what, int64_t *ns)
{
    const char *word = words_peek(self->words);
    uint64_t count;

    if (word == NULL || !amount_parse_count(word, INT64_MAX, &count))
        return netem_read_time(self, what, ns);
    words_next(self->words);
    *ns = (int64_t)count;
    return true;
}

static bool netem_read_percent(NetemParser *self, const char *what, Probability *probability)
{
    const char *word = words_need(self->words, what, self->error);

    return word != NULL && (amount_parse_percent(word, probability) ||
                            netem_fail_word(self, word, "percentage: write 0% to 100%"));
}

// Optional: keeps what stands there when no number follows.
static bool netem_read_optional_percent(NetemParser *self, const char *what,
                                        Probability *probability)
{
    return !netem_next_is_number(self) || netem_read_percent(self, what, probability);
}

static bool netem_read_count(NetemParser *self, const char *what, uint64_t max, uint64_t *count)
{
    const char *word = words_need(self->words, what, self->error);

    return word != NULL &&
           (amount_parse_count(word, max, count) ||
            netem_fail_word(self, word, "whole number in its range, without a unit"));
}

static bool netem_read_size(NetemParser *self, const char *what, uint64_t max, uint64_t *bytes)
{
    const char *word = words_need(self->words, what, self->error);

    return word != NULL &&
           ((amount_parse(word, size_units, true, bytes) && *bytes <= max) ||
            netem_fail_word(self, word, "size: write a number, or one with kb or mb"));
}

// A number of bytes that may be negative.
static bool netem_read_signed(NetemParser *self, const char *what, int64_t *bytes)
{
    const char *word = words_need(self->words, what, self->error);
    bool is_negative;
    uint64_t count;

    if (word == NULL)
        return false;
    is_negative = *word == '-';
    if (!amount_parse_count(word + is_negative, INT32_MAX, &count))
        return netem_fail_word(self, word, "number of bytes: write a whole number without a unit");
    *bytes = is_negative ? -(int64_t)count : (int64_t)count;
    return true;
}

static bool netem_read_limit(NetemParser *self)
{
    return netem_read_size(self, "a number of packets", UINT32_MAX, &self->netem->limit_packets);
}

static bool netem_read_delay(NetemParser *self)
{
    Netem *netem = self->netem;

    if (!netem_read_time(self, "a delay", &netem->delay_ns))
        return false;
    if (!netem_next_is_number(self))
        return true;
    return netem_read_time(self, "a jitter", &netem->jitter_ns) &&
           netem_read_optional_percent(self, "a correlation", &netem->delay_correlation);
}

static bool netem_read_distribution(NetemParser *self)
{
    self->netem->distribution = words_need(self->words, "the name of a distribution", self->error);
    return self->netem->distribution != NULL;
}

static bool netem_read_loss_random(NetemParser *self)
{
    Netem *netem = self->netem;

    netem->loss = NETEM_LOSS_RANDOM;
    return netem_read_percent(self, "the share of packets lost", &netem->loss_rate) &&
           netem_read_optional_percent(self, "a correlation", &netem->loss_correlation);
}

static bool netem_read_loss_state(NetemParser *self)
{
    Netem *netem = self->netem;

    netem->loss = NETEM_LOSS_STATE;
    if (!netem_read_percent(self, "p13", &netem->p13))
        return false;
    netem->p31 = RANDOM_ALWAYS - netem->p13;
    netem->p32 = 0;
    netem->p23 = RANDOM_ALWAYS;
    netem->p14 = 0;
    return netem_read_optional_percent(self, "p31", &netem->p31) &&
           netem_read_optional_percent(self, "p32", &netem->p32) &&
           netem_read_optional_percent(self, "p23", &netem->p23) &&
           netem_read_optional_percent(self, "p14", &netem->p14);
}

static bool netem_read_loss_gemodel(NetemParser *self)
{
    Netem *netem = self->netem;

    netem->loss = NETEM_LOSS_GEMODEL;
    if (!netem_read_percent(self, "p", &netem->p))
        return false;
    netem->r = RANDOM_ALWAYS - netem->p;
    netem->one_minus_h = RANDOM_ALWAYS;
    netem->one_minus_k = 0;
    return netem_read_optional_percent(self, "r", &netem->r) &&
           netem_read_optional_percent(self, "1-h", &netem->one_minus_h) &&
           netem_read_optional_percent(self, "1-k", &netem->one_minus_k);
}

static bool netem_read_loss(NetemParser *self)
{
    const char *word;

    if (self->netem->loss != NETEM_LOSS_NONE &&
        (self->netem->loss != NETEM_LOSS_RANDOM || self->netem->loss_rate > 0))
        return netem_fail(self, "loss stands here a second time: netem takes one model");
    if (netem_next_is_number(self))
        return netem_read_loss_random(self);
    word = words_need(self->words, "a percentage, random, state or gemodel", self->error);
    if (word == NULL)
        return false;
    if (strcmp(word, "random") == 0)
        return netem_read_loss_random(self);
    if (strcmp(word, "state") == 0)
        return netem_read_loss_state(self);
    if (strcmp(word, "gemodel") == 0)
        return netem_read_loss_gemodel(self);
    return netem_fail_word(self, word,
                           "loss model: write a percentage, or random, state or gemodel first");
}

static bool netem_read_seed(NetemParser *self)
{
    self->netem->has_seed = true;
    return netem_read_count(self, "a seed", UINT64_MAX, &self->netem->seed);
}

static bool netem_read_ecn(NetemParser *self)
{
    self->netem->ecn = true;
    return true;
}

static bool netem_read_reorder(NetemParser *self)
{
    Netem *netem = self->netem;

    return netem_read_percent(self, "the share of packets sent at once", &netem->reorder) &&
           netem_read_optional_percent(self, "a correlation", &netem->reorder_correlation);
}

static bool netem_read_corrupt(NetemParser *self)
{
    Netem *netem = self->netem;

    return netem_read_percent(self, "the share of packets corrupted", &netem->corrupt) &&
           netem_read_optional_percent(self, "a correlation", &netem->corrupt_correlation);
}

static bool netem_read_gap(NetemParser *self)
{
    return netem_read_count(self, "a distance in packets", UINT32_MAX, &self->netem->gap);
}

static bool netem_read_duplicate(NetemParser *self)
{
    Netem *netem = self->netem;

    return netem_read_percent(self, "the share of packets duplicated", &netem->duplicate) &&
           netem_read_optional_percent(self, "a correlation", &netem->duplicate_correlation);
}

static bool netem_read_rate(NetemParser *self)
{
    Netem *netem = self->netem;
    const char *word = words_need(self->words, "a rate", self->error);

    if (word == NULL)
        return false;
    if (strchr(word, '%') != NULL)
        return netem_fail_word(self, word,
                               "rate here, since there is no device it is a share of: "
                               "write 10mbit");
    if (!amount_parse(word, rate_units, true, &netem->rate_bps))
        return netem_fail_word(self, word,
                               "rate: write 10mbit, or 10mbps for 10 megabytes a second");
    if (netem->rate_bps < 1)
        return netem_fail_word(self, word, "rate: write 1bit or more");
    if (!netem_next_is_signed_number(self))
        return true;
    if (!netem_read_signed(self, "a packet overhead", &netem->overhead_bytes))
        return false;
    if (!netem_next_is_number(self))
        return true;
    if (!netem_read_count(self, "a cell size", UINT32_MAX, &netem->cell_bytes))
        return false;
    return !netem_next_is_signed_number(self) ||
           netem_read_signed(self, "a cell overhead", &netem->cell_overhead_bytes);
}

static bool netem_read_slot_limits(NetemParser *self)
{
    const char *word = words_peek(self->words);

    if (word != NULL && g_str_has_prefix("packets", word) && *word == 'p') {
        words_next(self->words);
        if (!netem_read_count(self, "a number of packets", INT32_MAX, &self->netem->slot_packets))
            return false;
        word = words_peek(self->words);
    }
    if (word != NULL && g_str_has_prefix("bytes", word) && *word == 'b') {
        words_next(self->words);
        return netem_read_size(self, "a number of bytes", INT32_MAX, &self->netem->slot_bytes);
    }
    return true;
}

static bool netem_read_slot(NetemParser *self)
{
    Netem *netem = self->netem;
    const char *word;

    netem->has_slot = true;
    if (netem_next_is_number(self)) {
        if (!netem_read_slot_time(self, "a least delay", &netem->slot_min_ns))
            return false;
        netem->slot_max_ns = netem->slot_min_ns;
        if (netem_next_is_number(self)) {
            if (!netem_read_slot_time(self, "a greatest delay", &netem->slot_max_ns))
                return false;
            if (netem->slot_max_ns < netem->slot_min_ns)
                return netem_fail(self, "the greatest delay of a slot is below the least: write "
                                        "the least first");
        }
        return netem_read_slot_limits(self);
    }
    word = words_need(self->words, "a delay or distribution", self->error);
    if (word == NULL)
        return false;
    if (strcmp(word, "distribution") != 0)
        return netem_fail_word(self, word, "slot: write a delay, or distribution and its name");
    netem->slot_distribution = words_need(self->words, "the name of a distribution", self->error);
    if (netem->slot_distribution == NULL ||
        !netem_read_slot_time(self, "a delay", &netem->slot_delay_ns) ||
        !netem_read_slot_time(self, "a jitter", &netem->slot_jitter_ns))
        return false;
    if (netem->slot_jitter_ns == 0)
        return netem_fail(self, "netem wants a jitter above 0 for a distribution of slots");
    return netem_read_slot_limits(self);
}

// In the order in which tc tries them, which decides what a shortened keyword means.
static const struct {
    const char *name;
    bool (*read)(NetemParser *parser);
} netem_options[] = {
    {"limit", netem_read_limit},
    {"latency", netem_read_delay},
    {"delay", netem_read_delay},
    {"loss", netem_read_loss},
    {"drop", netem_read_loss},
    {"seed", netem_read_seed},
    {"ecn", netem_read_ecn},
    {"reorder", netem_read_reorder},
    {"corrupt", netem_read_corrupt},
    {"gap", netem_read_gap},
    {"duplicate", netem_read_duplicate},
    {"distribution", netem_read_distribution},
    {"rate", netem_read_rate},
    {"slot", netem_read_slot},
};

static bool netem_read_option(NetemParser *self, const char *word)
{
    const char *names[G_N_ELEMENTS(netem_options) + 1] = {NULL};
    g_autofree char *quote = quote_new(word);
    const char *nearest;

    for (size_t i = 0; i < G_N_ELEMENTS(netem_options); i++) {
        if (g_str_has_prefix(netem_options[i].name, word))
            return netem_options[i].read(self);
        names[i] = netem_options[i].name;
    }
    nearest = param_nearest(word, names);
    if (nearest != NULL)
        return netem_fail(self, "%s is no option of netem: did you mean %s?", quote, nearest);
    return netem_fail(self,
                      "%s is no option of netem: known are limit, delay, distribution, loss, ecn, "
                      "corrupt, duplicate, reorder, gap, rate, slot and seed",
                      quote);
}

// Takes "tc qdisc add dev eth0 root netem" or "netem" away, where the text begins so.
static bool netem_skip_command(NetemParser *self)
{
    const char *word = words_peek(self->words);

    if (word == NULL)
        return words_fail_at_end(self->words, self->error,
                                 "there is nothing to import: write netem's options, such as "
                                 "delay 10ms");
    if (strcmp(word, "tc") == 0 || strcmp(word, "qdisc") == 0) {
        do {
            word = words_next(self->words);
        } while (word != NULL && strcmp(word, "netem") != 0);
        if (word == NULL)
            return words_fail_at_end(self->words, self->error,
                                     "there is no netem in this command, the only queueing "
                                     "discipline that is understood");
    } else if (strcmp(word, "netem") == 0) {
        words_next(self->words);
    }
    return true;
}

// What netem refuses when all has been read.
static bool netem_check(NetemParser *self)
{
    Netem *netem = self->netem;

    if (netem->reorder > 0 && netem->delay_ns == 0)
        return words_fail_at_end(self->words, self->error,
                                 "reorder sends packets before those that are delayed: add delay");
    if (netem->reorder == 0 && netem->gap > 0)
        return words_fail_at_end(self->words, self->error,
                                 "gap says how often reorder strikes: add reorder 100%% for every "
                                 "packet at that distance");
    if (netem->reorder > 0 && netem->gap == 0)
        netem->gap = 1;
    if (netem->ecn && netem->loss == NETEM_LOSS_NONE)
        return words_fail_at_end(self->words, self->error,
                                 "ecn marks what loss would take: add loss");
    if (netem->distribution != NULL && (netem->delay_ns == 0 || netem->jitter_ns == 0))
        return words_fail_at_end(self->words, self->error,
                                 "distribution is that of the jitter: add delay with two times, "
                                 "such as delay 10ms 2ms");
    return true;
}

bool netem_parse(Words *words, Netem *netem, GError **error)
{
    NetemParser parser = {words, netem, error};
    const char *word;

    *netem = (Netem){.limit_packets = NETEM_DEFAULT_LIMIT};
    if (!netem_skip_command(&parser))
        return false;
    while ((word = words_next(words)) != NULL) {
        if (!netem_read_option(&parser, word))
            return false;
    }
    return netem_check(&parser);
}
