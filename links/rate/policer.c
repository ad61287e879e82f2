// SPDX-License-Identifier: Apache-2.0
// Policer: lets pass what keeps to a rate and a burst, and drops the rest at once, without a queue.
// The single rate marker of RFC 2697 in its colour-blind mode with two outcomes: green passes, red
// is dropped. An excess burst would only make the burst longer then, so there is none. Bytes are
// those of whole frames.
#include "links/rate/policer.h"

#include "links/queue/queue.h"
#include "links/rate/token_bucket.h"

typedef struct {
    Stage stage;
    TokenBucket bucket;
} PolicerStage;

static const ParamSpec policer_params[] = {
    {.name = "rate",
     .type = PARAM_RATE,
     .offset = offsetof(PolicerConfig, rate_bps),
     .min = 1,
     .max = UINT64_C(100000000000),
     .required = true,
     .summary = "bits a second that pass in the long run"},
    {.name = "burst",
     .type = PARAM_SIZE,
     .offset = offsetof(PolicerConfig, burst_bytes),
     .fallback = "15140B",
     .min = QUEUE_FULL_FRAME_BYTES,
     .max = TOKEN_BURST_MAX_BYTES,
     .summary = "how much may pass at once after a pause"},
    PARAM_END,
};

static const StageKey policer_keys[] = {
    {"policer", policer_params, "drops what is above a rate, before the queue",
     "is dropped if more than {rate} came before it, but for bursts of {burst}"},
    {NULL, NULL, NULL},
};

static bool policer_is_needed(const void *config)
{
    return ((const PolicerConfig *)config)->rate_bps != 0;
}

static bool policer_survives(Stage *stage, const Frame *frame, unsigned segment)
{
    TokenBucket *bucket = &((PolicerStage *)stage)->bucket;
    int64_t work = token_work(segment + 1U == frame->n_segments ? frame_last_segment_bytes(frame)
                                                                : frame_segment_bytes(frame));

    if (bucket->credit_work < work)
        return false;
    token_bucket_take(bucket, work);
    return true;
}

static void policer_push(Sink *sink, Frame *frame)
{
    PolicerStage *self = (PolicerStage *)sink;

    if (self->bucket.rate_bps == 0) {
        stage_forward(&self->stage, frame);
        return;
    }
    token_bucket_fill(&self->bucket, engine_now(self->stage.engine));
    stage_sift(&self->stage, frame, policer_survives, DROP_POLICED, stage_forward);
}

static void policer_init(Stage *stage)
{
    TokenBucket *bucket = &((PolicerStage *)stage)->bucket;
    const PolicerConfig *config = stage->config;

    token_bucket_init(bucket, config->rate_bps, config->burst_bytes);
    bucket->at_ns = engine_now(stage->engine);
}

static void policer_apply(Stage *stage)
{
    const PolicerConfig *config = stage->config;

    token_bucket_change(&((PolicerStage *)stage)->bucket, engine_now(stage->engine),
                        config->rate_bps, config->burst_bytes);
}

const StageClass policer_stage_class = {
    .name = "policer",
    .summary = "drops what is above a rate",
    .position = STAGE_GUARD,
    .keys = policer_keys,
    .config_bytes = sizeof(PolicerConfig),
    .stage_bytes = sizeof(PolicerStage),
    .is_needed = policer_is_needed,
    .init = policer_init,
    .apply = policer_apply,
    .push = policer_push,
};
