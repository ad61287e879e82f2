// SPDX-License-Identifier: Apache-2.0
// One capture point for each reason for which a link drops frames.
#include "sim/fates/drop_capture.h"

struct DropCapture {
    Witness witnesses[N_LINK_DIRECTIONS];
    CapturePoint *points[N_DROP_REASONS]; // of the writer; NULL for what a link never does
};

// What switches and devices do instead.
static bool reason_is_of_links(DropReason reason)
{
    return reason < DROP_MALFORMED;
}

static void drop_capture_see(DropCapture *self, const Frame *frame, unsigned n_segments,
                             DropReason reason, int64_t at_ns)
{
    if (self->points[reason] != NULL)
        capture_point_see(self->points[reason], frame, n_segments, at_ns);
}

static void drop_capture_forward(Witness *witness, const Frame *frame, unsigned n_segments,
                                 DropReason reason, int64_t at_ns)
{
    drop_capture_see((DropCapture *)(witness - LINK_FORWARD), frame, n_segments, reason, at_ns);
}

static void drop_capture_reverse(Witness *witness, const Frame *frame, unsigned n_segments,
                                 DropReason reason, int64_t at_ns)
{
    drop_capture_see((DropCapture *)(witness - LINK_REVERSE), frame, n_segments, reason, at_ns);
}

DropCapture *drop_capture_new(Writer *writer, Link *link, const DropCaptureOptions *options,
                              GError **error)
{
    DropCapture *self = g_new0(DropCapture, 1);

    for (DropReason reason = 0; reason < N_DROP_REASONS; reason++) {
        const char *name = drop_reason_name(reason);
        g_autofree char *path = g_strdup_printf("%s.%s.pcap", options->stem, name);
        g_autofree char *point = g_strdup_printf("%s %s", link_name(link), name);

        if (!reason_is_of_links(reason))
            continue;
        self->points[reason] = capture_point_add(writer, point, path, options->type,
                                                 options->snaplen_bytes, options->filter, error);
        if (self->points[reason] == NULL) {
            g_free(self);
            return NULL;
        }
        capture_point_file(self->points[reason])->is_optional = true;
    }
    self->witnesses[LINK_FORWARD].dropped = drop_capture_forward;
    self->witnesses[LINK_REVERSE].dropped = drop_capture_reverse;
    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        link_add_witness(link, direction, &self->witnesses[direction]);
    return self;
}

void drop_capture_free(DropCapture *capture)
{
    g_free(capture);
}
