// SPDX-License-Identifier: Apache-2.0
// taploom import: another tool's words as a scenario on standard output.
#include "sim/import/import.h"

#include <stdio.h>
#include <string.h>

#include "core/param.h"
#include "core/quote.h"
#include "sim/commands/command.h"

static int import_run(int argc, char **argv);

const Command import_command = {
    .name = "import",
    .arguments = "TOOL TEXT",
    .summary = "Turn the words of tc, qns or mahimahi into a scenario",
    .run = import_run,
};

static const ImportFormat *import_find(const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *quote = quote_new(name);
    g_autofree char *list = NULL;
    const char *nearest;

    for (const ImportFormat *const *format = import_formats; *format != NULL; format++) {
        if (strcmp((*format)->name, name) == 0)
            return *format;
        g_ptr_array_add(names, (gpointer)(*format)->name);
    }
    g_ptr_array_add(names, NULL);
    nearest = param_nearest(name, (const char *const *)names->pdata);
    list = g_strjoinv(", ", (char **)names->pdata);
    g_set_error(error, IMPORT_ERROR, IMPORT_ERROR_WORD, "%s is no known tool: %s%s%s", quote,
                nearest != NULL ? "did you mean " : "write one of ",
                nearest != NULL ? nearest : list, nearest != NULL ? "?" : "");
    return NULL;
}

// "  tc        options of …\n            delay 10ms …" for each format.
static char *import_describe(void)
{
    GString *text = g_string_new("TOOL is one of\n\n");

    for (const ImportFormat *const *format = import_formats; *format != NULL; format++)
        g_string_append_printf(text, "  %-9s %s:\n            taploom import %s \"%s\"\n",
                               (*format)->name, (*format)->summary, (*format)->name,
                               (*format)->example);
    g_string_append(text, "\nComments in the scenario say what differs. Check it with\n\n"
                          "  taploom import TOOL \"TEXT\" | taploom check -\n");
    return g_string_free(text, FALSE);
}

// A comment that says where the scenario comes from; what no YAML may hold becomes '?'.
static void import_note(const ImportFormat *format, const char *text, ScenarioText *scenario)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *printable = g_string_new(NULL);

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);

        g_string_append_unichar(printable, g_unichar_isprint(letter) ? letter : '?');
    }
    text_block_note(scenario->head, "%s: %s", format->name, printable->str);
    g_string_free(printable, TRUE);
}

// Reads `text` and prints the scenario.
static bool import_print(const ImportFormat *format, const char *text, GError **error)
{
    g_autoptr(Words) words = words_new(text);
    g_autoptr(ScenarioText) scenario = scenario_text_new();
    g_autofree char *yaml = NULL;

    import_note(format, text, scenario);
    if (!format->read(words, scenario, error)) {
        g_prefix_error(error, "%s: ", format->name);
        return false;
    }
    yaml = scenario_text_print(scenario);
    fputs(yaml, stdout);
    return true;
}

// One text of the operands: of several, those with blanks are quoted again.
static char *import_text(char **operands)
{
    GString *text = g_string_new(operands[0]);

    for (char **operand = operands + 1; *operand != NULL; operand++) {
        const char *quote = strpbrk(*operand, " \t\r\n") == NULL ? ""
                            : strchr(*operand, '"') == NULL      ? "\""
                                                                 : "'";

        g_string_append_printf(text, " %s%s%s", quote, *operand, quote);
    }
    return g_string_free(text, FALSE);
}

static int import_run(int argc, char **argv)
{
    g_autofree char *description = import_describe();
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    const ImportFormat *format;
    int status;

    if (!command_parse(&import_command, &argc, &argv, NULL, description, -1, &status))
        return status;
    if (argc < 3)
        return command_usage(&import_command);
    format = import_find(argv[1], &error);
    text = import_text(argv + 2);
    if (format == NULL || !import_print(format, text, &error))
        return command_fail(&import_command, error);
    return STATUS_OK;
}
