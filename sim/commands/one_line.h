// SPDX-License-Identifier: Apache-2.0
// OneLine: what `with` and `pair` have in common: a scenario of two hosts and one link, made from
// options, whose last task has this program's standard streams and gives it its exit status.
#pragma once

#include "sim/commands/command.h"
#include "sim/import/scenario_text.h"
#include "sim/relay/relay.h"
#include "sim/scenario/scenario.h"

typedef struct OneLine OneLine;

OneLine *one_line_new(const Command *command);
void one_line_free(OneLine *line);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OneLine, one_line_free)

// The options of the link and the run behind `own`, which ends with an empty entry. Owned by the
// line.
const GOptionEntry *one_line_entries(OneLine *line, const GOptionEntry *own);

// A command, ended by NULL, as a line for a shell; the caller frees it.
char *one_line_shell_line(char **command);

// Completes `text`, which has nodes, the link's endpoints and tasks, by what the options say, and
// loads it. NULL with an exit status when it has errors, which are printed with the option to
// blame, or when only the text was asked for.
Scenario *one_line_load(const OneLine *line, ScenarioText *text, int *status);

// Runs it, the last task as `argv`; `relay`, where not NULL, serves the host "machine", with the
// outside network where that forwards. The exit status of the last task, or why it did not come to
// that.
int one_line_run(const OneLine *line, Scenario *scenario, const char *const *argv, Relay *relay);
