// SPDX-License-Identifier: Apache-2.0
#include "sim/commands/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sim/report/report_json.h"

bool output_file_check(const char *option, const char *path, GError **error)
{
    int fd;

    if (path == NULL || strcmp(path, "-") == 0)
        return true;
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s %s: %s", option,
                    path, g_strerror(errno));
        return false;
    }
    close(fd);
    return true;
}

bool output_file_write(const char *path, const char *text, GError **error)
{
    if (strcmp(path, "-") != 0)
        return g_file_set_contents(path, text, -1, error);
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
        return true;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "standard output: %s",
                g_strerror(errno));
    return false;
}

bool output_file_write_report(const Report *report, const char *path, GError **error)
{
    g_autoptr(JsonNode) root = report_to_json(report);
    g_autofree char *json = json_to_string(root, TRUE);
    g_autofree char *text = g_strconcat(json, "\n", NULL);

    return output_file_write(path, text, error);
}
