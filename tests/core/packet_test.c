// SPDX-License-Identifier: Apache-2.0
// Where headers are found: behind tags and extension headers, in a frame cut off anywhere, in one
// made to lead astray. Frames end where their memory does, so that a sanitizer sees a read
// beyond their end.
#include "core/packet.h"

#include <glib.h>

#include "core/checksum.h"
#include "core/frame.h"

enum { UDP = PACKET_PROTOCOL_UDP, TCP = PACKET_PROTOCOL_TCP };

static void put(GByteArray *frame, const char *hex)
{
    for (; *hex != '\0'; hex += 2) {
        uint8_t byte = (uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));

        g_byte_array_append(frame, &byte, 1);
    }
}

// Zeros, the first of them `first`.
static void put_block(GByteArray *frame, uint8_t first, unsigned n_bytes)
{
    guint start = frame->len;

    g_byte_array_set_size(frame, start + n_bytes);
    memset(frame->data + start, 0, n_bytes);
    frame->data[start] = first;
}

static void put_ethernet(GByteArray *frame, const char *tags_and_type)
{
    put(frame, "020000000002020000000001");
    put(frame, tags_and_type);
}

static void put_ipv4(GByteArray *frame, unsigned n_words, unsigned fragment, uint8_t protocol)
{
    guint start = frame->len;

    put_block(frame, (uint8_t)(0x40 | n_words), n_words * 4);
    packet_store16(frame->data + start + 6, (uint16_t)fragment);
    frame->data[start + 9] = protocol;
}

static void put_ipv6(GByteArray *frame, uint8_t next)
{
    guint start = frame->len;

    put_block(frame, 0x60, PACKET_IPV6_HEADER_BYTES);
    frame->data[start + 6] = next;
}

// An extension header of 8 x (1 + `n_units`) bytes.
static void put_extension(GByteArray *frame, uint8_t next, uint8_t n_units)
{
    guint start = frame->len;

    put_block(frame, next, 8 * (1U + n_units));
    frame->data[start + 1] = n_units;
}

static bool locate(Packet *packet, const GByteArray *frame, guint length_bytes, bool has_ethernet)
{
    g_autofree uint8_t *exact = g_malloc(1 + length_bytes); // for none, not NULL

    memcpy(exact + 1, frame->data, length_bytes);
    return packet_locate(packet, exact + 1, length_bytes, has_ethernet);
}

// Is found with all of its headers, and with not a byte less.
static void assert_found(const GByteArray *frame, bool has_ethernet, const Packet *expected)
{
    Packet packet;

    for (guint length = 0; length < expected->transport_bytes; length++)
        g_assert_false(locate(&packet, frame, length, has_ethernet));
    for (guint length = expected->transport_bytes; length <= frame->len; length++) {
        g_assert_true(locate(&packet, frame, length, has_ethernet));
        g_assert_cmpuint(packet.network_bytes, ==, expected->network_bytes);
        g_assert_cmpuint(packet.transport_bytes, ==, expected->transport_bytes);
        g_assert_cmpuint(packet.version, ==, expected->version);
        g_assert_cmpuint(packet.protocol, ==, expected->protocol);
        g_assert_cmpint(packet.is_fragment, ==, expected->is_fragment);
    }
}

static void assert_not_found(const GByteArray *frame, bool has_ethernet)
{
    Packet packet;

    for (guint length = 0; length <= frame->len; length++)
        g_assert_false(locate(&packet, frame, length, has_ethernet));
}

static void test_ipv4(void)
{
    static const struct {
        const char *tags_and_type;
        unsigned n_words, fragment;
        Packet packet;
    } cases[] = {
        {"0800", 5, 0, {14, 34, 4, TCP, false}},
        {"0800", 15, 0, {14, 74, 4, TCP, false}},
        {"0800", 5, 0x4000, {14, 34, 4, TCP, false}}, // do not fragment
        {"0800", 5, 0x2000, {14, 34, 4, TCP, true}},  // more of them
        {"0800", 5, 0x0001, {14, 34, 4, TCP, true}},
        {"0800", 5, 0x1fff, {14, 34, 4, TCP, true}},
        {"810000070800", 5, 0, {18, 38, 4, TCP, false}},
        {"88a80001810000070800", 6, 0, {22, 46, 4, TCP, false}},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GByteArray) frame = g_byte_array_new();

        put_ethernet(frame, cases[i].tags_and_type);
        put_ipv4(frame, cases[i].n_words, cases[i].fragment, TCP);
        put_block(frame, 1, 20);
        assert_found(frame, true, &cases[i].packet);
    }
}

static void test_without_ethernet(void)
{
    g_autoptr(GByteArray) ipv4 = g_byte_array_new(), ipv6 = g_byte_array_new();

    put_ipv4(ipv4, 5, 0, UDP);
    put_block(ipv4, 1, 8);
    assert_found(ipv4, false, &(Packet){0, 20, 4, UDP, false});
    put_ipv6(ipv6, TCP);
    put_block(ipv6, 1, 8);
    assert_found(ipv6, false, &(Packet){0, 40, 6, TCP, false});
}

static void test_ipv6_with_extension_headers(void)
{
    g_autoptr(GByteArray) plain = g_byte_array_new(), all = g_byte_array_new();
    g_autoptr(GByteArray) fragment = g_byte_array_new(), unknown = g_byte_array_new();

    put_ethernet(plain, "86dd");
    put_ipv6(plain, UDP);
    put_block(plain, 1, 8);
    assert_found(plain, true, &(Packet){14, 54, 6, UDP, false});

    put_ethernet(all, "8100000786dd");
    put_ipv6(all, 0);
    put_extension(all, 43, 0);
    put_extension(all, 60, 2);
    put_extension(all, TCP, 255);
    put_block(all, 1, 20);
    assert_found(all, true, &(Packet){18, 18 + 40 + 8 + 24 + 2048, 6, TCP, false});

    put_ethernet(fragment, "86dd");
    put_ipv6(fragment, 44);
    put_extension(fragment, UDP, 0);
    fragment->data[fragment->len - 7] = 9; // is reserved here, and no length
    put_block(fragment, 1, 8);
    assert_found(fragment, true, &(Packet){14, 62, 6, UDP, true});

    put_ethernet(unknown, "86dd");
    put_ipv6(unknown, 51); // an authentication header is not looked behind
    put_extension(unknown, TCP, 0);
    assert_found(unknown, true, &(Packet){14, 54, 6, 51, false});
}

static void test_what_is_no_ip(void)
{
    static const char *const types[] = {"0806", "002e", "86dd", "88cc", "8100000708068100"};

    for (unsigned i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autoptr(GByteArray) frame = g_byte_array_new();

        put_ethernet(frame, types[i]);
        put_ipv4(frame, 5, 0, TCP); // is not what the type says either
        put_block(frame, 1, 40);
        assert_not_found(frame, true);
    }
}

static void test_what_contradicts_itself(void)
{
    g_autoptr(GByteArray) version = g_byte_array_new(), alone = g_byte_array_new();

    put_ethernet(version, "0800");
    put_ipv6(version, TCP);
    assert_not_found(version, true);
    put_block(alone, 0x50, 60); // neither 4 nor 6
    assert_not_found(alone, false);
    for (unsigned n_words = 0; n_words < 5; n_words++) {
        g_autoptr(GByteArray) frame = g_byte_array_new();

        put_ethernet(frame, "0800");
        put_block(frame, (uint8_t)(0x40 | n_words), 60);
        assert_not_found(frame, true);
    }
}

// Offsets are 16 bits wide, and a frame can be longer: none may come around to its start.
static void test_headers_too_far_in(void)
{
    g_autoptr(GByteArray) tags = g_byte_array_new(), extensions = g_byte_array_new();
    Packet packet;

    put_ethernet(tags, "");
    while (tags->len < 65500 - 2)
        put(tags, "81000007");
    put(tags, "0800");
    put_ipv4(tags, 15, 0, TCP);
    g_byte_array_set_size(tags, FRAME_MAX_BYTES - 3);
    g_assert_false(locate(&packet, tags, tags->len, true));

    put_ethernet(extensions, "86dd");
    put_ipv6(extensions, 60);
    while (extensions->len + 2048 < FRAME_MAX_BYTES)
        put_extension(extensions, 60, 255);
    put_extension(extensions, TCP, (uint8_t)((FRAME_MAX_BYTES - extensions->len) / 8 - 1));
    g_assert_cmpuint(extensions->len, >, UINT16_MAX);
    g_assert_false(locate(&packet, extensions, extensions->len, true));
}

static void test_loads_and_stores_are_big_endian(void)
{
    uint8_t bytes[4];

    packet_store32(bytes, 0x81020384);
    g_assert_cmpmem(bytes, 4, "\x81\x02\x03\x84", 4);
    g_assert_cmphex(packet_load32(bytes), ==, 0x81020384);
    packet_store16(bytes, 0xfe01);
    g_assert_cmpmem(bytes, 4, "\xfe\x01\x03\x84", 4);
    g_assert_cmphex(packet_load16(bytes), ==, 0xfe01);
}

// The length, the identification, which wraps, and the checksum over any options change; nothing
// else does.
static void test_set_length_of_ipv4(void)
{
    for (unsigned n_words = 5; n_words <= 15; n_words++) {
        g_autoptr(GByteArray) header = g_byte_array_new();
        uint8_t expected[60];

        put_ipv4(header, n_words, 0x4000, TCP);
        memset(header->data + 12, 0xa5, n_words * 4 - 12);
        packet_store16(header->data + 4, 65533);
        memcpy(expected, header->data, n_words * 4);
        packet_set_length(header->data, 1499, 5);
        g_assert_cmpuint(packet_load16(header->data + 2), ==, 1499);
        g_assert_cmpuint(packet_load16(header->data + 4), ==, 2);
        g_assert_cmphex(checksum_fold(checksum_add(0, header->data, n_words * 4)), ==, 0xffff);
        memcpy(expected + 2, header->data + 2, 4);
        memcpy(expected + 10, header->data + 10, 2);
        g_assert_cmpmem(header->data, header->len, expected, n_words * 4);
    }
}

static void test_set_length_of_ipv6(void)
{
    g_autoptr(GByteArray) header = g_byte_array_new();
    uint8_t expected[PACKET_IPV6_HEADER_BYTES];

    put_ipv6(header, TCP);
    memcpy(expected, header->data, sizeof expected);
    packet_store16(expected + 4, 1460);
    packet_set_length(header->data, 1500, 5);
    g_assert_cmpmem(header->data, header->len, expected, sizeof expected);
}

// Only the header that packet_set_length() makes: any other bit in its length or checksum is seen.
static void test_has_length(void)
{
    g_autoptr(GByteArray) ipv4 = g_byte_array_new(), ipv6 = g_byte_array_new();

    put_ipv4(ipv4, 6, 0x4000, TCP);
    packet_set_length(ipv4->data, 1500, 0);
    g_assert_true(packet_has_length(ipv4->data, 1500));
    g_assert_false(packet_has_length(ipv4->data, 1499));
    for (unsigned bit = 8; bit < ipv4->len * 8; bit++) { // the first byte is its own length
        ipv4->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        g_assert_false(packet_has_length(ipv4->data, 1500));
        ipv4->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    put_ipv6(ipv6, TCP);
    packet_set_length(ipv6->data, 1500, 0);
    g_assert_true(packet_has_length(ipv6->data, 1500));
    g_assert_false(packet_has_length(ipv6->data, 1501));
}

static void test_exchange_length(void)
{
    static const struct {
        uint32_t other, old_bytes, new_bytes; // all words of the sum but the length; the lengths
    } cases[] = {
        {0x1234, 20, 1480}, {0x1234, 1480, 20}, {0xfffe, 8, 65535},     {0x0001, 65535, 8},
        {0x8000, 32768, 8}, {0xffff, 1, 1},     {0xfff0, 0x20, 0x1000},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint8_t field[2];

        packet_store16(field, checksum_fold(cases[i].other + cases[i].old_bytes));
        packet_exchange_length(field, cases[i].old_bytes, cases[i].new_bytes);
        g_assert_cmphex(packet_load16(field), ==,
                        checksum_fold(cases[i].other + cases[i].new_bytes));
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/packet/ipv4", test_ipv4);
    g_test_add_func("/core/packet/without-ethernet", test_without_ethernet);
    g_test_add_func("/core/packet/ipv6-with-extension-headers", test_ipv6_with_extension_headers);
    g_test_add_func("/core/packet/what-is-no-ip", test_what_is_no_ip);
    g_test_add_func("/core/packet/what-contradicts-itself", test_what_contradicts_itself);
    g_test_add_func("/core/packet/headers-too-far-in", test_headers_too_far_in);
    g_test_add_func("/core/packet/loads-and-stores-are-big-endian",
                    test_loads_and_stores_are_big_endian);
    g_test_add_func("/core/packet/set-length-of-ipv4", test_set_length_of_ipv4);
    g_test_add_func("/core/packet/set-length-of-ipv6", test_set_length_of_ipv6);
    g_test_add_func("/core/packet/has-length", test_has_length);
    g_test_add_func("/core/packet/exchange-length", test_exchange_length);
    return g_test_run();
}
