// SPDX-License-Identifier: Apache-2.0
// Places: where in a scenario file there may be a map, a list or a plain value, and which keys a
// map may have; learnt from the tables that read them and from examples of every form.
#pragma once

#include <glib.h>

#include "core/param.h"
#include "sim/scenario/document.h"

typedef struct Place Place;

// A key that a map may have.
typedef struct {
    char *name;
    const ParamSpec *param; // NULL where it is more than one parameter
    bool is_other;          // known by other tables than its section's own
    Place *place;           // NULL where no example has it
} PlaceKey;

struct Place {
    bool is_of[VALUE_MAP + 1]; // which kinds of values there may be
    bool may_be_null;
    bool is_section; // the keys are all that there are
    GPtrArray *keys; // of PlaceKey, owned
    Place *any;      // of a map with names of the user's own; NULL for none
    Place *item;     // of a list
};

// What the examples come to; a mistake in them ends the program.
Place *places_new(void);
void place_free(Place *place);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Place, place_free)
