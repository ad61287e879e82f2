// SPDX-License-Identifier: Apache-2.0
// A list of holds, each with copies of the configurations it needs.
#include "sim/timeline/target.h"

struct Hold {
    const void *owner;
    Hold *next;
    LinkConfig *before;    // what to put back; NULL for a ramp that stays
    LinkConfig *from, *to; // of a ramp, else NULL
    unsigned n_fields;
    LinkField fields[]; // a NULL class for those that have been lost
};

static const LinkField field_lost = {NULL, NULL};

void target_init(Target *target, const LinkSpec *spec, Link *link, LinkDirection direction)
{
    *target = (Target){.spec = spec, .link = link, .direction = direction};
}

static void hold_free(Hold *hold)
{
    link_config_free(hold->before);
    link_config_free(hold->from);
    link_config_free(hold->to);
    g_free(hold);
}

void target_clear(Target *target)
{
    for (Hold *hold = target->first, *next; hold != NULL; hold = next) {
        next = hold->next;
        hold_free(hold);
    }
    link_config_free(target->wanted);
    link_config_free(target->tried);
}

static void config_set(LinkConfig **config, const LinkConfig *from)
{
    if (*config != NULL)
        link_config_assign(*config, from);
    else
        *config = link_config_copy(from);
}

void target_want(Target *target)
{
    if (!target->is_wanted)
        config_set(&target->wanted, link_config(target->link, target->direction));
    target->is_wanted = true;
}

bool target_try(Target *target, const TimelineEntry *entry, GError **error)
{
    target_want(target);
    if (!target->is_tried)
        config_set(&target->tried, target->wanted);
    target->is_tried = true;
    if (entry->action == TIMELINE_RESET) {
        link_config_assign(target->tried, target->spec->directions[target->direction]);
        return true;
    }
    if (entry->action == TIMELINE_RAMP) {
        g_autoptr(LinkConfig) goal = link_config_copy(target->tried);

        return timeline_entry_try(entry, target->tried, goal, error);
    }
    return timeline_entry_try(entry, NULL, target->tried, error);
}

// Takes a field from all who hold it.
static void target_lose(Target *target, LinkField field)
{
    for (Hold *hold = target->first; hold != NULL; hold = hold->next)
        for (unsigned n = 0; n < hold->n_fields; n++)
            if (hold->fields[n].class != NULL && link_field_is(hold->fields[n], field))
                hold->fields[n] = field_lost;
}

static void target_lose_all(Target *target)
{
    for (Hold *hold = target->first; hold != NULL; hold = hold->next)
        for (unsigned n = 0; n < hold->n_fields; n++)
            hold->fields[n] = field_lost;
}

static void target_append(Target *target, Hold *hold)
{
    Hold **at = &target->first;

    while (*at != NULL)
        at = &(*at)->next;
    *at = hold;
}

void target_hold(Target *target, const TimelineEntry *entry, const void *owner)
{
    bool is_ramp = entry->action == TIMELINE_RAMP;
    bool is_for_good = entry->for_ns == TIMELINE_FOR_GOOD_NS;
    unsigned n_fields = link_change_count(entry->change);
    g_autoptr(LinkConfig) goal = link_config_copy(target->tried);
    Hold *hold;

    if (entry->action == TIMELINE_RESET) {
        target_lose_all(target);
        return;
    }
    if (is_ramp && !link_change_apply(entry->change, goal, NULL))
        g_assert_not_reached(); // tried before
    if (is_for_good)
        for (unsigned n = 0; n < n_fields; n++)
            target_lose(target, link_change_field(entry->change, n, goal));
    if (is_for_good && !is_ramp)
        return;
    hold = g_malloc0(sizeof *hold + n_fields * sizeof hold->fields[0]);
    hold->owner = owner;
    hold->n_fields = n_fields;
    for (unsigned n = 0; n < n_fields; n++)
        hold->fields[n] = link_change_field(entry->change, n, goal);
    if (!is_for_good)
        hold->before = link_config_copy(target->wanted);
    if (is_ramp) {
        hold->from = link_config_copy(target->wanted);
        hold->to = g_steal_pointer(&goal);
    }
    target_append(target, hold);
}

void target_keep(Target *target)
{
    if (target->is_tried)
        link_config_assign(target->wanted, target->tried);
    target->is_tried = false;
}

void target_forget(Target *target)
{
    target->is_wanted &= target->is_noted;
    target->is_tried = false;
}

static Hold *target_find(const Target *target, const void *owner)
{
    Hold *hold = target->first;

    while (hold != NULL && hold->owner != owner)
        hold = hold->next;
    return hold;
}

bool target_is_held(const Target *target, const void *owner)
{
    const Hold *hold = target_find(target, owner);

    for (unsigned n = 0; hold != NULL && n < hold->n_fields; n++)
        if (hold->fields[n].class != NULL)
            return true;
    return false;
}

// Where a value of an earlier hold goes: to the next one who holds that field and will put it
// back, else in force.
static LinkConfig *target_place(Target *target, const Hold *earlier, LinkField field)
{
    for (Hold *hold = earlier->next; hold != NULL; hold = hold->next)
        for (unsigned n = 0; n < hold->n_fields && hold->before != NULL; n++)
            if (hold->fields[n].class != NULL && link_field_is(hold->fields[n], field))
                return hold->before;
    return target->wanted;
}

void target_step(Target *target, const void *owner, uint64_t part, uint64_t whole)
{
    const Hold *hold = target_find(target, owner);

    target_want(target);
    for (unsigned n = 0; hold != NULL && n < hold->n_fields; n++) {
        LinkField field = hold->fields[n];

        if (field.class != NULL)
            link_field_interpolate(field, target_place(target, hold, field), hold->from, hold->to,
                                   part, whole);
    }
}

void target_release(Target *target, const void *owner)
{
    Hold *hold = target_find(target, owner), **at = &target->first;

    if (hold == NULL)
        return;
    target_want(target);
    for (unsigned n = 0; hold->before != NULL && n < hold->n_fields; n++) {
        LinkField field = hold->fields[n];

        if (field.class != NULL)
            link_field_copy(field, target_place(target, hold, field), hold->before);
    }
    while (*at != hold)
        at = &(*at)->next;
    *at = hold->next;
    hold_free(hold);
}
