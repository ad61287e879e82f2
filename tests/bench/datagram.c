// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/datagram.h"

#include <arpa/inet.h>
#include <errno.h>
#include <error.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

enum { RECEIVE_BUFFER_BYTES = 64 * 1024 * 1024 };

static volatile sig_atomic_t has_ended;

int datagram_open_sender(const char *address)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(DATAGRAM_PORT)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
        error(2, 0, "%s: not an IPv4 address", address);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        error(EXIT_FAILURE, errno, "connect %s", address);
    prctl(PR_SET_TIMERSLACK, 1);
    return fd;
}

int datagram_open_receiver(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(DATAGRAM_PORT)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int one = 1, buffer_bytes = RECEIVE_BUFFER_BYTES;

    if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) < 0)
        error(EXIT_FAILURE, errno, "bind %d", DATAGRAM_PORT);
    if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one) < 0)
        error(EXIT_FAILURE, errno, "SO_TIMESTAMPNS");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes) < 0)
        error(EXIT_FAILURE, errno, "SO_RCVBUFFORCE");
    return fd;
}

int64_t datagram_stamp_ns(struct msghdr *message)
{
    for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != NULL;
         control = CMSG_NXTHDR(message, control)) {
        struct timespec stamp;

        if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
        return stamp.tv_sec * NS_PER_S + stamp.tv_nsec;
    }
    error(EXIT_FAILURE, 0, "a datagram without a receive stamp");
    return 0;
}

static void note_end(int number)
{
    (void)number;
    has_ended = 1;
}

void datagram_await_end(void)
{
    struct sigaction action = {.sa_handler = note_end}; // without SA_RESTART

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

bool datagram_has_ended(void)
{
    return has_ended;
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t clock_realtime_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

void clock_sleep_until(int64_t at_ns)
{
    struct timespec at = {.tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        continue;
}
