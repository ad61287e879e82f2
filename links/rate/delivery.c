// SPDX-License-Identifier: Apache-2.0
// Delivery: the rate as mahimahi's mm-link has it. Each opportunity of a trace delivers 1504 bytes
// of what waits; a frame may take several, several may share one, and bytes for which nothing waits
// are lost. A frame leaves with its last byte. What comes at the very instant of an opportunity is
// too late for it.
//
// As there a frame counts as its IP packet and the four bytes of a TUN header: of Ethernet frames,
// ten bytes less than they have. In contrast to there any frame may be longer than an opportunity,
// and when a trace that is not looped has ended, nothing leaves any more, where mahimahi ends.
#include "links/rate/delivery.h"

#include "links/link_config.h"
#include "links/rate/pacer.h"

typedef struct {
    Pacer pacer;
    DeliveryPlay play;
    DeliveryTrace *held;
} DeliveryStage;

enum { DELIVERY_TUN_HEADER_BYTES = 4 };

static const ParamSpec delivery_params[] = {
    {.name = "file",
     .type = PARAM_OBJECT,
     .offset = offsetof(DeliveryConfig, trace),
     .required = true,
     .object_class = &delivery_trace_class,
     .summary = "a mahimahi trace: on each line the time of an opportunity, in milliseconds"},
    {.name = "loop",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(DeliveryConfig, is_looped),
     .fallback = "yes",
     .summary = "whether it begins again when it has ended; else nothing leaves any more"},
    PARAM_END,
};

static const StageKey delivery_keys[] = {
    {"rate", delivery_params, "a rate recorded as opportunities to deliver",
     "is sent at the opportunities to deliver of {file}"},
    {NULL, NULL, NULL},
};

static bool delivery_is_needed(const void *config)
{
    return ((const DeliveryConfig *)config)->trace != NULL;
}

static int64_t delivery_pass(const Pacer *pacer, Pace *pace, uint64_t bytes, int64_t from_ns)
{
    return delivery_cursor_pass(&pace->delivery, &((const DeliveryStage *)pacer)->play, bytes,
                                from_ns);
}

static uint64_t delivery_advance(const Pacer *pacer, Pace *pace, int64_t from_ns, int64_t now_ns)
{
    return delivery_cursor_advance(&pace->delivery, &((const DeliveryStage *)pacer)->play, from_ns,
                                   now_ns);
}

static void delivery_miss(Pace *pace, int64_t now_ns)
{
    delivery_cursor_miss(&pace->delivery, now_ns);
}

static const PacerClass delivery_pacer_class = {
    .pass = delivery_pass, .advance = delivery_advance, .miss = delivery_miss};

static void delivery_init(Stage *stage)
{
    Pacer *pacer = (Pacer *)stage;

    pacer_init(pacer, &delivery_pacer_class);
    pacer->is_unlimited = true;
    pacer->packet_extra_bytes = DELIVERY_TUN_HEADER_BYTES;
    pacer->frame_extra_bytes = DELIVERY_TUN_HEADER_BYTES - FRAME_ETHERNET_HEADER_BYTES;
}

// Takes a reference: the configuration may give up the trace in force before apply() is called.
static void delivery_hold(DeliveryStage *self, DeliveryTrace *trace)
{
    if (trace != NULL)
        param_object_ref(&trace->object);
    if (self->held != NULL)
        param_object_unref(&self->held->object);
    self->play.trace = self->held = trace;
}

static void delivery_clear(Stage *stage)
{
    server_clear(stage);
    delivery_hold((DeliveryStage *)stage, NULL);
}

// Another trace begins now.
static void delivery_apply(Stage *stage)
{
    DeliveryStage *self = (DeliveryStage *)stage;
    const DeliveryConfig *config = stage->config;
    int64_t now_ns = engine_now(stage->engine);
    bool is_chosen = link_config_has_chosen(stage->lane->config, stage->class);

    pacer_suspend(&self->pacer);
    if (config->trace != self->play.trace) {
        delivery_hold(self, config->trace);
        self->play.origin_ns = now_ns;
        delivery_cursor_init(&self->pacer.pace.delivery, now_ns);
    }
    self->play.is_looped = config->is_looped;
    pacer_resume(&self->pacer, config->trace == NULL || !is_chosen,
                 config->trace != NULL ? delivery_trace_rate_bps(config->trace) : 0);
}

static uint64_t delivery_mean_rate_bps(const void *config)
{
    const DeliveryTrace *trace = ((const DeliveryConfig *)config)->trace;

    return trace != NULL ? delivery_trace_rate_bps(trace) : 0;
}

const StageClass delivery_stage_class = {
    .name = "delivery",
    .summary = "a trace of delivery opportunities",
    .position = STAGE_QUEUE,
    .selector = "model",
    .variant = "trace",
    .keys = delivery_keys,
    .config_bytes = sizeof(DeliveryConfig),
    .stage_bytes = sizeof(DeliveryStage),
    .event_offset = offsetof(Server, sent),
    .is_needed = delivery_is_needed,
    .init = delivery_init,
    .apply = delivery_apply,
    .clear = delivery_clear,
    .push = server_push,
    .held_frames = server_held_frames,
    .bequeath = server_bequeath,
    .mean_rate_bps = delivery_mean_rate_bps,
};
