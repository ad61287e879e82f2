// SPDX-License-Identifier: Apache-2.0
// One sweep: run the engine up to the time at which the wait ended, read the devices that have
// input, then write all that has left the simulation in bursts. The clock is read at the end of the
// wait, before letters, after each handful of frames, and before and after each burst. Budgets keep
// any one device from starving the others and what has left from waiting.
#include "sim/realtime/data_thread.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/prctl.h>

#include "sim/realtime/clock.h"

enum {
    READ_BUDGET_FRAMES = 32,        // of one device in one sweep, as the next
    READ_BUDGET_BYTES = 256 * 1024, // a part of a core's own cache
    READY_AT_ONCE = 64,             // devices in one sweep
};

struct DataThread {
    Engine *engine;
    Outbox *outbox;
    Mailbox *mailbox;
    Waiter *waiter;
    GThread *thread;
    Grants *grants; // taken at the start, or NULL
    sem_t started;
    Letter stop;
    bool stopping; // of the data thread only
    int64_t start_ns;
    int64_t epoch_ns;
};

DataThread *data_thread_new(Engine *engine, Outbox *outbox, WaitMode wait_mode, GError **error)
{
    DataThread *self = g_new0(DataThread, 1);

    self->engine = engine;
    self->outbox = outbox;
    self->mailbox = mailbox_new(error);
    if (self->mailbox == NULL)
        goto failed;
    self->waiter = waiter_new(wait_mode, error);
    if (self->waiter == NULL || !waiter_add(self->waiter, mailbox_fd(self->mailbox), self, error))
        goto failed;
    return self;

failed:
    data_thread_free(self);
    return NULL;
}

bool data_thread_add(DataThread *self, Device *device, GError **error)
{
    if (waiter_add(self->waiter, device->fd, device, error))
        return true;
    g_prefix_error(error, "%s: ", device->name);
    return false;
}

int64_t data_thread_elapsed_ns(const DataThread *self)
{
    return clock_monotonic_ns() - self->start_ns;
}

int64_t data_thread_instant_ns(const DataThread *self, int64_t engine_ns)
{
    return self->start_ns + engine_ns;
}

int64_t data_thread_epoch_ns(const DataThread *self)
{
    return self->epoch_ns;
}

static int64_t data_thread_clock(const void *data)
{
    return data_thread_elapsed_ns(data);
}

static void data_thread_write(DataThread *self)
{
    int64_t now_ns;

    if (outbox_is_empty(self->outbox))
        return;
    now_ns = data_thread_elapsed_ns(self);
    while (!outbox_is_empty(self->outbox))
        now_ns = outbox_write(self->outbox, now_ns, data_thread_clock, self);
}

// A letter may have been posted since the wait ended: it takes effect no earlier.
static void data_thread_apply(DataThread *self)
{
    engine_run_until(self->engine, data_thread_elapsed_ns(self));
    data_thread_write(self);
    mailbox_apply(self->mailbox);
}

// Whether more may be there.
static bool data_thread_read(DataThread *self, Device *device)
{
    Frame *frames[DEVICE_READ_FRAMES];
    unsigned n_frames = 0, n_read;
    uint32_t n_bytes = 0;
    bool more = true;

    for (; more && n_frames < READ_BUDGET_FRAMES && n_bytes < READ_BUDGET_BYTES;
         n_frames += n_read) {
        more = device_read(device, frames, &n_read);
        // All but the first may have come since the wait ended, which can be long ago when others
        // have had the core: stamped with that, they would leave before their links carried them.
        if (n_frames + n_read > 1)
            engine_run_until(self->engine, data_thread_elapsed_ns(self));
        // What has left by that is in a capture before what comes at that.
        if (device->observers != NULL)
            data_thread_write(self);
        for (unsigned i = 0; i < n_read; i++) {
            n_bytes += frames[i]->length_bytes;
            device_take(device, frames[i]);
        }
    }
    return more;
}

static void data_thread_sweep(DataThread *self, int64_t now_ns, void **ready, unsigned n_ready,
                              bool *more)
{
    engine_run_until(self->engine, now_ns);
    // Before reading, so that captures see each interface's frames in the order of their stamps.
    data_thread_write(self);
    *more = false;
    for (unsigned i = 0; i < n_ready; i++) {
        if (ready[i] == self)
            data_thread_apply(self);
        else if (data_thread_read(self, ready[i]))
            *more = true;
    }
    data_thread_write(self);
}

static void data_thread_prepare(DataThread *self)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    prctl(PR_SET_TIMERSLACK, 1);
    if (self->grants != NULL)
        grants_take(self->grants);
    sem_post(&self->started);
}

static gpointer data_thread_run(gpointer data)
{
    DataThread *self = data;
    void *ready[READY_AT_ONCE];
    bool more = false;

    data_thread_prepare(self);
    while (!self->stopping) {
        int64_t wake_ns = engine_next_wake_ns(self->engine);
        int64_t until_ns =
            wake_ns == ENGINE_NEVER_NS ? WAITER_FOREVER_NS : self->start_ns + wake_ns;
        int64_t now_ns;
        unsigned n_ready =
            waiter_wait(self->waiter, more ? 0 : until_ns, ready, READY_AT_ONCE, &now_ns);

        data_thread_sweep(self, now_ns - self->start_ns, ready, n_ready, &more);
    }
    return NULL;
}

void data_thread_start(DataThread *self, Grants *grants)
{
    self->grants = grants;
    self->start_ns = clock_monotonic_ns() - engine_now(self->engine);
    self->epoch_ns = self->start_ns + clock_wall_ahead_ns();
    sem_init(&self->started, 0, 0);
    self->thread = g_thread_new("data", data_thread_run, self);
    while (sem_wait(&self->started) < 0)
        g_assert(errno == EINTR);
    sem_destroy(&self->started);
}

void data_thread_post(DataThread *self, Letter *letter)
{
    mailbox_post(self->mailbox, letter);
}

static void data_thread_apply_stop(Letter *letter)
{
    ((DataThread *)((char *)letter - offsetof(DataThread, stop)))->stopping = true;
}

void data_thread_stop(DataThread *self)
{
    self->stop.apply = data_thread_apply_stop;
    data_thread_post(self, &self->stop);
    g_thread_join(g_steal_pointer(&self->thread));
}

void data_thread_free(DataThread *self)
{
    g_assert(self->thread == NULL);
    g_clear_pointer(&self->waiter, waiter_free);
    g_clear_pointer(&self->mailbox, mailbox_free);
    g_free(self);
}
