// SPDX-License-Identifier: Apache-2.0
// One-way delay: the sender puts CLOCK_REALTIME into each datagram immediately before it sends it,
// the receiver takes the kernel's receive stamp; both namespaces share the clock. The receiver
// prints the distribution in microseconds as JSON when it is ended.
#include <errno.h>
#include <error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/datagram.h"

enum { MAX_DELAYS = 1 << 22 };

static void send_stamps(const char *address, unsigned rate, unsigned seconds)
{
    int fd = datagram_open_sender(address);
    int64_t no_stamp = 0, start_ns;

    // Addresses are resolved before anything counts.
    if (send(fd, &no_stamp, sizeof no_stamp, 0) < 0)
        error(EXIT_FAILURE, errno, "send");
    start_ns = clock_monotonic_ns() + NS_PER_S / 2;
    for (int64_t i = 0; i < (int64_t)rate * seconds; i++) {
        int64_t stamp_ns;

        clock_sleep_until(start_ns + i * NS_PER_S / rate);
        stamp_ns = clock_realtime_ns();
        if (send(fd, &stamp_ns, sizeof stamp_ns, 0) < 0)
            error(EXIT_FAILURE, errno, "send");
    }
    close(fd);
}

static int compare_delays(const void *a, const void *b)
{
    int64_t delay_a = *(const int64_t *)a, delay_b = *(const int64_t *)b;

    return (delay_a > delay_b) - (delay_a < delay_b);
}

static void print_delays(int64_t *delays_ns, int n_delays)
{
    static const struct {
        const char *name;
        int per_mille;
    } columns[] = {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p999", 999}};

    qsort(delays_ns, (size_t)n_delays, sizeof *delays_ns, compare_delays);
    printf("{\"count\": %d", n_delays);
    for (size_t i = 0; n_delays > 0 && i < sizeof columns / sizeof columns[0]; i++) {
        int64_t at = (int64_t)(n_delays - 1) * columns[i].per_mille / 1000;

        printf(", \"%s\": %.3f", columns[i].name, (double)delays_ns[at] / 1e3);
    }
    if (n_delays > 0)
        printf(", \"max\": %.3f", (double)delays_ns[n_delays - 1] / 1e3);
    printf("}\n");
}

static void receive_stamps(void)
{
    int fd = datagram_open_receiver();
    int64_t *delays_ns = malloc(MAX_DELAYS * sizeof *delays_ns);
    int n_delays = 0;

    datagram_await_end();
    while (!datagram_has_ended() && n_delays < MAX_DELAYS) {
        _Alignas(struct cmsghdr) char control[DATAGRAM_CONTROL_BYTES];
        int64_t stamp_ns;
        struct iovec payload = {&stamp_ns, sizeof stamp_ns};
        struct msghdr message = {.msg_iov = &payload,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};

        if (recvmsg(fd, &message, 0) == sizeof stamp_ns && stamp_ns != 0)
            delays_ns[n_delays++] = datagram_stamp_ns(&message) - stamp_ns;
    }
    print_delays(delays_ns, n_delays);
    free(delays_ns);
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "send") == 0) {
        send_stamps(argv[2], (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]));
    } else if (argc == 2 && strcmp(argv[1], "receive") == 0) {
        receive_stamps();
    } else {
        fprintf(stderr, "usage: oneway send ADDRESS PACKETS-A-SECOND SECONDS | oneway receive\n");
        return 2;
    }
    return EXIT_SUCCESS;
}
