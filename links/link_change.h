// SPDX-License-Identifier: Apache-2.0
// LinkChange: assignments to parameters of a link's direction, as a timeline or a command line
// says them, to be carried out on whatever configuration is in force by then.
#pragma once

#include "links/link_config.h"

typedef struct LinkChange LinkChange;

LinkChange *link_change_new(void);
void link_change_free(LinkChange *change);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinkChange, link_change_free)

// Adds an assignment to "loss", "loss.burst", or "loss.model" for another variant. The value is
// checked when the change is carried out; the error here is a name that no variant of the key has.
bool link_change_add(LinkChange *change, const char *name, const char *text, GError **error);

// The same with an object of a parameter that names a file: `text` is what the file is called.
bool link_change_add_object(LinkChange *change, const char *name, const char *text,
                            ParamObject *object, GError **error);

// The parameter that `name` says, of the first variant that has it; NULL where link_change_add()
// would fail, and for a choice among variants.
const ParamSpec *link_change_param(const char *name);

// Carries it out, choices among variants first. The error reads "NAME: what is wrong", and
// `config` may then be half changed. Rules between parameters are not looked at.
bool link_change_apply(const LinkChange *change, LinkConfig *config, GError **error);

unsigned link_change_count(const LinkChange *change);
const char *link_change_name(const LinkChange *change, unsigned n);
const char *link_change_text(const LinkChange *change, unsigned n);

// One parameter of a configuration; without `param`, which class of its key is chosen.
typedef struct {
    const StageClass *class;
    const ParamSpec *param;
} LinkField;

bool link_field_is(LinkField field, LinkField other);

// What the n-th assignment sets in `config`, on which it has been carried out.
LinkField link_change_field(const LinkChange *change, unsigned n, const LinkConfig *config);

// Makes the field of `config` what it is in `from`.
void link_field_copy(LinkField field, LinkConfig *config, const LinkConfig *from);

// As param_interpolate(); false also for the choice of a class.
bool link_field_interpolate(LinkField field, LinkConfig *config, const LinkConfig *from,
                            const LinkConfig *to, uint64_t part, uint64_t whole);
