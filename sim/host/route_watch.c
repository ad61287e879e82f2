// SPDX-License-Identifier: Apache-2.0
#include "sim/host/route_watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/host/refusal.h"

enum { ROUTE_WATCH_BYTES = 8192 };

int route_watch_open(GError **error)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_ROUTE};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    refusal_set(error, errno, "watch routes");
    if (fd >= 0)
        close(fd);
    return -1;
}

bool route_watch_has_default(int fd)
{
    _Alignas(struct nlmsghdr) char bytes[ROUTE_WATCH_BYTES];
    bool has_default = false;
    ssize_t n_bytes;

    while ((n_bytes = recv(fd, bytes, sizeof bytes, 0)) > 0) {
        const struct nlmsghdr *message = (const struct nlmsghdr *)bytes;

        for (size_t rest = (size_t)n_bytes; NLMSG_OK(message, rest);
             message = NLMSG_NEXT(message, rest)) {
            const struct rtmsg *route = NLMSG_DATA(message);

            has_default |= message->nlmsg_type == RTM_NEWROUTE && route->rtm_dst_len == 0 &&
                           route->rtm_type == RTN_UNICAST;
        }
    }
    return has_default;
}
