// SPDX-License-Identifier: Apache-2.0
// The first process of the PID namespace does nothing but wait for our end. It learns of it twice
// over: by PR_SET_PDEATHSIG, and by the end of a pipe that only we hold. When it is gone, the
// kernel kills all others in the namespace.
#include "sim/host/enclosure.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/host/pid_namespace.h"
#include "sim/host/privilege.h"
#include "sim/host/refusal.h"

enum {
    ENCLOSURE_CLOSE_PATIENCE_MS = 2000,
};

struct Enclosure {
    pid_t init_pid;
    int init_fd;  // a pidfd of the first process
    int alive_fd; // closes with this process: the end of the first one
    int pid_fd, user_fd, home_net_fd;
    int outside_socket_fd; // until taken
    uid_t owner;
    rlim_t open_files_limit;
};

// PID 1 of the namespace. It is in nobody's process group, so that Ctrl-C passes it by, and the
// kernel reaps orphans for it since it ignores SIGCHLD.
static _Noreturn void enclosure_init_run(int alive_fd)
{
    char nothing;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "taploom-init");
    setsid();
    signal(SIGCHLD, SIG_IGN);
    if (dup2(alive_fd, STDIN_FILENO) < 0 || chdir("/") < 0)
        _exit(1);
    close_range(STDIN_FILENO + 1, ~0U, 0);
    while (read(STDIN_FILENO, &nothing, 1) < 0 && errno == EINTR)
        ;
    _exit(0);
}

static bool enclosure_start_init(Enclosure *self, GError **error)
{
    g_autofree char *pid_path = NULL;
    int alive_fds[2];

    if (pipe2(alive_fds, O_CLOEXEC) < 0) {
        refusal_set(error, errno, "pipe for the first process of the lab");
        return false;
    }
    self->alive_fd = alive_fds[1];
    self->init_pid = pid_namespace_fork(PID_NAMESPACE_NEW);
    if (self->init_pid == 0)
        enclosure_init_run(alive_fds[0]);
    close(alive_fds[0]);
    if (self->init_pid < 0) {
        privilege_set_error(error, errno, "a PID namespace for the lab");
        return false;
    }
    self->init_fd = (int)syscall(SYS_pidfd_open, self->init_pid, 0);
    pid_path = g_strdup_printf("/proc/%d/ns/pid", self->init_pid);
    self->pid_fd = open(pid_path, O_RDONLY | O_CLOEXEC);
    if (self->init_fd < 0 || self->pid_fd < 0) {
        refusal_set(error, errno, "open the PID namespace of the lab");
        return false;
    }
    return true;
}

static bool enclosure_raise_open_files(Enclosure *self, GError **error)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        refusal_set(error, errno, "getrlimit RLIMIT_NOFILE");
        return false;
    }
    self->open_files_limit = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
        refusal_set(error, errno, "setrlimit RLIMIT_NOFILE");
        return false;
    }
    return true;
}

// Makes sure that there is a network namespace which threads can come back to.
static bool enclosure_find_home(Enclosure *self, GError **error)
{
    self->home_net_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (self->home_net_fd >= 0 && setns(self->home_net_fd, CLONE_NEWNET) < 0) {
        close(self->home_net_fd);
        self->home_net_fd = -1;
        if (unshare(CLONE_NEWNET) < 0) {
            privilege_set_error(error, errno, "a network namespace for the lab");
            return false;
        }
        self->home_net_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    }
    if (self->home_net_fd >= 0)
        return true;
    refusal_set(error, errno, "open /proc/self/ns/net");
    return false;
}

Enclosure *enclosure_open(GError **error)
{
    g_autoptr(Enclosure) self = g_new(Enclosure, 1);

    *self = (Enclosure){.init_pid = -1,
                        .init_fd = -1,
                        .alive_fd = -1,
                        .pid_fd = -1,
                        .user_fd = -1,
                        .home_net_fd = -1,
                        .outside_socket_fd = -1,
                        .owner = geteuid()};
    if (!privilege_check_tun(error) || !enclosure_raise_open_files(self, error) ||
        !privilege_acquire(error))
        return NULL;
    self->user_fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
    if (self->user_fd < 0) {
        refusal_set(error, errno, "open /proc/self/ns/user");
        return NULL;
    }
    self->outside_socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (self->outside_socket_fd < 0) {
        refusal_set(error, errno, "socket");
        return NULL;
    }
    if (!enclosure_find_home(self, error) || !enclosure_start_init(self, error))
        return NULL;
    return g_steal_pointer(&self);
}

static void enclosure_end_init(Enclosure *self)
{
    struct pollfd end = {.fd = self->init_fd, .events = POLLIN};

    kill(self->init_pid, SIGKILL);
    // The namespace's end waits until all processes in it have been reaped, also those whose parent
    // is outside: such a one may be stopped for long.
    while (poll(&end, 1, ENCLOSURE_CLOSE_PATIENCE_MS) < 0 && errno == EINTR)
        ;
    waitpid(self->init_pid, NULL, WNOHANG);
}

void enclosure_close(Enclosure *self)
{
    const int *fds[] = {&self->init_fd, &self->alive_fd,    &self->pid_fd,
                        &self->user_fd, &self->home_net_fd, &self->outside_socket_fd};

    if (self->init_pid > 0)
        enclosure_end_init(self);
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
    }
    g_free(self);
}

int enclosure_pid_fd(const Enclosure *self)
{
    return self->pid_fd;
}

int enclosure_user_fd(const Enclosure *self)
{
    return self->user_fd;
}

int enclosure_home_net_fd(const Enclosure *self)
{
    return self->home_net_fd;
}

int enclosure_take_outside_socket(Enclosure *self)
{
    int fd = self->outside_socket_fd;

    self->outside_socket_fd = -1;
    return fd;
}

uid_t enclosure_owner(const Enclosure *self)
{
    return self->owner;
}

rlim_t enclosure_open_files_limit(const Enclosure *self)
{
    return self->open_files_limit;
}

pid_t enclosure_fork(Enclosure *self, GError **error)
{
    pid_t child = pid_namespace_fork(self->pid_fd);

    if (child < 0)
        refusal_set(error, errno, "fork into the lab");
    return child;
}
