// SPDX-License-Identifier: Apache-2.0
// Token bucket: the rate as a shaper. Credit is saved while the link idles, up to the burst, and a
// frame leaves in no time once there is credit for all of it. With a peak a second bucket of one
// full frame, filled at the peak's rate, has to have credit as well (tc-tbf(8): burst, peakrate and
// mtu). What tc-tbf drops, a frame longer than the burst, leaves when the bucket is full.
#include "links/rate/bucket.h"

#include "links/link_config.h"
#include "links/rate/pacer.h"

typedef struct {
    Pacer pacer;
} BucketStage;

static const ParamSpec bucket_params[] = {
    {.name = "rate",
     .type = PARAM_RATE,
     .offset = offsetof(BucketConfig, rate_bps),
     .min = 1,
     .max = UINT64_C(100000000000),
     .required = true,
     .summary = "bits a second of credit"},
    {.name = "burst",
     .type = PARAM_SIZE,
     .offset = offsetof(BucketConfig, burst_bytes),
     .fallback = "15140B",
     .min = QUEUE_FULL_FRAME_BYTES,
     .max = TOKEN_BURST_MAX_BYTES,
     .summary = "how much credit an idle link saves: what may leave at once"},
    {.name = "peak",
     .type = PARAM_RATE,
     .offset = offsetof(BucketConfig, peak_bps),
     .min = 1,
     .max = UINT64_C(100000000000),
     .summary = "bits a second that a burst does not exceed from one full frame on"},
    PARAM_END,
};

static const StageKey bucket_keys[] = {
    {"rate", bucket_params, "a rate that saves credit for bursts",
     "is sent at {rate}, or at once while credit of up to {burst} lasts[, though at no more than "
     "{peak}]"},
    {NULL, NULL, NULL},
};

static bool bucket_is_needed(const void *config)
{
    return ((const BucketConfig *)config)->rate_bps != 0;
}

static bool bucket_check(const void *config, GError **error)
{
    const BucketConfig *bucket = config;

    if (bucket->peak_bps == 0 || bucket->peak_bps > bucket->rate_bps)
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                "rate: a peak not above the rate has no effect: raise peak, or remove it");
    return false;
}

static int64_t bucket_pass(const Pacer *pacer, Pace *pace, uint64_t bytes, int64_t from_ns)
{
    TokenBucket *mean = &pace->bucket.mean, *peak = &pace->bucket.peak;
    int64_t work = token_work(bytes), due_ns;

    (void)pacer;
    token_bucket_fill(mean, from_ns);
    due_ns = token_bucket_due_ns(mean, work);
    if (peak->rate_bps > 0) {
        int64_t peak_due_ns;

        token_bucket_fill(peak, from_ns);
        peak_due_ns = token_bucket_due_ns(peak, work);
        due_ns = MAX(due_ns, peak_due_ns);
        token_bucket_fill(peak, due_ns);
        token_bucket_take(peak, work);
    }
    token_bucket_fill(mean, due_ns);
    token_bucket_take(mean, work);
    return due_ns;
}

static const PacerClass bucket_pacer_class = {.pass = bucket_pass};

static void bucket_init(Stage *stage)
{
    Pacer *pacer = (Pacer *)stage;
    const BucketConfig *config = stage->config;
    TokenBucket *mean = &pacer->pace.bucket.mean;

    token_bucket_init(mean, config->rate_bps, config->burst_bytes);
    mean->at_ns = engine_now(stage->engine);
    token_bucket_init(&pacer->pace.bucket.peak, 0, 0);
    pacer_init(pacer, &bucket_pacer_class);
}

static void bucket_apply(Stage *stage)
{
    Pacer *pacer = (Pacer *)stage;
    const BucketConfig *config = stage->config;
    TokenBucket *mean = &pacer->pace.bucket.mean, *peak = &pacer->pace.bucket.peak;
    int64_t now_ns = engine_now(stage->engine);
    uint64_t full_bytes =
        overhead_wire_bytes(link_config_overhead(stage->lane->config), QUEUE_FULL_FRAME_BYTES);
    bool is_chosen = link_config_has_chosen(stage->lane->config, stage->class);

    pacer_suspend(pacer);
    token_bucket_change(mean, now_ns, config->rate_bps, config->burst_bytes);
    if (peak->rate_bps == 0) { // a peak that comes anew
        token_bucket_init(peak, config->peak_bps, full_bytes);
        peak->at_ns = now_ns;
    }
    token_bucket_change(peak, now_ns, config->peak_bps, full_bytes);
    pacer_resume(pacer, config->rate_bps == 0 || !is_chosen, config->rate_bps);
}

static uint64_t bucket_mean_rate_bps(const void *config)
{
    return ((const BucketConfig *)config)->rate_bps;
}

const StageClass bucket_stage_class = {
    .name = "bucket",
    .summary = "a token bucket shaper",
    .position = STAGE_QUEUE,
    .selector = "model",
    .variant = "bucket",
    .keys = bucket_keys,
    .config_bytes = sizeof(BucketConfig),
    .stage_bytes = sizeof(BucketStage),
    .event_offset = offsetof(Server, sent),
    .is_needed = bucket_is_needed,
    .check = bucket_check,
    .init = bucket_init,
    .apply = bucket_apply,
    .clear = server_clear,
    .push = server_push,
    .held_frames = server_held_frames,
    .bequeath = server_bequeath,
    .mean_rate_bps = bucket_mean_rate_bps,
};
