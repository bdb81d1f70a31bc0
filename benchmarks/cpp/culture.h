// The culture: growth, collection and the pools of harvests, as in `exosim/culture`.

#pragma once

#include "run.h"

namespace limit {

struct Vessel {  // per milliliter, solutes in mmol/L; the pools of the harvests by how long they wait
  Lane cells, glucose, lactate, ammonia;
  Lane vesicles, secreted, protein, died;
  Lane pooled_vesicles[WAITS], pooled_protein[WAITS], pooled_died[WAITS];
  Lane pooled_secreted, pooled_glucose, pooled_lactate, pooled_ammonia, pooled_cells;
  Lane all_secreted, cell_hours;
};

// Rows of exponents become powers of two: a loop of nothing else keeps the registers of the others from being spilled.
inline void powers_of_two(double *exponents, int rows) {
#pragma omp simd
  for (int k = 0; k < rows * TILE; ++k) exponents[k] = std::exp2(exponents[k]);
}

inline void powers_less_one(double *exponents, int rows) {
#pragma omp simd
  for (int k = 0; k < rows * TILE; ++k) exponents[k] = std::expm1(exponents[k]);
}

ALONE grow(const Run &r, const Tile &t, const double *viable, const double *doublings, Vessel &v) {
  const Numbers n = r.n;
  const Flow f = r.growing;
  const Quadrature q = Q;
  const double hours = r.share_of_part * f.hours, waiting = f.hours - hours, surface = n.fiber_area * 1e4;
  Lane rate, alive, inverse, plateau, gone[3];  // inverse: of the cells
  EACH_LANE {
    const double behind = doublings[i] / most(viable[i], NOTHING) / n.doublings_limit;
    rate[i] = LN_2 / t.in.doubling_time[i] * most(1.0 - square(behind), 0.0);
    const double cells = most(viable[i] * n.attachment / r.milliliters, NO_CELLS);
    v.cells[i] = cells;
    inverse[i] = 1.0 / cells;
    alive[i] = cells > EMPTY ? 1.0 : 0.0;
    v.glucose[i] = n.medium_glucose;
    v.lactate[i] = v.ammonia[i] = 0.0;
  }
  for (int part = 0; part < r.parts; ++part) {
    EACH_LANE {
      const double supply = f.supply(v.glucose[i], v.lactate[i], v.ammonia[i]);
      const double fed = least(supply * inverse[i], 1.0), fast = rate[i] * fed;
      const double death = n.growth_death_rate + n.starvation_rate * (1.0 - fed);
      const double x = (fast - death) * 2.0 * hours + NOTHING;
      const double ceiling = least(t.in.capacity[i] * surface / r.milliliters, most(supply, v.cells[i]));
      plateau[i] = fast * 2.0 * hours / (square(ceiling) * x);
      gone[0][i] = -x * q.at[0];
      gone[1][i] = -x * q.at[1];
      gone[2][i] = -x;
    }
    powers_less_one(gone[0], 3);
    EACH_LANE {  // inverse densities: at the start, and at two nodes that follow from the others
      const double start = square(inverse[i]), step = start - plateau[i];
      const double m0 = gone[0][i], m1 = gone[1][i], m = gone[2][i], e0 = 1.0 + m0, e1 = 1.0 + m1;
      const double both = 1.0 / (e0 * e1), m3 = (m - m0) * e1 * both, m2 = (m - m1) * e0 * both;
      const double s0 = std::sqrt(start + step * m0), s1 = std::sqrt(start + step * m1);
      const double s2 = std::sqrt(start + step * m2), s3 = std::sqrt(start + step * m3), s03 = s0 * s3, s12 = s1 * s2;
      const double sum = (q.weight[0] * (s0 + s3) * s12 + q.weight[1] * (s1 + s2) * s03) / (s03 * s12);
      const double cell_hours = (hours * sum + v.cells[i] * waiting) * alive[i];
      double glucose = v.glucose[i], lactate = v.lactate[i], ammonia = v.ammonia[i];
      f.metabolize(cell_hours, glucose, lactate, ammonia);
      v.glucose[i] = glucose, v.lactate[i] = lactate, v.ammonia[i] = ammonia;
      inverse[i] = least(std::sqrt(start + step * m), 1.0 / NO_CELLS);
      v.cells[i] = 1.0 / inverse[i];
    }
  }
  EACH_LANE {
    v.cells[i] *= alive[i];
    v.glucose[i] = n.medium_glucose;
    v.lactate[i] = v.ammonia[i] = v.vesicles[i] = v.secreted[i] = v.protein[i] = v.died[i] = 0.0;
    v.pooled_secreted[i] = v.pooled_glucose[i] = v.pooled_lactate[i] = v.pooled_ammonia[i] = v.pooled_cells[i] = 0.0;
    v.all_secreted[i] = v.cell_hours[i] = 0.0;
  }
  std::memset(v.pooled_vesicles, 0, sizeof v.pooled_vesicles);
  std::memset(v.pooled_protein, 0, sizeof v.pooled_protein);
  std::memset(v.pooled_died, 0, sizeof v.pooled_died);
}

// One interval between harvests, in which cells only die, and the harvest at its end.
ALONE collect(const Run &r, const Tile &t, Vessel &v, int wait) {
  const Numbers n = r.n;
  const Flow f = r.collecting;
  const Quadrature q = Q;
  const double h = f.hours, taken = r.taken, kept = 1.0 - taken;
  Lane living, alive, dying, unfed, other, e[3], left[5];
  EACH_LANE {  // exosim/physics/growth.py, course: the cells at two nodes and at the end follow from the others
    const double cells = most(v.cells[i], NO_CELLS), supply = f.supply(v.glucose[i], v.lactate[i], v.ammonia[i]);
    living[i] = cells;
    alive[i] = cells > EMPTY ? 1.0 : 0.0;
    unfed[i] = 1.0 - least(supply / (cells + NO_CELLS), 1.0);
    dying[i] = t.in.death_rate[i] + n.starvation_rate * unfed[i];
    const double exponent = -h * LOG2_E * dying[i];
    e[0][i] = exponent * q.at[0];
    e[1][i] = exponent * q.at[1];
    e[2][i] = exponent;
  }
  powers_of_two(e[0], 3);
  EACH_LANE {  // exosim/physics/secretion.py, vesicle_pool: what is left of what is secreted, at the nodes and in all
    const double cells = living[i];
    other[i] = e[2][i] / (e[0][i] * e[1][i]);
    const double x0 = cells * e[0][i], x1 = cells * e[1][i], x2 = x0 * other[i], x3 = x1 * other[i];
    const double up = -h * LOG2_E * t.in.reuptake[i], down = -h * LOG2_E * (t.in.decay[i] + NEGLIGIBLE_DECAY);
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k)
      left[k][i] = up * (q.remaining[k][0] * x0 + q.remaining[k][1] * x1 + q.remaining[k][2] * x2 +
                         q.remaining[k][3] * x3) + down * (1.0 - q.at[k]);
    left[4][i] = up * (q.weight[0] * (x0 + x3) + q.weight[1] * (x1 + x2)) + down;
  }
  powers_of_two(left[0], 5);
  double *vesicles = v.pooled_vesicles[wait], *protein = v.pooled_protein[wait], *pooled_died = v.pooled_died[wait];
  EACH_LANE {
    const double before = v.cells[i], cells = living[i], some = alive[i], death = dying[i], end = cells * e[2][i];
    const double x0 = cells * e[0][i], x1 = cells * e[1][i], x2 = x0 * other[i], x3 = x1 * other[i];
    const double w0 = q.weight[0] * x0, w1 = q.weight[1] * x1, w2 = q.weight[2] * x2, w3 = q.weight[3] * x3;
    const double cell_hours = h * (w0 + w1 + w2 + w3);
    double glucose = v.glucose[i], lactate = v.lactate[i], ammonia = v.ammonia[i];
    f.metabolize(cell_hours * some, glucose, lactate, ammonia);
    const double rate = t.in.activity[i] * t.in.secretion_rate[i] / HOURS * (1.0 - n.metabolic_link * unfed[i]);
    const double up = t.in.reuptake[i], down = t.in.decay[i] + NEGLIGIBLE_DECAY;
    const double l0 = left[0][i], l1 = left[1][i], l2 = left[2][i], l3 = left[3][i], rest = left[4][i];
    const double t0 = up * x0 + down, t1 = up * x1 + down, t2 = up * x2 + down, t3 = up * x3 + down;
    const double t4 = up * cells + down, t01 = t0 * t1, t23 = t2 * t3, t03 = t01 * t23;
    const double all = 1.0 / (t03 * t4), each = all * t4, i01 = each * t23, i23 = each * t01;
    const double direct = w0 * l0 + w1 * l1 + w2 * l2 + w3 * l3;
    const double steep = w0 * square(i01 * t1) * (1.0 - l0) + w1 * square(i01 * t0) * (1.0 - l1) +
                         w2 * square(i23 * t3) * (1.0 - l2) + w3 * square(i23 * t2) * (1.0 - l3);
    const double by_parts = cells * all * t03 * (1.0 - rest) - h * death * down * steep;
    const double secreted = rate * cell_hours;
    const double found = least(rate * (rest * h * direct + (1.0 - rest) * by_parts), secreted);
    const double after = most(end, NO_CELLS) * some;
    const double died = most(death * cell_hours * some, before - after);
    // the vessel before the harvest, then what is taken and what stays
    const double a = v.vesicles[i] * rest + found * some;
    const double s = v.secreted[i] + secreted * some;
    const double p = v.protein[i] + t.in.activity[i] * t.in.protein_rate[i] / HOURS * cell_hours * some +
                     n.protein_per_dead_cell * died;
    const double d = v.died[i] + died;
    vesicles[i] += taken * a;
    protein[i] += taken * p;
    pooled_died[i] += taken * d;
    v.pooled_secreted[i] += taken * s;
    v.pooled_glucose[i] += taken * glucose;
    v.pooled_lactate[i] += taken * lactate;
    v.pooled_ammonia[i] += taken * ammonia;
    v.pooled_cells[i] += taken * after;
    v.vesicles[i] = kept * a;
    v.protein[i] = kept * p;
    v.died[i] = kept * d;
    v.secreted[i] = kept * s;
    v.glucose[i] = kept * glucose + taken * n.medium_glucose;
    v.lactate[i] = kept * lactate;
    v.ammonia[i] = kept * ammonia;
    v.cells[i] = after;
    v.all_secreted[i] += secreted * some;
    v.cell_hours[i] += cell_hours * some;
  }
}

// exosim/physics/holding.py: every harvest waits until its pool is complete; small vesicles are lost first.
ALONE pool_harvests(const Run &r, const Tile &t, const double *shares, long stride, const Vessel &v) {
  const Numbers n = r.n;
  const double step = HOURS * n.harvest_every * LOG2_E, ml = r.milliliters;
  const double first = std::log2(100.0 / r.diameters[0]);
  const double ratio = (r.log_edges[CLASSES] - r.log_edges[0]) / CLASSES * LOG2_E;
  Lane survival[CLASSES], next, lost, spread[WAITS];
  EACH_LANE {
    lost[i] = t.in.hold_rate[i] * step * std::exp2(t.in.hold_exponent[i] * first);
    next[i] = std::exp2(-t.in.hold_exponent[i] * ratio);
    for (int k = 1; k < WAITS; ++k) spread[k][i] = 0.0;
  }
  for (int c = 0; c < CLASSES; ++c)
    EACH_LANE {
      survival[c][i] = std::exp2(-lost[i]);
      lost[i] *= next[i];
    }
  double *potency = t(CULTURE, POTENCY);
  EACH_LANE potency[i] = 0.0;
  for (int c = 0; c < CLASSES; ++c) {
    double *vesicles = t(CULTURE, VESICLES + c), *nonvesicular = t(CULTURE, NONVESICULAR + c);
    const double *share = shares + c * stride;
    EACH_LANE {
      const double s = survival[c][i];
      double power = share[i], sum = power * v.pooled_vesicles[0][i];
#pragma GCC unroll 32
      for (int k = 1; k < WAITS; ++k) {
        power *= s;
        sum += power * v.pooled_vesicles[k][i];
        spread[k][i] += power;
      }
      vesicles[i] = sum * ml;
      potency[i] += sum * ml * n.relative_potency;
      const double secreted = t.in.nonvesicular_per_vesicle[i] * v.pooled_secreted[i] * ml;
      nonvesicular[i] = r.particle_shares[c] * (secreted + r.particles);
    }
  }
  double *pools = t(CULTURE, PROTEIN), *associated = t(CULTURE, ASSOCIATED), *bound = t(CULTURE, BOUND_DNA);
  double *free_dna = t(CULTURE, FREE_DNA), *debris = t(CULTURE, DEBRIS), *dead = t(CULTURE, DEAD);
  double *glucose = t(CULTURE, GLUCOSE), *lactate = t(CULTURE, LACTATE), *ammonia = t(CULTURE, AMMONIA);
  double *secreted = t(CULTURE, SECRETED), *cell_hours = t(CULTURE, CELL_HOURS), *viable = t(CULTURE, VIABLE);
  double *equivalents = t(CULTURE, EQUIVALENTS);
  const long s = t.stride;
  EACH_LANE {
    double protein = v.pooled_protein[0][i], aged_protein = protein, died = v.pooled_died[0][i], aged_died = died;
#pragma GCC unroll 32
    for (int k = 1; k < WAITS; ++k) {
      protein += v.pooled_protein[k][i];
      aged_protein += v.pooled_protein[k][i] * spread[k][i];
      died += v.pooled_died[k][i];
      aged_died += v.pooled_died[k][i] * spread[k][i];
    }
    const double soluble = protein * ml * 1e-6 * (1.0 - t.in.associated_protein[i]), large = t.in.complex_protein[i];
    pools[i] = n.small_protein * soluble;
    pools[i + s] = (1.0 - (n.small_protein + n.immunoglobulin_like + large)) * soluble;
    pools[i + 2 * s] = n.immunoglobulin_like * soluble;
    pools[i + 3 * s] = large * soluble;
    associated[i] = aged_protein * ml * 1e-6 * t.in.associated_protein[i];
    dead[i] = died * ml;
    debris[i] = died * ml * n.debris_per_dead_cell;
    free_dna[i] = died * ml * (n.dna_per_dead_cell * 1e-3 * (1.0 - n.bound_dna));
    bound[i] = aged_died * ml * (n.dna_per_dead_cell * 1e-3 * n.bound_dna);
    glucose[i] = v.pooled_glucose[i] * r.liters;
    lactate[i] = v.pooled_lactate[i] * r.liters;
    ammonia[i] = v.pooled_ammonia[i] * r.liters;
    equivalents[i] = v.pooled_cells[i] * ml;
    secreted[i] = v.all_secreted[i] * ml;
    cell_hours[i] = v.cell_hours[i] * ml;
    viable[i] = v.cells[i] * ml;
  }
}

inline void culture(const Run &r, const Tile &t, const double *viable, const double *doublings, const double *shares,
             long stride) {
  Vessel v;
  grow(r, t, viable, doublings, v);
  for (int day = 0; day < r.harvests; ++day) {
    const int last = std::min((day / r.per_pool + 1) * r.per_pool, r.harvests) - 1;
    collect(r, t, v, last - day);
  }
  pool_harvests(r, t, shares, stride, v);
}

}  // namespace limit
