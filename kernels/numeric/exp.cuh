// e^x for the posterior weights; mirrors src/numeric/exp.rs to the bit.
#pragma once
#include "prelude.cuh"

// e^x for x ≤ 709; arguments below −708 (−∞ included) give e^−708. Relative error below 2.3e-16.
DEVICE double exp_weight(double x) {
    const double round = 6755399441055744.0;  // 1.5·2⁵²
    x = x > -708.0 ? x : -708.0;
    double shifted = fma(x, 1.44269504088896340736, round);
    double n = shifted - round;
    // ln 2 in two parts: the upper 32 bits of its f64, and the rest.
    double r = fma(n, -as_double(0x3E9FDF473DE6AF28ull), fma(n, -as_double(0x3FE62E4200000000ull), x));
    double p = 2.5110037605963777712e-8;
    p = fma(p, r, 2.7632639639041029749e-7);
    p = fma(p, r, 2.7557240918578969823e-6);
    p = fma(p, r, 2.4801485482328492419e-5);
    p = fma(p, r, 1.9841269890047113707e-4);
    p = fma(p, r, 0.0013888888952314774652);
    p = fma(p, r, 0.0083333333333196006109);
    p = fma(p, r, 0.041666666666488095495);
    p = fma(p, r, 0.16666666666666680806);
    p = fma(p, r, 0.50000000000000183855);
    p = fma(p, r, 0.99999999999999999976);
    p = fma(p, r, 0.99999999999999999693);
    return as_double(as_bits(p) + (as_bits(shifted) << 52));
}
