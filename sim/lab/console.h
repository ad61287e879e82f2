// SPDX-License-Identifier: Apache-2.0
// Console: what a person sees while a lab runs: lines of the tasks with their host in front, and on
// a terminal one line of progress below them.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct Console Console;

// Writes to `stream`, not owned. `host_columns` is the width of the longest host name that
// will be written: all of the name is shown, and lines are aligned behind it.
Console *console_new(FILE *stream, int host_columns);

// From now on only what programs print and what goes wrong is shown: neither what is started, lines
// with the mark "$", nor progress.
void console_set_quiet(Console *console);

// Takes the progress line away.
void console_free(Console *console);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Console, console_free)

// Whether there is a person with a terminal to show progress on; and whether it is to be coloured
// (NO_COLOR, TERM=dumb).
bool console_is_terminal(const Console *console);
bool console_is_coloured(const Console *console);

// "london | text", on one line; `mark` stands between the name and the text.
void console_line(Console *console, const char *host, const char *mark, const char *text);

// Text that ends its own lines.
void console_print(Console *console, const char *text);

// Puts `text` into the progress line, cut to the terminal's width; nothing without a terminal.
void console_progress(Console *console, const char *text);
