// SPDX-License-Identifier: Apache-2.0
// Spacing: how far apart two departures may lie and still leave together, as one super-frame. No
// stage comes of it: the stages that give segments their instants read it.
#include "links/spacing.h"

static const ParamSpec spacing_params[] = {
    {.name = "spacing",
     .type = PARAM_DURATION,
     .offset = offsetof(SpacingConfig, spacing_ns),
     .fallback = "50us",
     .max = UINT64_C(100) * 1000 * 1000,
     .summary = "frames of one burst that the link would have let go within this time leave "
                "together, with the last; 0ns: each on its own"},
    PARAM_END,
};

static const StageKey spacing_keys[] = {
    {"spacing", spacing_params, "how far apart segments of a super-frame may be and leave as one",
     "may leave together with others of one burst that are up to {spacing} apart"},
    {NULL, NULL, NULL},
};

static bool spacing_is_needed(const void *config)
{
    (void)config;
    return false;
}

const StageClass spacing_stage_class = {
    .name = "spacing",
    .summary = "which departures leave together",
    .position = STAGE_DELAY,
    .keys = spacing_keys,
    .config_bytes = sizeof(SpacingConfig),
    .is_needed = spacing_is_needed,
};
