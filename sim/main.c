// SPDX-License-Identifier: Apache-2.0
// taploom: finds the command that the first argument names.
#include <fcntl.h>
#include <glib.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/param.h"
#include "sim/commands/command.h"
#include "sim/version.h"

static void main_print_help(FILE *file)
{
    fputs("Usage: taploom COMMAND [OPTION…] [ARGUMENT…]\n\n"
          "Joins real hosts to an emulated network.\n\nCommands:\n",
          file);
    for (const Command *const *command = commands; *command != NULL; command++) {
        if (!(*command)->internal)
            fprintf(file, "  %-12s %s\n", (*command)->name, (*command)->summary);
    }
    fputs("\n  taploom COMMAND --help    what a command takes\n"
          "  taploom --version         this program's version\n",
          file);
}

static const Command *main_find(const char *name)
{
    for (const Command *const *command = commands; *command != NULL; command++) {
        if (strcmp((*command)->name, name) == 0)
            return *command;
    }
    return NULL;
}

static int main_report_unknown(const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *nearest;

    g_ptr_array_add(names, (char *)"--help"); // before shell, which is as near to help
    g_ptr_array_add(names, (char *)"--version");
    for (const Command *const *command = commands; *command != NULL; command++) {
        if (!(*command)->internal)
            g_ptr_array_add(names, (char *)(*command)->name);
    }
    g_ptr_array_add(names, NULL);
    nearest = param_nearest(name, (const char *const *)names->pdata);
    if (nearest != NULL)
        fprintf(stderr, "taploom: no command \"%s\": did you mean %s?\n", name, nearest);
    else
        fprintf(stderr, "taploom: no command \"%s\" (see taploom --help)\n", name);
    return STATUS_USAGE;
}

// Where a standard stream is missing, whatever is opened next would be taken for it.
static void main_open_missing_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

// What was printed and could not be written, onto a full disk say, has not been told. A command
// that was refused something has said so.
static int main_end(int status)
{
    bool is_written = fflush(stdout) == 0 && !ferror(stdout);

    if (is_written || status == STATUS_REFUSED)
        return status;
    fputs("taploom: standard output could not be written in full: write it where there is room\n",
          stderr);
    return status == STATUS_OK ? STATUS_REFUSED : status;
}

static int main_run(int argc, char **argv)
{
    const Command *command;

    if (argc < 2) {
        main_print_help(stderr);
        return STATUS_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        main_print_help(stdout);
        return STATUS_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("taploom " TAPLOOM_VERSION);
        return STATUS_OK;
    }
    command = main_find(argv[1]);
    return command != NULL ? command->run(argc - 1, argv + 1) : main_report_unknown(argv[1]);
}

int main(int argc, char **argv)
{
    main_open_missing_streams();
    setlocale(LC_CTYPE, ""); // the rest stays "C": numbers read and written have a point
    return main_end(main_run(argc, argv));
}
