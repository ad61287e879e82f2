// SPDX-License-Identifier: Apache-2.0
// Address: an IPv4 or IPv6 address with its prefix length, and the subnet arithmetic on it.
#pragma once

#include <glib.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum { ADDRESS_MAX_BYTES = 16 };

typedef struct {
    int family; // AF_INET or AF_INET6
    union {
        struct in_addr v4;
        struct in6_addr v6;
    };
    unsigned prefix_bits;
} Address;

// "10.0.0.2/24" or "fd00::2/64": an address a host can have. As param_set(), the error says what
// would be right.
bool address_parse(const char *text, Address *address, GError **error);

// "10.0.1.0/24", or "default" for prefix length 0 and family AF_UNSPEC.
bool address_parse_destination(const char *text, Address *address, GError **error);

// "10.0.0.1", with its family's full prefix length.
bool address_parse_gateway(const char *text, Address *address, GError **error);

// 32 or 128.
unsigned address_family_bits(int family);

// The bytes in network order, address_family_bits() / 8 of them.
const uint8_t *address_bytes(const Address *address);

// "10.0.0.1/24"; the caller frees it.
char *address_format(const Address *address);

// The address without its prefix length; the caller frees it.
char *address_format_host(const Address *address);

// Whether both are the same address, whatever their prefix lengths; and a hash to go with it.
bool address_is_same(const void *a, const void *b);
guint address_hash(const void *address);

// The subnet an address lies in: all bits behind the prefix are 0.
Address address_subnet(const Address *address);
bool address_is_within(const Address *address, const Address *subnet);

// IPv4 as a number, and back.
uint32_t address_to_ipv4(const Address *address);
Address address_from_ipv4(uint32_t number, unsigned prefix_bits);
