// The spectrum of the vesicles, and the steps around the culture.

#pragma once

#include "run.h"

namespace limit {

// exosim/physics/size.py, class_shares: the spectrum of the vesicles that are secreted.
ALONE spectrum(const Run &r, const Tile &t) {
  const double scale = M_SQRT1_2 / std::log(r.n.gsd);
  Lane center, below, total;
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
ALONE seed_train(const Run &r, const Tile &t) {
  const Numbers n = r.n;
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
inline void scale(const Tile &t, Block from, Block to, int row, double share) {
  const double *before = t(from, row);
  double *after = t(to, row);
  EACH_LANE after[i] = before[i] * share;
}

inline void scale(const Tile &t, Block from, Block to, int row, const double *share) {
  const double *before = t(from, row);
  double *after = t(to, row);
  EACH_LANE after[i] = before[i] * share[i];
}

constexpr int FOLLOWERS[] = {ASSOCIATED, BOUND_DNA, POTENCY};

ALONE pool(const Run &r, const Tile &t) {
  for (int row = 0; row <= AMMONIA; ++row) scale(t, CULTURE, POOL, row, 1.0 - r.n.transfer_loss);
}

// exosim/operations/depth_filtration.py
ALONE clarify(const Run &r, const Tile &t) {
  const double clean = std::pow(10.0, -r.n.debris_reduction);
  for (int c = 0; c < CLASSES; ++c) scale(t, POOL, CLARIFY, VESICLES + c, t.in.clarify_recovery);
  for (int row : FOLLOWERS) scale(t, POOL, CLARIFY, row, t.in.clarify_recovery);
  for (int row : {DEBRIS, DEAD}) scale(t, POOL, CLARIFY, row, clean);
}

// exosim/operations/nuclease_treatment.py
ALONE digest(const Run &r, const Tile &t) {
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
ALONE concentrate(const Run &r, const Tile &t) {
  const Numbers n = r.n;
  const double depth = -(std::log2(n.concentration_factor) + n.diavolumes * LOG2_E);  // sieving to the fraction kept
  Lane narrow, before, after, kept[CLASSES];
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
  scale(t, POOL, CONCENTRATE, EQUIVALENTS, r.drained);
}

// exosim/operations/size_exclusion_chromatography.py
ALONE polish(const Run &r, const Tile &t) {
  Lane before = {}, after = {};
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
ALONE sterilize(const Run &r, const Tile &t) {
  const Numbers n = r.n;
  const double whole = r.volume[POLISH], whole_salt = r.salt[POLISH], change_out = 1.0 - std::sqrt(0.1);
  const double load = whole / (n.sterile_area * 1e-4), dilution = 1.0 / (whole * 1e3 * n.half_capacity);
  const double held = (1.0 - n.chased) * n.sterile_hold_up * 1e-3 / whole;
  Lane rest = {};
  double *volume = t(STERILIZE, VOLUME), *salt = t(STERILIZE, SALT);
  for (int c = 0; c < CLASSES; ++c) {
    const double *vesicles = t(POLISH, VESICLES + c);
    EACH_LANE rest[i] += vesicles[i];
  }
  EACH_LANE {
    const double capacity = n.sterile_capacity / (1.0 + rest[i] * dilution);
    const double filters = most(std::ceil(load / (change_out * capacity)), 1.0);
    rest[i] = 1.0 - least(held * filters, 1.0);
    volume[i] = whole * rest[i];
    salt[i] = whole_salt * rest[i];
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
  scale(t, CONCENTRATE, STERILIZE, EQUIVALENTS, rest);
}

// exosim/operations/vial_filling.py
ALONE fill(const Run &r, const Tile &t) {
  const Numbers n = r.n;
  const double in_full = n.fill_volume * 1e-3 * (1.0 + n.overfill), *volume = t(STERILIZE, VOLUME);
  Lane share;
  double *vials = t(FILL, VIALS), *kept_back = t(FILL, RETAINED);
  EACH_LANE {
    const double usable = most(volume[i] - n.line_loss * 1e-3, 0.0);
    const double filled = std::floor(usable / in_full + 1e-9);
    const double accepted = std::floor(filled * (1.0 - n.reject_fraction) + 1e-9);
    const double in_vial = least(in_full, usable / most(filled, 1.0));
    vials[i] = accepted;
    kept_back[i] = least(n.retained, accepted);
    share[i] = accepted * in_vial / (1.0 + n.overfill) / most(volume[i], NOTHING);
  }
  for (int row = 0; row < DEBRIS; ++row) scale(t, STERILIZE, FILL, row, share);
  for (int row : {POTENCY, EQUIVALENTS, NUCLEASE, VOLUME, SALT}) scale(t, STERILIZE, FILL, row, share);
}

}  // namespace limit
