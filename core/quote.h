// SPDX-License-Identifier: Apache-2.0
// Quote: a text of the user's as error messages show it.
#pragma once

// `text` in double quotes, control characters escaped, cut after some 60 bytes; the caller frees
// it.
char *quote_new(const char *text);

// `text` where there is room for one line: of several, as a script has, all in a row, cut after
// some 60 characters; a text of one line is whole. The caller frees it.
char *quote_line_new(const char *text);
