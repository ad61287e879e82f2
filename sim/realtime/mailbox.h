// SPDX-License-Identifier: Apache-2.0
// Mailbox: commands from the main thread to the data thread, woken by an eventfd.
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Mailbox Mailbox;

// Embedded in what the main thread asks for.
typedef struct Letter Letter;
struct Letter {
    // Called on the data thread, between two events, at one engine time.
    void (*apply)(Letter *letter);
    Letter *next; // of the mailbox
};

Mailbox *mailbox_new(GError **error);
void mailbox_free(Mailbox *mailbox);

// To be watched for input by the receiving thread.
int mailbox_fd(const Mailbox *mailbox);

// From any thread; `letter` must stay until it was applied, and may then be posted again.
void mailbox_post(Mailbox *mailbox, Letter *letter);

// Applies all that has been posted, in order.
void mailbox_apply(Mailbox *mailbox);
