// SPDX-License-Identifier: Apache-2.0
// The device's header: what is taken from it is put back just so, and what fits no frame is
// refused. Headers are given as bytes, as the kernel lays them out.
#include "sim/devices/vnet_header.h"

#include <glib.h>
#include <linux/virtio_net.h>
#include <string.h>

#include "core/packet.h"
#include "tests/support/stream.h"

enum {
    POOL_BYTES = 8 * FRAME_LARGE_SLOT_BYTES,
    GSO_UDP_L4 = 5, // of virtio 1.2
    GSO_UDP_FRAGMENTS = 3,
    PAYLOAD_BYTES = 4000,
};

typedef struct virtio_net_hdr Header;

typedef struct {
    Stream stream;
    uint8_t gso_type;
    uint16_t hdr_len, csum_start, csum_offset;
} Kind;

static const Kind kinds[] = {
    {{.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 1448}, 1, 66, 34, 16},
    {{.type = GSO_TCP6, .has_ethernet = true, .size_bytes = 1428}, 4, 86, 54, 16},
    {{.type = GSO_UDP, .has_ethernet = true, .size_bytes = 1200}, 5, 42, 34, 6},
    {{.type = GSO_UDP, .size_bytes = 1200, .is_ipv6 = true}, 5, 48, 40, 6},
    {{.type = GSO_TCP4, .has_ethernet = true, .size_bytes = 100, .has_vlan = true}, 1, 70, 38, 16},
};

static Header header_of(const Kind *kind)
{
    return (Header){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                    .gso_type = kind->gso_type,
                    .hdr_len = kind->hdr_len,
                    .gso_size = kind->stream.size_bytes,
                    .csum_start = kind->csum_start,
                    .csum_offset = kind->csum_offset};
}

// The bytes of a super-frame of `kind`, as they are read, behind `header`.
static Frame *frame_as_read(FramePool *pool, const Kind *kind, const Header *header)
{
    Stream stream = kind->stream;
    Frame *frame;
    uint32_t length_bytes;

    stream.pool = pool;
    frame = stream_next(&stream, &(StreamBurst){PAYLOAD_BYTES}, NULL);
    length_bytes = frame->length_bytes;
    frame_reset(frame);
    frame->length_bytes = length_bytes;
    memcpy(vnet_header_of(frame), header, sizeof *header);
    return frame;
}

static void assert_header(Frame *frame, const Header *expected)
{
    memset(vnet_header_of(frame), 0xee, VNET_HEADER_BYTES);
    vnet_header_put(frame);
    g_assert_cmpmem(vnet_header_of(frame), VNET_HEADER_BYTES, expected, sizeof *expected);
}

static void test_what_is_taken_is_put_back(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);

    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        for (int has_cwr = 0; has_cwr < 2; has_cwr++) {
            Header header = header_of(&kinds[i]);
            Frame *frame;

            if (has_cwr && kinds[i].gso_type != GSO_UDP_L4)
                header.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
            frame = frame_as_read(pool, &kinds[i], &header);
            g_assert_true(vnet_header_take(frame, kinds[i].stream.has_ethernet));
            g_assert_cmpuint(frame->n_segments, ==,
                             (PAYLOAD_BYTES + header.gso_size - 1) / header.gso_size);
            assert_header(frame, &header);
            frame_free(frame);
        }
    }
    frame_pool_free(pool);
}

// The kernel's is 0, or too large, for some.
static void test_header_length_is_only_a_hint(void)
{
    static const uint16_t hints[] = {0, 1, 14, 65535};
    FramePool *pool = frame_pool_new(POOL_BYTES);

    for (unsigned i = 0; i < G_N_ELEMENTS(hints); i++) {
        Header expected = header_of(&kinds[0]), header = expected;
        Frame *frame;

        header.hdr_len = hints[i];
        frame = frame_as_read(pool, &kinds[0], &header);
        g_assert_true(vnet_header_take(frame, true));
        assert_header(frame, &expected);
        frame_free(frame);
    }
    frame_pool_free(pool);
}

static void test_finished_frame(void)
{
    static const Header zero = {0};
    const Header valid = {.flags = VIRTIO_NET_HDR_F_DATA_VALID};
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Frame *frame = frame_as_read(pool, &kinds[0], &zero);

    g_assert_true(vnet_header_take(frame, true));
    g_assert_cmpuint(frame->offload_flags, ==, 0);
    assert_header(frame, &zero);
    frame_free(frame);
    frame = frame_as_read(pool, &kinds[0], &valid); // its sum is known to be right: no matter
    g_assert_true(vnet_header_take(frame, true));
    assert_header(frame, &zero);
    frame_free(frame);
    frame_pool_free(pool);
}

static void test_unfinished_checksum_alone(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);

    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        Header header = header_of(&kinds[i]);
        Frame *frame;

        header.gso_type = VIRTIO_NET_HDR_GSO_NONE;
        header.gso_size = header.hdr_len = 0;
        frame = frame_as_read(pool, &kinds[i], &header);
        g_assert_true(vnet_header_take(frame, kinds[i].stream.has_ethernet));
        g_assert_cmpuint(frame->n_segments, ==, 1);
        g_assert_cmpuint(frame->offload_flags, ==, FRAME_CHECKSUM_PARTIAL);
        assert_header(frame, &header);
        frame_free(frame);
    }
    frame_pool_free(pool);
}

// Of a super-frame cut down to one segment the header says no more than of any other frame.
static void test_last_segment_left(void)
{
    FramePool *pool = frame_pool_new(POOL_BYTES);
    Header header = header_of(&kinds[0]);
    Frame *frame;

    header.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
    frame = frame_as_read(pool, &kinds[0], &header);
    g_assert_true(vnet_header_take(frame, true));
    super_frame_drop_back(frame, frame->n_segments - 1U);
    assert_header(frame, &(Header){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                                   .csum_start = header.csum_start,
                                   .csum_offset = header.csum_offset});
    frame_free(frame);
    frame_pool_free(pool);
}

static void test_malformed(void)
{
    static const uint8_t needs = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    static const Header wrong[] = {
        {.gso_type = 1, .gso_size = 1448, .csum_start = 34, .csum_offset = 16}, // finished?
        {needs, 2, 66, 1448, 34, 16},
        {needs, GSO_UDP_FRAGMENTS, 66, 1448, 34, 16},
        {needs, 4, 66, 1448, 34, 16}, // TCP over IPv6
        {needs, GSO_UDP_L4, 66, 1448, 34, 16},
        {needs, GSO_UDP_L4, 66, 1448, 34, 6},
        {needs, VIRTIO_NET_HDR_GSO_ECN, 66, 1448, 34, 16},
        {needs, 0x7f, 66, 1448, 34, 16},
        {needs, 1, 66, 0, 34, 16},
        {needs, 1, 66, 1448, 14, 16},
        {needs, 1, 66, 1448, 34, 6},
        {needs, 1, 66, 1448, 65535, 65535},
        {needs, 0, 0, 0, 65535, 65535},
        {needs, 0, 0, 0, 34, 17},
        {needs, 0, 0, 0, 4052, 14},
    };
    FramePool *pool = frame_pool_new(POOL_BYTES);

    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        Frame *frame = frame_as_read(pool, &kinds[0], &wrong[i]);

        g_assert_false(vnet_header_take(frame, true));
        g_assert_cmpuint(frame->n_segments, ==, 1);
        g_assert_cmpuint(frame->offload_flags, ==, 0);
        frame_free(frame);
    }
    frame_pool_free(pool);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/devices/vnet-header/what-is-taken-is-put-back",
                    test_what_is_taken_is_put_back);
    g_test_add_func("/sim/devices/vnet-header/header-length-is-only-a-hint",
                    test_header_length_is_only_a_hint);
    g_test_add_func("/sim/devices/vnet-header/finished-frame", test_finished_frame);
    g_test_add_func("/sim/devices/vnet-header/unfinished-checksum-alone",
                    test_unfinished_checksum_alone);
    g_test_add_func("/sim/devices/vnet-header/last-segment-left", test_last_segment_left);
    g_test_add_func("/sim/devices/vnet-header/malformed", test_malformed);
    return g_test_run();
}
