// SPDX-License-Identifier: Apache-2.0
// Forms: the text of forms.yaml.
#pragma once

extern const char forms_text[];
