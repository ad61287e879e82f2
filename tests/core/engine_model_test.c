// SPDX-License-Identifier: Apache-2.0
// The engine against a model that searches a plain array: 100,000 random operations, on events due
// within a few instants, within the reach of a link, and within hours and nanoseconds at once.
#include <glib.h>

#include "core/engine.h"

// The model: an array that is searched from end to end. Events check, when they fire, that the
// model would have fired them, and then change both, at random.
enum { N_MODEL_EVENTS = 200, N_MODEL_OPERATIONS = 100000 };

typedef struct Model Model;

typedef struct {
    Event event;
    Model *model;
    bool is_armed;
    int64_t due_ns;
    uint64_t seq;
} ModelEvent;

struct Model {
    Engine *engine;
    ModelEvent events[N_MODEL_EVENTS];
    unsigned min_spread_bits; // events are due within 2^spread ns, a spread drawn for each
    unsigned max_spread_bits;
    uint64_t next_seq;
    uint64_t n_fired;
    uint64_t random; // state of a linear congruential generator (Knuth's MMIX)
};

static unsigned model_random(Model *model, unsigned below)
{
    model->random = model->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(model->random >> 33) % below;
}

static int64_t model_random_ns(Model *model)
{
    unsigned bits = model->min_spread_bits +
                    model_random(model, model->max_spread_bits - model->min_spread_bits + 1);
    uint64_t wide = (uint64_t)model_random(model, 1u << 31) << 31 | model_random(model, 1u << 31);

    return (int64_t)(wide >> (62 - bits));
}

// The event to fire next, or NULL.
static const ModelEvent *model_next(const Model *model)
{
    const ModelEvent *next = NULL;

    for (int n = 0; n < N_MODEL_EVENTS; n++) {
        const ModelEvent *other = &model->events[n];

        if (other->is_armed && (next == NULL || other->due_ns < next->due_ns ||
                                (other->due_ns == next->due_ns && other->seq < next->seq)))
            next = other;
    }
    return next;
}

static int64_t model_wake_ns(const Model *model)
{
    int64_t wake_ns = ENGINE_NEVER_NS;

    for (int n = 0; n < N_MODEL_EVENTS; n++)
        if (model->events[n].is_armed)
            wake_ns = MIN(wake_ns, model->events[n].due_ns + model->events[n].event.slack_ns);
    return wake_ns;
}

static void model_check(const Model *model)
{
    const ModelEvent *next = model_next(model);

    g_assert_true(engine_is_consistent(model->engine));
    g_assert_cmpint(engine_next_due_ns(model->engine), ==,
                    next != NULL ? next->due_ns : ENGINE_NEVER_NS);
    g_assert_cmpint(engine_next_wake_ns(model->engine), ==, model_wake_ns(model));
}

static void model_arm_or_disarm(Model *model, ModelEvent *event)
{
    if (model_random(model, 4) == 0) {
        engine_disarm(model->engine, &event->event);
        event->is_armed = false;
    } else {
        event->due_ns = engine_now(model->engine) + model_random_ns(model);
        event->event.slack_ns = model_random(model, 2) * model_random_ns(model);
        event->seq = model->next_seq++;
        event->is_armed = true;
        engine_arm(model->engine, &event->event, event->due_ns);
    }
    g_assert_true(event_is_armed(&event->event) == event->is_armed);
    model_check(model);
}

static void model_fire(Event *fired)
{
    ModelEvent *event = (ModelEvent *)fired;
    Model *model = event->model;

    g_assert_true(model_next(model) == event);
    g_assert_cmpint(engine_now(model->engine), ==, event->due_ns);
    event->is_armed = false;
    model->n_fired++;
    model_check(model);
    if (model_random(model, 3) == 0)
        model_arm_or_disarm(model, &model->events[model_random(model, N_MODEL_EVENTS)]);
    if (model_random(model, 8) == 0)
        model_arm_or_disarm(model, event);
}

static void model_run(unsigned min_spread_bits, unsigned max_spread_bits)
{
    g_autofree Model *model = g_new0(Model, 1);

    model->engine = engine_new();
    model->min_spread_bits = min_spread_bits;
    model->max_spread_bits = max_spread_bits;
    for (int n = 0; n < N_MODEL_EVENTS; n++) {
        model->events[n].model = model;
        event_init(&model->events[n].event, model_fire);
    }
    for (int n = 0; n < N_MODEL_OPERATIONS; n++) {
        if (model_random(model, 16) == 0) {
            int64_t until_ns = engine_now(model->engine) + model_random_ns(model) / 4;

            engine_run_until(model->engine, until_ns);
            g_assert_cmpint(engine_now(model->engine), ==, until_ns);
            g_assert_true(model_next(model) == NULL || model_next(model)->due_ns > until_ns);
            model_check(model);
        } else {
            model_arm_or_disarm(model, &model->events[model_random(model, N_MODEL_EVENTS)]);
        }
    }
    g_assert_cmpuint(model->n_fired, >, N_MODEL_OPERATIONS / 20); // it did try firing
    engine_free(model->engine);
}

static void test_within_a_few_instants(void)
{
    model_run(5, 5);
}

static void test_within_the_reach_of_a_link(void)
{
    model_run(16, 20);
}

static void test_within_hours_and_nanoseconds(void)
{
    model_run(0, 43);
}

// Most events are far, and bursts come closer than what has been taken in advance.
static void test_bursts_before_the_next(void)
{
    model_run(7, 13);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/engine/agrees-with-a-naive-model/within-a-few-instants",
                    test_within_a_few_instants);
    g_test_add_func("/core/engine/agrees-with-a-naive-model/within-the-reach-of-a-link",
                    test_within_the_reach_of_a_link);
    g_test_add_func("/core/engine/agrees-with-a-naive-model/within-hours-and-nanoseconds",
                    test_within_hours_and_nanoseconds);
    g_test_add_func("/core/engine/agrees-with-a-naive-model/bursts-before-the-next",
                    test_bursts_before_the_next);
    return g_test_run();
}
