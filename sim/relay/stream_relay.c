// SPDX-License-Identifier: Apache-2.0
// Each connection of the host has one of its own on the machine. Bytes go on as they come; what the
// other side does not take at once stays in a buffer, and nothing more is read until it is gone, so
// that each side feels the other's window. The end of a direction is passed on as such, an error as
// a reset of both.
#include "sim/relay/stream_relay.h"

#include <glib.h>
#include <unistd.h>

enum { STREAM_BACKLOG = 1024, STREAM_ROOM_BYTES = 128 * 1024, STREAM_N_ENDS = 2 };

typedef struct Stream Stream;

typedef struct {
    Stream *stream;
    uv_tcp_t socket;
    char *room;       // what was read here
    uv_write_t write; // of what was read here, to the other end
    uv_shutdown_t shutdown;
} StreamEnd;

struct Stream {
    StreamEnd ends[STREAM_N_ENDS]; // in the host, on the machine
    uv_connect_t connect;
    unsigned n_open;  // handles
    unsigned n_ended; // directions, their end passed on
    bool is_closing;
};

struct StreamRelay {
    uv_tcp_t listener;
    LocalService service;
};

static StreamEnd *stream_other(const StreamEnd *end)
{
    Stream *stream = end->stream;

    return &stream->ends[end == &stream->ends[0]];
}

static uv_stream_t *stream_socket(StreamEnd *end)
{
    return (uv_stream_t *)&end->socket;
}

static void stream_handle_closed(uv_handle_t *handle)
{
    Stream *stream = ((StreamEnd *)handle->data)->stream;

    if (--stream->n_open > 0)
        return;
    for (int i = 0; i < STREAM_N_ENDS; i++)
        g_free(stream->ends[i].room);
    g_free(stream);
}

static void stream_close(Stream *stream)
{
    if (stream->is_closing)
        return;
    stream->is_closing = true;
    for (int i = 0; i < STREAM_N_ENDS; i++)
        uv_close((uv_handle_t *)&stream->ends[i].socket, stream_handle_closed);
}

static void stream_reset(Stream *stream)
{
    if (stream->is_closing)
        return;
    stream->is_closing = true;
    for (int i = 0; i < STREAM_N_ENDS; i++) {
        StreamEnd *end = &stream->ends[i];

        // Refused where its own end was passed on: then both have been told.
        if (uv_tcp_close_reset(&end->socket, stream_handle_closed) != 0)
            uv_close((uv_handle_t *)&end->socket, stream_handle_closed);
    }
}

static void stream_allocate(uv_handle_t *handle, size_t suggested_bytes, uv_buf_t *buffer)
{
    (void)suggested_bytes;
    *buffer = uv_buf_init(((StreamEnd *)handle->data)->room, STREAM_ROOM_BYTES);
}

static void stream_read(uv_stream_t *socket, ssize_t n_bytes, const uv_buf_t *buffer);

static void stream_written(uv_write_t *write, int status)
{
    StreamEnd *end = write->data;

    if (status < 0)
        stream_reset(end->stream);
    else if (!end->stream->is_closing)
        uv_read_start(stream_socket(end), stream_allocate, stream_read);
}

static void stream_shut_down(uv_shutdown_t *shutdown, int status)
{
    Stream *stream = ((StreamEnd *)shutdown->data)->stream;

    if (status < 0)
        stream_reset(stream);
    else if (++stream->n_ended == STREAM_N_ENDS)
        stream_close(stream);
}

// Passes on what was read at `end`.
static void stream_pass(StreamEnd *end, size_t n_bytes)
{
    uv_stream_t *to = stream_socket(stream_other(end));
    uv_buf_t bytes = uv_buf_init(end->room, (unsigned)n_bytes);
    int n_written = uv_try_write(to, &bytes, 1);

    if (n_written == (int)n_bytes)
        return;
    if (n_written < 0 && n_written != UV_EAGAIN) {
        stream_reset(end->stream);
        return;
    }
    n_written = MAX(n_written, 0);
    bytes = uv_buf_init(end->room + n_written, (unsigned)n_bytes - (unsigned)n_written);
    uv_read_stop(stream_socket(end));
    uv_write(&end->write, to, &bytes, 1, stream_written);
}

static void stream_read(uv_stream_t *socket, ssize_t n_bytes, const uv_buf_t *buffer)
{
    StreamEnd *end = socket->data;

    (void)buffer;
    if (n_bytes > 0) {
        stream_pass(end, (size_t)n_bytes);
    } else if (n_bytes == UV_EOF) {
        uv_read_stop(socket);
        if (uv_shutdown(&end->shutdown, stream_socket(stream_other(end)), stream_shut_down) < 0)
            stream_reset(end->stream);
    } else if (n_bytes < 0) {
        stream_reset(end->stream);
    }
}

static void stream_connected(uv_connect_t *connect, int status)
{
    Stream *stream = connect->data;

    if (status < 0) {
        stream_reset(stream);
        return;
    }
    for (int i = 0; i < STREAM_N_ENDS; i++) {
        uv_tcp_nodelay(&stream->ends[i].socket, 1);
        uv_read_start(stream_socket(&stream->ends[i]), stream_allocate, stream_read);
    }
}

static void stream_relay_accept(uv_stream_t *listener, int status)
{
    StreamRelay *relay = listener->data;
    Stream *stream;

    if (status < 0)
        return;
    stream = g_new0(Stream, 1);
    stream->connect.data = stream;
    for (int i = 0; i < STREAM_N_ENDS; i++) {
        StreamEnd *end = &stream->ends[i];

        uv_tcp_init(listener->loop, &end->socket);
        end->stream = stream;
        end->room = g_malloc(STREAM_ROOM_BYTES);
        end->socket.data = end->write.data = end->shutdown.data = end;
        stream->n_open++;
    }
    if (uv_accept(listener, stream_socket(&stream->ends[0])) < 0 ||
        uv_tcp_connect(&stream->connect, &stream->ends[1].socket, &relay->service.address.any,
                       stream_connected) < 0)
        stream_reset(stream);
}

StreamRelay *stream_relay_open(uv_loop_t *loop, int fd, const LocalService *service)
{
    StreamRelay *relay = g_new0(StreamRelay, 1);

    relay->service = *service;
    uv_tcp_init(loop, &relay->listener);
    relay->listener.data = relay;
    if (uv_tcp_open(&relay->listener, fd) < 0)
        close(fd);
    else if (uv_listen((uv_stream_t *)&relay->listener, STREAM_BACKLOG, stream_relay_accept) == 0)
        return relay;
    stream_relay_close(relay);
    return NULL;
}

void stream_relay_aim(StreamRelay *relay, const LocalService *service)
{
    relay->service = *service;
}

static void stream_relay_closed(uv_handle_t *handle)
{
    g_free(handle->data);
}

void stream_relay_close(StreamRelay *relay)
{
    uv_close((uv_handle_t *)&relay->listener, stream_relay_closed);
}
