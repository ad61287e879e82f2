// SPDX-License-Identifier: Apache-2.0
// LinkConfig: the configuration of one direction of a link, one structure for each stage class.
#pragma once

#include "links/rate/overhead.h"
#include "links/stage_class.h"

typedef struct LinkConfig LinkConfig;

// All fallbacks, nothing impaired.
LinkConfig *link_config_new(void);
LinkConfig *link_config_copy(const LinkConfig *config);
void link_config_free(LinkConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinkConfig, link_config_free)

// The structure of one class, to be read as its own type; owned by `config`.
const void *link_config_of(const LinkConfig *config, const StageClass *class);

// The same, to be changed by whoever knows its type.
void *link_config_own(LinkConfig *config, const StageClass *class);

// Makes `config` the same as `from`, in place: what link_config_of() returned stays where it is.
void link_config_assign(LinkConfig *config, const LinkConfig *from);

// Whether both say the same. Not all that say the same are found: copies of each other are.
bool link_config_is_same(const LinkConfig *config, const LinkConfig *other);

// The key of that name and the class of it that `config` has chosen ("delay" of the delay stage),
// or NULL.
const StageKey *link_config_key(const LinkConfig *config, const char *name,
                                const StageClass **class);

// The names of all keys, NULL-terminated: for the nearest key to a typo. The caller frees the
// array.
const char **link_config_key_names(void);

// The words of all variants of a key ("independent", "gilbert"), likewise; empty for a key without.
const char **link_config_variant_names(const char *key);

// Those that have this parameter, likewise.
const char **link_config_variants_with(const char *key, const char *param);

// The class of that key and word, or NULL.
const StageClass *link_config_variant(const char *key, const char *variant);

// Chooses `class` among those that share its key. Its parameters are what they were before.
void link_config_choose(LinkConfig *config, const StageClass *class);

// Whether `class` is the one chosen, or has no variants.
bool link_config_has_chosen(const LinkConfig *config, const StageClass *class);

// Whether a stage of that class comes of it.
bool link_config_needs(const LinkConfig *config, const StageClass *class);

// Whether frames may leave a link with it in another order than they entered.
bool link_config_reorders(const LinkConfig *config);

// The first parameter of a key's chosen class, which a plain value sets. An error when that is not
// what a plain value of the key means (`loss: 1%` with a model that has no rate), and NULL.
const ParamSpec *link_config_plain_param(const StageClass *class, const StageKey *key,
                                         GError **error);

// Sets one parameter of a key; errors as param_set().
bool link_config_set(LinkConfig *config, const StageClass *class, const ParamSpec *param,
                     const char *text, GError **error);

// Sets a parameter to an amount in its own unit, within its range; `unit` is of a limit only.
// Whether it was another one before.
bool link_config_set_amount(LinkConfig *config, const StageClass *class, const ParamSpec *param,
                            uint64_t amount, LimitUnit unit);

// As param_set_object().
void link_config_set_object(LinkConfig *config, const StageClass *class, const ParamSpec *param,
                            ParamObject *object);

// Copies one parameter from another configuration.
void link_config_copy_param(LinkConfig *config, const StageClass *class, const ParamSpec *param,
                            const LinkConfig *from);

// As param_interpolate(), between two other configurations.
bool link_config_interpolate(LinkConfig *config, const StageClass *class, const ParamSpec *param,
                             const LinkConfig *from, const LinkConfig *to, uint64_t part,
                             uint64_t whole);

// Puts a key back to what it is in a new configuration, its first class chosen.
void link_config_reset_key(LinkConfig *config, const char *key);

// Whether a key, of some class, has no effect for want of a rate.
bool link_config_is_idle(const LinkConfig *config, const char *key);

// Whether whoever sets parameters of `key`, a map or a change, gives that one.
typedef bool ParamIsGiven(const void *data, const StageKey *key, const ParamSpec *param);

// The alternatives of a key, as "rate, ber", of which one is to be given; NULL where there are
// none, or one is given or set. The caller frees it.
char *link_config_wanted(const LinkConfig *config, const StageClass *class, const StageKey *key,
                         ParamIsGiven *is_given, const void *data);

// Why a parameter has no effect in this configuration, as IdleParam.reason; NULL where it has one.
const char *link_config_idle_reason(const LinkConfig *config, const StageClass *class,
                                    const ParamSpec *param);

// The rules between parameters; the error begins with the key at fault and a colon.
bool link_config_check(const LinkConfig *config, GError **error);

// The same but for keys without effect, which may be left behind when a rate is taken away; and
// whether one key has an effect.
bool link_config_check_values(const LinkConfig *config, GError **error);
bool link_config_check_key(const LinkConfig *config, const char *key, GError **error);

// What reports and bandwidth-delay products need: 0 when not configured. The rate and the loss are
// means where the model varies them.
uint64_t link_config_rate_bps(const LinkConfig *config);
int64_t link_config_delay_ns(const LinkConfig *config);      // in force
int64_t link_config_mean_delay_ns(const LinkConfig *config); // over a trace that sets it
int64_t link_config_jitter_ns(const LinkConfig *config);
Probability link_config_loss(const LinkConfig *config);
const char *link_config_loss_model(const LinkConfig *config); // "gilbert"; static
bool link_config_loses_in_runs(const LinkConfig *config);     // as StageClass.loses_in_runs
int64_t link_config_spacing_ns(const LinkConfig *config);
Limit link_config_queue_limit(const LinkConfig *config); // the one in force, default included
const OverheadConfig *link_config_overhead(const LinkConfig *config);
