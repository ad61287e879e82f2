// SPDX-License-Identifier: Apache-2.0
// Command: one verb of the taploom command line, one file each; meson makes the list of them.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

// Exit statuses of every command (doc: taploom(1)).
enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1,  // a task or expectation failed
    STATUS_USAGE = 2,   // the command line or the scenario is wrong
    STATUS_REFUSED = 3, // the system refused something
    STATUS_INVALID = 4, // the run is not valid: the machine was too slow
};

typedef struct {
    const char *name;
    const char *arguments; // operands for usage texts, "FILE"; NULL without
    const char *summary;   // one line
    bool internal;         // not shown in --help
    // `argv[0]` is the command's name; returns an exit status.
    int (*run)(int argc, char **argv);
} Command;

// In the order of the help text, ended by NULL; made by meson.
extern const Command *const commands[];

enum { COMMAND_ANY_OPERANDS = -2 };

// Parses the options of `command` with `entries` (NULL: none); `n_arguments` operands must remain,
// or any number when it is -1: then options end at the first operand; or any number, with options
// among them, when it is COMMAND_ANY_OPERANDS. `--help` prints and sets
// `*status` to STATUS_OK, a mistake prints one line and sets STATUS_USAGE; both return false. True
// leaves `*status` at STATUS_OK. `description` is printed below the options.
bool command_parse(const Command *command, int *argc, char ***argv, const GOptionEntry *entries,
                   const char *description, int n_arguments, int *status);

// The value of an option that is a count or a duration; without it (NULL) nothing is changed. The
// error begins with the option, "--seed".
bool command_parse_count(const char *option, const char *text, uint64_t *count, GError **error);
bool command_parse_duration_ns(const char *option, const char *text, int64_t *ns, GError **error);

// Prints what operands the command takes and returns STATUS_USAGE.
int command_usage(const Command *command);

// Prints the error for the user and returns the exit status: STATUS_REFUSED for what the system
// refused (REFUSAL_ERROR), STATUS_USAGE for all else.
int command_fail(const Command *command, const GError *error);
