// SPDX-License-Identifier: Apache-2.0
// The progress line is taken away before anything else is written, and put back after it.
#include "sim/lab/console.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/quote.h"

#define CLEAR_LINE "\r\033[K"

struct Console {
    FILE *stream;
    int host_columns;
    bool is_terminal;
    bool is_coloured;
    bool is_quiet;
    char *progress;
};

Console *console_new(FILE *stream, int host_columns)
{
    Console *console = g_new0(Console, 1);
    const char *no_color = g_getenv("NO_COLOR");

    console->stream = stream;
    console->host_columns = host_columns;
    console->is_terminal = isatty(fileno(stream)) && g_strcmp0(g_getenv("TERM"), "dumb") != 0;
    console->is_coloured = console->is_terminal && (no_color == NULL || *no_color == '\0');
    return console;
}

void console_set_quiet(Console *console)
{
    console->is_quiet = true;
    console->is_terminal = false;
}

void console_free(Console *console)
{
    console_progress(console, "");
    fflush(console->stream);
    g_free(console->progress);
    g_free(console);
}

bool console_is_terminal(const Console *console)
{
    return console->is_terminal;
}

bool console_is_coloured(const Console *console)
{
    return console->is_coloured;
}

static bool console_has_progress(const Console *console)
{
    return console->progress != NULL && *console->progress != '\0';
}

static void console_begin(Console *console)
{
    if (console_has_progress(console))
        fputs(CLEAR_LINE, console->stream);
}

static void console_end(Console *console)
{
    if (console_has_progress(console))
        fputs(console->progress, console->stream);
    fflush(console->stream);
}

void console_line(Console *console, const char *host, const char *mark, const char *text)
{
    g_autofree char *quote = strchr(text, '\n') != NULL ? quote_line_new(text) : NULL;
    const char *line = quote != NULL ? quote : text;

    if (console->is_quiet && strcmp(mark, "$") == 0)
        return;
    console_begin(console);
    if (console->is_coloured)
        fprintf(console->stream, "\033[36m%-*s %s\033[0m %s\n", console->host_columns, host, mark,
                line);
    else
        fprintf(console->stream, "%-*s %s %s\n", console->host_columns, host, mark, line);
    console_end(console);
}

void console_print(Console *console, const char *text)
{
    console_begin(console);
    fputs(text, console->stream);
    console_end(console);
}

static int console_columns(const Console *console)
{
    struct winsize size;

    if (ioctl(fileno(console->stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

void console_progress(Console *console, const char *text)
{
    if (!console->is_terminal)
        return;
    console_begin(console);
    g_free(console->progress);
    console->progress =
        g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), console_columns(console) - 1));
    console_end(console);
}
