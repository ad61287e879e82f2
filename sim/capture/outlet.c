// SPDX-License-Identifier: Apache-2.0
// How it works: bytes gather in one array and are written from its start. A regular file takes them
// all, or fails. For anything else poll() is asked first and at most PIPE_BUF bytes are written at
// a time: that much does not block once a pipe is writable, so that O_NONBLOCK need not be set on a
// standard output shared with other processes.
#include "sim/capture/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

// Gathered before the reader is tried again.
enum { BATCH_BYTES = 64 * 1024 };

struct Outlet {
    int fd;
    bool is_regular; // never makes its writer wait for a reader
    bool is_ours;    // opened here, not inherited
    size_t limit_bytes;
    int failed_errno;

    GByteArray *bytes; // all that is held, behind `n_gone_bytes` already written
    guint n_gone_bytes;
    GArray *record_ends; // uint64_t, file positions, behind `n_gone_ends` already reached
    guint n_gone_ends;

    uint64_t out_bytes;   // written to the file
    uint64_t tried_bytes; // accepted when the reader was last tried
    uint64_t whole_end;   // file position behind the last whole record
    uint64_t whole_records;
};

static Outlet *outlet_fail(Outlet *outlet, const char *noun, const char *path, const char *call,
                           GError **error)
{
    int code = errno;
    const char *remedy = "";

    if (code == EACCES || code == EPERM || code == EROFS)
        remedy = ": choose a directory you may write to";
    else if (code == ENOENT)
        remedy = ": its directory must exist";
    else if (code == ENXIO)
        remedy = ": nobody reads this pipe yet, start the reader first";
    else if (code == EMFILE || code == ENFILE)
        remedy = ": raise the limit with `ulimit -n`";
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(code), "%s %s: %s: %s%s", noun, path,
                call, g_strerror(code), remedy);
    outlet_close(outlet);
    return NULL;
}

Outlet *outlet_open(const char *noun, const char *path, size_t limit_bytes, GError **error)
{
    Outlet *outlet = g_new0(Outlet, 1);
    struct stat status;

    outlet->limit_bytes = limit_bytes;
    outlet->bytes = g_byte_array_new();
    outlet->record_ends = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    outlet->is_ours = !g_str_equal(path, "-");
    if (outlet->is_ours) {
        // O_NONBLOCK is for the open only: a named pipe without a reader fails instead of waiting.
        outlet->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0666);
        if (outlet->fd < 0)
            return outlet_fail(outlet, noun, path, "open", error);
    } else {
        outlet->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
        if (outlet->fd < 0)
            return outlet_fail(outlet, noun, "-", "dup", error);
        if (isatty(outlet->fd)) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                        "%s -: standard output is a terminal: lead it into a reader, as in "
                        "`taploom run … | wireshark -k -i -`",
                        noun);
            outlet_close(outlet);
            return NULL;
        }
    }
    if (fstat(outlet->fd, &status) < 0)
        return outlet_fail(outlet, noun, path, "fstat", error);
    outlet->is_regular = S_ISREG(status.st_mode);
    return outlet;
}

void outlet_close(Outlet *outlet)
{
    if (outlet->fd >= 0)
        close(outlet->fd);
    g_byte_array_unref(outlet->bytes);
    g_array_unref(outlet->record_ends);
    g_free(outlet);
}

static uint64_t outlet_accepted_bytes(const Outlet *outlet)
{
    return outlet->out_bytes + outlet_held_bytes(outlet);
}

// The write function of the stream: 0 is its way to say that it failed.
static ssize_t outlet_stream_write(void *cookie, const char *bytes, size_t n_bytes)
{
    Outlet *self = cookie;

    if (self->failed_errno != 0) {
        errno = self->failed_errno;
        return 0;
    }
    g_byte_array_append(self->bytes, (const uint8_t *)bytes, (guint)n_bytes);
    return (ssize_t)n_bytes;
}

FILE *outlet_stream(Outlet *outlet)
{
    FILE *stream = fopencookie(outlet, "w", (cookie_io_functions_t){.write = outlet_stream_write});

    if (stream != NULL)
        setvbuf(stream, NULL, _IONBF, 0);
    return stream;
}

bool outlet_has_room(const Outlet *outlet, size_t n_bytes)
{
    return outlet->is_regular || outlet_held_bytes(outlet) + n_bytes <= outlet->limit_bytes;
}

void outlet_end_record(Outlet *outlet)
{
    uint64_t end = outlet_accepted_bytes(outlet);

    g_array_append_val(outlet->record_ends, end);
    if (end - outlet->tried_bytes >= BATCH_BYTES)
        outlet_drain(outlet);
}

static void outlet_count_whole_records(Outlet *outlet)
{
    for (; outlet->n_gone_ends < outlet->record_ends->len; outlet->n_gone_ends++) {
        uint64_t end = g_array_index(outlet->record_ends, uint64_t, outlet->n_gone_ends);

        if (end > outlet->out_bytes)
            break;
        outlet->whole_end = end;
        outlet->whole_records++;
    }
}

// Moves what is left to the front once at least as much is gone: each byte moves once on average.
static void outlet_compact(Outlet *outlet)
{
    if (outlet->n_gone_bytes >= outlet->bytes->len - outlet->n_gone_bytes) {
        g_byte_array_remove_range(outlet->bytes, 0, outlet->n_gone_bytes);
        outlet->n_gone_bytes = 0;
    }
    if (outlet->n_gone_ends >= outlet->record_ends->len - outlet->n_gone_ends) {
        g_array_remove_range(outlet->record_ends, 0, outlet->n_gone_ends);
        outlet->n_gone_ends = 0;
    }
}

// How much may be written now without waiting.
static size_t outlet_writable_bytes(const Outlet *outlet)
{
    struct pollfd ready = {.fd = outlet->fd, .events = POLLOUT};
    size_t n_held = outlet_held_bytes(outlet);

    if (outlet->is_regular || n_held == 0)
        return n_held;
    // POLLERR too: the write then says what is wrong.
    return poll(&ready, 1, 0) > 0 ? MIN(n_held, PIPE_BUF) : 0;
}

static void outlet_stop(Outlet *outlet, int code)
{
    outlet->failed_errno = code;
    // A reader of the file then finds no half record; where that fails too, it finds one.
    if (outlet->is_regular && outlet->is_ours)
        (void)!ftruncate(outlet->fd, (off_t)outlet->whole_end);
    g_byte_array_set_size(outlet->bytes, 0);
    outlet->n_gone_bytes = 0;
}

void outlet_drain(Outlet *outlet)
{
    size_t n_writable;
    int code = 0;

    outlet->tried_bytes = outlet_accepted_bytes(outlet);
    while (code == 0 && (n_writable = outlet_writable_bytes(outlet)) > 0) {
        ssize_t n_written =
            write(outlet->fd, outlet->bytes->data + outlet->n_gone_bytes, n_writable);

        if (n_written >= 0) {
            outlet->n_gone_bytes += (guint)n_written;
            outlet->out_bytes += (uint64_t)n_written;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            code = errno;
        }
    }
    outlet_count_whole_records(outlet);
    outlet_compact(outlet);
    if (code != 0)
        outlet_stop(outlet, code);
}

size_t outlet_held_bytes(const Outlet *outlet)
{
    return outlet->bytes->len - outlet->n_gone_bytes;
}

uint64_t outlet_whole_records(const Outlet *outlet)
{
    return outlet->whole_records;
}

int outlet_errno(const Outlet *outlet)
{
    return outlet->failed_errno;
}

int outlet_fd(const Outlet *outlet)
{
    return outlet->fd;
}
