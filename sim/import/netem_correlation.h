// SPDX-License-Identifier: Apache-2.0
// What netem's "correlation" makes of what was asked for.
#pragma once

// The share of frames that `loss RATE CORRELATION` really loses in the long run; both 0 to 1, the
// correlation below 1.
double netem_real_loss(double rate, double correlation);

// By what factor `delay TIME JITTER CORRELATION` shrinks the standard deviation of the delay.
double netem_real_jitter(double correlation);
