// SPDX-License-Identifier: Apache-2.0
// How a system call's failure becomes a sentence: what was asked, what the kernel said, what helps.
#include "sim/host/refusal.h"

#include <errno.h>

G_DEFINE_QUARK(taploom - refusal - error - quark, refusal_error)

static const struct {
    int errno_value;
    const char *remedy;
} refusal_remedies[] = {
    {EMFILE, "raise the limit of open files of this process: ulimit -n 65536"},
    {ENFILE, "raise the system's limit of open files as root: sysctl -w fs.file-max=1000000"},
    {EAGAIN, "too many processes: raise the limit with ulimit -u, or the pids limit of the "
             "container"},
    {ENOMEM, "not enough memory, or the first process of the lab has ended"},
    {ENOSPC, "a limit on namespaces is reached: see /proc/sys/user/max_*_namespaces"},
};

static const char *refusal_remedy(int errno_value)
{
    for (size_t i = 0; i < G_N_ELEMENTS(refusal_remedies); i++) {
        if (refusal_remedies[i].errno_value == errno_value)
            return refusal_remedies[i].remedy;
    }
    return NULL;
}

static void refusal_set_text(GError **error, int errno_value, const char *remedy, const char *what)
{
    if (remedy == NULL)
        remedy = refusal_remedy(errno_value);
    g_set_error(error, REFUSAL_ERROR, errno_value, "%s: %s%s%s%s", what, g_strerror(errno_value),
                remedy != NULL ? " (" : "", remedy != NULL ? remedy : "",
                remedy != NULL ? ")" : "");
}

void refusal_set(GError **error, int errno_value, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list arguments;

    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    refusal_set_text(error, errno_value, NULL, what);
}

void refusal_set_remedy(GError **error, int errno_value, const char *remedy, const char *format,
                        ...)
{
    g_autofree char *what = NULL;
    va_list arguments;

    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    refusal_set_text(error, errno_value, remedy, what);
}
