// SPDX-License-Identifier: Apache-2.0
// A configuration of netem as the keys of a link. netem works on what leaves one interface, so it
// all stands in the reverse direction of a link, and the other one is free of it.
#include <math.h>
#include <string.h>

#include "core/quantity.h"
#include "sim/import/netem.h"
#include "sim/import/netem_correlation.h"

enum { ATM_CELL_BYTES = 48, ATM_CELL_OVERHEAD_BYTES = 5 };

// "1.8%", of three digits: for comments.
static char *share_format(double share)
{
    return g_strdup_printf("%.3g%%", share * 100);
}

// The nearest probability that can be written with so many digits.
static char *share_key(double share)
{
    return g_strdup_printf("%.6g%%", share * 100);
}

static void netem_write_delay(const Netem *netem, TextBlock *keys)
{
    g_autofree char *delay = quantity_format_duration(netem->delay_ns);

    if (netem->delay_ns == 0)
        return;
    if (netem->time_is_bare)
        text_block_note(keys, "A time without a unit is taken as microseconds, as tc(8) says; "
                              "iproute2 from 6.9 on takes it as nanoseconds.");
    text_block_line(keys, "delay: %s", delay);
}

static void netem_note_jitter(const Netem *netem, TextBlock *keys)
{
    double correlation = probability_to_double(netem->delay_correlation);
    g_autofree char *asked = share_format(correlation);

    text_block_note(keys, "netem lets a frame with a shorter delay overtake those ahead of it, and "
                          "so does this; without reorder: yes jitter keeps the order.");
    if (netem->jitter_ns > netem->delay_ns)
        text_block_note(keys,
                        "Where netem draws a negative delay it sends at once, which makes the "
                        "mean longer than asked; here the mean is as asked.");
    if (netem->delay_correlation > 0) {
        g_autofree char *real = share_format(netem_real_jitter(correlation));

        text_block_note(keys,
                        "The correlation of %s makes netem's jitter smaller, to %s of what is "
                        "asked; here it is as asked.",
                        asked, real);
    }
    if (netem->distribution != NULL && strcmp(netem->distribution, "uniform") == 0)
        text_block_note(keys, "netem knows uniform by leaving distribution out: tc finds no table "
                              "of that name.");
}

// The half-life in packets of netem's correlation, 0 when it is below one.
static unsigned netem_half_life(Probability correlation)
{
    double share = probability_to_double(correlation);
    double packets = share > 0 && share < 1 ? log(0.5) / log(share) : 0;

    return packets >= 1 ? (unsigned)fmin(round(packets), 1e6) : 0;
}

static void netem_write_jitter(const Netem *netem, TextBlock *keys)
{
    static const char *const known[] = {"uniform", "normal", "pareto", "paretonormal", NULL};
    g_autofree char *deviation = quantity_format_duration(netem->jitter_ns);
    const char *distribution = netem->distribution != NULL ? netem->distribution : "uniform";
    unsigned half_life = netem_half_life(netem->delay_correlation);
    g_autofree char *correlation = NULL;

    if (netem->jitter_ns == 0)
        return;
    netem_note_jitter(netem, keys);
    correlation =
        half_life > 0 ? g_strdup_printf("correlation: %u packets, ", half_life) : g_strdup("");
    if (g_strv_contains(known, distribution)) {
        text_block_line(keys, "jitter: {deviation: %s, distribution: %s, %sreorder: yes}",
                        deviation, distribution, correlation);
    } else {
        g_autofree char *file = g_strconcat(distribution, ".dist", NULL);
        g_autofree char *quote = scenario_text_quote(file);

        text_block_note(keys, "The table is a file of tc's, in /usr/lib/tc or where TC_LIB_DIR "
                              "says.");
        text_block_line(keys,
                        "jitter: {deviation: %s, distribution: table, file: %s, %sreorder: yes}",
                        deviation, quote, correlation);
    }
}

// Sent at once are so many of netem's packets: with a gap, the first gap - 1 behind each of them
// are not even asked.
static double netem_reorder_share(const Netem *netem)
{
    double share = probability_to_double(netem->reorder);

    return share / ((double)(netem->gap - 1) * share + 1);
}

static void netem_write_reorder(const Netem *netem, TextBlock *keys)
{
    double share = netem_reorder_share(netem);
    g_autofree char *at_once = share_format(share);
    g_autofree char *delay = quantity_format_duration(netem->delay_ns);
    g_autofree char *rate = NULL;

    if (netem->gap > 1)
        text_block_note(keys,
                        "With a gap of %" G_GUINT64_FORMAT " netem sends %s of the frames at "
                        "once, at even distances; here each is drawn on its own.",
                        netem->gap, at_once);
    if (netem->reorder_correlation > 0)
        text_block_note(keys, "The correlation of reorder is left out.");
    if (netem->jitter_ns > 0) {
        rate = share_key(share);
        text_block_note(keys,
                        "netem sends %s of the frames at once and so before others; here as many "
                        "are held back behind others instead.",
                        at_once);
    } else {
        rate = share_key(1 - share);
        text_block_note(keys,
                        "netem delays all frames but %s, which are sent at once: here there is no "
                        "delay but for the others, which are held back.",
                        at_once);
    }
    text_block_line(keys, "reorder: {rate: %s, extent: %s}", rate, delay);
}

// Loss with correlation as a Gilbert model with the rate that was asked for and the same
// correlation between neighbours: for a chain that leaves its states with p and r, that is
// 1 - p - r, so that the mean burst is 1 / r = 1 / ((1 - rate)(1 - correlation)).
static void netem_write_correlated_loss(const Netem *netem, TextBlock *keys)
{
    double rate = probability_to_double(netem->loss_rate);
    double correlation = probability_to_double(netem->loss_correlation);
    double burst = 1 / ((1 - rate) * (1 - correlation));
    g_autofree char *asked = quantity_format_probability(netem->loss_rate);
    g_autofree char *asked_correlation = quantity_format_probability(netem->loss_correlation);
    g_autofree char *real = NULL;

    if (netem->loss_rate == RANDOM_ALWAYS) {
        text_block_line(keys, "loss: %s", asked);
        return;
    }
    if (netem->loss_correlation == RANDOM_ALWAYS) {
        text_block_note(keys, "With a correlation of 100%% netem draws once: it loses all or "
                              "nothing. Here the correlation is left out.");
        text_block_line(keys, "loss: %s", asked);
        return;
    }
    real = share_format(netem_real_loss(rate, correlation));
    text_block_note(
        keys,
        "Asked was %s with a correlation of %s, of which netem makes a loss of only %s. "
        "This loses as much as asked, in bursts with that correlation between "
        "neighbours.",
        asked, asked_correlation, real);
    text_block_line(keys, "loss: {model: gilbert, rate: %s, burst: %.3g}", asked, burst);
}

static void netem_write_loss(const Netem *netem, TextBlock *keys)
{
    g_autofree char *rate = quantity_format_probability(netem->loss_rate);
    g_autofree char *a = NULL, *b = NULL, *c = NULL, *d = NULL, *e = NULL;

    if (netem->ecn)
        text_block_note(keys, "ecn: netem marks ECN-capable packets instead of losing them; here "
                              "loss loses them.");
    if (netem->rate_bps > 0 && netem->loss != NETEM_LOSS_NONE)
        text_block_note(keys, "netem loses frames before they take up the rate, this link behind "
                              "its queue.");
    switch (netem->loss) {
    case NETEM_LOSS_NONE:
        return;
    case NETEM_LOSS_RANDOM:
        if (netem->loss_correlation > 0 && netem->loss_rate > 0)
            netem_write_correlated_loss(netem, keys);
        else
            text_block_line(keys, "loss: %s", rate);
        return;
    case NETEM_LOSS_STATE:
        a = quantity_format_probability(netem->p13);
        b = quantity_format_probability(netem->p31);
        c = quantity_format_probability(netem->p32);
        d = quantity_format_probability(netem->p23);
        e = quantity_format_probability(netem->p14);
        text_block_line(keys,
                        "loss: {model: four-state, p13: %s, p31: %s, p32: %s, p23: %s, p14: %s}", a,
                        b, c, d, e);
        return;
    case NETEM_LOSS_GEMODEL:
        a = quantity_format_probability(netem->p);
        b = quantity_format_probability(netem->r);
        c = quantity_format_probability(netem->one_minus_h);
        d = quantity_format_probability(netem->one_minus_k);
        text_block_line(keys, "loss: {model: gilbert-elliott, p: %s, r: %s, 1-h: %s, 1-k: %s}", a,
                        b, c, d);
        return;
    }
    g_assert_not_reached();
}

static void netem_write_corrupt(const Netem *netem, TextBlock *keys)
{
    g_autofree char *rate = quantity_format_probability(netem->corrupt);

    if (netem->corrupt == 0)
        return;
    text_block_note(keys, "netem flips one bit, on a super-packet often one of its headers, and "
                          "hands the frame on. A real network card drops it at the far end: so "
                          "does this without then: deliver.");
    if (netem->corrupt_correlation > 0)
        text_block_note(keys, "The correlation of corrupt is left out.");
    text_block_line(keys, "corrupt: {rate: %s, then: deliver}", rate);
}

static void netem_write_duplicate(const Netem *netem, TextBlock *keys)
{
    g_autofree char *rate = quantity_format_probability(netem->duplicate);

    if (netem->duplicate == 0)
        return;
    if (netem->duplicate_correlation > 0)
        text_block_note(keys, "The correlation of duplicate is left out, as tc does unless another "
                              "option has one too.");
    if (netem->rate_bps > 0)
        text_block_note(keys,
                        "netem's copy takes up the rate a second time; here it is made behind "
                        "the queue.");
    text_block_line(keys, "duplicate: %s", rate);
}

// netem rounds the frame and its overhead up to whole cells of so many bytes, each sent with the
// cells' overhead.
static void netem_write_cells(const Netem *netem, TextBlock *keys, uint64_t *rate_bps)
{
    double share;

    if (netem->cell_bytes == ATM_CELL_BYTES &&
        netem->cell_overhead_bytes == ATM_CELL_OVERHEAD_BYTES) {
        text_block_line(keys, "overhead: {bytes: %" G_GINT64_FORMAT "B, cells: atm}",
                        MAX(netem->overhead_bytes, 0));
        return;
    }
    if (netem->cell_bytes > 0) {
        share = (double)netem->cell_bytes /
                ((double)netem->cell_bytes + (double)netem->cell_overhead_bytes);
        if (share > 0)
            *rate_bps = (uint64_t)fmax(round((double)*rate_bps * share), 1);
        text_block_note(keys,
                        "Cells of %" G_GUINT64_FORMAT " bytes with %" G_GINT64_FORMAT
                        " bytes each: the rate is lowered by that share; that the last cell is "
                        "filled up is left out.",
                        netem->cell_bytes, netem->cell_overhead_bytes);
    }
    if (netem->overhead_bytes > 0)
        text_block_line(keys, "overhead: %" G_GINT64_FORMAT "B", netem->overhead_bytes);
}

static void netem_write_rate(const Netem *netem, TextBlock *keys)
{
    uint64_t rate_bps = netem->rate_bps;
    g_autofree char *rate = NULL;

    if (rate_bps == 0)
        return;
    if (netem->overhead_bytes < 0)
        text_block_note(keys,
                        "An overhead of %" G_GINT64_FORMAT " bytes is left out: frames are "
                        "never shorter than they are here.",
                        netem->overhead_bytes);
    netem_write_cells(netem, keys, &rate_bps);
    rate = quantity_format_rate(rate_bps);
    text_block_line(keys, "rate: %s", rate);
    text_block_note(keys, "netem's limit counts the frames under way too; here only what waits for "
                          "the rate.");
    text_block_line(keys, "queue: %" G_GUINT64_FORMAT " packets", MAX(netem->limit_packets, 1));
}

// Without a rate nothing ever waits here, while netem's limit still drops.
static void netem_note_limit(const Netem *netem, TextBlock *keys)
{
    if (netem->rate_bps > 0 || netem->delay_ns == 0)
        return;
    text_block_note(
        keys,
        "netem's limit of %" G_GUINT64_FORMAT " packets counts the frames under way: it "
        "drops above some %.0f frames a second. Here nothing does.",
        netem->limit_packets, (double)netem->limit_packets / ((double)netem->delay_ns / 1e9));
}

static void netem_write_slot(const Netem *netem, TextBlock *keys)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (!netem->has_slot)
        return;
    if (netem->slot_distribution != NULL) {
        g_autofree char *delay = quantity_format_duration(netem->slot_delay_ns);
        g_autofree char *jitter = quantity_format_duration(netem->slot_jitter_ns);

        text_block_note(keys,
                        "netem's slots are %s apart with a jitter of %s, distribution %s; here the "
                        "jitter is the range of a uniform one.",
                        delay, jitter, netem->slot_distribution);
    }
    {
        int64_t least_ns = netem->slot_distribution != NULL
                               ? MAX(netem->slot_delay_ns - netem->slot_jitter_ns, 0)
                               : netem->slot_min_ns;
        int64_t most_ns = netem->slot_distribution != NULL
                              ? netem->slot_delay_ns + netem->slot_jitter_ns
                              : netem->slot_max_ns;
        g_autofree char *least = quantity_format_duration(least_ns);
        g_autofree char *most = quantity_format_duration(most_ns);

        g_string_append_printf(text, "min: %s, max: %s", least, most);
    }
    if (netem->slot_packets > 0)
        g_string_append_printf(text, ", packets: %" G_GUINT64_FORMAT, netem->slot_packets);
    if (netem->slot_bytes > 0)
        g_string_append_printf(text, ", bytes: %" G_GUINT64_FORMAT "B", netem->slot_bytes);
    text_block_line(keys, "slot: {%s}", text->str);
}

void netem_write(const Netem *netem, ScenarioText *scenario)
{
    TextBlock *keys = scenario->reverse;
    bool holds_back = netem->reorder > 0 && netem->jitter_ns == 0;

    text_block_note(
        scenario->head,
        "netem works on what leaves one interface, here near's: so its options stand in "
        "reverse:, and what comes from far is free of them. Moved one level up they "
        "hold both ways.");
    text_block_note(scenario->head, "netem takes a super-packet of up to 64 KB as one; here each "
                                    "of its segments has its own fate.");
    if (netem->has_seed) {
        text_block_note(scenario->top, "Here it covers every draw; in netem all but correlations, "
                                       "the bit that is corrupted and slots.");
        text_block_line(scenario->top, "seed: %" G_GUINT64_FORMAT, netem->seed);
    }
    text_block_line(scenario->nodes, "near: {}");
    text_block_line(scenario->nodes, "far: {}");
    text_block_line(scenario->link, "endpoints: [far, near]");
    netem_write_rate(netem, keys);
    netem_write_loss(netem, keys);
    netem_write_corrupt(netem, keys);
    netem_write_duplicate(netem, keys);
    netem_note_limit(netem, keys);
    if (!holds_back)
        netem_write_delay(netem, keys);
    netem_write_jitter(netem, keys);
    if (netem->reorder > 0)
        netem_write_reorder(netem, keys);
    netem_write_slot(netem, keys);
}
