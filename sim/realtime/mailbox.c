// SPDX-License-Identifier: Apache-2.0
// A locked list beside an eventfd. The lock is taken only when there is a letter, never on a
// frame's way. It is a pthread_mutex_t since the thread sanitizer sees no lock of GLib's.
#include "sim/realtime/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct Mailbox {
    int event_fd;
    pthread_mutex_t lock;
    Letter *first, **last;
};

Mailbox *mailbox_new(GError **error)
{
    int event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    Mailbox *mailbox;

    if (event_fd < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "eventfd: %s%s",
                    g_strerror(errno),
                    errno == EMFILE || errno == ENFILE ? ": raise the limit with `ulimit -n`" : "");
        return NULL;
    }
    mailbox = g_new0(Mailbox, 1);
    mailbox->event_fd = event_fd;
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->last = &mailbox->first;
    return mailbox;
}

void mailbox_free(Mailbox *mailbox)
{
    pthread_mutex_destroy(&mailbox->lock);
    close(mailbox->event_fd);
    g_free(mailbox);
}

int mailbox_fd(const Mailbox *mailbox)
{
    return mailbox->event_fd;
}

void mailbox_post(Mailbox *mailbox, Letter *letter)
{
    uint64_t one = 1;

    letter->next = NULL;
    pthread_mutex_lock(&mailbox->lock);
    *mailbox->last = letter;
    mailbox->last = &letter->next;
    pthread_mutex_unlock(&mailbox->lock);
    // Cannot fail: the counter would have to reach 2^64 - 1.
    g_assert(write(mailbox->event_fd, &one, sizeof one) == sizeof one);
}

void mailbox_apply(Mailbox *mailbox)
{
    uint64_t n_posted;
    Letter *letter;

    // EAGAIN is fine: an earlier round has already applied what woke us.
    (void)!read(mailbox->event_fd, &n_posted, sizeof n_posted);
    pthread_mutex_lock(&mailbox->lock);
    letter = mailbox->first;
    mailbox->first = NULL;
    mailbox->last = &mailbox->first;
    pthread_mutex_unlock(&mailbox->lock);
    while (letter != NULL) {
        Letter *next = letter->next; // it is the sender's again once applied

        letter->apply(letter);
        letter = next;
    }
}
