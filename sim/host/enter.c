// SPDX-License-Identifier: Apache-2.0
// How it works: the program is a process group of its own, so that each signal reaches it once: a
// terminal's own signals (Ctrl-C) go to the group in its foreground, which is the program's; those
// sent to this process are passed on. The group must have a number inside the PID namespace, or
// shells find no job control there (tcgetpgrp() says 0); that is the other reason for it.
#include "sim/host/enter.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/host/pid_namespace.h"
#include "sim/host/refusal.h"

enum {
    ENTER_STATUS_NOT_EXECUTABLE = 126, // as sh(1) has them
    ENTER_STATUS_NOT_FOUND = 127,
    ENTER_STATUS_SIGNAL_BASE = 128,
    ENTER_N_NET_ONLY_FDS = 3, // pid, net, user
};

static const int enter_passed_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, ENTER_KILL_SIGNAL};

EnterNamespaces enter_namespaces(const Enclosure *enclosure, const Host *host)
{
    HostNamespaces of_host = host_namespaces(host);

    return (EnterNamespaces){.pid = enclosure_pid_fd(enclosure),
                             .net = of_host.net,
                             .mnt = of_host.mnt,
                             .uts = of_host.uts,
                             .user = enclosure_user_fd(enclosure)};
}

unsigned enter_pack(const EnterNamespaces *namespaces, int *fds)
{
    const int all[ENTER_N_FDS] = {namespaces->pid, namespaces->net, namespaces->mnt,
                                  namespaces->uts, namespaces->user};
    unsigned n_fds = 0;

    for (unsigned i = 0; i < ENTER_N_FDS; i++) {
        if (all[i] >= 0)
            fds[n_fds++] = all[i];
    }
    return n_fds;
}

bool enter_unpack(EnterNamespaces *namespaces, const int *fds, unsigned n_fds)
{
    if (n_fds == ENTER_N_FDS)
        *namespaces = (EnterNamespaces){fds[0], fds[1], fds[2], fds[3], fds[4]};
    else if (n_fds == ENTER_N_NET_ONLY_FDS)
        *namespaces = (EnterNamespaces){fds[0], fds[1], -1, -1, fds[2]};
    else
        return false;
    return true;
}

char **enter_argv_new(const Enclosure *enclosure, const EnterNamespaces *namespaces,
                      const char *cwd, const char *const *command, bool keeps_fd)
{
    const int fds[ENTER_N_SPAWN_FDS] = {namespaces->pid, namespaces->net, namespaces->mnt,
                                        namespaces->uts};
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
    static const char *const options[ENTER_N_SPAWN_FDS] = {"--pid", "--net", "--mnt", "--uts"};
    g_autofree char *open_files =
        g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)enclosure_open_files_limit(enclosure));

    g_strv_builder_add_many(argv, "/proc/self/exe", "enter", NULL);
    for (int i = 0; i < ENTER_N_SPAWN_FDS; i++) {
        g_autofree char *fd = g_strdup_printf("%d", ENTER_FIRST_FD + i);

        if (fds[i] < 0)
            continue;
        g_strv_builder_add_many(argv, options[i], fd, NULL);
    }
    if (keeps_fd) {
        g_autofree char *kept = g_strdup_printf("%d", ENTER_FIRST_FD + ENTER_N_SPAWN_FDS);

        g_strv_builder_add_many(argv, "--keep", kept, NULL);
    }
    g_strv_builder_add_many(argv, "--open-files", open_files, "--cwd", cwd, "--", NULL);
    g_strv_builder_addv(argv, (const char **)command);
    return g_strv_builder_end(argv);
}

char **enter_environment_new(const NodeSpec *spec, const char *lab, const char *const *inherited)
{
    char **environment = g_strdupv((char **)inherited);

    environment = g_environ_setenv(environment, "TAPLOOM_HOST", spec->name, TRUE);
    environment = g_environ_setenv(environment, "TAPLOOM_LAB", lab, TRUE);
    for (guint i = 0; i < spec->env->len; i++) {
        const SettingSpec *setting = g_ptr_array_index(spec->env, i);

        environment = g_environ_setenv(environment, setting->key, setting->value, TRUE);
    }
    return environment;
}

// setns() refuses the user namespace that the process is in already.
static bool enter_is_own_user_namespace(int user_fd)
{
    struct stat own, other;

    return stat("/proc/self/ns/user", &own) == 0 && fstat(user_fd, &other) == 0 &&
           own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

// The user namespace gives the right to all the others.
static bool enter_join_user(int user_fd, GError **error)
{
    if (user_fd < 0 || enter_is_own_user_namespace(user_fd))
        return true;
    // Root of the system has no name in another user's namespace: it takes that user's.
    if (setns(user_fd, CLONE_NEWUSER) == 0 && setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0)
        return true;
    refusal_set_remedy(error, errno,
                       errno == EPERM ? "be root, or the user who runs the lab" : NULL,
                       "join the user namespace of the lab");
    return false;
}

// The mounts last, since they bring another /proc.
static bool enter_join_host(const EnterNamespaces *namespaces)
{
    return setns(namespaces->net, CLONE_NEWNET) == 0 &&
           (namespaces->uts < 0 || setns(namespaces->uts, CLONE_NEWUTS) == 0) &&
           (namespaces->mnt < 0 || setns(namespaces->mnt, CLONE_NEWNS) == 0);
}

// Makes `group` the foreground one of the terminal. No SIGTTOU stops us, since it is blocked.
static void enter_give_terminal(pid_t group)
{
    tcsetpgrp(STDIN_FILENO, group);
}

static bool enter_is_in_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static void enter_set_open_files_limit(rlim_t soft)
{
    struct rlimit limit;

    if (soft == 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = soft;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Says what failed, and what `remedy` there is if any, and ends the process inside.
static _Noreturn void enter_fail(const char *what, int errno_value, const char *remedy)
{
    fprintf(stderr, "taploom: %s: %s%s\n", what, g_strerror(errno_value), remedy);
    _exit(errno_value == ENOENT ? ENTER_STATUS_NOT_FOUND : ENTER_STATUS_NOT_EXECUTABLE);
}

// "make check" in one word was meant for a shell.
static const char *enter_remedy(const char *const *command, int errno_value)
{
    bool is_line = errno_value == ENOENT && command[1] == NULL && strchr(command[0], ' ') != NULL;

    return is_line ? " (for a line of the shell write sh -c before it)" : "";
}

// Leaves the standard descriptors, and the one that the program keeps.
static void enter_close_all_but(int kept_fd)
{
    if (kept_fd > ENTER_KEPT_FD)
        dup2(kept_fd, ENTER_KEPT_FD);
    close_range(kept_fd >= 0 ? ENTER_KEPT_FD + 1 : STDERR_FILENO + 1, ~0U, 0);
}

// In the process inside, which has all signals blocked.
static _Noreturn void enter_exec(const EnterRequest *request, const sigset_t *signals,
                                 bool on_terminal)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    if (on_terminal)
        enter_give_terminal(getpid());
    if (!enter_join_host(&request->namespaces))
        enter_fail("join the namespaces of the host", errno, "");
    if ((request->cwd == NULL || chdir(request->cwd) < 0) && chdir("/") < 0)
        enter_fail("chdir /", errno, "");
    enter_set_open_files_limit(request->open_files_limit);
    enter_close_all_but(request->kept_fd);
    sigprocmask(SIG_SETMASK, signals, NULL);
    execvp(request->command[0], (char *const *)request->command);
    enter_fail(request->command[0], errno, enter_remedy(request->command, errno));
}

// The program was stopped. On a terminal, by Ctrl-Z say, that stops this process as well, as the
// shell that started it expects, and the program goes on when that shell continues us.
static void enter_stop_along(pid_t program, bool *has_terminal)
{
    if (tcgetpgrp(STDIN_FILENO) < 0)
        return;
    if (*has_terminal)
        enter_give_terminal(getpgrp());
    raise(SIGSTOP);
    *has_terminal = enter_is_in_foreground();
    if (*has_terminal)
        enter_give_terminal(program);
    kill(-program, SIGCONT);
}

// Returns the wait status of the end of `program`.
static int enter_wait(pid_t program, const sigset_t *awaited, bool *has_terminal)
{
    siginfo_t signal_info;
    int status;

    for (;;) {
        if (sigwaitinfo(awaited, &signal_info) < 0)
            continue;
        if (signal_info.si_signo != SIGCHLD) {
            kill(-program,
                 signal_info.si_signo == ENTER_KILL_SIGNAL ? SIGKILL : signal_info.si_signo);
            continue;
        }
        if (waitpid(program, &status, WNOHANG | WUNTRACED) != program)
            continue;
        if (!WIFSTOPPED(status))
            return status;
        enter_stop_along(program, has_terminal);
    }
}

static void enter_block_signals(sigset_t *awaited, sigset_t *before)
{
    sigset_t blocked;

    signal(SIGCHLD, SIG_DFL);
    sigemptyset(awaited);
    sigaddset(awaited, SIGCHLD);
    for (size_t i = 0; i < G_N_ELEMENTS(enter_passed_signals); i++)
        sigaddset(awaited, enter_passed_signals[i]);
    blocked = *awaited;
    sigaddset(&blocked, SIGTTOU);
    sigprocmask(SIG_BLOCK, &blocked, before);
}

int enter_run(const EnterRequest *request, GError **error)
{
    sigset_t awaited, before;
    bool has_terminal = enter_is_in_foreground();
    pid_t program;
    int status;

    if (!enter_join_user(request->namespaces.user, error))
        return -1;
    enter_block_signals(&awaited, &before);
    program = pid_namespace_fork(request->namespaces.pid);
    if (program == 0)
        enter_exec(request, &before, has_terminal);
    if (program < 0) {
        refusal_set_remedy(error, errno, errno == ENOMEM ? "the lab has ended" : NULL,
                           "fork into the host");
        return -1;
    }
    close_range(STDERR_FILENO + 1, ~0U, 0);
    // Here too: whoever of the two comes first, the group is there before it is used.
    setpgid(program, program);
    if (has_terminal)
        enter_give_terminal(program);

    status = enter_wait(program, &awaited, &has_terminal);
    if (has_terminal)
        enter_give_terminal(getpgrp());
    sigprocmask(SIG_SETMASK, &before, NULL);
    return WIFSIGNALED(status) ? ENTER_STATUS_SIGNAL_BASE + WTERMSIG(status) : WEXITSTATUS(status);
}
