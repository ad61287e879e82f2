// SPDX-License-Identifier: Apache-2.0
// TokenBucket: credit that grows at a rate up to a burst. Exact: credit is counted in work, of
// which a bit is 10^9 and a nanosecond brings as much as the rate says, so nothing is ever rounded
// and no rate drifts. What is longer than the burst passes when the bucket is full and leaves it in
// debt, so that its rate is kept as well.
#pragma once

#include <stdint.h>

#define TOKEN_BYTE_WORK INT64_C(8000000000)
enum { TOKEN_BURST_MAX_BYTES = 1000000000 };

typedef struct {
    uint64_t rate_bps;
    int64_t burst_work;
    int64_t credit_work; // at `at_ns`; at most the burst, below 0 in debt
    int64_t at_ns;
} TokenBucket;

static inline int64_t token_work(uint64_t bytes)
{
    return (int64_t)bytes * TOKEN_BYTE_WORK;
}

// Full, at 0 ns. The burst is at most TOKEN_BURST_MAX_BYTES.
static inline void token_bucket_init(TokenBucket *bucket, uint64_t rate_bps, uint64_t burst_bytes)
{
    *bucket = (TokenBucket){rate_bps, token_work(burst_bytes), token_work(burst_bytes), 0};
}

// Brings the credit up to `now_ns`, which is not before the time it stands at.
static inline void token_bucket_fill(TokenBucket *bucket, int64_t now_ns)
{
    uint64_t missing_work = (uint64_t)(bucket->burst_work - bucket->credit_work);
    uint64_t elapsed_ns = (uint64_t)(now_ns - bucket->at_ns);

    bucket->at_ns = now_ns;
    if (bucket->rate_bps > 0 && elapsed_ns > missing_work / bucket->rate_bps)
        bucket->credit_work = bucket->burst_work;
    else
        bucket->credit_work += (int64_t)(elapsed_ns * bucket->rate_bps);
}

// Another rate and burst from `now_ns` on: credit stays as far as it fits, and none is given.
static inline void token_bucket_change(TokenBucket *bucket, int64_t now_ns, uint64_t rate_bps,
                                       uint64_t burst_bytes)
{
    token_bucket_fill(bucket, now_ns);
    bucket->rate_bps = rate_bps;
    bucket->burst_work = token_work(burst_bytes);
    if (bucket->credit_work > bucket->burst_work)
        bucket->credit_work = bucket->burst_work;
}

// When there is credit for `work`, not before the time the bucket stands at; the rate is not 0.
static inline int64_t token_bucket_due_ns(const TokenBucket *bucket, int64_t work)
{
    int64_t needed_work = work < bucket->burst_work ? work : bucket->burst_work;
    uint64_t missing_work = (uint64_t)(needed_work - bucket->credit_work);

    if (needed_work <= bucket->credit_work)
        return bucket->at_ns;
    return bucket->at_ns + (int64_t)((missing_work + bucket->rate_bps - 1) / bucket->rate_bps);
}

static inline void token_bucket_take(TokenBucket *bucket, int64_t work)
{
    bucket->credit_work -= work;
}
