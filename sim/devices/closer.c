// SPDX-License-Identifier: Apache-2.0
// Closing the last descriptor of an interface removes it, for which the kernel waits some 20 ms
// until no processor can still be using it (RCU grace periods). These waits overlap when several
// threads close: so does the time that a lab of many hosts takes to stop.
#include "sim/devices/closer.h"

#include <unistd.h>

enum { CLOSER_MAX_THREADS = 32 };

typedef struct {
    const int *fds;
    guint n_fds;
    gint next; // the first that nobody has taken
} Closer;

static gpointer closer_run(gpointer data)
{
    Closer *self = data;
    guint i;

    while ((i = (guint)g_atomic_int_add(&self->next, 1)) < self->n_fds)
        close(self->fds[i]);
    return NULL;
}

// The calling thread works as well: where the system gives no threads it takes longer, no more.
void closer_close(const int *fds, guint n_fds)
{
    Closer self = {.fds = fds, .n_fds = n_fds};
    GThread *threads[CLOSER_MAX_THREADS];
    guint n_threads = 0;

    while (n_threads < CLOSER_MAX_THREADS && n_threads + 1 < n_fds) {
        threads[n_threads] = g_thread_try_new("closer", closer_run, &self, NULL);
        if (threads[n_threads] == NULL)
            break;
        n_threads++;
    }
    closer_run(&self);
    while (n_threads > 0)
        g_thread_join(threads[--n_threads]);
}
