// SPDX-License-Identifier: Apache-2.0
// How it works: a process cannot enter a PID namespace, only its children can, and a process whose
// children would be in another one may not create threads (copy_process() in kernel/fork.c). So
// this process never touches its own setting: a short-lived child in the middle does
// (unshare or setns), and forks with CLONE_PARENT, so that the process inside is our child all the
// same. That works alike with and without root: coming back by setns(), the other way, would need
// CAP_SYS_ADMIN in the namespace that owns the PID namespace outside.
#include "sim/host/pid_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// In the child in the middle: changes where its children go, forks, and tells the parent the new
// process's number or the negative errno. Returns in the process inside only.
static void pid_namespace_fork_inside(int fd, int answer_fd)
{
    pid_t answer = -1;

    if ((fd == PID_NAMESPACE_NEW ? unshare(CLONE_NEWPID) : setns(fd, CLONE_NEWPID)) == 0)
        // Not clone3(): older container runtimes hide it. Without a stack: as fork().
        answer = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (answer == 0) {
        close(answer_fd);
        return;
    }
    if (answer < 0)
        answer = -errno;
    _exit(write(answer_fd, &answer, sizeof answer) != sizeof answer);
}

// Waits for `middle` and returns what it told.
static pid_t pid_namespace_take_answer(pid_t middle, int answer_fd)
{
    pid_t answer;

    if (read(answer_fd, &answer, sizeof answer) != sizeof answer)
        answer = -EIO;
    waitpid(middle, NULL, 0);
    return answer;
}

pid_t pid_namespace_fork(int fd)
{
    int answer_fds[2];
    pid_t middle, answer;
    sigset_t all, before;

    if (pipe2(answer_fds, O_CLOEXEC) < 0)
        return -1;
    // A handler of this process must not run in the child: it may write to descriptors they share.
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    middle = fork();
    if (middle == 0) {
        close(answer_fds[0]);
        pid_namespace_fork_inside(fd, answer_fds[1]);
        return 0;
    }
    answer = -errno;
    close(answer_fds[1]);
    if (middle > 0)
        answer = pid_namespace_take_answer(middle, answer_fds[0]);
    close(answer_fds[0]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (answer > 0)
        return answer;
    errno = -answer;
    return -1;
}
