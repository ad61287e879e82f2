// SPDX-License-Identifier: Apache-2.0
// The bare forwarder: two network namespaces with a TAP each, and one thread that reads frames from
// either and writes them to the other. It does nothing else, so it is the limit of anything that
// carries frames between TAP devices on this machine.
//
//     [ left: 10.0.0.1/24 eth0 ] <-> this program <-> [ eth0 10.0.0.2/24 :right ]
//
// With --offload the devices hand over super-frames and unfinished checksums (IFF_VNET_HDR), and
// the header that says so travels along unread. With --hold each frame waits so many microseconds,
// for which the thread sleeps: what any delay costs, where TCP has as much under way.
//
// Two shell commands run in the namespaces. When the left one has ended, or after --seconds, the
// right one gets SIGTERM; the exit status is that of the left one.
#include <arpa/inet.h>
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/hold.h"

// Segmentation of UDP, Linux 6.2; older headers lack the names.
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

enum {
    TX_QUEUE_FRAMES = 4096, // as the hosts of Taploom have it
    READS_A_TURN = 64,
    HELD_READS_A_TURN = 8,
    FRAME_MAX_BYTES = 65536 + 256, // the payload of a super-frame, and headers
    TCP_OFFLOADS = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
};

typedef struct {
    int tap_fd;
    int net_fd;
    pid_t pid; // of its command, 0 once that has ended
    int status;
    uint64_t read_frames;
    uint64_t refused_frames; // by the other side's kernel
} Side;

static void tap_ioctl(int socket_fd, unsigned long request, struct ifreq *ifreq, const char *what)
{
    if (ioctl(socket_fd, request, ifreq) < 0)
        error(EXIT_FAILURE, errno, "%s", what);
}

static void tap_configure(const char *address)
{
    int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq ifreq = {.ifr_name = "eth0"};
    struct sockaddr_in *in = (struct sockaddr_in *)&ifreq.ifr_addr;

    if (socket_fd < 0)
        error(EXIT_FAILURE, errno, "socket");
    in->sin_family = AF_INET;
    inet_pton(AF_INET, address, &in->sin_addr);
    tap_ioctl(socket_fd, SIOCSIFADDR, &ifreq, "SIOCSIFADDR");
    inet_pton(AF_INET, "255.255.255.0", &in->sin_addr);
    tap_ioctl(socket_fd, SIOCSIFNETMASK, &ifreq, "SIOCSIFNETMASK");
    // A device that comes up with a queue of length 0 gets no queueing discipline.
    ifreq.ifr_qlen = 0;
    tap_ioctl(socket_fd, SIOCSIFTXQLEN, &ifreq, "SIOCSIFTXQLEN 0");
    ifreq.ifr_flags = IFF_UP;
    tap_ioctl(socket_fd, SIOCSIFFLAGS, &ifreq, "SIOCSIFFLAGS");
    ifreq.ifr_qlen = TX_QUEUE_FRAMES;
    tap_ioctl(socket_fd, SIOCSIFTXQLEN, &ifreq, "SIOCSIFTXQLEN");
    close(socket_fd);
}

static void tap_offload(int tap_fd)
{
    if (ioctl(tap_fd, TUNSETOFFLOAD, TCP_OFFLOADS | TUN_F_USO4 | TUN_F_USO6) < 0 &&
        ioctl(tap_fd, TUNSETOFFLOAD, TCP_OFFLOADS) < 0)
        error(EXIT_FAILURE, errno, "TUNSETOFFLOAD");
}

static void side_open(Side *side, const char *address, bool offloads)
{
    struct ifreq ifreq = {.ifr_name = "eth0", .ifr_flags = IFF_TAP | IFF_NO_PI};

    if (unshare(CLONE_NEWNET) < 0)
        error(EXIT_FAILURE, errno, "unshare: root is needed");
    side->net_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    side->tap_fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (side->net_fd < 0 || side->tap_fd < 0)
        error(EXIT_FAILURE, errno, "open %s",
              side->net_fd < 0 ? "/proc/self/ns/net" : "/dev/net/tun");
    ifreq.ifr_flags |= offloads ? IFF_VNET_HDR : 0;
    if (ioctl(side->tap_fd, TUNSETIFF, &ifreq) < 0)
        error(EXIT_FAILURE, errno, "TUNSETIFF");
    if (offloads)
        tap_offload(side->tap_fd);
    tap_configure(address);
}

static void side_start(Side *side, const char *command, const sigset_t *unblocked)
{
    side->pid = fork();
    if (side->pid < 0)
        error(EXIT_FAILURE, errno, "fork");
    if (side->pid > 0)
        return;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, unblocked, NULL);
    if (setns(side->net_fd, CLONE_NEWNET) < 0)
        error(127, errno, "setns");
    execl("/bin/sh", "sh", "-c", command, NULL);
    error(127, errno, "exec /bin/sh");
}

static void side_end(Side *side)
{
    if (side->pid > 0)
        kill(-side->pid, SIGTERM);
}

static void side_forward(Side *from, const Side *to)
{
    static uint8_t bytes[FRAME_MAX_BYTES];

    for (int i = 0; i < READS_A_TURN; i++) {
        ssize_t n_bytes = read(from->tap_fd, bytes, sizeof bytes);

        if (n_bytes < 0)
            return;
        from->read_frames++;
        if (write(to->tap_fd, bytes, (size_t)n_bytes) < 0)
            from->refused_frames++;
    }
}

static void side_hold(Side *from, const Side *to, Hold *hold)
{
    for (int i = 0; i < HELD_READS_A_TURN && hold_read(hold, from->tap_fd, to->tap_fd); i++)
        from->read_frames++;
}

// Takes what the signals say; returns whether both commands have ended.
static bool handle_signals(int signal_fd, Side sides[2])
{
    struct signalfd_siginfo info;
    pid_t pid;
    int status;

    while (read(signal_fd, &info, sizeof info) == sizeof info)
        if (info.ssi_signo != SIGCHLD)
            side_end(&sides[0]);
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        Side *side = pid == sides[0].pid ? &sides[0] : &sides[1];

        side->pid = 0;
        side->status = status;
    }
    if (sides[0].pid == 0)
        side_end(&sides[1]);
    return sides[0].pid == 0 && sides[1].pid == 0;
}

static void watch(int epoll_fd, int fd, uint32_t number)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};

    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
        error(EXIT_FAILURE, errno, "epoll_ctl");
}

// `hold` is NULL when nothing waits.
static void forward_until_ended(Side sides[2], int signal_fd, Hold *hold)
{
    enum { SIGNALS = 2, TIMER, N_SOURCES };
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    bool has_ended = false;

    watch(epoll_fd, sides[0].tap_fd, 0);
    watch(epoll_fd, sides[1].tap_fd, 1);
    watch(epoll_fd, signal_fd, SIGNALS);
    if (hold != NULL)
        watch(epoll_fd, hold_timer_fd(hold), TIMER);
    while (!has_ended) {
        struct epoll_event ready[N_SOURCES];
        int n_ready = epoll_wait(epoll_fd, ready, N_SOURCES, -1);

        for (int i = 0; i < n_ready; i++) {
            uint32_t number = ready[i].data.u32;

            if (number == SIGNALS)
                has_ended = handle_signals(signal_fd, sides);
            else if (hold == NULL)
                side_forward(&sides[number], &sides[1 - number]);
            else if (number != TIMER)
                side_hold(&sides[number], &sides[1 - number], hold);
        }
        if (hold != NULL)
            sides[0].refused_frames += hold_write(hold);
    }
    close(epoll_fd);
}

static int usage(void)
{
    fprintf(stderr, "usage: bare [--offload] [--hold MICROSECONDS] [--seconds N] "
                    "LEFT-COMMAND RIGHT-COMMAND\n");
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"offload", no_argument, NULL, 'o'},
        {"hold", required_argument, NULL, 'h'},
        {"seconds", required_argument, NULL, 's'},
        {NULL},
    };
    Hold *hold = NULL;
    Side sides[2] = {0};
    sigset_t signals, before;
    unsigned seconds = 0;
    bool offloads = false;
    int option;

    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        if (option == 'o')
            offloads = true;
        else if (option == 'h')
            hold = hold_new(atoll(optarg) * 1000, FRAME_MAX_BYTES);
        else if (option == 's')
            seconds = (unsigned)strtoul(optarg, NULL, 10);
        else
            return usage();
    }
    if (argc - optind != 2)
        return usage();
    side_open(&sides[0], "10.0.0.1", offloads);
    side_open(&sides[1], "10.0.0.2", offloads);
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGALRM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, &before);
    side_start(&sides[1], argv[optind + 1], &before);
    side_start(&sides[0], argv[optind], &before);
    alarm(seconds);
    forward_until_ended(sides, signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC), hold);
    fprintf(stderr, "bare: left read %lu refused %lu, right read %lu refused %lu\n",
            sides[0].read_frames, sides[0].refused_frames, sides[1].read_frames,
            sides[1].refused_frames);
    return WIFEXITED(sides[0].status) ? WEXITSTATUS(sides[0].status) : EXIT_FAILURE;
}
