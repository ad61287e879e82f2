// SPDX-License-Identifier: Apache-2.0
// A second process waits for the end of a pipe and then removes the folder: so it goes after
// SIGKILL too. The pipe is held open by this process and, since they inherit it, by the runs of
// tests, which write there: when it ends, nobody does any more.
#include "sim/suite/work_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/host/refusal.h"
#include "sim/suite/folder.h"

struct WorkFolder {
    char *path;
    int alive_fd; // its end tells the other process
    pid_t remover;
};

static _Noreturn void work_folder_wait_and_remove(const char *path, int alive_fd)
{
    sigset_t all;
    char byte;

    setsid(); // Ctrl-C is for the suite
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    dup2(alive_fd, STDIN_FILENO);
    close_range(STDIN_FILENO + 1, ~0U, 0);
    while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
        ;
    folder_remove(path);
    _exit(0);
}

WorkFolder *work_folder_new(GError **error)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "taploom-test-XXXXXX", NULL);
    WorkFolder *self;
    int fds[2];
    pid_t remover;

    if (g_mkdtemp(path) == NULL) {
        refusal_set_remedy(error, errno, "set TMPDIR to a folder that may be written to",
                           "make a folder in %s", g_get_tmp_dir());
        return NULL;
    }
    if (pipe(fds) < 0 || fcntl(fds[0], F_SETFD, FD_CLOEXEC) < 0) {
        refusal_set(error, errno, "pipe");
        folder_remove(path);
        return NULL;
    }
    remover = fork();
    if (remover == 0) {
        close(fds[1]);
        work_folder_wait_and_remove(path, fds[0]);
    }
    close(fds[0]);
    if (remover < 0) {
        refusal_set(error, errno, "fork");
        close(fds[1]);
        folder_remove(path);
        return NULL;
    }
    self = g_new(WorkFolder, 1);
    *self = (WorkFolder){g_steal_pointer(&path), fds[1], remover};
    return self;
}

void work_folder_free(WorkFolder *self)
{
    if (self == NULL)
        return;
    kill(self->remover, SIGKILL);
    waitpid(self->remover, NULL, 0);
    close(self->alive_fd);
    folder_remove(self->path);
    g_free(self->path);
    g_free(self);
}

const char *work_folder_path(const WorkFolder *self)
{
    return self->path;
}
