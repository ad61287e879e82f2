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
#include "sim/devices/vnet_header.h"

// Not yet in the headers of older systems.
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#ifndef TUNSETCARRIER
#define TUNSETCARRIER _IOW('T', 226, int)
#endif

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

// One step down for a kernel that does not know the first.
typedef struct {
    unsigned flags; // of TUNSETOFFLOAD
    OffloadSet set;
} TunOffload;

enum {
    TUN_TSO = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
    TUN_USO = TUN_F_USO4 | TUN_F_USO6,
    TAKES_CHECKSUM = 1 << GSO_NONE,
    TAKES_TCP = TAKES_CHECKSUM | 1 << GSO_TCP4 | 1 << GSO_TCP6,
    TAKES_UDP = TAKES_TCP | 1 << GSO_UDP,
};

static const TunOffload tun_offloads[] = {
    {TUN_TSO | TUN_USO, TAKES_UDP}, // Linux 6.2
    {TUN_TSO, TAKES_TCP},
    {TUN_F_CSUM, TAKES_CHECKSUM},
    {0, 0},
};

static const unsigned tun_first_offload[] = {
    [OFFLOAD_AUTO] = 0, [OFFLOAD_CHECKSUM] = 2, [OFFLOAD_OFF] = 3};

// What the kernel takes of what is asked for.
static bool tun_set_offload(int fd, OffloadMode mode, OffloadSet *set)
{
    for (unsigned i = tun_first_offload[mode]; i < G_N_ELEMENTS(tun_offloads); i++) {
        *set = tun_offloads[i].set;
        if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)tun_offloads[i].flags) == 0)
            return true;
    }
    return false;
}

static bool tun_set_up(int fd, struct ifreq *request, OffloadMode mode, OffloadSet *set,
                       const char **call)
{
    int header_bytes = VNET_HEADER_BYTES;

    *call = "TUNSETIFF";
    if (ioctl(fd, TUNSETIFF, request) < 0)
        return false;
    *call = "TUNSETVNETHDRSZ";
    if (ioctl(fd, TUNSETVNETHDRSZ, &header_bytes) < 0)
        return false;
    *call = "TUNSETOFFLOAD";
    return tun_set_offload(fd, mode, set);
}

static int tun_open(const char *name, int mode_flag, OffloadMode mode, OffloadSet *set,
                    GError **error)
{
    int fd = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct ifreq request = {.ifr_flags = (short)(mode_flag | IFF_NO_PI | IFF_VNET_HDR)};
    const char *call;

    if (fd < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    "open " TUN_PATH ": %s%s", g_strerror(errno), tun_open_remedy(errno));
        return -1;
    }
    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    if (!tun_set_up(fd, &request, mode, set, &call)) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s%s", call,
                    g_strerror(errno), tun_open_remedy(errno));
        close(fd);
        return -1;
    }
    return fd;
}

static int tap_device_open(const char *name, OffloadMode mode, OffloadSet *set, GError **error)
{
    return tun_open(name, IFF_TAP, mode, set, error);
}

static int tun_device_open(const char *name, OffloadMode mode, OffloadSet *set, GError **error)
{
    return tun_open(name, IFF_TUN, mode, set, error);
}

// Linux 5.0 and later.
static bool tun_set_carrier(int fd, bool has_carrier)
{
    int carrier = has_carrier;

    return ioctl(fd, TUNSETCARRIER, &carrier) == 0;
}

const DeviceClass tap_device_class = {
    .name = "tap",
    .summary = "Ethernet frames",
    .has_ethernet = true,
    .min_frame_bytes = FRAME_ETHERNET_HEADER_BYTES,
    .open = tap_device_open,
    .set_carrier = tun_set_carrier,
};

const DeviceClass tun_device_class = {
    .name = "tun",
    .summary = "IP packets without a link layer",
    .min_frame_bytes = TUN_MIN_PACKET_BYTES,
    .open = tun_device_open,
    .set_carrier = tun_set_carrier,
};
