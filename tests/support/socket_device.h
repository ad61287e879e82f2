// SPDX-License-Identifier: Apache-2.0
// A socket pair that stands in for a TAP device: it keeps the bounds of frames, each with the
// device's header in front, and takes as many as its buffer has room for.
#pragma once

#include "sim/devices/device.h"

extern const DeviceClass socket_device_class;

// The host's end of the device opened last; the caller closes it.
int socket_device_host_fd(void);
