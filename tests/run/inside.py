# SPDX-License-Identifier: Apache-2.0
"""Inside: small programs that tests run inside hosts: `inside.py VERB ARGUMENT…`."""

import ctypes
import errno
import fcntl
import hashlib
import json
import random
import selectors
import socket
import struct
import sys
import time

PORT = 7000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8913, 0x8914, 1, 0x40
SIOCGIFADDR = 0x8915
RTM_GETQDISC, NLM_F_REQUEST, NLM_F_DUMP, NLMSG_DONE, TCA_KIND = 38, 0x1, 0x300, 3, 1
END = b'end'
UDP_SEGMENT, SO_RCVBUFFORCE = 103, 33
SINK_BYTES = 1 << 26  # holds whatever is sent to it
SIOCETHTOOL, ETHTOOL_GTXCSUM, ETHTOOL_GTSO = 0x8946, 0x16, 0x1E


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


def state(name):
    """Prints whether an interface is up with a carrier, and its addresses of both families."""
    request = struct.pack('16s24x', name.encode())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        flags = struct.unpack_from('H', fcntl.ioctl(any_socket, SIOCGIFFLAGS, request), 16)[0]
        address = fcntl.ioctl(any_socket, SIOCGIFADDR, request)[20:24]
    with open('/proc/net/if_inet6', encoding='utf-8') as table:
        six = [line.split()[0] for line in table if line.split()[5] == name]
    print(json.dumps({'carrier': flags & (IFF_UP | IFF_RUNNING) == IFF_UP | IFF_RUNNING,
                      'addresses': sorted([socket.inet_ntoa(address), *six])}))


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


def random_bytes(size, seed):
    return random.Random(seed).randbytes(size)


def datagram(number, size):
    """Its first six bytes are the number, the others follow from it."""
    start = f'{number:06}'.encode()
    return (start + hashlib.sha256(start).digest() * (size // 32 + 1))[:size]


def sink():
    """Answers each stream with the digest of what came in it; one that says the end at once, with
    the numbers of the datagrams that came since the last, and None for each that was not right."""
    server = socket.create_server(('', PORT), family=socket.AF_INET6, dualstack_ipv6=True)
    receiver = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, SINK_BYTES)
    receiver.bind(('', PORT))
    receiver.setblocking(False)
    selector = selectors.DefaultSelector()
    for readable in (server, receiver):
        selector.register(readable, selectors.EVENT_READ)
    came = []

    def drain():
        while True:
            try:
                data = receiver.recv(65536)
            except BlockingIOError:
                return
            number = int(data[:6])
            came.append(number if data == datagram(number, len(data)) else None)

    while True:
        ready = [key.fileobj for key, _ in selector.select()]
        drain()
        if server not in ready:
            continue
        with server.accept()[0] as stream:
            data = stream.makefile('rb').read()
            if data == END:
                drain()  # what was sent before has come: a link keeps the order
                stream.sendall(json.dumps(came).encode())
                came.clear()
            else:
                stream.sendall(hashlib.sha256(data).hexdigest().encode())


def ask(address, data, sizes=(1 << 20,)):
    """Sends a stream to a sink, in writes of these sizes by turns, and returns the answer."""
    with socket.create_connection((address, PORT)) as stream:
        at, turn = 0, 0
        while at < len(data):
            size = sizes[turn % len(sizes)]
            stream.sendall(data[at:at + size])
            at, turn = at + size, turn + 1
        stream.shutdown(socket.SHUT_WR)
        return stream.makefile('rb').read().decode()


def stream(size, *addresses):
    """Sends so many bytes to each sink, which has to get just these."""
    data = random_bytes(int(size), size)
    for address in addresses:
        digest = ask(address, data, (200001, 1, 1448, 3000, 65536))
        assert digest == hashlib.sha256(data).hexdigest()


def bursts(count, size, together, *addresses):
    """Sends numbered datagrams to each sink, so many with one call, and prints for each which were
    lost, and whether those that came were right, each once and in order."""
    print(json.dumps([burst(address, int(count), int(size), int(together))
                      for address in addresses]))


def burst(address, count, size, together):
    family, _, _, _, peer = socket.getaddrinfo(address, PORT, type=socket.SOCK_DGRAM)[0]
    sender = socket.socket(family, socket.SOCK_DGRAM)
    if together > 1:
        sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
    for first in range(0, count, together):
        group = [datagram(number, size) for number in range(first, min(first + together, count))]
        try:
            sender.sendto(b''.join(group), peer)
        except OSError as error:
            # Before Linux 6.11 where the device does not finish checksums.
            assert error.errno == errno.EIO
            sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
            for data in group:
                sender.sendto(data, peer)
    came = json.loads(ask(address, END))
    lost = sorted(set(range(count)) - set(came))
    return {'lost': lost, 'good': None not in came and came == sorted(set(came))}


def features(name):
    """Prints which of checksum and segmentation an interface leaves to its device."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for command in (ETHTOOL_GTXCSUM, ETHTOOL_GTSO):
            value = bytearray(struct.pack('II', command, 0))
            address = (ctypes.c_char * len(value)).from_buffer(value)
            fcntl.ioctl(any_socket, SIOCETHTOOL,
                        struct.pack('16sP16x', name.encode(), ctypes.addressof(address)))
            print(struct.unpack('II', value)[1])


if __name__ == '__main__':
    VERBS = {verb.__name__: verb for verb in (
        arrivals, numbers, listen, frames, interface, state, qdiscs, sink, stream, bursts, features)}
    VERBS[sys.argv[1]](*sys.argv[2:])
