// SPDX-License-Identifier: Apache-2.0
// How it works: a socket belongs to the network namespace in which it was made, whoever uses it.
// Without root only a process inside the lab's user namespace can make one in a host, and only a
// process outside can make one on the machine. So one travels: those that listen, since they are
// few.
#include "sim/relay/opener.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
    ServiceProtocol protocol;
    uint16_t port;
} OpenerRequest;

typedef union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
} OpenerControl;

// The negative errno on failure.
static int opener_open(const OpenerRequest *request)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(request->port)};
    int type = request->protocol == SERVICE_TCP ? SOCK_STREAM : SOCK_DGRAM;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    int status = 0;

    if (fd < 0)
        return -errno;
    // A port may be taken again while streams through it are still there.
    if ((request->protocol == SERVICE_TCP &&
         setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        status = -errno;
    if (status == 0)
        return fd;
    close(fd);
    return status;
}

static void opener_answer(int request_fd, int fd)
{
    int errno_value = fd < 0 ? -fd : 0;
    struct iovec bytes = {.iov_base = &errno_value, .iov_len = sizeof errno_value};
    OpenerControl control = {.header = {.cmsg_len = CMSG_LEN(sizeof fd),
                                        .cmsg_level = SOL_SOCKET,
                                        .cmsg_type = SCM_RIGHTS}};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};

    if (fd >= 0) {
        memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    if (sendmsg(request_fd, &message, MSG_NOSIGNAL) < 0)
        _exit(1);
    if (fd >= 0)
        close(fd);
}

// All but the one to open low ports. Without more than pasta(1) has, and dumpable, it is a process
// through which that may find the namespaces it lives in.
static void opener_give_up_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{.effective = 0}};

    data[0].effective = data[0].permitted = 1U << CAP_NET_BIND_SERVICE;
    if (syscall(SYS_capset, &header, data) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0)
        _exit(1);
}

_Noreturn void opener_run(int request_fd, int net_fd)
{
    OpenerRequest request;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (setns(net_fd, CLONE_NEWNET) < 0 || dup2(request_fd, STDIN_FILENO) < 0)
        _exit(1);
    opener_give_up_capabilities();
    // Neither devices nor the streams of the command are kept open by it.
    close_range(STDIN_FILENO + 1, ~0U, 0);
    while (recv(STDIN_FILENO, &request, sizeof request, 0) == sizeof request)
        opener_answer(STDIN_FILENO, opener_open(&request));
    _exit(0);
}

int opener_ask(int request_fd, ServiceProtocol protocol, uint16_t port)
{
    OpenerRequest request = {.protocol = protocol, .port = port};
    int errno_value, fd;
    struct iovec bytes = {.iov_base = &errno_value, .iov_len = sizeof errno_value};
    OpenerControl control;
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};

    if (send(request_fd, &request, sizeof request, MSG_NOSIGNAL) != sizeof request ||
        recvmsg(request_fd, &message, MSG_CMSG_CLOEXEC) != sizeof errno_value)
        return -EPIPE;
    if (errno_value != 0)
        return -errno_value;
    if ((message.msg_flags & MSG_CTRUNC) != 0 || message.msg_controllen < CMSG_LEN(sizeof fd))
        return -EMFILE;
    memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
    return fd;
}
