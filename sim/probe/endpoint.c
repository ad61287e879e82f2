// SPDX-License-Identifier: Apache-2.0
// The kernel notes arrivals on the wall clock, which may be set at any time: what is used of a
// stamp is how long ago it was, a moment after it was made.
#include "sim/probe/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sim/realtime/clock.h"

enum { ENDPOINT_BUFFER_BYTES = 8 << 20 };

static volatile sig_atomic_t endpoint_stopped;

static void endpoint_signalled(int signal)
{
    (void)signal;
    endpoint_stopped = 1;
}

void endpoint_prepare(void)
{
    struct sigaction action = {.sa_handler = endpoint_signalled};

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1UL);
}

bool endpoint_is_stopped(void)
{
    return endpoint_stopped != 0;
}

static bool endpoint_refuse(GError **error, const char *call)
{
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s", call,
                g_strerror(errno));
    return false;
}

bool endpoint_resolve(const char *name, const char *service, Endpoint *endpoint, GError **error)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int status = getaddrinfo(name, service, &hints, &found);

    if (status != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", name, gai_strerror(status));
        return false;
    }
    *endpoint = (Endpoint){.n_bytes = found->ai_addrlen};
    memcpy(&endpoint->address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

int endpoint_socket(int net_fd, int family, int type, int protocol, GError **error)
{
    int own_fd = net_fd >= 0 ? open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC) : -1;
    int size = ENDPOINT_BUFFER_BYTES, fd;

    if (net_fd >= 0 && (own_fd < 0 || setns(net_fd, CLONE_NEWNET) < 0)) {
        endpoint_refuse(error, "join the network of the other host");
        if (own_fd >= 0)
            close(own_fd);
        return -1;
    }
    fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        endpoint_refuse(error, "socket");
    if (net_fd >= 0) {
        if (setns(own_fd, CLONE_NEWNET) < 0)
            g_error("setns: %s", g_strerror(errno));
        close(own_fd);
    }
    // A stream's size is the kernel's affair; packets must not be lost in here.
    if (fd >= 0 && type != SOCK_STREAM)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    return fd;
}

bool endpoint_bind(int fd, Endpoint *peer, GError **error)
{
    Endpoint own = {.n_bytes = peer->n_bytes};

    own.address.ss_family = peer->address.ss_family;
    if (bind(fd, (const struct sockaddr *)&own.address, own.n_bytes) < 0 ||
        getsockname(fd, (struct sockaddr *)&own.address, &own.n_bytes) < 0)
        return endpoint_refuse(error, "bind");
    if (peer->address.ss_family == AF_INET)
        ((struct sockaddr_in *)&peer->address)->sin_port =
            ((const struct sockaddr_in *)&own.address)->sin_port;
    else
        ((struct sockaddr_in6 *)&peer->address)->sin6_port =
            ((const struct sockaddr_in6 *)&own.address)->sin6_port;
    return true;
}

void endpoint_wait(struct pollfd *fds, unsigned n_fds, int64_t until_ns)
{
    int64_t left_ns = MAX(until_ns - clock_monotonic_ns(), 0);
    const struct timespec left = {left_ns / 1000000000, left_ns % 1000000000};

    if (ppoll(fds, n_fds, &left, NULL) <= 0)
        for (unsigned i = 0; i < n_fds; i++)
            fds[i].revents = 0;
}

void endpoint_ask_stamps(int fd)
{
    int yes = 1;

    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
}

// How long ago, by the wall clock, the kernel says that the packet came.
static int64_t endpoint_age_ns(struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
         part = CMSG_NXTHDR(message, part)) {
        struct timespec stamp;

        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
        return MAX(clock_wall_ns() - ((int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec), 0);
    }
    return 0;
}

ssize_t endpoint_receive(int fd, void *room, size_t room_bytes, int64_t *came_ns)
{
    struct iovec vector = {room, room_bytes};
    char control[CMSG_SPACE(sizeof(struct timespec)) + 64];
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t n_bytes = recvmsg(fd, &message, MSG_DONTWAIT);
    int64_t age_ns;

    if (n_bytes < 0)
        return n_bytes;
    // In this order: a halt between the two clocks makes a packet come later, never too early.
    age_ns = endpoint_age_ns(&message);
    *came_ns = clock_monotonic_ns() - age_ns;
    return n_bytes;
}
