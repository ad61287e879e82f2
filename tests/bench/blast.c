// SPDX-License-Identifier: Apache-2.0
// Offered load: the sender sends datagrams of one size, as fast as it can or at a rate counted at
// layer 2; the receiver counts what arrives, with the kernel's stamps of the first and the last,
// and prints it as JSON when it is ended.
#include <errno.h>
#include <error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/datagram.h"

enum {
    BATCH = 64,
    PAYLOAD_MAX_BYTES = 1472,
    TICK_NS = 500 * 1000, // of a sender with a rate
};

typedef struct {
    struct mmsghdr messages[BATCH];
    struct iovec payloads[BATCH];
    uint8_t bytes[BATCH][PAYLOAD_MAX_BYTES];
    _Alignas(struct cmsghdr) char controls[BATCH][DATAGRAM_CONTROL_BYTES];
} Batch;

static Batch *batch_new(size_t payload_bytes, size_t control_bytes)
{
    Batch *batch = calloc(1, sizeof *batch);

    for (int i = 0; i < BATCH; i++) {
        batch->payloads[i] = (struct iovec){batch->bytes[i], payload_bytes};
        batch->messages[i].msg_hdr = (struct msghdr){
            .msg_iov = &batch->payloads[i],
            .msg_iovlen = 1,
            .msg_control = control_bytes > 0 ? batch->controls[i] : NULL,
            .msg_controllen = control_bytes,
        };
    }
    return batch;
}

static void send_batch(int fd, Batch *batch, unsigned n_datagrams)
{
    while (n_datagrams > 0) {
        int n_sent = sendmmsg(fd, batch->messages, n_datagrams, 0);

        // ENOBUFS: the device's queue is full, and this batch lost to it.
        if (n_sent < 0 && errno != ENOBUFS)
            error(EXIT_FAILURE, errno, "sendmmsg");
        n_datagrams -= n_sent > 0 ? (unsigned)n_sent : n_datagrams;
    }
}

// `rate_bps` 0: as fast as it can. `n_datagrams` 0: for as long as `seconds` say.
static void send_load(const char *address, size_t payload_bytes, int64_t seconds, int64_t rate_bps,
                      int64_t n_datagrams)
{
    int fd = datagram_open_sender(address);
    Batch *batch = batch_new(payload_bytes, 0);
    int64_t frame_bits = (int64_t)(payload_bytes + DATAGRAM_FRAME_BYTES) * 8;
    int64_t start_ns = clock_monotonic_ns(), now_ns = start_ns, n_sent = 0;

    while (now_ns - start_ns < seconds * NS_PER_S && (n_datagrams == 0 || n_sent < n_datagrams)) {
        int64_t n_due = BATCH;

        // In tenths of a millisecond, lest rate x time overflow.
        if (rate_bps > 0)
            n_due = (now_ns - start_ns) / 100000 * rate_bps / 10000 / frame_bits + 1 - n_sent;
        if (n_datagrams > 0 && n_due > n_datagrams - n_sent)
            n_due = n_datagrams - n_sent;
        for (int64_t n_left = n_due; n_left > 0; n_left -= BATCH)
            send_batch(fd, batch, n_left < BATCH ? (unsigned)n_left : BATCH);
        n_sent += n_due > 0 ? n_due : 0;
        if (rate_bps > 0)
            clock_sleep_until(now_ns + TICK_NS);
        now_ns = clock_monotonic_ns();
    }
    printf("{\"sent\": %ld, \"seconds\": %.6f}\n", n_sent,
           (double)(now_ns - start_ns) / (double)NS_PER_S);
    free(batch);
    close(fd);
}

typedef struct {
    uint64_t n_datagrams;
    uint64_t frame_bytes; // at layer 2
    uint64_t first_bytes; // of the first frame
    int64_t first_ns, last_ns;
} Tally;

static void tally_add(Tally *tally, struct mmsghdr *message)
{
    int64_t stamp_ns = datagram_stamp_ns(&message->msg_hdr);
    uint64_t frame_bytes = message->msg_len + DATAGRAM_FRAME_BYTES;

    if (tally->n_datagrams++ == 0) {
        tally->first_ns = stamp_ns;
        tally->first_bytes = frame_bytes;
    }
    tally->frame_bytes += frame_bytes;
    tally->last_ns = stamp_ns;
}

static void tally_print(const Tally *tally)
{
    double seconds = (double)(tally->last_ns - tally->first_ns) / (double)NS_PER_S;

    printf("{\"received\": %lu, \"seconds\": %.9f, \"packets_per_s\": %.1f, \"rate_bps\": %.1f}\n",
           tally->n_datagrams, seconds,
           seconds > 0 ? (double)(tally->n_datagrams - 1) / seconds : 0.0,
           seconds > 0 ? (double)(tally->frame_bytes - tally->first_bytes) * 8 / seconds : 0.0);
}

static void receive_load(void)
{
    int fd = datagram_open_receiver();
    Batch *batch = batch_new(PAYLOAD_MAX_BYTES, DATAGRAM_CONTROL_BYTES);
    Tally tally = {0};

    datagram_await_end();
    while (!datagram_has_ended()) {
        int n_received = recvmmsg(fd, batch->messages, BATCH, MSG_WAITFORONE, NULL);

        for (int i = 0; i < n_received; i++) {
            tally_add(&tally, &batch->messages[i]);
            batch->messages[i].msg_hdr.msg_controllen = DATAGRAM_CONTROL_BYTES;
        }
    }
    tally_print(&tally);
    free(batch);
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc >= 5 && argc <= 7 && strcmp(argv[1], "send") == 0 && atoi(argv[3]) > 0 &&
        atoi(argv[3]) <= PAYLOAD_MAX_BYTES) {
        send_load(argv[2], (size_t)atoi(argv[3]), atoi(argv[4]), argc > 5 ? atoll(argv[5]) : 0,
                  argc > 6 ? atoll(argv[6]) : 0);
    } else if (argc == 2 && strcmp(argv[1], "receive") == 0) {
        receive_load();
    } else {
        fprintf(
            stderr,
            "usage: blast send ADDRESS PAYLOAD-BYTES SECONDS [LAYER-2-BITS-A-SECOND [PACKETS]]\n"
            "       blast receive\n");
        return 2;
    }
    return EXIT_SUCCESS;
}
