// SPDX-License-Identifier: Apache-2.0
// Change: what a command asks a running lab to change, all of it at one instant.
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

#include "sim/commands/command.h"

typedef struct {
    JsonArray *changes;
    JsonObject *last; // of the changes, to which further operands belong
    char *lab;        // NULL: the only one
    GPtrArray *links; // of char *: all that were named, in order
} Change;

void change_init(Change *change);
void change_clear(Change *change);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Change, change_clear)

// Begins another change of the links that follow ("set", "down" …, as sim/lab/change_request.h has
// them).
void change_begin(Change *change, const char *action);

// Adds a link, "[LAB/]LINK", to the last change. False, with an error, for one of another lab.
bool change_add_link(Change *change, const char *operand, GError **error);

// Adds "KEY=VALUE" to the last change.
void change_add_setting(Change *change, const char *operand);

// Sets a member of all changes, where `text` is not NULL.
void change_set(Change *change, const char *member, const char *text);

// Asks the lab, prints when it was done, and returns the exit status of `command`.
int change_ask(const Change *change, const Command *command);
