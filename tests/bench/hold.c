// SPDX-License-Identifier: Apache-2.0
// Slots in huge pages, the one freed last used first; one queue, since all wait for the same time.
#include "tests/bench/hold.h"

#include <errno.h>
#include <error.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tests/bench/datagram.h"

enum { N_SLOTS = 4096 };

typedef struct Slot Slot;

struct Slot {
    Slot *next;
    int64_t due_ns;
    int to_fd;
    size_t n_bytes;
    uint8_t *bytes;
};

struct Hold {
    int64_t hold_ns;
    size_t slot_bytes;
    int timer_fd;
    Slot slots[N_SLOTS];
    Slot *free_slots;
    Slot *first, **last;
};

Hold *hold_new(int64_t hold_ns, size_t slot_bytes)
{
    Hold *hold = calloc(1, sizeof *hold);
    uint8_t *bytes = mmap(NULL, N_SLOTS * slot_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (hold == NULL || bytes == MAP_FAILED)
        error(EXIT_FAILURE, errno, "memory for held frames");
    madvise(bytes, N_SLOTS * slot_bytes, MADV_HUGEPAGE);
    prctl(PR_SET_TIMERSLACK, 1);
    hold->hold_ns = hold_ns;
    hold->slot_bytes = slot_bytes;
    hold->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    hold->last = &hold->first;
    for (int i = N_SLOTS - 1; i >= 0; i--) {
        hold->slots[i].bytes = bytes + (size_t)i * slot_bytes;
        hold->slots[i].next = hold->free_slots;
        hold->free_slots = &hold->slots[i];
    }
    return hold;
}

bool hold_read(Hold *hold, int from_fd, int to_fd)
{
    Slot *slot = hold->free_slots;
    ssize_t n_bytes = slot != NULL ? read(from_fd, slot->bytes, hold->slot_bytes) : -1;

    if (n_bytes < 0)
        return false;
    hold->free_slots = slot->next;
    slot->next = NULL;
    slot->due_ns = clock_monotonic_ns() + hold->hold_ns;
    slot->to_fd = to_fd;
    slot->n_bytes = (size_t)n_bytes;
    *hold->last = slot;
    hold->last = &slot->next;
    return true;
}

unsigned hold_write(Hold *hold)
{
    int64_t now_ns = clock_monotonic_ns();
    struct itimerspec next = {0};
    unsigned n_refused = 0;
    Slot *slot;

    while ((slot = hold->first) != NULL && slot->due_ns <= now_ns) {
        n_refused += write(slot->to_fd, slot->bytes, slot->n_bytes) < 0;
        hold->first = slot->next;
        if (hold->first == NULL)
            hold->last = &hold->first;
        slot->next = hold->free_slots;
        hold->free_slots = slot;
    }
    if (slot != NULL)
        next.it_value = (struct timespec){slot->due_ns / NS_PER_S, slot->due_ns % NS_PER_S};
    timerfd_settime(hold->timer_fd, TFD_TIMER_ABSTIME, &next, NULL);
    return n_refused;
}

int hold_timer_fd(const Hold *hold)
{
    return hold->timer_fd;
}
