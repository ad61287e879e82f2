// SPDX-License-Identifier: Apache-2.0
// Configurations go through the same tables as a scenario's, so tests read as scenarios do.
#include "tests/support/link_rig.h"

#include <string.h>

#include "tests/support/conservation.h"
#include "tests/support/virtual_time.h"

#define LINK_RIG_POOL_BYTES (UINT64_C(4) << 30) // address space; only what is used is touched

// What a scenario would read from a file is the value itself here.
static void link_rig_set_object(LinkConfig *config, const StageClass *class, const ParamSpec *param,
                                const char *text)
{
    GError *error = NULL;
    ParamObject *object = param_object_new(param->object_class, "test", text, strlen(text), &error);

    g_assert_no_error(error);
    link_config_set_object(config, class, param, object);
    param_object_unref(object);
}

// "jitter.distribution normal": a key, the parameter where it is not the first, and a value; or
// "loss.model gilbert": a key, the selector of its variants, and the one that is chosen.
static void link_rig_set(LinkConfig *config, const char *setting)
{
    g_auto(GStrv) words = g_strsplit(setting, " ", 2);
    g_auto(GStrv) names = g_strsplit(words[0], ".", 2);
    const StageClass *class = NULL;
    const StageKey *key = link_config_key(config, names[0], &class);
    const ParamSpec *param;
    GError *error = NULL;

    g_assert_nonnull(key);
    g_assert_nonnull(words[1]);
    if (names[1] != NULL && g_strcmp0(names[1], class->selector) == 0) {
        class = link_config_variant(names[0], words[1]);
        g_assert_nonnull(class);
        link_config_choose(config, class);
        return;
    }
    param = names[1] != NULL ? param_find(key->params, names[1]) : &key->params[0];
    g_assert_nonnull(param);
    if (param->type == PARAM_OBJECT && param->object_class->from_file) {
        link_rig_set_object(config, class, param, words[1]);
        return;
    }
    link_config_set(config, class, param, words[1], &error);
    g_assert_no_error(error);
}

LinkConfig *link_rig_config(const char *text)
{
    g_auto(GStrv) settings = g_strsplit(text, ", ", -1);
    LinkConfig *config = link_config_new();
    GError *error = NULL;

    for (char **setting = settings; *setting != NULL; setting++)
        link_rig_set(config, *setting);
    link_config_check(config, &error);
    g_assert_no_error(error);
    return config;
}

void link_rig_open(LinkRig *rig, uint64_t seed, const char *name, const char *forward,
                   const char *reverse)
{
    rig->engine = engine_new();
    rig->pool = frame_pool_new(LINK_RIG_POOL_BYTES);
    g_assert_nonnull(rig->pool);
    rig->config[LINK_FORWARD] = link_rig_config(forward);
    rig->config[LINK_REVERSE] = link_rig_config(reverse != NULL ? reverse : forward);
    rig->link =
        link_new(rig->engine, seed, name, rig->config[LINK_FORWARD], rig->config[LINK_REVERSE]);
    for (int direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
        script_init(&rig->script[direction], rig->engine, rig->pool,
                    link_entry(rig->link, (LinkDirection)direction));
        probe_init(&rig->probe[direction], rig->engine);
        link_connect(rig->link, (LinkDirection)direction, &rig->probe[direction].sink);
    }
}

void link_rig_close(LinkRig *rig)
{
    conservation_assert(rig->link);
    link_free(rig->link);
    for (int direction = 0; direction < N_LINK_DIRECTIONS; direction++) {
        script_clear(&rig->script[direction]);
        probe_clear(&rig->probe[direction]);
        link_config_free(rig->config[direction]);
    }
    g_assert_cmpint(engine_next_due_ns(rig->engine), ==, ENGINE_NEVER_NS);
    frame_pool_free(rig->pool); // asserts that no frame is out
    engine_free(rig->engine);
}

void link_rig_run(LinkRig *rig, int64_t until_ns)
{
    virtual_run(rig->engine, until_ns);
    conservation_assert(rig->link);
}

void link_rig_run_to_end(LinkRig *rig)
{
    virtual_run_to_end(rig->engine);
    conservation_assert(rig->link);
    for (int direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        g_assert_cmpuint(link_held_frames(rig->link, (LinkDirection)direction), ==, 0);
}

uint64_t link_rig_dropped(const LinkRig *rig, LinkDirection direction, DropReason reason)
{
    return counter_get(&link_counters(rig->link, direction)->drops.frames[reason]);
}

void link_rig_assert_lost(const LinkRig *rig, LinkDirection direction, unsigned n_sent,
                          const uint32_t *lost, unsigned n_lost)
{
    const Probe *probe = &rig->probe[direction];
    unsigned arrived = 0;

    g_assert_cmpuint(probe_count(probe), ==, n_sent - n_lost);
    for (uint32_t serial = 0; serial < n_sent; serial++) {
        if (n_lost > 0 && *lost == serial) {
            lost++;
            n_lost--;
        } else {
            g_assert_cmpuint(probe_record(probe, arrived++)->serial, ==, serial);
        }
    }
    g_assert_cmpuint(n_lost, ==, 0);
    g_assert_cmpuint(link_rig_dropped(rig, direction, DROP_LOSS), ==, n_sent - arrived);
}
