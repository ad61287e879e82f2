// SPDX-License-Identifier: Apache-2.0
#include "tests/support/socket_device.h"

#include <sys/socket.h>

static int opened_host_fd;

int socket_device_host_fd(void)
{
    return opened_host_fd;
}

static int socket_device_open(const char *name, OffloadMode offload, OffloadSet *set,
                              GError **error)
{
    int fds[2];

    (void)name;
    (void)offload;
    (void)set;
    (void)error;
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==,
                    0);
    opened_host_fd = fds[1];
    return fds[0];
}

const DeviceClass socket_device_class = {
    .name = "socket", .min_frame_bytes = FRAME_ETHERNET_HEADER_BYTES, .open = socket_device_open};
