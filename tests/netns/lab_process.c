// SPDX-License-Identifier: Apache-2.0
// The loop that a lab has around its control server, in its smallest form.
#include "tests/netns/lab_process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sim/control/answer.h"
#include "sim/control/server.h"
#include "tests/netns/lab_rig.h"

#define LAB_PROCESS_REPORT                                                                         \
    "{\"scenario\": \"atlantic\", \"elapsed_s\": 65.0, \"links\": {\"cable\": {\"forward\": "      \
    "{\"from\": \"first\", \"to\": \"second\", \"in_frames\": 100, \"out_frames\": 90, "           \
    "\"now\": \"100mbit, down\", \"held_frames\": 3, \"marked_frames\": 4, \"dropped_frames\": {"  \
    "\"queue-full\": 5, \"loss\": 2}, \"measured\": "                                              \
    "{\"rate_bps\": 94123456}}, \"reverse\": {\"from\": \"second\", \"to\": \"first\", "           \
    "\"in_frames\": 7, \"out_frames\": 7, \"held_frames\": 0, \"dropped_frames\": "                \
    "{\"queue-full\": 0}, \"measured\": {\"rate_bps\": 800}}}}}"

typedef struct {
    LabRig *rig;
    Scenario scenario;
    ControlServer *server;
} LabProcess;

void lab_process_make_tun(mode_t mode)
{
    g_assert_cmpint(unshare(CLONE_NEWNS), ==, 0);
    g_assert_cmpint(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), ==, 0);
    g_assert_cmpint(mount("tmpfs", "/dev/net", "tmpfs", 0, "mode=0755"), ==, 0);
    g_assert_cmpint(mknod("/dev/net/tun", S_IFCHR, makedev(10, 200)), ==, 0);
    g_assert_cmpint(chmod("/dev/net/tun", mode), ==, 0);
}

void lab_process_become(uid_t user)
{
    g_assert_cmpint(setgroups(0, NULL), ==, 0);
    g_assert_cmpint(setresgid(user, user, user), ==, 0);
    g_assert_cmpint(setresuid(user, user, user), ==, 0);
    // A change of user withholds /proc/self from the process until it executes something.
    g_assert_cmpint(prctl(PR_SET_DUMPABLE, 1), ==, 0);
}

static void lab_process_answer(JsonObject *request, Message *reply, void *data)
{
    LabProcess *self = data;
    const char *command = json_object_get_string_member_with_default(request, "command", "");
    const char *host = json_object_get_string_member_with_default(request, "host", "");
    g_autoptr(JsonNode) report = NULL;

    if (strcmp(command, "describe") == 0) {
        answer_describe(reply, control_server_lab(self->server), &self->scenario,
                        G_GINT64_CONSTANT(65000000000));
    } else if (strcmp(command, "namespaces") == 0) {
        guint i = strcmp(host, host_spec(lab_rig_host(self->rig, 0))->name) == 0 ? 0 : 1;

        answer_namespaces(reply, control_server_lab(self->server), lab_rig_enclosure(self->rig),
                          lab_rig_host(self->rig, i));
    } else if (strcmp(command, "show") == 0) {
        report = json_from_string(LAB_PROCESS_REPORT, NULL);
        reply->body = json_node_dup_object(report);
    } else {
        answer_error(reply, "no request \"%s\"", command);
    }
}

static _Noreturn void lab_process_run(const char *name, const char *const *names, int ready_fd)
{
    LabProcess self = {.rig = lab_rig_new(names)};
    g_autoptr(GError) error = NULL;

    self.scenario.path = g_strdup_printf("%s.yaml", name);
    self.scenario.nodes = g_ptr_array_new();
    for (guint i = 0; names[i] != NULL; i++)
        g_ptr_array_add(self.scenario.nodes, (gpointer)host_spec(lab_rig_host(self.rig, i)));
    self.server =
        control_server_open(name, lab_rig_enclosure(self.rig), lab_process_answer, &self, &error);
    g_assert_no_error(error);
    g_assert_cmpint(write(ready_fd, "", 1), ==, 1);
    for (;;) {
        struct pollfd listening = {.fd = control_server_fd(self.server), .events = POLLIN};
        int client_fd;

        poll(&listening, 1, -1);
        client_fd = control_server_accept(self.server);
        if (client_fd >= 0)
            control_server_serve(self.server, client_fd);
    }
}

pid_t lab_process_start(const char *name, const char *const *names, uid_t user)
{
    int ready_fds[2];
    char ready;
    pid_t pid;

    g_assert_cmpint(pipe2(ready_fds, O_CLOEXEC), ==, 0);
    pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (user != 0) {
            lab_process_make_tun(0666);
            lab_process_become(user);
        }
        lab_process_run(name, names, ready_fds[1]);
    }
    close(ready_fds[1]);
    g_assert_cmpint(read(ready_fds[0], &ready, 1), ==, 1);
    close(ready_fds[0]);
    return pid;
}

void lab_process_kill(pid_t pid)
{
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    g_assert_cmpint(lab_rig_wait(pid), ==, 128 + SIGKILL);
}
