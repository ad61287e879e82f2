// SPDX-License-Identifier: Apache-2.0
// Offered load: the sender sends datagrams of one size, as fast as it can or at a rate counted at
// layer 2; the receiver counts what arrives, with the kernel's stamps of the first and the last,
// and prints it as JSON when it is ended. With --segments the sender's kernel gets that many
// datagrams as one super-frame, which it cuts up only where the device does not.
#include <errno.h>
#include <error.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/datagram.h"

enum {
    BATCH = 64,
    PAYLOAD_MAX_BYTES = 1472,
    SUPER_FRAME_MAX_BYTES = 65000,
    TICK_NS = 500 * 1000, // of a sender with a rate
};

typedef struct {
    struct mmsghdr messages[BATCH];
    struct iovec payloads[BATCH];
    uint8_t bytes[BATCH][SUPER_FRAME_MAX_BYTES];
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

typedef struct {
    size_t payload_bytes;
    int64_t seconds;
    int64_t rate_bps;    // 0: as fast as it can
    int64_t n_datagrams; // 0: for as long as `seconds` say
    int n_segments;      // datagrams in one super-frame
} Offer;

static int open_offer(const char *address, const Offer *offer)
{
    int fd = datagram_open_sender(address);
    int segment_bytes = (int)offer->payload_bytes;

    if (offer->n_segments > 1 &&
        setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment_bytes, sizeof segment_bytes) < 0)
        error(EXIT_FAILURE, errno, "UDP_SEGMENT");
    return fd;
}

// Sends whole super-frames only.
static void send_load(const char *address, const Offer *offer)
{
    int fd = open_offer(address, offer);
    int64_t n_segments = offer->n_segments;
    Batch *batch = batch_new(offer->payload_bytes * (size_t)n_segments, 0);
    int64_t frame_bits = (int64_t)(offer->payload_bytes + DATAGRAM_FRAME_BYTES) * 8;
    int64_t start_ns = clock_monotonic_ns(), now_ns = start_ns, n_sent = 0;

    while (now_ns - start_ns < offer->seconds * NS_PER_S &&
           (offer->n_datagrams == 0 || n_sent < offer->n_datagrams)) {
        int64_t n_due = BATCH * n_segments;

        // In tenths of a millisecond, lest rate x time overflow.
        if (offer->rate_bps > 0)
            n_due =
                (now_ns - start_ns) / 100000 * offer->rate_bps / 10000 / frame_bits + 1 - n_sent;
        if (offer->n_datagrams > 0 && n_due > offer->n_datagrams - n_sent)
            n_due = offer->n_datagrams - n_sent;
        n_due = n_due > 0 ? (n_due + n_segments - 1) / n_segments : 0;
        for (int64_t n_left = n_due; n_left > 0; n_left -= BATCH)
            send_batch(fd, batch, n_left < BATCH ? (unsigned)n_left : BATCH);
        n_sent += n_due * n_segments;
        if (offer->rate_bps > 0)
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

// The words behind `send`; exits when they are wrong.
static void send_as_told(int argc, char **argv)
{
    Offer offer = {.n_segments = 1};

    if (argc > 1 && strcmp(argv[0], "--segments") == 0) {
        offer.n_segments = atoi(argv[1]);
        argv += 2;
        argc -= 2;
    }
    if (argc < 3 || argc > 5)
        error(2, 0, "send: 3 to 5 words are needed");
    offer.payload_bytes = (size_t)atoi(argv[1]);
    offer.seconds = atoi(argv[2]);
    offer.rate_bps = argc > 3 ? atoll(argv[3]) : 0;
    offer.n_datagrams = argc > 4 ? atoll(argv[4]) : 0;
    if (offer.n_segments < 1 || offer.payload_bytes < 1 ||
        offer.payload_bytes > PAYLOAD_MAX_BYTES ||
        offer.payload_bytes * (size_t)offer.n_segments > SUPER_FRAME_MAX_BYTES)
        error(2, 0, "send: 1 to %d bytes, %d with all segments", PAYLOAD_MAX_BYTES,
              SUPER_FRAME_MAX_BYTES);
    send_load(argv[0], &offer);
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "send") == 0) {
        send_as_told(argc - 2, argv + 2);
    } else if (argc == 2 && strcmp(argv[1], "receive") == 0) {
        receive_load();
    } else {
        fprintf(stderr, "usage: blast send [--segments N] ADDRESS PAYLOAD-BYTES SECONDS "
                        "[LAYER-2-BITS-A-SECOND [PACKETS]]\n"
                        "       blast receive\n");
        return 2;
    }
    return EXIT_SUCCESS;
}
