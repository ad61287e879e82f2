// SPDX-License-Identifier: Apache-2.0
// Counter: a number that one thread raises and any thread may read without a lock.
#pragma once

#include <stdatomic.h>
#include <stdint.h>

typedef struct {
    _Atomic uint64_t value;
} Counter;

static inline uint64_t counter_get(const Counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

// To be called by the owning thread only: a load and a store, no locked instruction.
static inline void counter_add(Counter *counter, uint64_t amount)
{
    atomic_store_explicit(&counter->value, counter_get(counter) + amount, memory_order_relaxed);
}

// Likewise of the owning thread only.
static inline void counter_set(Counter *counter, uint64_t value)
{
    atomic_store_explicit(&counter->value, value, memory_order_relaxed);
}
