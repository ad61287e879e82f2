// SPDX-License-Identifier: Apache-2.0
// One block of memory for the configurations of all stage classes, in the order of their list, each
// behind a note of whether it is chosen.
#include "links/link_config.h"

#include <stdalign.h>
#include <string.h>

#include "links/delay/jitter_source.h"
#include "links/queue/queue.h"
#include "links/rate/medium.h"
#include "links/rate/trace.h"
#include "links/replay.h"
#include "links/spacing.h"

typedef struct {
    alignas(max_align_t) bool is_chosen;
} StageBlock; // the class's own structure follows

struct LinkConfig {
    StageBlock blocks[1]; // as many as the stages need
};

static size_t stage_config_room(const StageClass *class)
{
    return sizeof(StageBlock) + (class->config_bytes + sizeof(max_align_t) - 1) /
                                    sizeof(max_align_t) * sizeof(max_align_t);
}

// The offset of one class's block; of all blocks together for NULL.
static size_t stage_block_offset(const StageClass *wanted)
{
    size_t offset = 0;

    for (const StageClass *const *item = stage_classes; *item != NULL && *item != wanted; item++)
        offset += stage_config_room(*item);
    return offset;
}

static StageBlock *stage_block(const LinkConfig *config, const StageClass *class)
{
    return (StageBlock *)((char *)config + stage_block_offset(class));
}

const void *link_config_of(const LinkConfig *config, const StageClass *class)
{
    return stage_block(config, class) + 1;
}

void *link_config_own(LinkConfig *config, const StageClass *class)
{
    return stage_block(config, class) + 1;
}

// The class of a key that is listed first, and so its default; NULL without such a key.
static const StageClass *stage_class_first(const char *key_name)
{
    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        for (const StageKey *key = (*item)->keys; key->name != NULL; key++)
            if (strcmp(key->name, key_name) == 0)
                return *item;
    return NULL;
}

LinkConfig *link_config_new(void)
{
    LinkConfig *config = g_malloc0(stage_block_offset(NULL));

    for (const StageClass *const *item = stage_classes; *item != NULL; item++) {
        const char *name = (*item)->keys->name;

        stage_block(config, *item)->is_chosen = name == NULL || stage_class_first(name) == *item;
        for (const StageKey *key = (*item)->keys; key->name != NULL; key++)
            param_set_fallbacks(key->params, link_config_own(config, *item));
    }
    return config;
}

static void link_config_ref_objects(const LinkConfig *config)
{
    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        for (const StageKey *key = (*item)->keys; key->name != NULL; key++)
            param_ref_objects(key->params, link_config_of(config, *item));
}

static void link_config_unref_objects(const LinkConfig *config)
{
    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        for (const StageKey *key = (*item)->keys; key->name != NULL; key++)
            param_unref_objects(key->params, link_config_of(config, *item));
}

LinkConfig *link_config_copy(const LinkConfig *config)
{
    link_config_ref_objects(config);
    return g_memdup2(config, stage_block_offset(NULL));
}

void link_config_assign(LinkConfig *config, const LinkConfig *from)
{
    link_config_ref_objects(from);
    link_config_unref_objects(config);
    memcpy(config, from, stage_block_offset(NULL));
}

bool link_config_is_same(const LinkConfig *config, const LinkConfig *other)
{
    return memcmp(config, other, stage_block_offset(NULL)) == 0;
}

void link_config_free(LinkConfig *config)
{
    if (config == NULL)
        return;
    link_config_unref_objects(config);
    g_free(config);
}

const StageKey *link_config_key(const LinkConfig *config, const char *name,
                                const StageClass **class)
{
    for (const StageClass *const *item = stage_classes; *item != NULL; item++) {
        for (const StageKey *key = (*item)->keys; key->name != NULL; key++) {
            if (strcmp(key->name, name) == 0 && link_config_has_chosen(config, *item)) {
                *class = *item;
                return key;
            }
        }
    }
    return NULL;
}

const char **link_config_key_names(void)
{
    GPtrArray *names = g_ptr_array_new();

    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        for (const StageKey *key = (*item)->keys; key->name != NULL; key++)
            if (stage_class_first(key->name) == *item)
                g_ptr_array_add(names, (gpointer)key->name);
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}

static bool stage_class_varies(const StageClass *class, const char *key)
{
    return class->variant != NULL && strcmp(class->keys->name, key) == 0;
}

const char **link_config_variant_names(const char *key)
{
    GPtrArray *names = g_ptr_array_new();

    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        if (stage_class_varies(*item, key))
            g_ptr_array_add(names, (gpointer)(*item)->variant);
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}

const char **link_config_variants_with(const char *key, const char *param)
{
    const char **names = link_config_variant_names(key);
    guint n = 0;

    for (const char **name = names; *name != NULL; name++) {
        if (param_find(link_config_variant(key, *name)->keys->params, param) != NULL)
            names[n++] = *name;
    }
    names[n] = NULL;
    return names;
}

const StageClass *link_config_variant(const char *key, const char *variant)
{
    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        if (stage_class_varies(*item, key) && strcmp((*item)->variant, variant) == 0)
            return *item;
    return NULL;
}

void link_config_choose(LinkConfig *config, const StageClass *class)
{
    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        if (stage_class_varies(*item, class->keys->name))
            stage_block(config, *item)->is_chosen = *item == class;
}

bool link_config_has_chosen(const LinkConfig *config, const StageClass *class)
{
    return stage_block(config, class)->is_chosen;
}

bool link_config_needs(const LinkConfig *config, const StageClass *class)
{
    return class->push != NULL && link_config_has_chosen(config, class) &&
           class->is_needed(link_config_of(config, class)) && !replay_leaves_out(config, class);
}

bool link_config_reorders(const LinkConfig *config)
{
    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        if ((*item)->reorders != NULL && link_config_needs(config, *item) &&
            (*item)->reorders(link_config_of(config, *item)))
            return true;
    return false;
}

const ParamSpec *link_config_plain_param(const StageClass *class, const StageKey *key,
                                         GError **error)
{
    const StageClass *first = stage_class_first(key->name);

    if (class == first || strcmp(key->params->name, first->keys->params->name) == 0)
        return key->params;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_FORM,
                "the %s in force is %s, which has no %s: write {%s: …}, or {%s: %s, %s: …}",
                class->selector, class->variant, first->keys->params->name, key->params->name,
                class->selector, first->variant, first->keys->params->name);
    return NULL;
}

bool link_config_set(LinkConfig *config, const StageClass *class, const ParamSpec *param,
                     const char *text, GError **error)
{
    return param_set(param, link_config_own(config, class), text, error);
}

bool link_config_set_amount(LinkConfig *config, const StageClass *class, const ParamSpec *param,
                            uint64_t amount, LimitUnit unit)
{
    char *field = (char *)link_config_own(config, class) + param->offset;
    uint64_t *amount_field = (uint64_t *)(void *)field;
    bool is_other = false;

    g_assert(param->type <= PARAM_COUNT);
    if (param->type == PARAM_LIMIT) {
        Limit *limit = (Limit *)(void *)field;

        is_other = limit->unit != unit;
        limit->unit = unit;
        amount_field = &limit->amount;
    }
    is_other |= *amount_field != amount;
    *amount_field = amount;
    return is_other;
}

void link_config_set_object(LinkConfig *config, const StageClass *class, const ParamSpec *param,
                            ParamObject *object)
{
    param_set_object(param, link_config_own(config, class), object);
}

void link_config_copy_param(LinkConfig *config, const StageClass *class, const ParamSpec *param,
                            const LinkConfig *from)
{
    param_copy(param, link_config_own(config, class), link_config_of(from, class));
}

bool link_config_interpolate(LinkConfig *config, const StageClass *class, const ParamSpec *param,
                             const LinkConfig *from, const LinkConfig *to, uint64_t part,
                             uint64_t whole)
{
    return param_interpolate(param, link_config_own(config, class), link_config_of(from, class),
                             link_config_of(to, class), part, whole);
}

// The chosen class of a key, which must exist.
static const StageClass *link_config_chosen(const LinkConfig *config, const char *key)
{
    const StageClass *class = NULL;

    link_config_key(config, key, &class);
    return class;
}

// Only a rate that takes time to send each frame has a transmitter to share.
static bool link_config_check_medium(const LinkConfig *config, GError **error)
{
    const StageClass *rate = link_config_chosen(config, "rate");

    if (rate->pair != NULL ||
        !medium_stage_class.is_needed(link_config_of(config, &medium_stage_class)))
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                "medium: half-duplex needs a constant rate, and the model of the rate is %s",
                rate->variant);
    return false;
}

// Without a rate nothing ever waits, and nothing takes time to be sent.
static bool stage_config_is_idle(const LinkConfig *config, const StageClass *class)
{
    return class->needs_rate && link_config_rate_bps(config) == 0 &&
           class->is_needed(link_config_of(config, class));
}

bool link_config_is_idle(const LinkConfig *config, const char *key)
{
    const StageClass *class;

    return link_config_key(config, key, &class) != NULL && stage_config_is_idle(config, class);
}

void link_config_reset_key(LinkConfig *config, const char *key_name)
{
    g_autoptr(LinkConfig) fallbacks = link_config_new();

    for (const StageClass *const *item = stage_classes; *item != NULL; item++) {
        for (const StageKey *key = (*item)->keys; key->name != NULL; key++) {
            if (strcmp(key->name, key_name) != 0)
                continue;
            for (const ParamSpec *param = key->params; param->name != NULL; param++)
                link_config_copy_param(config, *item, param, fallbacks);
            if ((*item)->variant != NULL)
                stage_block(config, *item)->is_chosen = link_config_has_chosen(fallbacks, *item);
        }
    }
}

char *link_config_wanted(const LinkConfig *config, const StageClass *class, const StageKey *key,
                         ParamIsGiven *is_given, const void *data)
{
    const char *values = link_config_of(config, class);
    g_autoptr(GString) names = g_string_new(NULL);

    for (const ParamSpec *param = key->params; param->name != NULL; param++) {
        if (!param->alternative)
            continue;
        if (*(const uint64_t *)(values + param->offset) != 0 || is_given(data, key, param))
            return NULL;
        g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", param->name);
    }
    return names->len > 0 ? g_strdup(names->str) : NULL;
}

const char *link_config_idle_reason(const LinkConfig *config, const StageClass *class,
                                    const ParamSpec *param)
{
    for (const IdleParam *idle = class->idle_params; idle != NULL && idle->param != NULL; idle++)
        if (strcmp(idle->param, param->name) == 0 && idle->is_idle(link_config_of(config, class)))
            return idle->reason;
    return NULL;
}

bool link_config_check_key(const LinkConfig *config, const char *key, GError **error)
{
    if (!link_config_is_idle(config, key))
        return true;
    g_set_error(error, QUANTITY_ERROR, QUANTITY_ERROR_RANGE,
                "%s: without a rate it has no effect: add rate, or remove %s", key, key);
    return false;
}

bool link_config_check_values(const LinkConfig *config, GError **error)
{
    for (const StageClass *const *item = stage_classes; *item != NULL; item++) {
        if (link_config_has_chosen(config, *item) && (*item)->check != NULL &&
            !(*item)->check(link_config_of(config, *item), error))
            return false;
    }
    return link_config_check_medium(config, error) && trace_check(config, error);
}

bool link_config_check(const LinkConfig *config, GError **error)
{
    for (const StageClass *const *item = stage_classes; *item != NULL; item++) {
        for (const StageKey *key = (*item)->keys; key->name != NULL; key++)
            if (!link_config_check_key(config, key->name, error))
                return false;
    }
    return link_config_check_values(config, error);
}

uint64_t link_config_rate_bps(const LinkConfig *config)
{
    const StageClass *class = link_config_chosen(config, "rate");
    uint64_t mean_bps;

    if (trace_mean(config, CSV_RATE, &mean_bps))
        return mean_bps;
    return class->mean_rate_bps(link_config_of(config, class));
}

Probability link_config_loss(const LinkConfig *config)
{
    const StageClass *class = link_config_chosen(config, "loss");
    Probability mean;

    if (trace_mean(config, CSV_LOSS, &mean))
        return mean;
    return class->mean_loss(link_config_of(config, class));
}

const char *link_config_loss_model(const LinkConfig *config)
{
    return link_config_chosen(config, "loss")->variant;
}

bool link_config_loses_in_runs(const LinkConfig *config)
{
    const StageClass *class = link_config_chosen(config, "loss");

    return class->loses_in_runs && link_config_needs(config, class);
}

int64_t link_config_delay_ns(const LinkConfig *config)
{
    return delay_config_mean_ns(link_config_of(config, &delay_stage_class));
}

int64_t link_config_mean_delay_ns(const LinkConfig *config)
{
    const DelayConfig *delay = link_config_of(config, &delay_stage_class);
    uint64_t mean_ns;

    if (!trace_mean(config, CSV_DELAY, &mean_ns))
        return link_config_delay_ns(config);
    return link_config_delay_ns(config) - delay->delay_ns + (int64_t)mean_ns;
}

int64_t link_config_jitter_ns(const LinkConfig *config)
{
    return delay_config_jitter_ns(link_config_of(config, &delay_stage_class));
}

int64_t link_config_spacing_ns(const LinkConfig *config)
{
    return ((const SpacingConfig *)link_config_of(config, &spacing_stage_class))->spacing_ns;
}

const OverheadConfig *link_config_overhead(const LinkConfig *config)
{
    return link_config_of(config, &overhead_stage_class);
}

Limit link_config_queue_limit(const LinkConfig *config)
{
    const StageClass *class = link_config_chosen(config, "queue");

    return queue_limit_in_force(class->queue_limit(link_config_of(config, class)),
                                link_config_rate_bps(config), link_config_overhead(config));
}
