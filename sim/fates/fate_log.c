// SPDX-License-Identifier: Apache-2.0
// The engine's thread notes the instants, and from the headers whose frame it was; the writer's
// thread makes text of it. Columns and their meaning: taploom-scenario(5), FATES.
#include "sim/fates/fate_log.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "core/ecn.h"
#include "core/packet.h"
#include "sim/fates/fate_words.h"

enum { FATE_LINE_MAX_BYTES = 640, ADDRESS_BYTES = 16 };

typedef struct {
    Witness witness;
    FateLog *log;
    const Link *link;
    LinkDirection direction;
} FatePoint;

struct FateLog {
    WriterFile file;
    FateFormat format;
    FILE *stream;
    GPtrArray *points; // of FatePoint
};

// Whose frame it was.
typedef struct {
    uint8_t version; // 0: not IP
    uint8_t protocol;
    uint8_t ecn;
    bool has_ports;
    uint16_t source_port, destination_port;
    uint8_t source[ADDRESS_BYTES], destination[ADDRESS_BYTES];
} FateFlow;

typedef struct {
    const FatePoint *point;
    uint64_t number;
    int64_t in_ns, out_ns;
    int64_t wired_ns;       // of what was delivered, as are the next two
    int64_t sending_ns;     // up to then
    int64_t propagation_ns; // from then on, as configured
    uint32_t length_bytes;
    uint8_t copy;
    uint8_t fate; // a DropReason, or FATE_DELIVERED
    FateFlow flow;
} FateRecord;

static void flow_find(FateFlow *flow, const Frame *frame)
{
    const uint8_t *bytes = frame_bytes_const(frame), *network;
    uint32_t at_bytes, n_bytes;
    Packet packet;

    *flow = (FateFlow){0};
    if (!packet_locate(&packet, bytes, frame->length_bytes, !frame->is_bare_ip))
        return;
    network = bytes + packet.network_bytes;
    flow->version = packet.version;
    flow->protocol = packet.protocol;
    flow->ecn = (uint8_t)ecn_codepoint(frame);
    at_bytes = packet.version == 4 ? 12 : 8;
    n_bytes = packet.version == 4 ? 4 : 16;
    memcpy(flow->source, network + at_bytes, n_bytes);
    memcpy(flow->destination, network + at_bytes + n_bytes, n_bytes);
    flow->has_ports =
        (packet.protocol == PACKET_PROTOCOL_TCP || packet.protocol == PACKET_PROTOCOL_UDP) &&
        !packet.is_fragment && packet.transport_bytes + 4U <= frame->length_bytes;
    if (flow->has_ports) {
        flow->source_port = packet_load16(bytes + packet.transport_bytes);
        flow->destination_port = packet_load16(bytes + packet.transport_bytes + 2);
    }
}

static void point_note(FatePoint *self, const FateRecord *record)
{
    FateRecord *room = writer_reserve(&self->log->file, sizeof *record);

    if (room == NULL)
        return;
    *room = *record;
    writer_commit(&self->log->file);
}

static FateRecord point_record(const FatePoint *self, const Frame *frame, int64_t at_ns)
{
    FateRecord record = {
        .point = self, .in_ns = frame->entered_ns, .out_ns = at_ns, .copy = frame->copy};

    flow_find(&record.flow, frame);
    return record;
}

static uint32_t segment_bytes(const Frame *frame, unsigned segment)
{
    return segment + 1 < frame->n_segments ? frame_segment_bytes(frame)
                                           : frame_last_segment_bytes(frame);
}

static void point_left(Witness *witness, const Frame *frame, int64_t at_ns)
{
    FatePoint *self = (FatePoint *)witness;
    FateRecord record = point_record(self, frame, at_ns);
    int64_t n_gaps = MAX(frame->n_segments - 1, 1);

    record.fate = FATE_DELIVERED;
    if (frame->copy != LINK_ANSWER_COPY) {
        record.propagation_ns = link_config_delay_ns(link_config(self->link, self->direction));
        record.sending_ns = frame->sending_ns;
    }
    for (unsigned i = 0; i < frame->n_segments; i++) {
        record.number = frame->index + i;
        record.length_bytes = segment_bytes(frame, i);
        record.wired_ns =
            frame->wired_ns - frame->wired_span_ns * (int64_t)(frame->n_segments - 1 - i) / n_gaps;
        point_note(self, &record);
    }
}

static void point_dropped(Witness *witness, const Frame *frame, unsigned n_segments,
                          DropReason reason, int64_t at_ns)
{
    FatePoint *self = (FatePoint *)witness;
    FateRecord record = point_record(self, frame, at_ns);

    record.fate = (uint8_t)reason;
    for (unsigned i = 0; i < n_segments; i++) {
        record.number = frame->index + i;
        record.length_bytes = segment_bytes(frame, i);
        point_note(self, &record);
    }
}

static void flow_format(char *text, size_t room_bytes, const FateFlow *flow)
{
    int family = flow->version == 4 ? AF_INET : AF_INET6;
    const char *const open = flow->version == 6 && flow->has_ports ? "[" : "";
    const char *const close = flow->version == 6 && flow->has_ports ? "]" : "";
    char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN], ports[2][8] = {"", ""};
    char protocol[8];

    if (flow->version == 0) {
        *text = '\0';
        return;
    }
    inet_ntop(family, flow->source, source, sizeof source);
    inet_ntop(family, flow->destination, destination, sizeof destination);
    if (flow->has_ports) {
        g_snprintf(ports[0], sizeof ports[0], ":%u", flow->source_port);
        g_snprintf(ports[1], sizeof ports[1], ":%u", flow->destination_port);
    }
    g_snprintf(protocol, sizeof protocol, "%u", flow->protocol);
    g_snprintf(text, room_bytes, "%s %s%s%s%s>%s%s%s%s",
               flow->protocol == PACKET_PROTOCOL_TCP   ? "tcp"
               : flow->protocol == PACKET_PROTOCOL_UDP ? "udp"
                                                       : protocol,
               open, source, close, ports[0], open, destination, close, ports[1]);
}

// What a delay is made of; the parts add up to it.
typedef struct {
    int64_t queue_ns, sending_ns, propagation_ns, jitter_ns;
} DelayParts;

static DelayParts record_parts(const FateRecord *record)
{
    return (DelayParts){
        .queue_ns = record->wired_ns - record->sending_ns - record->in_ns,
        .sending_ns = record->sending_ns,
        .propagation_ns = record->propagation_ns,
        .jitter_ns = record->out_ns - record->wired_ns - record->propagation_ns,
    };
}

static void log_write_csv(FILE *to, const FateRecord *record, const char *flow)
{
    DelayParts parts = record_parts(record);

    fprintf(to, "%s,%s,%" PRIu64 ",%u,%" PRId64 ",%" PRId64 ",%u,%s,%s,",
            link_name(record->point->link), fate_direction_names[record->point->direction],
            record->number, record->copy, record->in_ns, record->out_ns, record->length_bytes, flow,
            record->flow.version != 0 ? fate_ecn_names[record->flow.ecn] : "");
    if (record->fate == FATE_DELIVERED)
        fprintf(to, "delivered,,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "\n", parts.queue_ns,
                parts.sending_ns, parts.propagation_ns, parts.jitter_ns);
    else
        fprintf(to, "dropped,%s,,,,\n", drop_reason_name((DropReason)record->fate));
}

// No value needs escaping: names of links have letters, digits and _.- only.
static void log_write_json(FILE *to, const FateRecord *record, const char *flow)
{
    DelayParts parts = record_parts(record);

    fprintf(to,
            "{\"link\": \"%s\", \"direction\": \"%s\", \"number\": %" PRIu64
            ", \"copy\": %u, \"in_ns\": %" PRId64 ", \"out_ns\": %" PRId64 ", \"bytes\": %u",
            link_name(record->point->link), fate_direction_names[record->point->direction],
            record->number, record->copy, record->in_ns, record->out_ns, record->length_bytes);
    if (record->flow.version != 0)
        fprintf(to, ", \"flow\": \"%s\", \"ecn\": \"%s\"", flow, fate_ecn_names[record->flow.ecn]);
    if (record->fate == FATE_DELIVERED)
        fprintf(to,
                ", \"fate\": \"delivered\", \"queue_ns\": %" PRId64 ", \"sending_ns\": %" PRId64
                ", \"propagation_ns\": %" PRId64 ", \"jitter_ns\": %" PRId64 "}\n",
                parts.queue_ns, parts.sending_ns, parts.propagation_ns, parts.jitter_ns);
    else
        fprintf(to, ", \"fate\": \"dropped\", \"reason\": \"%s\"}\n",
                drop_reason_name((DropReason)record->fate));
}

static void log_write_names(FILE *to)
{
    for (FateColumn column = 0; column < N_FATE_COLUMNS; column++)
        fprintf(to, "%s%c", fate_column_names[column], column + 1 < N_FATE_COLUMNS ? ',' : '\n');
}

static void log_write(WriterFile *file, const void *data, int64_t epoch_ns)
{
    FateLog *self = (FateLog *)file;
    char flow[128];

    (void)epoch_ns;
    flow_format(flow, sizeof flow, &((const FateRecord *)data)->flow);
    if (self->format == FATES_CSV)
        log_write_csv(self->stream, data, flow);
    else
        log_write_json(self->stream, data, flow);
}

static size_t log_record_max_bytes(const WriterFile *file, const void *record)
{
    (void)file;
    (void)record;
    return FATE_LINE_MAX_BYTES;
}

static void log_close(WriterFile *file)
{
    FateLog *self = (FateLog *)file;

    g_clear_pointer(&self->stream, fclose);
}

static void log_free(WriterFile *file)
{
    FateLog *self = (FateLog *)file;

    g_ptr_array_unref(self->points);
    g_free(self);
}

static const WriterFileClass fate_file_class = {
    .kind = WRITER_FATES,
    .write = log_write,
    .record_max_bytes = log_record_max_bytes,
    .close = log_close,
    .free = log_free,
};

static void log_discard(FateLog *log)
{
    writer_file_clear(&log->file);
    log_free(&log->file);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FateLog, log_discard)

FateLog *fate_log_add(Writer *writer, const char *path, FateFormat format, GError **error)
{
    g_autoptr(FateLog) log = g_new0(FateLog, 1);

    log->file.class = &fate_file_class;
    log->format = format;
    log->points = g_ptr_array_new_with_free_func(g_free);
    if (!writer_open(writer, &log->file, "file of fates", "fates", path, error))
        return NULL;
    log->stream = outlet_stream(log->file.outlet);
    if (log->stream == NULL) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "file of fates %s: fopencookie",
                    path);
        return NULL;
    }
    if (format == FATES_CSV)
        log_write_names(log->stream);
    writer_add(writer, &log->file);
    return g_steal_pointer(&log);
}

void fate_log_watch(FateLog *log, Link *link, LinkDirection direction)
{
    FatePoint *point = g_new0(FatePoint, 1);

    *point = (FatePoint){
        .witness = {.left = point_left, .dropped = point_dropped},
        .log = log,
        .link = link,
        .direction = direction,
    };
    g_ptr_array_add(log->points, point);
    link_add_witness(link, direction, &point->witness);
}
