// SPDX-License-Identifier: Apache-2.0
// Specifications by hand, and children of the test that enter hosts.
#include "tests/netns/lab_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LAB_RIG_PATIENCE_MS = 10000 };

struct LabRig {
    Enclosure *enclosure;
    GPtrArray *specs; // of NodeSpec
    GPtrArray *hosts; // of Host
};

bool lab_rig_is_possible(void)
{
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    if (fd < 0 || geteuid() != 0) {
        g_test_skip("needs root and /dev/net/tun");
        return false;
    }
    close(fd);
    return true;
}

static void lab_rig_interface_free(gpointer data)
{
    InterfaceSpec *interface = data;

    g_free(interface->name);
    g_array_unref(interface->addresses);
    g_free(interface);
}

static void lab_rig_setting_free(gpointer data)
{
    SettingSpec *setting = data;

    g_free(setting->key);
    g_free(setting->value);
    g_free(setting);
}

NodeSpec *lab_rig_spec_new(const char *name)
{
    NodeSpec *spec = g_new0(NodeSpec, 1);

    spec->name = g_strdup(name);
    spec->kind = NODE_HOST;
    spec->mtu_bytes = 1500;
    spec->interfaces = g_ptr_array_new_with_free_func(lab_rig_interface_free);
    spec->routes = g_array_new(FALSE, TRUE, sizeof(RouteSpec));
    spec->sysctls = g_ptr_array_new_with_free_func(lab_rig_setting_free);
    spec->env = g_ptr_array_new_with_free_func(lab_rig_setting_free);
    return spec;
}

void lab_rig_spec_free(NodeSpec *spec)
{
    g_free(spec->name);
    g_ptr_array_unref(spec->interfaces);
    g_array_unref(spec->routes);
    g_ptr_array_unref(spec->sysctls);
    g_ptr_array_unref(spec->env);
    g_free(spec);
}

InterfaceSpec *lab_rig_add_interface(NodeSpec *spec, const char *text)
{
    InterfaceSpec *interface = g_new0(InterfaceSpec, 1);
    Address address = {.family = AF_INET, .prefix_bits = 24};
    const uint8_t mac[] = {0x02, 0x10, 0x20, 0x30, 0x40, 0x50};

    g_assert_cmpint(inet_pton(AF_INET, text, &address.v4), ==, 1);
    interface->name = g_strdup_printf("eth%u", spec->interfaces->len);
    interface->node = spec;
    interface->mtu_bytes = spec->mtu_bytes;
    interface->addresses = g_array_new(FALSE, TRUE, sizeof(Address));
    g_array_append_val(interface->addresses, address);
    memcpy(interface->mac, mac, sizeof mac);
    interface->mac[5] = (uint8_t)(mac[5] + spec->interfaces->len);
    g_ptr_array_add(spec->interfaces, interface);
    return interface;
}

LabRig *lab_rig_new(const char *const *names)
{
    LabRig *self = g_new0(LabRig, 1);
    g_autoptr(GError) error = NULL;

    self->specs = g_ptr_array_new_with_free_func((GDestroyNotify)lab_rig_spec_free);
    self->hosts = g_ptr_array_new_with_free_func((GDestroyNotify)host_close);
    self->enclosure = enclosure_open(&error);
    g_assert_no_error(error);
    for (size_t i = 0; names[i] != NULL; i++) {
        NodeSpec *spec = lab_rig_spec_new(names[i]);
        Host *host = host_begin(self->enclosure, spec, "10.0.0.1 first\n10.0.0.2 second\n", &error);

        g_assert_no_error(error);
        g_ptr_array_add(self->specs, spec);
        g_ptr_array_add(self->hosts, host);
    }
    for (guint i = 0; i < self->hosts->len; i++) {
        host_finish(g_ptr_array_index(self->hosts, i), &error);
        g_assert_no_error(error);
    }
    return self;
}

void lab_rig_free(LabRig *self)
{
    g_ptr_array_unref(self->hosts);
    g_ptr_array_unref(self->specs);
    enclosure_close(self->enclosure);
    g_free(self);
}

Enclosure *lab_rig_enclosure(LabRig *self)
{
    return self->enclosure;
}

Host *lab_rig_host(LabRig *self, guint i)
{
    return g_ptr_array_index(self->hosts, i);
}

int lab_rig_open_tap(Host *host, const char *name, const InterfaceSpec *spec)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    g_autoptr(GError) error = NULL;
    int fd;

    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    g_assert_true(host_enter(host, &error));
    fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC); // the namespace is that of now
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ioctl(fd, TUNSETIFF, &request), ==, 0);
    if (spec != NULL)
        host_configure_interface(host, spec, &error);
    host_leave(host);
    g_assert_no_error(error);
    return fd;
}

pid_t lab_rig_start(LabRig *self, guint i, const char *const *command, int *output_fd)
{
    int fds[2];
    pid_t pid;

    g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
    pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        EnterRequest request = {.namespaces =
                                    enter_namespaces(self->enclosure, lab_rig_host(self, i)),
                                .cwd = "/",
                                .command = command};
        g_autoptr(GError) error = NULL;
        int status;

        dup2(fds[1], STDOUT_FILENO);
        status = enter_run(&request, &error);
        _exit(error != NULL ? 99 : status);
    }
    close(fds[1]);
    *output_fd = fds[0];
    return pid;
}

int lab_rig_wait(pid_t pid)
{
    int status;

    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

char *lab_rig_read_all(int fd)
{
    GString *text = g_string_new(NULL);
    char buffer[4096];
    ssize_t n_read;

    while ((n_read = read(fd, buffer, sizeof buffer)) > 0)
        g_string_append_len(text, buffer, n_read);
    close(fd);
    return g_string_free(text, FALSE);
}

char *lab_rig_read_line(int fd)
{
    GString *line = g_string_new(NULL);
    char byte;

    while (read(fd, &byte, 1) == 1 && byte != '\n')
        g_string_append_c(line, byte);
    return g_string_free(line, FALSE);
}

char *lab_rig_run(LabRig *self, guint i, const char *script, int *status)
{
    const char *const command[] = {"/bin/sh", "-c", script, NULL};
    int output_fd;
    pid_t pid = lab_rig_start(self, i, command, &output_fd);
    char *output = g_strchomp(lab_rig_read_all(output_fd));

    *status = lab_rig_wait(pid);
    return output;
}

bool lab_rig_has_ended(int pidfd)
{
    struct pollfd end = {.fd = pidfd, .events = POLLIN};

    return poll(&end, 1, LAB_RIG_PATIENCE_MS) == 1;
}

bool lab_rig_is_namespace_used(const char *kind, int fd)
{
    g_autofree char *fd_path = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autofree char *name = g_file_read_link(fd_path, NULL);
    g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
    const char *process;

    while ((process = g_dir_read_name(processes)) != NULL) {
        g_autofree char *path = g_strdup_printf("/proc/%s/ns/%s", process, kind);
        g_autofree char *used = g_file_read_link(path, NULL);

        if (g_strcmp0(used, name) == 0)
            return true;
    }
    return false;
}
