// SPDX-License-Identifier: Apache-2.0
// One block of memory for the configurations of all stage classes, in the order of their list.
#include "links/link_config.h"

#include <string.h>

#include "links/delay.h"
#include "links/loss.h"
#include "links/rate.h"
#include "links/spacing.h"

struct LinkConfig {
    max_align_t blocks[1]; // as many as the stages need
};

static size_t stage_config_room(const StageClass *class)
{
    return (class->config_bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) *
           sizeof(max_align_t);
}

// The offset of one class's structure; of all structures together for NULL.
static size_t stage_config_offset(const StageClass *wanted)
{
    size_t offset = 0;

    for (const StageClass *const *item = stage_classes; *item != NULL && *item != wanted; item++)
        offset += stage_config_room(*item);
    return offset;
}

LinkConfig *link_config_new(void)
{
    LinkConfig *config = g_malloc0(stage_config_offset(NULL));

    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        for (const StageKey *key = (*item)->keys; key->name != NULL; key++)
            param_set_fallbacks(key->params, (char *)config + stage_config_offset(*item));
    return config;
}

LinkConfig *link_config_copy(const LinkConfig *config)
{
    return g_memdup2(config, stage_config_offset(NULL));
}

void link_config_free(LinkConfig *config)
{
    g_free(config);
}

const void *link_config_of(const LinkConfig *config, const StageClass *class)
{
    return (const char *)config + stage_config_offset(class);
}

const StageKey *link_config_key(const char *name, const StageClass **class)
{
    for (const StageClass *const *item = stage_classes; *item != NULL; item++) {
        for (const StageKey *key = (*item)->keys; key->name != NULL; key++) {
            if (strcmp(key->name, name) == 0) {
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
            g_ptr_array_add(names, (gpointer)key->name);
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}

bool link_config_set(LinkConfig *config, const StageClass *class, const ParamSpec *param,
                     const char *text, GError **error)
{
    return param_set(param, (char *)config + stage_config_offset(class), text, error);
}

bool link_config_check(const LinkConfig *config, GError **error)
{
    for (const StageClass *const *item = stage_classes; *item != NULL; item++)
        if ((*item)->check != NULL && !(*item)->check(link_config_of(config, *item), error))
            return false;
    return true;
}

uint64_t link_config_rate_bps(const LinkConfig *config)
{
    return ((const RateConfig *)link_config_of(config, &rate_stage_class))->rate_bps;
}

int64_t link_config_delay_ns(const LinkConfig *config)
{
    return ((const DelayConfig *)link_config_of(config, &delay_stage_class))->delay_ns;
}

int64_t link_config_jitter_ns(const LinkConfig *config)
{
    return ((const DelayConfig *)link_config_of(config, &delay_stage_class))->jitter_ns;
}

Probability link_config_loss(const LinkConfig *config)
{
    return ((const LossConfig *)link_config_of(config, &loss_stage_class))->rate;
}

int64_t link_config_spacing_ns(const LinkConfig *config)
{
    return ((const SpacingConfig *)link_config_of(config, &spacing_stage_class))->spacing_ns;
}

Limit link_config_queue_limit(const LinkConfig *config)
{
    return rate_queue_limit(link_config_of(config, &rate_stage_class));
}
