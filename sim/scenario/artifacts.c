// SPDX-License-Identifier: Apache-2.0
// The section `artifacts:`: which runs of the scenario as a test leave their files behind.
#include "sim/scenario/loader.h"

const char *const keep_rule_names[] = {
    [KEEP_FAILURE] = "failure", [KEEP_ALWAYS] = "always", [KEEP_NEVER] = "never", NULL};

static const ParamSpec artifacts_params[] = {
    {.name = "keep",
     .type = PARAM_CHOICE,
     .offset = offsetof(ArtifactsSpec, keep),
     .choices = keep_rule_names,
     .fallback = "failure",
     .summary = "of which runs: of those that did not pass, of all, or of none"},
    {.name = "captures",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(ArtifactsSpec, captures_all),
     .fallback = "yes",
     .summary = "whether every interface is captured where capture: asks for none"},
    PARAM_END,
};

static const Section artifacts_section = {.noun = "artifacts", .params = artifacts_params};

void artifacts_init(ArtifactsSpec *artifacts)
{
    param_set_fallbacks(artifacts_params, artifacts);
}

void artifacts_read(Loader *loader, const Spot *spot, void *scenario)
{
    if (spot_is_map(spot, "{keep: always}"))
        section_read(&artifacts_section, loader, spot, &((Scenario *)scenario)->artifacts);
}
