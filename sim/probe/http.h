// SPDX-License-Identifier: Apache-2.0
// The little that a probe knows of HTTP/1.1 (RFC 9112).
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    char *host, *port, *path; // "newyork", "8080", "/x?y"
    bool is_literal_v6;       // written in brackets
} HttpUrl;

bool http_url_parse(HttpUrl *url, const char *text, GError **error);
void http_url_clear(HttpUrl *url);

// Of the start of an answer: its status, or 0 while that is not whole, or -1 when it is none.
int http_status(const char *bytes, size_t n_bytes);

// Where the body of an answer starts; 0 while its head is not whole.
size_t http_body_at(const char *bytes, size_t n_bytes);
