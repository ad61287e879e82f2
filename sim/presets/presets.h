// SPDX-License-Identifier: Apache-2.0
// The presets of links: YAML files, one each, that stand in the program itself.
#pragma once

// A preset has
//   summary, source, url, date, note: texts, for `taploom presets`
//   up, down: the keys of the direction from the subscriber to the network, and of the other one
typedef struct {
    const char *name; // of the file, without its ending
    const char *yaml;
} PresetText;

// In the order of meson's list, ended by a NULL name.
extern const PresetText preset_texts[];
