// SPDX-License-Identifier: Apache-2.0
// How a host gets its view of the system: network, UTS and mount namespaces are unshared; in the
// mount namespace, /proc shows the lab's processes, /sys the host's interfaces, and /etc/hosts and
// /etc/hostname are files in memory, laid over those of the system. Nothing of it is seen outside.
#include "sim/host/builder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/host/privilege.h"
#include "sim/host/refusal.h"

// A directory that every system has: for the moment between two mounts it holds our files.
#define BUILDER_SCRATCH "/sys"

typedef enum {
    BUILDER_DONE,
    BUILDER_UNSHARE,
    BUILDER_OPEN_NAMESPACES,
    BUILDER_FIND_ROOT,
    BUILDER_MOUNT_PRIVATE,
    BUILDER_SETHOSTNAME,
    BUILDER_MOUNT_SCRATCH,
    BUILDER_OVERLAY_ETC,
    BUILDER_BIND_HOSTS,
    BUILDER_BIND_HOSTNAME,
    BUILDER_BIND_RESOLV,
    BUILDER_UNMOUNT_SCRATCH,
    BUILDER_OPEN_SYSCTL,
} BuilderStep;

// With the remedy where it is not a matter of privilege.
static const struct {
    const char *name;
    const char *remedy;
} builder_steps[] = {
    [BUILDER_UNSHARE] = {"make network, mount and UTS namespaces", NULL},
    [BUILDER_OPEN_NAMESPACES] = {"open its namespaces under /proc/self/ns", NULL},
    [BUILDER_FIND_ROOT] = {"give it the root directory of this chroot",
                           "what enters a mount namespace leaves every chroot: go into that "
                           "directory with systemd-nspawn -D or bwrap --bind"},
    [BUILDER_MOUNT_PRIVATE] = {"make its mounts private", NULL},
    [BUILDER_SETHOSTNAME] = {"sethostname", NULL},
    [BUILDER_MOUNT_SCRATCH] = {"mount a tmpfs on " BUILDER_SCRATCH, NULL},
    [BUILDER_OVERLAY_ETC] = {"lay its /etc/hosts over an /etc without one",
                             "make an empty file: touch /etc/hosts"},
    [BUILDER_BIND_HOSTS] = {"bind its /etc/hosts", NULL},
    [BUILDER_BIND_HOSTNAME] = {"bind its /etc/hostname", NULL},
    [BUILDER_BIND_RESOLV] = {"bind its /etc/resolv.conf", NULL},
    [BUILDER_UNMOUNT_SCRATCH] = {"unmount " BUILDER_SCRATCH, NULL},
    [BUILDER_OPEN_SYSCTL] = {"open its /proc/sys", NULL},
};

// What the builder tells; on success the descriptors travel along.
typedef struct {
    BuilderStep failed;
    int errno_value;
} BuilderAnswer;

enum { BUILDER_N_NAMESPACES = 3, BUILDER_N_FDS };

static_assert(sizeof(HostNamespaces) == BUILDER_N_FDS * sizeof(int), "descriptors do not match");

typedef union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(BUILDER_N_FDS * sizeof(int))];
} BuilderControl;

static bool builder_write_text(const char *path, const char *text)
{
    size_t length = strlen(text);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool written = fd >= 0 && write(fd, text, length) == (ssize_t)length;

    if (fd >= 0)
        close(fd);
    return written;
}

// Puts `text` over `target` by way of `scratch`, a file that will be reachable at `target` only.
static bool builder_bind_text(const char *scratch, const char *target, const char *text)
{
    return builder_write_text(scratch, text) && mount(scratch, target, NULL, MS_BIND, NULL) == 0;
}

// On a system without /etc/hosts there is nothing to bind over, and none may be made there: the
// host sees /etc with one laid over it, which it can only read.
static bool builder_overlay_etc(const char *hosts_text)
{
    return mkdir(BUILDER_SCRATCH "/etc", 0755) == 0 &&
           builder_write_text(BUILDER_SCRATCH "/etc/hosts", hosts_text) &&
           mount("overlay", "/etc", "overlay", MS_RDONLY | MS_NOSUID | MS_NODEV,
                 "lowerdir=" BUILDER_SCRATCH "/etc:/etc") == 0;
}

// Whether the root directory is that of the mount namespace, where setns() leads everyone.
static bool builder_find_root(int mnt_fd)
{
    struct stat before, after;

    if (stat("/", &before) < 0 || setns(mnt_fd, CLONE_NEWNS) < 0 || stat("/", &after) < 0)
        return false;
    errno = EOPNOTSUPP;
    return before.st_dev == after.st_dev && before.st_ino == after.st_ino;
}

static BuilderStep builder_set_up_files(const char *name, const BuilderTexts *texts)
{
    char hostname[HOST_NAME_MAX + 2];

    g_snprintf(hostname, sizeof hostname, "%s\n", name);
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return BUILDER_MOUNT_PRIVATE;
    if (mount("tmpfs", BUILDER_SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755") < 0)
        return BUILDER_MOUNT_SCRATCH;
    if (access("/etc/hosts", F_OK) < 0) {
        if (!builder_overlay_etc(texts->hosts))
            return BUILDER_OVERLAY_ETC;
    } else if (!builder_bind_text(BUILDER_SCRATCH "/hosts", "/etc/hosts", texts->hosts)) {
        return BUILDER_BIND_HOSTS;
    }
    if (access("/etc/hostname", F_OK) == 0 &&
        !builder_bind_text(BUILDER_SCRATCH "/hostname", "/etc/hostname", hostname))
        return BUILDER_BIND_HOSTNAME;
    if (texts->resolv != NULL && access("/etc/resolv.conf", F_OK) == 0 &&
        !builder_bind_text(BUILDER_SCRATCH "/resolv.conf", "/etc/resolv.conf", texts->resolv))
        return BUILDER_BIND_RESOLV;
    if (umount2(BUILDER_SCRATCH, MNT_DETACH) < 0)
        return BUILDER_UNMOUNT_SCRATCH;
    // Containers without root whose own /proc or /sys is covered in part may not mount them anew;
    // the host then shows those of the container, which only `ps` and `ls /sys/class/net` notice.
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    return BUILDER_DONE;
}

static BuilderStep builder_work(const char *name, const BuilderTexts *texts, int fds[BUILDER_N_FDS])
{
    static const char *const paths[BUILDER_N_NAMESPACES] = {
        "/proc/self/ns/net", "/proc/self/ns/mnt", "/proc/self/ns/uts"};
    BuilderStep failed;

    if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS) < 0)
        return BUILDER_UNSHARE;
    // Now: the /proc to come may be refused, or show other process numbers.
    for (int i = 0; i < BUILDER_N_NAMESPACES; i++) {
        fds[i] = open(paths[i], O_RDONLY | O_CLOEXEC);
        if (fds[i] < 0)
            return BUILDER_OPEN_NAMESPACES;
    }
    if (!builder_find_root(fds[1]))
        return BUILDER_FIND_ROOT;
    if (sethostname(name, strlen(name)) < 0)
        return BUILDER_SETHOSTNAME;
    failed = builder_set_up_files(name, texts);
    if (failed != BUILDER_DONE)
        return failed;
    // Of the /proc that may have been mounted just now: containers have theirs read-only.
    fds[BUILDER_N_NAMESPACES] = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fds[BUILDER_N_NAMESPACES] < 0 ? BUILDER_OPEN_SYSCTL : BUILDER_DONE;
}

static _Noreturn void builder_run(const char *name, const BuilderTexts *texts, int answer_fd)
{
    int fds[BUILDER_N_FDS];
    BuilderAnswer answer = {.failed = builder_work(name, texts, fds)};
    struct iovec bytes = {.iov_base = &answer, .iov_len = sizeof answer};
    BuilderControl control = {.header = {.cmsg_len = CMSG_LEN(sizeof fds),
                                         .cmsg_level = SOL_SOCKET,
                                         .cmsg_type = SCM_RIGHTS}};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};

    answer.errno_value = errno;
    if (answer.failed == BUILDER_DONE) {
        memcpy(CMSG_DATA(&control.header), fds, sizeof fds);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    _exit(sendmsg(answer_fd, &message, MSG_NOSIGNAL) < 0);
}

bool builder_start(Builder *self, Enclosure *enclosure, const char *name, const BuilderTexts *texts,
                   GError **error)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
        refusal_set(error, errno, "socketpair");
        return false;
    }
    self->answer_fd = fds[0];
    self->pid = enclosure_fork(enclosure, error);
    if (self->pid == 0)
        builder_run(name, texts, fds[1]);
    close(fds[1]);
    if (self->pid > 0)
        return true;
    close(self->answer_fd);
    return false;
}

bool builder_finish(Builder *self, HostNamespaces *namespaces, GError **error)
{
    BuilderAnswer answer;
    struct iovec bytes = {.iov_base = &answer, .iov_len = sizeof answer};
    BuilderControl control;
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t length;
    int errno_value;

    do {
        length = recvmsg(self->answer_fd, &message, MSG_CMSG_CLOEXEC);
        errno_value = errno;
    } while (length < 0 && errno_value == EINTR);
    close(self->answer_fd);
    waitpid(self->pid, NULL, 0);

    if (length != sizeof answer) {
        refusal_set(error, length < 0 ? errno_value : ECHILD,
                    "the process that makes its namespaces has ended early");
        return false;
    }
    if (answer.failed != BUILDER_DONE) {
        if (builder_steps[answer.failed].remedy != NULL)
            refusal_set_remedy(error, answer.errno_value, builder_steps[answer.failed].remedy, "%s",
                               builder_steps[answer.failed].name);
        else
            privilege_set_error(error, answer.errno_value, builder_steps[answer.failed].name);
        return false;
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0 ||
        message.msg_controllen < CMSG_LEN(BUILDER_N_FDS * sizeof(int))) {
        refusal_set(error, EMFILE, "take over its namespaces");
        return false;
    }
    memcpy(namespaces, CMSG_DATA(&control.header), sizeof *namespaces);
    return true;
}
