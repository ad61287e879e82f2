# SPDX-License-Identifier: Apache-2.0
"""Inside: small programs that tests run inside hosts: `inside.py VERB ARGUMENT…`."""

import fcntl
import socket
import struct
import sys
import time

PORT = 7000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
RTM_GETQDISC, NLM_F_REQUEST, NLM_F_DUMP, NLMSG_DONE, TCA_KIND = 38, 0x1, 0x300, 3, 1
END = b'end'


def arrivals():
    """Prints the numbers of the datagrams that arrive until it is told the end, which it confirms
    once all is printed."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(('', PORT))
    while True:
        data, sender = receiver.recvfrom(65536)
        if data == END:
            break
        print(int(data[:6]))
    sys.stdout.flush()
    receiver.sendto(END, sender)


def numbers(address, count, size='6'):
    """Sends `count` numbered datagrams, and the end until it is confirmed: what was sent before has
    then met its fate, whatever the link loses on the way there. The way back must lose nothing."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for number in range(int(count)):
        sender.sendto(f'{number:06}'.ljust(int(size)).encode(), (address, PORT))
        time.sleep(0.001)
    sender.settimeout(0.05)
    while True:
        sender.sendto(END, (address, PORT))
        try:
            return sender.recvfrom(16)
        except TimeoutError:
            continue


def listen(protocol, seconds):
    """On the port, for that long."""
    kind = {'tcp': socket.SOCK_STREAM, 'udp': socket.SOCK_DGRAM}[protocol]
    server = socket.socket(socket.AF_INET, kind)
    server.bind(('', PORT))
    if protocol == 'tcp':
        server.listen()
    time.sleep(float(seconds))


def frames(interface, *texts):
    """Sends frames as they are, in hexadecimal, past all protocols of the host."""
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind((interface, 0))
    for text in texts:
        sender.send(bytes.fromhex(text))


def interface(name, state):
    """Sets it up or down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = bytearray(struct.pack('16sH22x', name.encode(), 0))
        fcntl.ioctl(any_socket, SIOCGIFFLAGS, request)
        flags = struct.unpack_from('H', request, 16)[0]
        flags = flags | IFF_UP if state == 'up' else flags & ~IFF_UP
        struct.pack_into('H', request, 16, flags)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, request)


def qdiscs():
    """Prints "INTERFACE KIND" for each queueing discipline, as the kernel lists them."""
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    netlink.send(struct.pack('=IHHII', 36, RTM_GETQDISC, NLM_F_REQUEST | NLM_F_DUMP, 1, 0)
                 + bytes(20))
    while True:
        data = netlink.recv(65536)
        while data:
            length, kind = struct.unpack_from('=IH', data)
            if kind == NLMSG_DONE:
                return
            index = struct.unpack_from('=i', data, 20)[0]
            size, attribute = struct.unpack_from('=HH', data, 36)
            assert attribute == TCA_KIND
            print(socket.if_indextoname(index), data[40:36 + size - 1].decode())
            data = data[(length + 3) & ~3:]


if __name__ == '__main__':
    VERBS = {verb.__name__: verb for verb in (arrivals, numbers, listen, frames, interface, qdiscs)}
    VERBS[sys.argv[1]](*sys.argv[2:])
