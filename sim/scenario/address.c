// SPDX-License-Identifier: Apache-2.0
// Parses and compares addresses; refuses what no interface of a host can have.
#include "sim/scenario/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/quantity.h"

unsigned address_family_bits(int family)
{
    return family == AF_INET ? 32 : 128;
}

const uint8_t *address_bytes(const Address *address)
{
    return address->family == AF_INET ? (const uint8_t *)&address->v4 : address->v6.s6_addr;
}

// The address without a prefix, of either family.
static bool address_parse_host(const char *text, const char *host, Address *address, GError **error)
{
    *address = (Address){.family = strchr(host, ':') != NULL ? AF_INET6 : AF_INET};
    address->prefix_bits = address_family_bits(address->family);
    if (inet_pton(address->family, host, &address->v6) == 1)
        return true;
    return quantity_fail(error, QUANTITY_ERROR_FORM, text,
                         "is no IP address: write it as 10.0.0.1/24 or fd00::1/64");
}

static bool address_parse_prefix(const char *text, Address *address, GError **error)
{
    const char *slash = strchr(text, '/');
    g_autofree char *host =
        slash == NULL ? g_strdup(text) : g_strndup(text, (size_t)(slash - text));
    Address parsed;
    uint64_t bits;

    if (!address_parse_host(text, host, &parsed, error))
        return false;
    if (slash == NULL)
        return quantity_fail(error, QUANTITY_ERROR_FORM, text, "has no prefix length: write %s/%u",
                             host, parsed.family == AF_INET ? 24 : 64);
    if (!quantity_parse_count(slash + 1, &bits, NULL) || bits < 1 || bits > parsed.prefix_bits)
        return quantity_fail(error, QUANTITY_ERROR_FORM, text,
                             "has a wrong prefix length: write /1 to /%u", parsed.prefix_bits);
    parsed.prefix_bits = (unsigned)bits;
    *address = parsed;
    return true;
}

// The address with all bits behind the prefix set: IPv4's broadcast address.
static Address address_last(const Address *address)
{
    Address last = *address;
    uint8_t *bytes = (uint8_t *)&last.v6;

    for (unsigned bit = address->prefix_bits; bit < address_family_bits(address->family); bit++)
        bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    return last;
}

static bool address_is_multicast(const Address *address)
{
    if (address->family == AF_INET6)
        return IN6_IS_ADDR_MULTICAST(&address->v6);
    return address_to_ipv4(address) >= 0xE0000000; // 224.0.0.0/4, and the reserved 240.0.0.0/4
}

static bool address_is_special(const Address *address)
{
    if (address->family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&address->v6) || IN6_IS_ADDR_LOOPBACK(&address->v6);
    return address_to_ipv4(address) >> 24 == 0 || address_to_ipv4(address) >> 24 == 127;
}

bool address_parse(const char *text, Address *address, GError **error)
{
    Address parsed, subnet, last;

    if (!address_parse_prefix(text, &parsed, error))
        return false;
    if (address_is_multicast(&parsed) || address_is_special(&parsed))
        return quantity_fail(error, QUANTITY_ERROR_FORM, text,
                             "cannot be the address of an interface: use 10.0.0.1/24 "
                             "or fd00::1/64, for example");
    subnet = address_subnet(&parsed);
    last = address_last(&parsed);
    if (parsed.prefix_bits + 1 < address_family_bits(parsed.family)) {
        if (address_is_same(&parsed, &subnet))
            return quantity_fail(error, QUANTITY_ERROR_FORM, text,
                                 "is the subnet and not an address in it");
        if (parsed.family == AF_INET && address_is_same(&parsed, &last))
            return quantity_fail(error, QUANTITY_ERROR_FORM, text,
                                 "is its subnet's broadcast address");
    }
    *address = parsed;
    return true;
}

bool address_parse_destination(const char *text, Address *address, GError **error)
{
    Address parsed, subnet;

    if (strcmp(text, "default") == 0) {
        *address = (Address){.family = AF_UNSPEC};
        return true;
    }
    if (!address_parse_prefix(text, &parsed, error))
        return false;
    subnet = address_subnet(&parsed);
    if (!address_is_same(&parsed, &subnet)) {
        g_autofree char *right = address_format(&subnet);

        return quantity_fail(error, QUANTITY_ERROR_FORM, text, "is no subnet: write %s", right);
    }
    *address = parsed;
    return true;
}

bool address_parse_gateway(const char *text, Address *address, GError **error)
{
    if (strchr(text, '/') != NULL)
        return quantity_fail(error, QUANTITY_ERROR_FORM, text,
                             "has a prefix length: write the address alone");
    return address_parse_host(text, text, address, error);
}

char *address_format_host(const Address *address)
{
    char text[INET6_ADDRSTRLEN];

    inet_ntop(address->family, &address->v6, text, sizeof text);
    return g_strdup(text);
}

char *address_format(const Address *address)
{
    g_autofree char *host = address_format_host(address);

    return g_strdup_printf("%s/%u", host, address->prefix_bits);
}

bool address_is_same(const void *a, const void *b)
{
    const Address *first = a, *second = b;

    return first->family == second->family && memcmp(address_bytes(first), address_bytes(second),
                                                     address_family_bits(first->family) / 8) == 0;
}

guint address_hash(const void *item)
{
    const Address *address = item;
    guint hash = 5381; // Bernstein's, as g_str_hash()

    for (unsigned i = 0; i < address_family_bits(address->family) / 8; i++)
        hash = hash * 33 + address_bytes(address)[i];
    return hash;
}

Address address_subnet(const Address *address)
{
    Address subnet = *address;
    uint8_t *bytes = (uint8_t *)&subnet.v6;

    for (unsigned bit = address->prefix_bits; bit < address_family_bits(address->family); bit++)
        bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
    return subnet;
}

bool address_is_within(const Address *address, const Address *subnet)
{
    Address cut = *address;

    if (address->family != subnet->family)
        return false;
    cut.prefix_bits = subnet->prefix_bits;
    cut = address_subnet(&cut);
    return address_is_same(&cut, subnet);
}

uint32_t address_to_ipv4(const Address *address)
{
    return ntohl(address->v4.s_addr);
}

Address address_from_ipv4(uint32_t number, unsigned prefix_bits)
{
    return (Address){.family = AF_INET, .v4.s_addr = htonl(number), .prefix_bits = prefix_bits};
}
