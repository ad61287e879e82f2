// SPDX-License-Identifier: Apache-2.0
// How it works: the writer's thread takes records out of the ring and lets their files' classes
// write them to outlets, which never wait for a reader; so one file that fails or stalls costs the
// others nothing.
//
// The thread naps a few milliseconds after work, so that under traffic it is woken by time and the
// engine's thread pays for no wake-up; only after a nap without work does it sleep until called.
#include "sim/capture/writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "sim/capture/ring.h"

enum {
    RING_DEFAULT_BYTES = 8 * 1024 * 1024,
    NAP_MS = 20,
    N_OWN_POLLS = 2, // the ring's wake-up and the end of patience
};

struct Writer {
    Ring *ring; // made with the first file
    size_t ring_bytes;
    int patience_fd; // timer: readable when finish() has waited long enough
    GPtrArray *files;
    int64_t epoch_ns;

    pthread_t thread;
    bool has_thread;
    bool is_finished;
    atomic_bool is_finishing; // no more records will come
    struct pollfd *polls;     // of the writer's thread
};

// What lies in the ring; the record follows.
typedef struct {
    WriterFile *file;
} RecordHead;

void writer_file_clear(WriterFile *file)
{
    if (file->outlet != NULL && file->class->close != NULL)
        file->class->close(file);
    g_clear_pointer(&file->outlet, outlet_close);
    g_free(atomic_load(&file->failure));
    g_free(file->path);
    g_free(file->name);
}

static void file_free(WriterFile *file)
{
    writer_file_clear(file);
    file->class->free(file);
}

Writer *writer_new(size_t ring_bytes)
{
    Writer *writer = g_new0(Writer, 1);

    writer->ring_bytes = ring_bytes > 0 ? ring_bytes : RING_DEFAULT_BYTES;
    writer->patience_fd = -1;
    writer->files = g_ptr_array_new_with_free_func((GDestroyNotify)file_free);
    return writer;
}

static bool writer_make_ring(Writer *writer, GError **error)
{
    if (writer->patience_fd < 0) {
        writer->patience_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        if (writer->patience_fd < 0) {
            g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "timerfd_create: %s%s",
                        g_strerror(errno),
                        errno == EMFILE || errno == ENFILE ? ": raise the limit with `ulimit -n`"
                                                           : "");
            return false;
        }
    }
    if (writer->ring == NULL)
        writer->ring = ring_new(writer->ring_bytes, error);
    return writer->ring != NULL;
}

static bool writer_check_path(const Writer *writer, const char *noun, const char *path,
                              GError **error)
{
    for (guint i = 0; i < writer->files->len; i++) {
        const WriterFile *other = g_ptr_array_index(writer->files, i);

        if (g_str_equal(other->path, path)) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
                        "%s %s: already written for %s: give each point its own", noun, path,
                        other->name);
            return false;
        }
    }
    return true;
}

bool writer_open(Writer *writer, WriterFile *file, const char *noun, const char *name,
                 const char *path, GError **error)
{
    g_assert(!writer->has_thread && !writer->is_finished);
    file->writer = writer;
    file->name = g_strdup(name);
    file->path = g_strdup(path);
    if (!writer_check_path(writer, noun, path, error) || !writer_make_ring(writer, error))
        return false;
    file->outlet = outlet_open(noun, path, MAX(writer->ring_bytes, RING_MIN_BYTES), error);
    return file->outlet != NULL;
}

void writer_add(Writer *writer, WriterFile *file)
{
    g_ptr_array_add(writer->files, file);
}

void *writer_reserve(WriterFile *file, size_t n_bytes)
{
    RecordHead *head = NULL;

    if (atomic_load_explicit(&file->failure, memory_order_relaxed) == NULL)
        head = ring_reserve(file->writer->ring, sizeof *head + n_bytes);
    if (head == NULL) {
        counter_add(&file->refused_records, 1);
        return NULL;
    }
    head->file = file;
    return head + 1;
}

void writer_commit(WriterFile *file)
{
    ring_commit(file->writer->ring);
}

static uint64_t file_lost_records(const WriterFile *file)
{
    return counter_get(&file->refused_records) + counter_get(&file->missed_records);
}

// The first failure stays.
static void file_fail(WriterFile *file, const char *failure)
{
    if (atomic_load_explicit(&file->failure, memory_order_relaxed) == NULL)
        atomic_store_explicit(&file->failure, g_strdup(failure), memory_order_release);
}

// Brings counters and failure up to date with what the outlet has written.
static void file_note_progress(WriterFile *file)
{
    int code = outlet_errno(file->outlet);

    counter_set(&file->written_records, outlet_whole_records(file->outlet));
    if (code == EPIPE) {
        file_fail(file, "the reader went away");
    } else if (code != 0) {
        g_autofree char *failure = g_strdup_printf("write: %s", g_strerror(code));

        file_fail(file, failure);
    }
}

static void file_write(WriterFile *file, const RecordHead *head, int64_t epoch_ns)
{
    const void *record = head + 1;

    if (outlet_errno(file->outlet) != 0 ||
        !outlet_has_room(file->outlet, file->class->record_max_bytes(file, record))) {
        counter_add(&file->missed_records, 1);
        return;
    }
    file->class->write(file, record, epoch_ns);
    outlet_end_record(file->outlet);
    file->accepted_records++;
}

// Writes out what waits in the ring, at most a ringful, and drains all outlets. Returns whether
// there was anything in the ring.
static bool writer_work(Writer *writer)
{
    size_t n_left_bytes = writer->ring_bytes;
    const RecordHead *head;
    bool has_worked = false;

    while (n_left_bytes > 0 && (head = ring_peek(writer->ring)) != NULL) {
        size_t record_bytes =
            sizeof *head + head->file->class->record_max_bytes(head->file, head + 1);

        file_write(head->file, head, writer->epoch_ns);
        n_left_bytes -= MIN(n_left_bytes, record_bytes);
        ring_release(writer->ring);
        has_worked = true;
    }
    for (guint i = 0; i < writer->files->len; i++) {
        WriterFile *file = g_ptr_array_index(writer->files, i);

        outlet_drain(file->outlet);
        file_note_progress(file);
    }
    return has_worked;
}

// Waits until there may be work. Returns false when patience has ended.
static bool writer_wait(Writer *writer, bool naps)
{
    struct pollfd *polls = writer->polls;
    nfds_t n_polls = N_OWN_POLLS;

    polls[0] = (struct pollfd){.fd = ring_wake_fd(writer->ring), .events = POLLIN};
    polls[1] = (struct pollfd){.fd = writer->patience_fd, .events = POLLIN};
    for (guint i = 0; i < writer->files->len; i++) {
        const WriterFile *file = g_ptr_array_index(writer->files, i);

        if (outlet_held_bytes(file->outlet) > 0)
            polls[n_polls++] = (struct pollfd){.fd = outlet_fd(file->outlet), .events = POLLOUT};
    }
    // In a nap only a ring filling up calls it.
    if (ring_sleep(writer->ring, naps ? writer->ring_bytes / 2 : 1))
        poll(polls, n_polls, naps ? NAP_MS : -1);
    ring_rise(writer->ring);
    return polls[1].revents == 0;
}

static bool writer_holds_bytes(const Writer *writer)
{
    for (guint i = 0; i < writer->files->len; i++) {
        const WriterFile *file = g_ptr_array_index(writer->files, i);

        if (outlet_held_bytes(file->outlet) > 0)
            return true;
    }
    return false;
}

static void *writer_run(void *data)
{
    Writer *self = data;

    for (;;) {
        // Read before the ring is: what was seen before finish() is then found there.
        bool is_finishing = atomic_load_explicit(&self->is_finishing, memory_order_acquire);
        bool has_worked = writer_work(self);

        if (is_finishing && has_worked)
            continue;
        if (is_finishing && !writer_holds_bytes(self))
            break;
        if (!writer_wait(self, has_worked))
            break;
    }
    // Patience may have ended in a nap: what came in it is written as far as it goes, or counted.
    while (writer_work(self))
        ;
    return NULL;
}

void writer_start(Writer *writer, int64_t epoch_ns)
{
    sigset_t all, before;
    int code;

    g_assert(!writer->has_thread && !writer->is_finished);
    if (writer->files->len == 0)
        return;
    writer->epoch_ns = epoch_ns;
    writer->polls = g_new0(struct pollfd, N_OWN_POLLS + writer->files->len);
    // Signals are the main thread's business, and a reader that goes away shall be EPIPE.
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&writer->thread, NULL, writer_run, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code == 0) {
        writer->has_thread = true;
        pthread_setname_np(writer->thread, "writer");
        return;
    }
    for (guint i = 0; i < writer->files->len; i++) {
        g_autofree char *failure = g_strdup_printf("pthread_create: %s", g_strerror(code));

        file_fail(g_ptr_array_index(writer->files, i), failure);
    }
}

// Counts what never came out, says why, and closes the file.
static void file_finish(WriterFile *file)
{
    uint64_t n_unwritten = file->accepted_records - counter_get(&file->written_records);

    counter_add(&file->missed_records, n_unwritten);
    if (n_unwritten > 0)
        file_fail(file, "the reader stalled");
    else if (file_lost_records(file) > 0)
        file_fail(file, "frames came faster than they could be written");
    if (file->outlet != NULL && file->class->close != NULL)
        file->class->close(file);
    g_clear_pointer(&file->outlet, outlet_close);
    if (file->is_optional && file->accepted_records == 0)
        unlink(file->path);
}

void writer_finish(Writer *writer, unsigned patience_ms)
{
    // An all-zero time would disarm the timer.
    struct itimerspec patience = {
        .it_value = {.tv_sec = patience_ms / 1000, .tv_nsec = patience_ms % 1000 * 1000000L + 1}};

    if (writer->is_finished)
        return;
    if (writer->has_thread) {
        atomic_store_explicit(&writer->is_finishing, true, memory_order_release);
        timerfd_settime(writer->patience_fd, 0, &patience, NULL);
        ring_wake(writer->ring);
        pthread_join(writer->thread, NULL);
    }
    for (guint i = 0; i < writer->files->len; i++)
        file_finish(g_ptr_array_index(writer->files, i));
    writer->is_finished = true;
}

unsigned writer_n_files(const Writer *writer)
{
    return writer->files->len;
}

WriterFile *writer_file(const Writer *writer, unsigned i)
{
    return g_ptr_array_index(writer->files, i);
}

WriterResult writer_file_result(const WriterFile *file)
{
    return (WriterResult){
        .kind = file->class->kind,
        .path = file->path,
        .point = file->name,
        .written_frames = counter_get(&file->written_records),
        .lost_frames = file_lost_records(file),
        .error = atomic_load_explicit(&file->failure, memory_order_acquire),
    };
}

void writer_free(Writer *writer)
{
    writer_finish(writer, 0);
    g_ptr_array_unref(writer->files);
    if (writer->ring != NULL)
        ring_free(writer->ring);
    if (writer->patience_fd >= 0)
        close(writer->patience_fd);
    g_free(writer->polls);
    g_free(writer);
}
