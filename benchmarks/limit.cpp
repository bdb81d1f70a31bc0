// The formulas of the yield kernel on the reference scenario, as fast as C++ can be made to run them.
//
// It is the limit that `benchmarks/limit.py` holds the NumPy kernel against: one pass over tiles of lanes, every loop
// over lanes vectorized with the vector functions of the C library, nothing stored but what a procedure changes, and
// every saving that leaves the mathematics as they are: what is constant over the run is computed once, effects that
// this scenario has off are left out, vesicles travel through the culture as a number and become a spectrum at its end,
// pools of harvests are aged by a power series, two of the five exponentials of the cells follow from the other three.
//
// It fits the structure of the scenario (which effects act, which quantities vary by lane), not its numbers: these come
// in as arrays over lanes (`LANES`) and as plain numbers (`NUMBERS`), in the order of the two lists. Where a formula
// comes from, and where it holds, is told in the modules of `exosim` whose names the sections below carry.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "limit_parameters.h"

namespace {

constexpr int TILE = 64;  // lanes that are worked on at once: all of their numbers stay in the first cache
constexpr double HOURS = 24.0, LOG2_E = 1.4426950408889634, LN_2 = 0.6931471805599453;
constexpr double NO_CELLS = 1e-30, EMPTY = 1e-29, NO_DEMAND = 1e-200, NOTHING = 1e-300, NEGLIGIBLE_DECAY = 1e-30;
constexpr double DYING = 24.0, GROWING = 12.0;  // longest parts of a stretch [h]

#define COUNT(name, text, rows) +rows
#define FIRST(name, text, rows) name, name##_LAST = name + rows - 1,
enum Row { MATERIAL(FIRST) ROWS };
static_assert(ROWS == 0 MATERIAL(COUNT));
enum Block { CONTEXT, SEED_TRAIN, CULTURE, POOL, CLARIFY, DIGEST, CONCENTRATE, POLISH, STERILIZE, FILL, BLOCKS };

// One tile: its inputs, and where its rows begin.
struct Tile {
  Lanes in;
  double *out;
  long stride;
  double *operator()(Block block, int row) const { return out + (long(block) * ROWS + row) * stride; }
};

#define EACH_LANE _Pragma("omp simd") for (int i = 0; i < TILE; ++i)

inline double square(double x) { return x * x; }
inline double least(double a, double b) { return a < b ? a : b; }  // by value: references keep a loop from vectorizing
inline double most(double a, double b) { return a > b ? a : b; }
double normal(double x) { return 0.5 * std::erfc(-x * M_SQRT1_2); }

// ---- exosim/physics/quadrature.py ----------------------------------------------------------------------------------

struct Quadrature {
  double at[4], weight[4], remaining[4][4];

  Quadrature() {
    const double inner = std::sqrt(3.0 / 7.0 - 2.0 / 7.0 * std::sqrt(1.2));
    const double outer = std::sqrt(3.0 / 7.0 + 2.0 / 7.0 * std::sqrt(1.2));
    const double nodes[4] = {-outer, -inner, inner, outer};
    for (int j = 0; j < 4; ++j) {
      at[j] = (nodes[j] + 1.0) / 2.0;
      weight[j] = (18.0 + (j == 1 || j == 2 ? 1.0 : -1.0) * std::sqrt(30.0)) / 72.0;
    }
    for (int j = 0; j < 4; ++j) {  // integrals from each node to 1 of the polynomial that is 1 at node j, 0 at others
      double c[4] = {1.0, 0.0, 0.0, 0.0};
      for (int k = 0, degree = 0; k < 4; ++k) {
        if (k == j) continue;
        ++degree;
        for (int n = degree; n >= 0; --n) c[n] = ((n ? c[n - 1] : 0.0) - at[k] * c[n]) / (at[j] - at[k]);
      }
      for (int i = 0; i < 4; ++i) {
        double sum = 0.0;
        for (int n = 0; n < 4; ++n) sum += c[n] * (1.0 - std::pow(at[i], n + 1)) / (n + 1);
        remaining[i][j] = sum;
      }
    }
  }
};

const Quadrature Q;

// ---- exosim/culture/supply.py: the exchange of an interval, with all that is constant in it ------------------------

struct Flow {
  double hours, left, mean, inflow, uptake, lactate_yield, ammonia_rate, lactate_limit, ammonia_limit, oxygen;
  double glucose_each, glucose_all, lactate_each, lactate_all, ammonia_each, ammonia_all;

  Flow(const Numbers &n, double part) : hours(part) {
    const double liters = n.extracapillary_volume * 1e-3, volumes = n.medium_rate / (HOURS * liters) * part;
    left = std::exp(-volumes);
    mean = -std::expm1(-volumes) / volumes;
    inflow = n.medium_glucose * volumes;
    uptake = n.glucose_uptake * 1e-6;
    ammonia_rate = n.ammonia_rate * 1e-6;
    lactate_yield = n.lactate_yield;
    lactate_limit = n.lactate_limit;
    ammonia_limit = n.ammonia_limit;
    const double transfer = n.circulation / liters, carried = n.oxygen_saturation * (1.0 - n.least_oxygen);
    oxygen = transfer * carried / (1e-6 * n.oxygen_uptake * 1e-3);
    const double ready = left / mean / part;
    const double glucose = uptake + NO_DEMAND, lactate = uptake * lactate_yield + NO_DEMAND;
    const double ammonia = ammonia_rate + NO_DEMAND;
    glucose_each = ready / glucose, glucose_all = inflow / part / glucose;
    lactate_each = ready / lactate, lactate_all = lactate_limit * volumes / part / lactate;
    ammonia_each = ready / ammonia, ammonia_all = ammonia_limit * volumes / part / ammonia;
  }

  double by_glucose(double glucose) const { return glucose * glucose_each + glucose_all; }

  double supply(double by_glucose, double lactate, double ammonia) const {
    const double by_lactate = most(lactate_limit - lactate, 0.0) * lactate_each + lactate_all;
    const double by_ammonia = most(ammonia_limit - ammonia, 0.0) * ammonia_each + ammonia_all;
    return least(least(oxygen, by_glucose), least(by_lactate, by_ammonia));
  }

  void metabolize(double by_glucose, double cell_hours, double &glucose, double &lactate, double &ammonia) const {
    const double taken = uptake * least(cell_hours, by_glucose * hours);
    glucose = most(glucose * left + (inflow - taken) * mean, 0.0);
    lactate = most(lactate * left + taken * lactate_yield * mean, 0.0);
    ammonia = most(ammonia * left + ammonia_rate * cell_hours * mean, 0.0);
  }
};

// ---- what is constant over the run ---------------------------------------------------------------------------------

struct Run {
  Numbers n;
  int harvests, per_pool, parts;
  double liters, milliliters, taken, share_of_part;
  Flow growing, collecting;
  double diameters[CLASSES], log_edges[CLASSES + 1], particle_shares[CLASSES];
  double volume[BLOCKS] = {}, salt[BLOCKS] = {};
  double particles, enzyme, drained, digestion, column[CLASSES], column_pools[POOLS], column_enzyme,
      column_dna, passed[CLASSES];

  Run(const Numbers &numbers, int per_pool)
      : n(numbers), per_pool(per_pool), growing(numbers, part_of(HOURS * n.growth_period, GROWING)),
        collecting(numbers, HOURS * n.harvest_every) {
    harvests = std::max(1, int(std::lround(n.collection / n.harvest_every)));
    liters = n.extracapillary_volume * 1e-3;
    milliliters = n.extracapillary_volume;
    taken = n.harvest_fraction;
    parts = int(std::lround(HOURS * n.growth_period / growing.hours));
    share_of_part = most(HOURS * n.growth_period - n.lag, 1e-6) / (HOURS * n.growth_period);
    for (int c = 0; c <= CLASSES; ++c) log_edges[c] = std::log(n.edges[c]);
    for (int c = 0; c < CLASSES; ++c) diameters[c] = std::sqrt(n.edges[c] * n.edges[c + 1]);
    spread_particles();
    culture_volumes();
    train_volumes();
  }

  static double part_of(double hours, double longest) {
    return hours / most(1.0, std::ceil(hours / longest - 1e-9));
  }

  void spread_particles() {
    const double sigma = std::log(n.nonvesicular_gsd), center = std::log(n.nonvesicular_median);
    double total = 0.0;
    for (int c = 0; c < CLASSES; ++c) {
      particle_shares[c] = normal((log_edges[c + 1] - center) / sigma) - normal((log_edges[c] - center) / sigma);
      total += particle_shares[c];
    }
    for (double &share : particle_shares) share /= total;
  }

  void culture_volumes() {
    double vessel_salt = n.medium_salt * liters, vessel_particles = n.medium_particles * milliliters;
    particles = 0.0;
    for (int day = 0; day < harvests; ++day) {
      volume[CULTURE] += taken * liters;
      salt[CULTURE] += taken * vessel_salt;
      particles += taken * vessel_particles;
      vessel_salt += taken * (n.medium_salt * liters - vessel_salt);
      vessel_particles += taken * (n.medium_particles * milliliters - vessel_particles);
    }
  }

  void train_volumes();
  double in_pool(double diameter, double load) const;
};

// ---- exosim/culture: growth, collection, the pools of harvests -----------------------------------------------------

struct Vessel {  // per milliliter, solutes in mmol/L; the pools of the harvests by how long they wait
  double cells[TILE], glucose[TILE], lactate[TILE], ammonia[TILE];
  double vesicles[TILE], secreted[TILE], protein[TILE], died[TILE];
  double pooled_vesicles[WAITS][TILE], pooled_protein[WAITS][TILE], pooled_died[WAITS][TILE];
  double pooled_secreted[TILE], pooled_glucose[TILE], pooled_lactate[TILE], pooled_ammonia[TILE];
  double all_secreted[TILE], cell_hours[TILE];
};

// Rows of exponents become powers of two: a loop of nothing else keeps the registers of the others from being spilled.
void powers_of_two(double *exponents, int rows) {
#pragma omp simd
  for (int k = 0; k < rows * TILE; ++k) exponents[k] = std::exp2(exponents[k]);
}

void powers_less_one(double *exponents, int rows) {
#pragma omp simd
  for (int k = 0; k < rows * TILE; ++k) exponents[k] = std::expm1(exponents[k]);
}

void grow(const Run &r, const Tile &t, const double *viable, const double *doublings, Vessel &v) {
  const Numbers &n = r.n;
  const Flow &f = r.growing;
  const double hours = r.share_of_part * f.hours, waiting = f.hours - hours, surface = n.fiber_area * 1e4;
  double rate[TILE], alive[TILE], plateau[TILE], gone[3][TILE];
  EACH_LANE {
    const double behind = doublings[i] / most(viable[i], NOTHING) / n.doublings_limit;
    rate[i] = LN_2 / t.in.doubling_time[i] * most(1.0 - square(behind), 0.0);
    const double cells = most(viable[i] * n.attachment / r.milliliters, NO_CELLS);
    v.cells[i] = cells;
    alive[i] = cells > EMPTY ? 1.0 : 0.0;
    v.glucose[i] = n.medium_glucose;
    v.lactate[i] = v.ammonia[i] = 0.0;
  }
  for (int part = 0; part < r.parts; ++part) {
    EACH_LANE {
      const double cells = v.cells[i], supply = f.supply(f.by_glucose(v.glucose[i]), v.lactate[i], v.ammonia[i]);
      const double fed = least(supply / (cells + NO_CELLS), 1.0), fast = rate[i] * fed;
      const double death = n.growth_death_rate + n.starvation_rate * (1.0 - fed);
      const double x = (fast - death) * 2.0 * hours + NOTHING;
      const double ceiling = least(t.in.capacity[i] * surface / r.milliliters, most(supply, cells));
      plateau[i] = fast * 2.0 * hours / (square(ceiling) * x);
      gone[0][i] = -x * Q.at[0];
      gone[1][i] = -x * Q.at[1];
      gone[2][i] = -x;
    }
    powers_less_one(gone[0], 3);
    EACH_LANE {  // inverse squares of the density: at the start, and at two nodes that follow from the others
      const double cells = v.cells[i], start = 1.0 / square(cells), step = start - plateau[i];
      const double m0 = gone[0][i], m1 = gone[1][i], m = gone[2][i], e0 = 1.0 + m0, e1 = 1.0 + m1;
      const double both = 1.0 / (e0 * e1), m3 = (m - m0) * e1 * both, m2 = (m - m1) * e0 * both;
      const double sum = Q.weight[0] / std::sqrt(start + step * m0) + Q.weight[1] / std::sqrt(start + step * m1) +
                         Q.weight[2] / std::sqrt(start + step * m2) + Q.weight[3] / std::sqrt(start + step * m3);
      const double cell_hours = (hours * sum + cells * waiting) * alive[i];
      f.metabolize(f.by_glucose(v.glucose[i]), cell_hours, v.glucose[i], v.lactate[i], v.ammonia[i]);
      v.cells[i] = most(1.0 / std::sqrt(start + step * m), NO_CELLS);
    }
  }
  EACH_LANE {
    v.cells[i] *= alive[i];
    v.glucose[i] = n.medium_glucose;
    v.lactate[i] = v.ammonia[i] = v.vesicles[i] = v.secreted[i] = v.protein[i] = v.died[i] = 0.0;
    v.pooled_secreted[i] = v.pooled_glucose[i] = v.pooled_lactate[i] = v.pooled_ammonia[i] = 0.0;
    v.all_secreted[i] = v.cell_hours[i] = 0.0;
  }
  std::memset(v.pooled_vesicles, 0, sizeof v.pooled_vesicles);
  std::memset(v.pooled_protein, 0, sizeof v.pooled_protein);
  std::memset(v.pooled_died, 0, sizeof v.pooled_died);
}

// One interval between harvests, in which cells only die, and the harvest at its end.
void collect(const Run &r, const Tile &t, Vessel &v, int wait) {
  const Numbers &n = r.n;
  const Flow &f = r.collecting;
  const double h = f.hours, kept = 1.0 - r.taken;
  double dying[TILE], unfed[TILE], e[3][TILE], left[5][TILE];
  EACH_LANE {  // exosim/physics/growth.py, course: the cells at two nodes and at the end follow from the others
    const double cells = most(v.cells[i], NO_CELLS), by_glucose = f.by_glucose(v.glucose[i]);
    const double supply = f.supply(by_glucose, v.lactate[i], v.ammonia[i]);
    unfed[i] = 1.0 - least(supply / (cells + NO_CELLS), 1.0);
    dying[i] = t.in.death_rate[i] + n.starvation_rate * unfed[i];
    const double exponent = -h * LOG2_E * dying[i];
    e[0][i] = exponent * Q.at[0];
    e[1][i] = exponent * Q.at[1];
    e[2][i] = exponent;
  }
  powers_of_two(e[0], 3);
  EACH_LANE {  // exosim/physics/secretion.py, vesicle_pool: what is left of what is secreted, at the nodes and in all
    const double cells = most(v.cells[i], NO_CELLS), other = e[2][i] / (e[0][i] * e[1][i]);
    const double x0 = cells * e[0][i], x1 = cells * e[1][i], x2 = x0 * other, x3 = x1 * other;
    const double up = -h * LOG2_E * t.in.reuptake[i], down = -h * LOG2_E * (t.in.decay[i] + NEGLIGIBLE_DECAY);
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k)
      left[k][i] = up * (Q.remaining[k][0] * x0 + Q.remaining[k][1] * x1 + Q.remaining[k][2] * x2 +
                         Q.remaining[k][3] * x3) + down * (1.0 - Q.at[k]);
    left[4][i] = up * (Q.weight[0] * (x0 + x3) + Q.weight[1] * (x1 + x2)) + down;
  }
  powers_of_two(left[0], 5);
  double *vesicles = v.pooled_vesicles[wait], *protein = v.pooled_protein[wait], *pooled_died = v.pooled_died[wait];
  EACH_LANE {
    const double before = v.cells[i], cells = most(before, NO_CELLS), alive = cells > EMPTY ? 1.0 : 0.0;
    const double other = e[2][i] / (e[0][i] * e[1][i]), death = dying[i];
    const double x0 = cells * e[0][i], x1 = cells * e[1][i], x2 = x0 * other, x3 = x1 * other, end = cells * e[2][i];
    const double w0 = Q.weight[0] * x0, w1 = Q.weight[1] * x1, w2 = Q.weight[2] * x2, w3 = Q.weight[3] * x3;
    const double cell_hours = h * (w0 + w1 + w2 + w3);
    f.metabolize(f.by_glucose(v.glucose[i]), cell_hours * alive, v.glucose[i], v.lactate[i], v.ammonia[i]);
    const double rate = t.in.activity[i] * t.in.secretion_rate[i] / HOURS * (1.0 - n.metabolic_link * unfed[i]);
    const double up = t.in.reuptake[i], down = t.in.decay[i] + NEGLIGIBLE_DECAY;
    const double l0 = left[0][i], l1 = left[1][i], l2 = left[2][i], l3 = left[3][i], rest = left[4][i];
    const double t0 = up * x0 + down, t1 = up * x1 + down, t2 = up * x2 + down, t3 = up * x3 + down;
    const double t01 = t0 * t1, t23 = t2 * t3, inverse = 1.0 / (t01 * t23), i01 = inverse * t23, i23 = inverse * t01;
    const double direct = w0 * l0 + w1 * l1 + w2 * l2 + w3 * l3;
    const double steep = w0 * square(i01 * t1) * (1.0 - l0) + w1 * square(i01 * t0) * (1.0 - l1) +
                         w2 * square(i23 * t3) * (1.0 - l2) + w3 * square(i23 * t2) * (1.0 - l3);
    const double by_parts = cells / (up * cells + down) * (1.0 - rest) - h * death * down * steep;
    const double secreted = rate * cell_hours;
    const double found = least(rate * (rest * h * direct + (1.0 - rest) * by_parts), secreted);
    const double after = most(end, NO_CELLS) * alive;
    const double died = most(death * cell_hours * alive, before - after);
    // the vessel before the harvest, then what is taken and what stays
    const double a = v.vesicles[i] * rest + found * alive;
    const double s = v.secreted[i] + secreted * alive;
    const double p = v.protein[i] + t.in.activity[i] * t.in.protein_rate[i] / HOURS * cell_hours * alive +
                     n.protein_per_dead_cell * died;
    const double d = v.died[i] + died;
    vesicles[i] += r.taken * a;
    protein[i] += r.taken * p;
    pooled_died[i] += r.taken * d;
    v.pooled_secreted[i] += r.taken * s;
    v.pooled_glucose[i] += r.taken * v.glucose[i];
    v.pooled_lactate[i] += r.taken * v.lactate[i];
    v.pooled_ammonia[i] += r.taken * v.ammonia[i];
    v.vesicles[i] = kept * a;
    v.protein[i] = kept * p;
    v.died[i] = kept * d;
    v.secreted[i] = kept * s;
    v.glucose[i] = kept * v.glucose[i] + r.taken * n.medium_glucose;
    v.lactate[i] *= kept;
    v.ammonia[i] *= kept;
    v.cells[i] = after;
    v.all_secreted[i] += secreted * alive;
    v.cell_hours[i] += cell_hours * alive;
  }
}

// exosim/physics/holding.py: every harvest waits until its pool is complete; small vesicles are lost first.
void pool_harvests(const Run &r, const Tile &t, const double *shares, long stride, const Vessel &v) {
  const Numbers &n = r.n;
  const double step = HOURS * n.harvest_every * LOG2_E, ml = r.milliliters;
  const double first = std::log2(100.0 / r.diameters[0]);
  const double ratio = (r.log_edges[CLASSES] - r.log_edges[0]) / CLASSES * LOG2_E;
  double survival[CLASSES][TILE], next[TILE], lost[TILE], spread[WAITS][TILE];
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
      nonvesicular[i] = r.particle_shares[c] * (t.in.nonvesicular_per_vesicle[i] * v.pooled_secreted[i] * ml + r.particles);
    }
  }
  double *pools = t(CULTURE, PROTEIN), *associated = t(CULTURE, ASSOCIATED), *bound = t(CULTURE, BOUND_DNA);
  double *free_dna = t(CULTURE, FREE_DNA), *debris = t(CULTURE, DEBRIS), *dead = t(CULTURE, DEAD);
  double *glucose = t(CULTURE, GLUCOSE), *lactate = t(CULTURE, LACTATE), *ammonia = t(CULTURE, AMMONIA);
  double *secreted = t(CULTURE, SECRETED), *cell_hours = t(CULTURE, CELL_HOURS), *viable = t(CULTURE, VIABLE);
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
    secreted[i] = v.all_secreted[i] * ml;
    cell_hours[i] = v.cell_hours[i] * ml;
    viable[i] = v.cells[i] * ml;
  }
}

void culture(const Run &r, const Tile &t, const double *viable, const double *doublings, const double *shares,
             long stride) {
  Vessel v;
  grow(r, t, viable, doublings, v);
  for (int day = 0; day < r.harvests; ++day) {
    const int last = std::min((day / r.per_pool + 1) * r.per_pool, r.harvests) - 1;
    collect(r, t, v, last - day);
  }
  pool_harvests(r, t, shares, stride, v);
}

// ---- the steps around the culture ----------------------------------------------------------------------------------

// exosim/physics/plates.py: the fraction of a solute that leaves the column in the pool.
double Run::in_pool(double diameter, double load) const {
  const double coefficient = square(1.0 - least(diameter / n.exclusion_diameter, 1.0));
  const double retention = n.void_fraction + coefficient * n.pore_fraction, sigma = retention / std::sqrt(n.plates);
  const double first = (n.pool_from - retention) / sigma, last = (n.pool_to - retention) / sigma, width = load / sigma;
  const auto ramp = [](double x) { return x * normal(x) + std::exp(-0.5 * x * x) / std::sqrt(2.0 * M_PI); };
  const double gained = ramp(last) - ramp(last - width);
  return std::clamp((gained - ramp(first) + ramp(first - width)) / width, 0.0, 1.0);
}

void Run::train_volumes() {
  for (Block block : {POOL, CLARIFY, DIGEST}) {
    volume[block] = volume[CULTURE] * (1.0 - n.transfer_loss);
    salt[block] = salt[CULTURE] * (1.0 - n.transfer_loss);
  }
  const double slowed = 1.0 / (1.0 + square(salt[POOL] / volume[POOL] / n.half_salt));
  digestion = n.nuclease_activity / 50.0 * slowed * n.treatment_time;
  enzyme = n.nuclease_activity * volume[POOL] * 1e3;
  const double retained = volume[DIGEST] / n.concentration_factor, washed = std::exp(-n.diavolumes);
  const double hold_up = n.membrane_hold_up * n.membrane_area * 1e-3;
  drained = (retained + n.flushed * hold_up) / (retained + hold_up);
  volume[CONCENTRATE] = retained * drained;
  salt[CONCENTRATE] =
      drained * (salt[DIGEST] / n.concentration_factor * washed + n.wash_salt * retained * (1.0 - washed));
  const double loads = volume[CONCENTRATE] / (n.load_fraction * n.column_volume);
  const double cycles = most(std::ceil(loads - 1e-9), 1.0);
  const double load = volume[CONCENTRATE] / (cycles * n.column_volume);
  volume[POLISH] = (n.pool_to - n.pool_from) * n.column_volume * cycles;
  salt[POLISH] = n.eluent_salt * volume[POLISH];
  for (int c = 0; c < CLASSES; ++c) column[c] = in_pool(diameters[c], load);
  for (int p = 0; p < POOLS; ++p) column_pools[p] = in_pool(n.protein_diameters[p], load);
  column_enzyme = in_pool(n.nuclease_diameter, load);
  column_dna = in_pool(n.dna_diameter, load);
  for (int c = 0; c < CLASSES; ++c) passed[c] = 1.0 / (1.0 + std::pow(diameters[c] / n.half_passage, n.passage_slope));
}

// exosim/physics/size.py, class_shares: the spectrum of the vesicles that are secreted.
void spectrum(const Run &r, const Tile &t) {
  const double scale = M_SQRT1_2 / std::log(r.n.gsd);
  double center[TILE], below[TILE], total[TILE];
  EACH_LANE {
    center[i] = std::log(t.in.median[i]);
    below[i] = std::erfc((center[i] - r.log_edges[0]) * scale);
    total[i] = -below[i];
  }
  for (int c = 0; c < CLASSES; ++c) {
    double *share = t(CONTEXT, VESICLES + c);
    const double edge = r.log_edges[c + 1];
    EACH_LANE {
      const double up_to = std::erfc((center[i] - edge) * scale);
      share[i] = up_to - below[i];
      below[i] = up_to;
    }
  }
  EACH_LANE total[i] = 1.0 / (total[i] + below[i]);
  for (int c = 0; c < CLASSES; ++c) {
    double *share = t(CONTEXT, VESICLES + c);
    EACH_LANE share[i] *= total[i];
  }
}

// exosim/operations/planar_expansion.py
void seed_train(const Run &r, const Tile &t) {
  const Numbers &n = r.n;
  double *volume = t(SEED_TRAIN, VOLUME), *viable = t(SEED_TRAIN, VIABLE), *doublings = t(SEED_TRAIN, DOUBLINGS);
  const double start = n.seeding_density * n.seed_attachment;
  EACH_LANE {
    viable[i] = n.inoculum * n.post_thaw_viability;
    doublings[i] = n.initial_doublings;
  }
  for (int passage = 0; passage < int(n.passages); ++passage)
    EACH_LANE {
      const double young = LN_2 / t.in.seed_doubling_time[i];
      const double aged = young * most(1.0 - square(doublings[i] / n.seed_doublings_limit), 0.0);
      const double rate = most(aged, least(young, 1.2 * n.seed_death_rate));
      const double plateau = n.seed_capacity * std::sqrt((rate - n.seed_death_rate) / rate);
      const double ratio = most(least(t.in.harvest_density[i], 0.98 * plateau), start) / start;
      viable[i] *= n.seed_attachment * ratio * n.detachment;
      doublings[i] += std::log2(ratio);
    }
  EACH_LANE {
    volume[i] = viable[i] / n.suspension_density * 1e-3;
    doublings[i] *= viable[i];
  }
}

// Multiply one row of a material on its way from one procedure to the next.
void scale(const Tile &t, Block from, Block to, int row, double share) {
  const double *before = t(from, row);
  double *after = t(to, row);
  EACH_LANE after[i] = before[i] * share;
}

void scale(const Tile &t, Block from, Block to, int row, const double *share) {
  const double *before = t(from, row);
  double *after = t(to, row);
  EACH_LANE after[i] = before[i] * share[i];
}

constexpr int FOLLOWERS[] = {ASSOCIATED, BOUND_DNA, POTENCY};

void pool(const Run &r, const Tile &t) {
  for (int row = 0; row <= AMMONIA; ++row) scale(t, CULTURE, POOL, row, 1.0 - r.n.transfer_loss);
}

// exosim/operations/depth_filtration.py
void clarify(const Run &r, const Tile &t) {
  const double clean = std::pow(10.0, -r.n.debris_reduction);
  for (int c = 0; c < CLASSES; ++c) scale(t, POOL, CLARIFY, VESICLES + c, t.in.clarify_recovery);
  for (int row : FOLLOWERS) scale(t, POOL, CLARIFY, row, t.in.clarify_recovery);
  for (int row : {DEBRIS, DEAD}) scale(t, POOL, CLARIFY, row, clean);
}

// exosim/operations/nuclease_treatment.py
void digest(const Run &r, const Tile &t) {
  const double *before = t(POOL, FREE_DNA);
  double *after = t(DIGEST, FREE_DNA);
  for (int c = 0; c < CLASSES; ++c) scale(t, CLARIFY, DIGEST, VESICLES + c, 1.0 - r.n.hold_loss);
  for (int row : FOLLOWERS) scale(t, CLARIFY, DIGEST, row, 1.0 - r.n.hold_loss);
  EACH_LANE after[i] = before[i] * std::exp2(t.in.digestion_rate[i] * (-LOG2_E * r.digestion));
}

inline double steric(double ratio) {  // exosim/physics/sieving.py
  const double fitting = least(ratio, 1.0), free = square(1.0 - fitting);
  return free * (2.0 - free) * std::exp2(-0.7146 * LOG2_E * square(fitting));
}

// exosim/operations/tangential_flow_filtration.py
void concentrate(const Run &r, const Tile &t) {
  const Numbers &n = r.n;
  const double depth = -(std::log2(n.concentration_factor) + n.diavolumes * LOG2_E);  // sieving to the fraction kept
  double narrow[TILE], before[TILE], after[TILE], kept[CLASSES][TILE];
  EACH_LANE {
    narrow[i] = 1.0 / t.in.pore_diameter[i];
    before[i] = after[i] = 0.0;
  }
  for (int c = 0; c < CLASSES; ++c) {
    const double *vesicles = t(DIGEST, VESICLES + c), *nonvesicular = t(POOL, NONVESICULAR + c);
    double *particles = t(CONCENTRATE, NONVESICULAR + c);
    EACH_LANE {
      const double sieving = most(steric(r.diameters[c] * narrow[i]), t.in.vesicle_leakage[i]);
      kept[c][i] = std::exp2(depth * sieving);
      before[i] += vesicles[i];
      after[i] += vesicles[i] * kept[c][i];
      particles[i] = nonvesicular[i] * kept[c][i] * r.drained;
    }
  }
  EACH_LANE {
    const double bound = n.membrane_adsorbed * n.membrane_area / most(before[i], 1.0);
    const double rest = least(most(1.0 - bound, 0.0), 1.0) * r.drained;
    after[i] *= rest / most(before[i], NOTHING);
    before[i] = rest;
  }
  for (int c = 0; c < CLASSES; ++c) {
    const double *vesicles = t(DIGEST, VESICLES + c);
    double *out = t(CONCENTRATE, VESICLES + c);
    EACH_LANE out[i] = vesicles[i] * kept[c][i] * before[i];
  }
  for (int row : FOLLOWERS) scale(t, DIGEST, CONCENTRATE, row, after);
  for (int p = 0; p < POOLS; ++p) {
    const double *protein = t(POOL, PROTEIN + p);
    double *out = t(CONCENTRATE, PROTEIN + p);
    EACH_LANE out[i] = protein[i] * std::exp2(depth * steric(n.protein_diameters[p] * narrow[i])) * r.drained;
  }
  double *nuclease = t(CONCENTRATE, NUCLEASE);
  EACH_LANE nuclease[i] = r.enzyme * r.drained * std::exp2(depth * steric(n.nuclease_diameter * narrow[i]));
  scale(t, DIGEST, CONCENTRATE, FREE_DNA, std::exp2(depth * n.dna_sieving) * r.drained);
  for (int row : {GLUCOSE, LACTATE, AMMONIA}) scale(t, POOL, CONCENTRATE, row, std::exp2(depth) * r.drained);
  for (int row : {DEBRIS, DEAD}) scale(t, CLARIFY, CONCENTRATE, row, r.drained);
}

// exosim/operations/size_exclusion_chromatography.py
void polish(const Run &r, const Tile &t) {
  double before[TILE] = {}, after[TILE] = {};
  for (int c = 0; c < CLASSES; ++c) {
    const double *vesicles = t(CONCENTRATE, VESICLES + c);
    double *out = t(POLISH, VESICLES + c);
    EACH_LANE {
      const double part = vesicles[i] * r.column[c];
      before[i] += vesicles[i];
      after[i] += part;
      out[i] = part * t.in.bed_recovery[i];
    }
    scale(t, CONCENTRATE, POLISH, NONVESICULAR + c, r.column[c]);
  }
  EACH_LANE after[i] *= t.in.bed_recovery[i] / most(before[i], NOTHING);
  for (int row : FOLLOWERS) scale(t, CONCENTRATE, POLISH, row, after);
  for (int p = 0; p < POOLS; ++p) {
    const double *protein = t(CONCENTRATE, PROTEIN + p), share = r.column_pools[p];
    double *out = t(POLISH, PROTEIN + p);
    EACH_LANE out[i] = protein[i] * (t.in.protein_tail[i] * (1.0 - share) + share);
  }
  const double *nuclease = t(CONCENTRATE, NUCLEASE), share = r.column_enzyme;
  double *out = t(POLISH, NUCLEASE);
  EACH_LANE out[i] = nuclease[i] * (t.in.protein_tail[i] * (1.0 - share) + share);
  scale(t, CONCENTRATE, POLISH, FREE_DNA, r.column_dna);
}

// exosim/operations/sterile_filtration.py
void sterilize(const Run &r, const Tile &t) {
  const Numbers &n = r.n;
  const double load = r.volume[POLISH] / (n.sterile_area * 1e-4), change_out = 1.0 - std::sqrt(0.1);
  const double dilution = 1.0 / (r.volume[POLISH] * 1e3 * n.half_capacity);
  const double held = (1.0 - n.chased) * n.sterile_hold_up * 1e-3 / r.volume[POLISH];
  double rest[TILE] = {}, *volume = t(STERILIZE, VOLUME), *salt = t(STERILIZE, SALT);
  for (int c = 0; c < CLASSES; ++c) {
    const double *vesicles = t(POLISH, VESICLES + c);
    EACH_LANE rest[i] += vesicles[i];
  }
  EACH_LANE {
    const double capacity = n.sterile_capacity / (1.0 + rest[i] * dilution);
    const double filters = most(std::ceil(load / (change_out * capacity)), 1.0);
    rest[i] = 1.0 - least(held * filters, 1.0);
    volume[i] = r.volume[POLISH] * rest[i];
    salt[i] = r.salt[POLISH] * rest[i];
  }
  for (int c = 0; c < CLASSES; ++c) {
    const double *nonvesicular = t(POLISH, NONVESICULAR + c);
    double *out = t(STERILIZE, NONVESICULAR + c);
    scale(t, POLISH, STERILIZE, VESICLES + c, t.in.sterile_recovery);
    EACH_LANE out[i] = nonvesicular[i] * (r.passed[c] * rest[i]);
  }
  for (int row : FOLLOWERS) scale(t, POLISH, STERILIZE, row, t.in.sterile_recovery);
  for (int p = 0; p < POOLS; ++p) scale(t, POLISH, STERILIZE, PROTEIN + p, rest);
  for (int row : {FREE_DNA, NUCLEASE}) scale(t, POLISH, STERILIZE, row, rest);
}

// exosim/operations/vial_filling.py
void fill(const Run &r, const Tile &t) {
  const Numbers &n = r.n;
  const double in_full = n.fill_volume * 1e-3 * (1.0 + n.overfill), *volume = t(STERILIZE, VOLUME);
  double share[TILE];
  EACH_LANE {
    const double usable = most(volume[i] - n.line_loss * 1e-3, 0.0);
    const double filled = std::floor(usable / in_full + 1e-9);
    const double accepted = std::floor(filled * (1.0 - n.reject_fraction) + 1e-9);
    const double in_vial = least(in_full, usable / most(filled, 1.0));
    share[i] = accepted * in_vial / (1.0 + n.overfill) / most(volume[i], NOTHING);
  }
  for (int row = 0; row < DEBRIS; ++row) scale(t, STERILIZE, FILL, row, share);
  for (int row : {POTENCY, NUCLEASE, VOLUME, SALT}) scale(t, STERILIZE, FILL, row, share);
}

// ---- tiles over lanes ----------------------------------------------------------------------------------------------

Tile tile(const Lanes &lanes, double *out, long stride, long begin) {
  Tile t{lanes, out + begin, stride};
  const double **pointers = reinterpret_cast<const double **>(&t.in);
  for (size_t k = 0; k < sizeof(Lanes) / sizeof(double *); ++k)
    if (pointers[k]) pointers[k] += begin;
  return t;
}

class Watch {  // adds the time since the last call to what a procedure took, when somebody asks
 public:
  explicit Watch(double *seconds) : seconds_(seconds) { restart(); }
  void operator()(Block block) {
    if (!seconds_) return;
    const auto before = since_;
    restart();
    seconds_[block] += std::chrono::duration<double>(since_ - before).count();
  }

 private:
  void restart() {
    if (seconds_) since_ = std::chrono::steady_clock::now();
  }
  double *seconds_;
  std::chrono::steady_clock::time_point since_;
};

void train(const Run &r, const Tile &t, double *seconds) {
  Watch watch(seconds);
  spectrum(r, t), watch(CONTEXT);
  seed_train(r, t), watch(SEED_TRAIN);
  culture(r, t, t(SEED_TRAIN, VIABLE), t(SEED_TRAIN, DOUBLINGS), t(CONTEXT, VESICLES), t.stride), watch(CULTURE);
  pool(r, t), watch(POOL);
  clarify(r, t), watch(CLARIFY);
  digest(r, t), watch(DIGEST);
  concentrate(r, t), watch(CONCENTRATE);
  polish(r, t), watch(POLISH);
  sterilize(r, t), watch(STERILIZE);
  fill(r, t), watch(FILL);
}

}  // namespace

// Lanes are a multiple of `limit_tile()`. `out` has `ROWS` rows for each of the `BLOCKS` blocks (the context, then the
// procedures); row k begins at `out + k * stride`. A procedure writes the rows that it changes.
extern "C" {

const char *limit_lanes() { return LANES(PATH); }
const char *limit_numbers() { return NUMBERS(PATH); }
#define ROW_TEXT(name, text, rows) text " "
const char *limit_rows() { return MATERIAL(ROW_TEXT); }
int limit_tile() { return TILE; }

void limit_culture(const Lanes *lanes, const Numbers *numbers, int per_pool, const double *viable,
                   const double *doublings, const double *shares, long shares_stride, double *out, long stride,
                   long count, int threads) {
  const Run run(*numbers, per_pool);
#pragma omp parallel for num_threads(threads) if (threads > 1)
  for (long begin = 0; begin < count; begin += TILE)
    culture(run, tile(*lanes, out, stride, begin), viable + begin, doublings + begin, shares + begin, shares_stride);
}

// `plain` takes volume and salt of every block where they are equal in all lanes, then the enzyme that is added;
// `seconds`, when not null, is what each block took, on one thread.
void limit_train(const Lanes *lanes, const Numbers *numbers, int per_pool, double *out, long stride, double *plain,
                 double *seconds, long count, int threads) {
  const Run run(*numbers, per_pool);
  for (int block = 0; block < BLOCKS; ++block) {
    plain[2 * block] = run.volume[block];
    plain[2 * block + 1] = run.salt[block];
  }
  plain[2 * BLOCKS] = run.enzyme;
#pragma omp parallel for num_threads(threads) if (threads > 1 && !seconds)
  for (long begin = 0; begin < count; begin += TILE) train(run, tile(*lanes, out, stride, begin), seconds);
}
}
