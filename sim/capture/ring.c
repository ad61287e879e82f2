// SPDX-License-Identifier: Apache-2.0
// How it works: head and tail count bytes from the start and are never wrapped, so head - tail is
// what is in use. Each record is a length and its bytes, aligned to 8. One that would straddle the
// end of the memory starts at its beginning instead, and a length of SKIP tells the consumer so.
//
// Falling asleep is the classic race of two flags: the consumer stores wake_at and then reads head,
// the producer stores head and then reads wake_at. Both pairs are sequentially consistent, so at
// least one side sees the other. On x86 that costs the producer one locked instruction a record.
#include "sim/capture/ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CACHE_LINE_BYTES = 64, LENGTH_BYTES = RING_RECORD_ALIGN_BYTES };

#define SKIP UINT64_MAX
#define AWAKE UINT64_MAX

struct Ring {
    // Constant.
    uint8_t *memory;
    size_t size_bytes;
    int wake_fd;

    // Of the producer.
    _Alignas(CACHE_LINE_BYTES) _Atomic uint64_t head; // bytes ever committed
    uint64_t reserved_head;                           // head after the commit to come
    uint64_t known_tail;                              // tail as it was last read

    // Of the consumer.
    _Alignas(CACHE_LINE_BYTES) _Atomic uint64_t tail; // bytes ever released
    uint64_t next_tail;                               // tail after the release to come
    uint64_t known_head;                              // head as it was last read

    // Of both: the head at which the consumer wants to be woken.
    _Alignas(CACHE_LINE_BYTES) _Atomic uint64_t wake_at;
};

static size_t round_to_power_of_two(size_t n_bytes)
{
    size_t rounded = RING_MIN_BYTES;

    while (rounded < n_bytes)
        rounded *= 2;
    return rounded;
}

static Ring *ring_fail(Ring *ring, const char *call, GError **error)
{
    int code = errno;

    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(code), "capture ring: %s: %s%s", call,
                g_strerror(code),
                code == EMFILE || code == ENFILE ? ": raise the limit with `ulimit -n`" : "");
    ring_free(ring);
    return NULL;
}

Ring *ring_new(size_t size_bytes, GError **error)
{
    Ring *ring = g_aligned_alloc0(1, sizeof(Ring), CACHE_LINE_BYTES);

    ring->size_bytes = round_to_power_of_two(size_bytes);
    atomic_init(&ring->wake_at, AWAKE);
    ring->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ring->wake_fd < 0)
        return ring_fail(ring, "eventfd", error);
    ring->memory =
        mmap(NULL, ring->size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ring->memory == MAP_FAILED) {
        ring->memory = NULL;
        return ring_fail(ring, "mmap", error);
    }
    return ring;
}

void ring_free(Ring *ring)
{
    if (ring->memory != NULL)
        munmap(ring->memory, ring->size_bytes);
    if (ring->wake_fd >= 0)
        close(ring->wake_fd);
    g_aligned_free(ring);
}

// A record may need as much again to skip the end of the memory.
size_t ring_max_record_bytes(const Ring *ring)
{
    return ring->size_bytes / 2 - LENGTH_BYTES;
}

static inline size_t record_size(size_t n_bytes)
{
    return LENGTH_BYTES + (n_bytes + RING_RECORD_ALIGN_BYTES - 1) / RING_RECORD_ALIGN_BYTES *
                              RING_RECORD_ALIGN_BYTES;
}

static inline uint64_t *ring_length_at(const Ring *ring, uint64_t position)
{
    return (uint64_t *)(void *)(ring->memory + (position & (ring->size_bytes - 1)));
}

static inline size_t ring_bytes_to_end(const Ring *ring, uint64_t position)
{
    return ring->size_bytes - (position & (ring->size_bytes - 1));
}

static inline bool ring_has_room_up_to(Ring *ring, uint64_t head)
{
    if (head - ring->known_tail <= ring->size_bytes)
        return true;
    ring->known_tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    return head - ring->known_tail <= ring->size_bytes;
}

void *ring_reserve(Ring *ring, size_t n_bytes)
{
    uint64_t start = atomic_load_explicit(&ring->head, memory_order_relaxed);
    size_t to_end = ring_bytes_to_end(ring, start);
    size_t needed = record_size(n_bytes);
    bool skips = needed > to_end;

    g_assert(n_bytes <= ring_max_record_bytes(ring));
    if (!ring_has_room_up_to(ring, start + needed + (skips ? to_end : 0)))
        return NULL;
    if (skips) {
        *ring_length_at(ring, start) = SKIP;
        start += to_end;
    }
    *ring_length_at(ring, start) = n_bytes;
    ring->reserved_head = start + needed;
    return ring_length_at(ring, start) + 1;
}

void ring_commit(Ring *ring)
{
    uint64_t head = ring->reserved_head;

    atomic_store_explicit(&ring->head, head, memory_order_seq_cst);
    if (head >= atomic_load_explicit(&ring->wake_at, memory_order_seq_cst) &&
        atomic_exchange_explicit(&ring->wake_at, AWAKE, memory_order_relaxed) != AWAKE)
        ring_wake(ring);
}

const void *ring_peek(Ring *ring)
{
    uint64_t start = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    if (start == ring->known_head) {
        ring->known_head = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (start == ring->known_head)
            return NULL;
    }
    if (*ring_length_at(ring, start) == SKIP)
        start += ring_bytes_to_end(ring, start);
    ring->next_tail = start + record_size(*ring_length_at(ring, start));
    return ring_length_at(ring, start) + 1;
}

void ring_release(Ring *ring)
{
    atomic_store_explicit(&ring->tail, ring->next_tail, memory_order_release);
}

bool ring_sleep(Ring *ring, size_t n_bytes)
{
    uint64_t wake_at = atomic_load_explicit(&ring->tail, memory_order_relaxed) + n_bytes;

    atomic_store_explicit(&ring->wake_at, wake_at, memory_order_seq_cst);
    return atomic_load_explicit(&ring->head, memory_order_seq_cst) < wake_at;
}

void ring_rise(Ring *ring)
{
    uint64_t n_wakes;

    atomic_store_explicit(&ring->wake_at, AWAKE, memory_order_relaxed);
    // Fails when nobody woke us, which is as good.
    (void)!read(ring->wake_fd, &n_wakes, sizeof n_wakes);
}

int ring_wake_fd(const Ring *ring)
{
    return ring->wake_fd;
}

void ring_wake(Ring *ring)
{
    uint64_t one = 1;

    // Fails only when 2^64 - 1 wakes wait to be read: then the consumer is being woken anyway.
    (void)!write(ring->wake_fd, &one, sizeof one);
}
