// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario/metric.h"

#include <math.h>
#include <string.h>

#include "core/drop.h"
#include "core/quantity.h"

#define METRIC(name, unit, summary)                                                                \
    {                                                                                              \
        name, unit, summary                                                                        \
    }
#define METRIC_SPREAD(name, unit, what)                                                            \
    METRIC(name ".p50", unit, "median of " what), METRIC(name ".p90", unit, "of " what),           \
        METRIC(name ".p95", unit, "of " what), METRIC(name ".p99", unit, "of " what),              \
        METRIC(name ".p99.9", unit, "of " what), METRIC(name ".max", unit, "most of " what)
#define METRIC_END                                                                                 \
    {                                                                                              \
        .name = NULL                                                                               \
    }

const MetricSpec task_metrics[] = {
    METRIC("exit", METRIC_COUNT, "the exit status, 128 and the signal where one killed it"),
    METRIC("duration", METRIC_DURATION, "from its start to its end"),
    METRIC("restarts", METRIC_COUNT, "how often the timeline started it anew"),
    METRIC_END,
};

#define METRIC_OF_DROP(constant, name, meaning) METRIC("dropped." name, METRIC_COUNT, meaning),

const MetricSpec link_metrics[] = {
    METRIC("in", METRIC_COUNT, "frames that entered"),
    METRIC("out", METRIC_COUNT, "frames that left at the other end"),
    METRIC("copied", METRIC_COUNT, "copies made of frames"),
    METRIC("marked", METRIC_COUNT, "frames marked by queues, with ECN"),
    METRIC("corrupted", METRIC_COUNT, "frames with flipped bits that went on"),
    METRIC("dropped", METRIC_COUNT, "frames dropped for any reason"),
    METRIC("loss", METRIC_SHARE, "frames taken by the loss model, of those and what left"),
    METRIC("throughput", METRIC_RATE, "mean from the first frame to the last"),
    METRIC("throughput.peak", METRIC_RATE, "of the busiest second"),
    METRIC("utilisation", METRIC_SHARE, "throughput as a share of the configured rate"),
    METRIC("late", METRIC_COUNT, "frames that left late"),
    METRIC("reordered", METRIC_COUNT, "frames reordered, by RFC 4737"),
    METRIC_SPREAD("delay", METRIC_DURATION, "the delay on the wire"),
    METRIC_SPREAD("queue", METRIC_DURATION, "the wait in the queue"),
    METRIC_SPREAD("backlog", METRIC_COUNT, "frames that a frame found waiting"),
    METRIC_SPREAD("lateness", METRIC_DURATION, "what frames left after their instant"),
    DROP_REASONS(METRIC_OF_DROP) METRIC_END,
};

const MetricSpec capture_metrics[] = {
    METRIC("count", METRIC_COUNT, "frames of the file that pass the filter"),
    METRIC_END,
};

#define METRIC_OF_PACKETS                                                                          \
    METRIC("sent", METRIC_COUNT, "packets sent"),                                                  \
        METRIC("received", METRIC_COUNT, "packets that came, each once"),                          \
        METRIC("loss", METRIC_SHARE, "share of those sent that never came"),                       \
        METRIC("duplicates", METRIC_COUNT, "packets that came again"),                             \
        METRIC("reordered", METRIC_COUNT, "packets that came behind a later one")
#define METRIC_SAMPLES(name, what)                                                                 \
    METRIC(name ".min", METRIC_DURATION, "least of " what),                                        \
        METRIC(name ".mean", METRIC_DURATION, "mean of " what),                                    \
        METRIC_SPREAD(name, METRIC_DURATION, what)

const MetricSpec ping_metrics[] = {
    METRIC_OF_PACKETS,
    METRIC_SAMPLES("rtt", "the time from request to reply"),
    METRIC_END,
};

const MetricSpec reach_metrics[] = {
    METRIC("within", METRIC_DURATION, "from the start to the first reply"),
    METRIC_END,
};

const MetricSpec tcp_metrics[] = {
    METRIC("connect", METRIC_DURATION, "until the last flow was connected"),
    METRIC("throughput", METRIC_RATE, "bits received by the other end, of all flows"),
    METRIC("throughput.min", METRIC_RATE, "of the slowest flow"),
    METRIC("fairness", METRIC_NUMBER, "Jain's index of the flows: 1 where all got the same"),
    METRIC("size", METRIC_SIZE, "bytes received by the other end"),
    METRIC("retransmissions", METRIC_COUNT, "segments sent again"),
    METRIC("rtt.min", METRIC_DURATION, "least round trip that a flow saw"),
    METRIC("duration", METRIC_DURATION, "from the first byte sent to the last received"),
    METRIC_END,
};

const MetricSpec udp_metrics[] = {
    METRIC_OF_PACKETS,
    METRIC_SAMPLES("delay", "the time from one host to the other"),
    METRIC("jitter", METRIC_DURATION, "interarrival jitter of RFC 3550, section 6.4.1"),
    METRIC("bursts", METRIC_COUNT, "runs of packets lost"),
    METRIC("bursts.max", METRIC_COUNT, "packets of the longest run"),
    METRIC("throughput", METRIC_RATE, "bits of payload received"),
    METRIC_END,
};

const MetricSpec http_metrics[] = {
    METRIC("status", METRIC_COUNT, "of the answer: 200"),
    METRIC("connect", METRIC_DURATION, "until the connection stood"),
    METRIC("first-byte", METRIC_DURATION, "from the start to the answer's first byte"),
    METRIC("duration", METRIC_DURATION, "from the start to the answer's last byte"),
    METRIC("size", METRIC_SIZE, "of the answer's body"),
    METRIC_END,
};

const MetricSpec *metric_find(const MetricSpec *table, const char *name)
{
    for (const MetricSpec *metric = table; metric->name != NULL; metric++)
        if (strcmp(metric->name, name) == 0)
            return metric;
    return NULL;
}

const char *metric_unit_noun(MetricUnit unit)
{
    static const char *const nouns[] = {
        [METRIC_COUNT] = "a whole number", [METRIC_NUMBER] = "a number",
        [METRIC_DURATION] = "a duration",  [METRIC_RATE] = "a rate",
        [METRIC_SIZE] = "a size",          [METRIC_SHARE] = "a share",
    };

    return nouns[unit];
}

static const char *const metric_unit_names[] = {
    [METRIC_COUNT] = "count", [METRIC_NUMBER] = "number", [METRIC_DURATION] = "ns",
    [METRIC_RATE] = "bps",    [METRIC_SIZE] = "bytes",    [METRIC_SHARE] = "share",
};

const char *metric_unit_name(MetricUnit unit)
{
    return metric_unit_names[unit];
}

bool metric_unit_find(const char *name, MetricUnit *unit)
{
    for (guint i = 0; i < G_N_ELEMENTS(metric_unit_names); i++) {
        if (strcmp(metric_unit_names[i], name) != 0)
            continue;
        *unit = (MetricUnit)i;
        return true;
    }
    return false;
}

// Checked by the exact parser, and then the nearest double, as a measured share is.
static bool metric_parse_share(const char *text, double *value, GError **error)
{
    g_autofree char *number = g_strndup(text, strspn(text, "0123456789."));
    g_autofree char *share = g_strconcat(number, strchr(text, '%') != NULL ? "e-2" : "", NULL);
    Probability probability;

    if (!quantity_parse_probability(text, &probability, error))
        return false;
    *value = g_ascii_strtod(share, NULL); // 0.7 / 100 would be another one than 7 / 1000
    return true;
}

bool metric_parse(MetricUnit unit, const char *text, double *value, GError **error)
{
    uint64_t amount = 0;
    int64_t ns = 0;
    bool good = false;

    switch (unit) {
    case METRIC_DURATION:
        good = quantity_parse_duration_ns(text, &ns, error);
        *value = (double)ns;
        return good;
    case METRIC_SHARE:
        return metric_parse_share(text, value, error);
    case METRIC_NUMBER:
        good = quantity_parse_decimal(text, &amount, error);
        *value = (double)amount / 1e6;
        return good;
    case METRIC_COUNT:
        good = quantity_parse_count(text, &amount, error);
        break;
    case METRIC_RATE:
        good = quantity_parse_rate_bps(text, &amount, error);
        break;
    case METRIC_SIZE:
        good = quantity_parse_size_bytes(text, &amount, error);
        break;
    }
    *value = (double)amount;
    return good;
}

static char *metric_format_scaled(double value, const char *const *units)
{
    while (fabs(value) >= 999.9995 && units[1] != NULL) {
        value /= 1000;
        units++;
    }
    return g_strdup_printf("%.6g%s", value, *units);
}

char *metric_format(MetricUnit unit, double value)
{
    static const char *const durations[] = {"ns", "us", "ms", "s", NULL};
    static const char *const rates[] = {"bit", "kbit", "mbit", "gbit", NULL};
    static const char *const sizes[] = {"B", "kB", "MB", "GB", NULL};

    switch (unit) {
    case METRIC_DURATION:
        return metric_format_scaled(value, durations);
    case METRIC_RATE:
        return metric_format_scaled(value, rates);
    case METRIC_SIZE:
        return metric_format_scaled(value, sizes);
    case METRIC_SHARE:
        return g_strdup_printf("%.6g%%", 100 * value);
    case METRIC_COUNT:
        return g_strdup_printf("%.0f", value);
    case METRIC_NUMBER:
        return g_strdup_printf("%.6g", value);
    }
    g_assert_not_reached();
}
