// What is constant over a run, and a tile of lanes.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "parameters.h"

namespace limit {

constexpr int TILE = 64;  // lanes that are worked on at once: all of their numbers stay in the first cache
constexpr double HOURS = 24.0, LOG2_E = 1.4426950408889634, LN_2 = 0.6931471805599453;
constexpr double NO_CELLS = 1e-30, EMPTY = 1e-29, NO_DEMAND = 1e-200, NOTHING = 1e-300, NEGLIGIBLE_DECAY = 1e-30;
constexpr double DYING = 24.0, GROWING = 12.0;  // longest parts of a stretch [h]

#define COUNT(name, text, rows) +rows
#define FIRST(name, text, rows) name, name##_LAST = name + rows - 1,
enum Row { MATERIAL(FIRST) ROWS };
static_assert(ROWS == 0 MATERIAL(COUNT));
enum Block { CONTEXT, SEED_TRAIN, CULTURE, POOL, CLARIFY, DIGEST, CONCENTRATE, POLISH, STERILIZE, FILL, BLOCKS };

// Numbers of a tile, aligned to the cache lines that vectors fill.
typedef double Lane[TILE] __attribute__((aligned(64)));

// One tile: its inputs, side by side wherever they come from, and where its rows begin.
struct Tile {
  static constexpr int INPUTS = sizeof(Lanes) / sizeof(double *);
  Lane held[INPUTS];
  Lanes in;
  double *out;
  long stride;

  Tile(const Lanes &lanes, double *out, long stride, long begin) : out(out + begin), stride(stride) {
    const double *from[INPUTS], *to[INPUTS];
    std::memcpy(from, &lanes, sizeof lanes);
    for (int k = 0; k < INPUTS; ++k) to[k] = static_cast<double *>(std::memcpy(held[k], from[k] + begin, sizeof held[k]));
    std::memcpy(&in, to, sizeof in);
  }
  Tile(const Tile &) = delete;
  double *operator()(Block block, int row) const { return out + (long(block) * ROWS + row) * stride; }
};

// A procedure is a function of its own, and copies the numbers that its loops need: nothing that a loop writes can then
// be one of them, which would keep it from being vectorized.
#define ALONE __attribute__((noinline)) inline void
#define EACH_LANE _Pragma("omp simd") for (int i = 0; i < TILE; ++i)

inline double square(double x) { return x * x; }
inline double least(double a, double b) { return std::fmin(a, b); }  // no branches, unlike std::min
inline double most(double a, double b) { return std::fmax(a, b); }
inline double normal(double x) { return 0.5 * std::erfc(-x * M_SQRT1_2); }

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

  double supply(double glucose, double lactate, double ammonia) const {
    const double by_lactate = most(lactate_limit - lactate, 0.0) * lactate_each + lactate_all;
    const double by_ammonia = most(ammonia_limit - ammonia, 0.0) * ammonia_each + ammonia_all;
    return least(least(oxygen, by_glucose(glucose)), least(by_lactate, by_ammonia));
  }

  void metabolize(double cell_hours, double &glucose, double &lactate, double &ammonia) const {
    const double taken = uptake * least(cell_hours, by_glucose(glucose) * hours);
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

// exosim/physics/plates.py: the fraction of a solute that leaves the column in the pool.
inline double Run::in_pool(double diameter, double load) const {
  const double coefficient = square(1.0 - least(diameter / n.exclusion_diameter, 1.0));
  const double retention = n.void_fraction + coefficient * n.pore_fraction, sigma = retention / std::sqrt(n.plates);
  const double first = (n.pool_from - retention) / sigma, last = (n.pool_to - retention) / sigma, width = load / sigma;
  const auto ramp = [](double x) { return x * normal(x) + std::exp(-0.5 * x * x) / std::sqrt(2.0 * M_PI); };
  const double gained = ramp(last) - ramp(last - width);
  return std::clamp((gained - ramp(first) + ramp(first - width)) / width, 0.0, 1.0);
}

inline void Run::train_volumes() {
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

}  // namespace limit
