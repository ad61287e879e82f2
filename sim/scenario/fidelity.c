// SPDX-License-Identifier: Apache-2.0
// The section `fidelity:`: what makes a run invalid.
#include "sim/scenario/loader.h"

static const ParamSpec fidelity_params[] = {
    {.name = "late_share",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(FidelitySpec, late_share),
     .fallback = "1%",
     .summary = "a run is invalid when more than this share of the frames left late"},
    {.name = "late_floor",
     .type = PARAM_DURATION,
     .offset = offsetof(FidelitySpec, late_floor_ns),
     .fallback = "1ms",
     .max = UINT64_C(3600) * 1000000000,
     .summary = "late is: by more than this, and by more than late_of_delay"},
    {.name = "late_of_delay",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(FidelitySpec, late_of_delay),
     .fallback = "10%",
     .summary = "the share of its link's delay that a frame may be late by"},
    {.name = "device_drops",
     .type = PARAM_COUNT,
     .offset = offsetof(FidelitySpec, device_drops),
     .fallback = "0",
     .summary = "frames that may be lost inside TAP and TUN devices"},
    {.name = "unaccounted",
     .type = PARAM_COUNT,
     .offset = offsetof(FidelitySpec, unaccounted),
     .fallback = "0",
     .summary = "frames that may be missing from the account"},
    {.name = "others_share",
     .type = PARAM_PROBABILITY,
     .offset = offsetof(FidelitySpec, others_share),
     .fallback = "25%",
     .summary = "what fails is invalid when others had more than this share of a busy machine"},
    {.name = "strict",
     .type = PARAM_BOOLEAN,
     .offset = offsetof(FidelitySpec, strict),
     .fallback = "no",
     .summary = "whether an invalid run ends with exit status 4, as with --strict"},
    PARAM_END,
};

static const Section fidelity_section = {.noun = "fidelity", .params = fidelity_params};

void fidelity_init(FidelitySpec *fidelity)
{
    param_set_fallbacks(fidelity_params, fidelity);
}

void fidelity_read(Loader *loader, const Spot *spot, void *scenario)
{
    section_read(&fidelity_section, loader, spot, &((Scenario *)scenario)->fidelity);
}
