// SPDX-License-Identifier: Apache-2.0
// Each peer in the host, an address and port, has a connected socket of its own on the machine, so
// that answers find their way. What cannot be sent at once is lost, as datagrams are.
#include "sim/relay/datagram_relay.h"

#include <glib.h>
#include <unistd.h>

enum {
    DATAGRAM_ROOM_BYTES = 65536,
    DATAGRAM_MAX_PEERS = 4096,
    DATAGRAM_IDLE_TICKS = 1200, // two minutes, the least that RFC 4787 asks of a NAT (REQ-5)
};

struct DatagramRelay {
    uv_udp_t inner;
    LocalService service;
    GHashTable *peers; // of DatagramPeer, by itself: address and port
    char room[DATAGRAM_ROOM_BYTES];
};

typedef struct {
    struct sockaddr_in address; // first: what it is found by
    DatagramRelay *relay;
    uv_udp_t outer;
    unsigned idle_ticks;
} DatagramPeer;

static guint peer_hash(gconstpointer key)
{
    const struct sockaddr_in *address = key;

    return address->sin_addr.s_addr ^ (guint)address->sin_port << 16;
}

static gboolean peer_equal(gconstpointer key, gconstpointer other_key)
{
    const struct sockaddr_in *address = key, *other = other_key;

    return address->sin_addr.s_addr == other->sin_addr.s_addr &&
           address->sin_port == other->sin_port;
}

static void peer_closed(uv_handle_t *handle)
{
    g_free(handle->data);
}

static void peer_close(gpointer data)
{
    uv_close((uv_handle_t *)&((DatagramPeer *)data)->outer, peer_closed);
}

static void peer_allocate(uv_handle_t *handle, size_t suggested_bytes, uv_buf_t *buffer)
{
    (void)suggested_bytes;
    *buffer = uv_buf_init(((DatagramPeer *)handle->data)->relay->room, DATAGRAM_ROOM_BYTES);
}

// An answer of the service.
static void peer_receive(uv_udp_t *outer, ssize_t n_bytes, const uv_buf_t *buffer,
                         const struct sockaddr *from, unsigned flags)
{
    DatagramPeer *peer = outer->data;
    uv_buf_t bytes = uv_buf_init(buffer->base, n_bytes > 0 ? (unsigned)n_bytes : 0);

    (void)flags;
    if (n_bytes < 0 || from == NULL)
        return; // the service is gone, and the next datagram may find it again
    peer->idle_ticks = 0;
    uv_udp_try_send(&peer->relay->inner, &bytes, 1, (struct sockaddr *)&peer->address);
}

static DatagramPeer *peer_new(DatagramRelay *relay, const struct sockaddr_in *address)
{
    DatagramPeer *peer = g_new0(DatagramPeer, 1);

    peer->address = *address;
    peer->relay = relay;
    uv_udp_init(relay->inner.loop, &peer->outer);
    peer->outer.data = peer;
    if (uv_udp_connect(&peer->outer, &relay->service.address.any) == 0 &&
        uv_udp_recv_start(&peer->outer, peer_allocate, peer_receive) == 0) {
        g_hash_table_add(relay->peers, peer);
        return peer;
    }
    peer_close(peer);
    return NULL;
}

static void datagram_allocate(uv_handle_t *handle, size_t suggested_bytes, uv_buf_t *buffer)
{
    (void)suggested_bytes;
    *buffer = uv_buf_init(((DatagramRelay *)handle->data)->room, DATAGRAM_ROOM_BYTES);
}

static void datagram_receive(uv_udp_t *inner, ssize_t n_bytes, const uv_buf_t *buffer,
                             const struct sockaddr *from, unsigned flags)
{
    DatagramRelay *relay = inner->data;
    uv_buf_t bytes = uv_buf_init(buffer->base, n_bytes > 0 ? (unsigned)n_bytes : 0);
    DatagramPeer *peer;

    (void)flags;
    if (n_bytes < 0 || from == NULL)
        return;
    peer = g_hash_table_lookup(relay->peers, from);
    if (peer == NULL && g_hash_table_size(relay->peers) < DATAGRAM_MAX_PEERS)
        peer = peer_new(relay, (const struct sockaddr_in *)from);
    if (peer == NULL)
        return;
    peer->idle_ticks = 0;
    uv_udp_try_send(&peer->outer, &bytes, 1, NULL);
}

DatagramRelay *datagram_relay_open(uv_loop_t *loop, int fd, const LocalService *service)
{
    DatagramRelay *relay = g_new0(DatagramRelay, 1);

    relay->service = *service;
    relay->peers = g_hash_table_new_full(peer_hash, peer_equal, NULL, peer_close);
    uv_udp_init(loop, &relay->inner);
    relay->inner.data = relay;
    if (uv_udp_open(&relay->inner, fd) < 0)
        close(fd);
    else if (uv_udp_recv_start(&relay->inner, datagram_allocate, datagram_receive) == 0)
        return relay;
    datagram_relay_close(relay);
    return NULL;
}

void datagram_relay_aim(DatagramRelay *relay, const LocalService *service)
{
    relay->service = *service;
}

void datagram_relay_tick(DatagramRelay *relay)
{
    GHashTableIter iterator;
    gpointer peer;

    g_hash_table_iter_init(&iterator, relay->peers);
    while (g_hash_table_iter_next(&iterator, &peer, NULL))
        if (++((DatagramPeer *)peer)->idle_ticks > DATAGRAM_IDLE_TICKS)
            g_hash_table_iter_remove(&iterator);
}

static void datagram_relay_closed(uv_handle_t *handle)
{
    g_free(handle->data);
}

void datagram_relay_close(DatagramRelay *relay)
{
    g_hash_table_unref(relay->peers);
    uv_close((uv_handle_t *)&relay->inner, datagram_relay_closed);
}
