// SPDX-License-Identifier: Apache-2.0
// The kernel's universal TUN/TAP driver in both of its modes: TAP carries Ethernet frames, TUN IP
// packets without a link layer. An interface lives as long as its descriptor: nothing is left
// behind however the program ends.
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sim/devices/device.h"

#define TUN_PATH "/dev/net/tun"

enum { TUN_MIN_PACKET_BYTES = 20 }; // the shortest IP header

static const char *tun_open_remedy(int code)
{
    switch (code) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return ": load the kernel's driver with `modprobe tun`, or give the container the device";
    case EACCES:
    case EPERM:
        return ": run as root, or allow everyone with `chmod 0666 " TUN_PATH "` as root";
    case EMFILE:
    case ENFILE:
        return ": each interface takes a descriptor; raise the limit with `ulimit -n`";
    default:
        return "";
    }
}

static int tun_open(const char *name, int flags, GError **error)
{
    int fd = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct ifreq request = {.ifr_flags = (short)flags};

    if (fd < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    "open " TUN_PATH ": %s%s", g_strerror(errno), tun_open_remedy(errno));
        return -1;
    }
    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    if (ioctl(fd, TUNSETIFF, &request) < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "TUNSETIFF: %s%s",
                    g_strerror(errno), tun_open_remedy(errno));
        close(fd);
        return -1;
    }
    return fd;
}

static int tap_device_open(const char *name, GError **error)
{
    return tun_open(name, IFF_TAP | IFF_NO_PI, error);
}

static int tun_device_open(const char *name, GError **error)
{
    return tun_open(name, IFF_TUN | IFF_NO_PI, error);
}

const DeviceClass tap_device_class = {
    .name = "tap",
    .summary = "Ethernet frames",
    .min_frame_bytes = FRAME_ETHERNET_HEADER_BYTES,
    .open = tap_device_open,
};

const DeviceClass tun_device_class = {
    .name = "tun",
    .summary = "IP packets without a link layer",
    .min_frame_bytes = TUN_MIN_PACKET_BYTES,
    .open = tun_device_open,
};
