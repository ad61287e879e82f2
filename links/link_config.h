// SPDX-License-Identifier: Apache-2.0
// LinkConfig: the configuration of one direction of a link, one structure for each stage class.
#pragma once

#include "links/stage.h"

typedef struct LinkConfig LinkConfig;

// All fallbacks, nothing impaired.
LinkConfig *link_config_new(void);
LinkConfig *link_config_copy(const LinkConfig *config);
void link_config_free(LinkConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinkConfig, link_config_free)

// The structure of one class, to be read as its own type; owned by `config`.
const void *link_config_of(const LinkConfig *config, const StageClass *class);

// The key of that name and its class ("delay" of the delay stage), or NULL.
const StageKey *link_config_key(const char *name, const StageClass **class);

// The names of all keys, NULL-terminated: for the nearest key to a typo. The caller frees the
// array.
const char **link_config_key_names(void);

// Sets one parameter of a key; errors as param_set().
bool link_config_set(LinkConfig *config, const StageClass *class, const ParamSpec *param,
                     const char *text, GError **error);

// The rules between parameters; the error begins with the key at fault and a colon.
bool link_config_check(const LinkConfig *config, GError **error);

// What reports and bandwidth-delay products need: 0 when not configured.
uint64_t link_config_rate_bps(const LinkConfig *config);
int64_t link_config_delay_ns(const LinkConfig *config);
int64_t link_config_jitter_ns(const LinkConfig *config);
Probability link_config_loss(const LinkConfig *config);
int64_t link_config_spacing_ns(const LinkConfig *config);
Limit link_config_queue_limit(const LinkConfig *config); // the one in force, default included
