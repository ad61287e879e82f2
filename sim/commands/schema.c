// SPDX-License-Identifier: Apache-2.0
// taploom schema: what a scenario file may hold, for editors and validators.
#include <stdio.h>

#include "sim/commands/command.h"
#include "sim/schema/schema.h"

static int schema_run(int argc, char **argv);

const Command schema_command = {
    .name = "schema",
    .summary = "Print a JSON Schema of the scenario file",
    .run = schema_run,
};

static int schema_run(int argc, char **argv)
{
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;
    int status;

    if (!command_parse(&schema_command, &argc, &argv, NULL,
                       "For editors with completion, as with a first line\n"
                       "    # yaml-language-server: $schema=taploom.schema.json",
                       0, &status))
        return status;
    root = schema_to_json();
    text = json_to_string(root, TRUE);
    puts(text);
    return STATUS_OK;
}
