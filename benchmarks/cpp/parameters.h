// What `limit.cpp` is given: the quantities that vary by lane and the plain numbers, by their addresses in the scenario
// or in the recipe, and what it gives back: the rows of every material.

#pragma once

constexpr int POOLS = 4;  // pools of soluble protein

#ifndef CLASSES
#define CLASSES 12  // size classes of vesicles
#endif
#ifndef WAITS
#define WAITS 7  // harvests in the longest pool
#endif

#define LANES(X) \
  X(median, "product.ev_size.median") \
  X(seed_doubling_time, "seed_train.doubling_time") \
  X(harvest_density, "seed_train.harvest_density") \
  X(doubling_time, "culture.doubling_time") \
  X(capacity, "culture.capacity") \
  X(death_rate, "culture.death_rate") \
  X(activity, "culture.activity") \
  X(secretion_rate, "culture.secretion_rate") \
  X(reuptake, "culture.reuptake") \
  X(decay, "culture.decay") \
  X(nonvesicular_per_vesicle, "culture.nonvesicular_per_vesicle") \
  X(protein_rate, "culture.protein_rate") \
  X(complex_protein, "culture.complex_protein") \
  X(associated_protein, "culture.associated_protein") \
  X(hold_rate, "culture.harvest_hold.rate") \
  X(hold_exponent, "culture.harvest_hold.size_exponent") \
  X(clarify_recovery, "clarify.ev_recovery") \
  X(digestion_rate, "digest.digestion_rate") \
  X(pore_diameter, "concentrate.pore_diameter") \
  X(vesicle_leakage, "concentrate.vesicle_leakage") \
  X(bed_recovery, "polish.bed_recovery") \
  X(protein_tail, "polish.protein_tail") \
  X(sterile_recovery, "sterilize.ev_recovery")

#define NUMBERS(X) \
  X(gsd, "product.ev_size.gsd") \
  X(inoculum, "seed_train.inoculum") \
  X(post_thaw_viability, "seed_train.post_thaw_viability") \
  X(seeding_density, "seed_train.seeding_density") \
  X(passages, "seed_train.passages") \
  X(seed_capacity, "seed_train.capacity") \
  X(seed_death_rate, "seed_train.death_rate") \
  X(initial_doublings, "seed_train.initial_doublings") \
  X(seed_doublings_limit, "seed_train.doublings_limit") \
  X(seed_attachment, "seed_train.attachment") \
  X(detachment, "seed_train.detachment") \
  X(suspension_density, "seed_train.suspension_density") \
  X(attachment, "culture.attachment") \
  X(lag, "culture.lag") \
  X(growth_period, "culture.growth_period") \
  X(collection, "culture.collection") \
  X(harvest_every, "culture.harvest_every") \
  X(harvest_fraction, "culture.harvest_fraction") \
  X(growth_death_rate, "culture.growth_death_rate") \
  X(starvation_rate, "culture.starvation_rate") \
  X(doublings_limit, "culture.doublings_limit") \
  X(oxygen_uptake, "culture.oxygen_uptake") \
  X(oxygen_saturation, "culture.oxygen_saturation") \
  X(least_oxygen, "culture.least_oxygen") \
  X(glucose_uptake, "culture.glucose_uptake") \
  X(lactate_yield, "culture.lactate_yield") \
  X(lactate_limit, "culture.lactate_limit") \
  X(ammonia_rate, "culture.ammonia_rate") \
  X(ammonia_limit, "culture.ammonia_limit") \
  X(metabolic_link, "culture.metabolic_link") \
  X(relative_potency, "culture.relative_potency") \
  X(protein_per_dead_cell, "culture.protein_per_dead_cell") \
  X(small_protein, "culture.small_protein") \
  X(immunoglobulin_like, "culture.immunoglobulin_like") \
  X(dna_per_dead_cell, "culture.dna_per_dead_cell") \
  X(bound_dna, "culture.bound_dna") \
  X(debris_per_dead_cell, "culture.debris_per_dead_cell") \
  X(medium_glucose, "culture.medium_glucose") \
  X(medium_particles, "culture.medium_particles") \
  X(medium_salt, "culture.medium_salt") \
  X(fiber_area, "culture.fiber_area") \
  X(extracapillary_volume, "culture.extracapillary_volume") \
  X(medium_rate, "culture.medium_rate") \
  X(circulation, "culture.circulation") \
  X(nonvesicular_median, "culture.nonvesicular_median") \
  X(nonvesicular_gsd, "culture.nonvesicular_gsd") \
  X(transfer_loss, "pool.transfer_loss") \
  X(debris_reduction, "clarify.debris_reduction") \
  X(nuclease_activity, "digest.activity") \
  X(treatment_time, "digest.treatment_time") \
  X(half_salt, "digest.half_salt") \
  X(hold_loss, "digest.hold_loss") \
  X(concentration_factor, "concentrate.concentration_factor") \
  X(diavolumes, "concentrate.diavolumes") \
  X(dna_sieving, "concentrate.dna_sieving") \
  X(membrane_area, "concentrate.membrane_area") \
  X(membrane_adsorbed, "concentrate.adsorbed_per_area") \
  X(membrane_hold_up, "concentrate.hold_up") \
  X(flushed, "concentrate.flushed") \
  X(wash_salt, "concentrate.buffer_salt") \
  X(column_volume, "polish.column_volume") \
  X(load_fraction, "polish.load_fraction") \
  X(plates, "polish.plates") \
  X(void_fraction, "polish.void_fraction") \
  X(pore_fraction, "polish.pore_fraction") \
  X(exclusion_diameter, "polish.pore_diameter") \
  X(pool_from, "polish.pool_from") \
  X(pool_to, "polish.pool_to") \
  X(dna_diameter, "polish.dna_diameter") \
  X(eluent_salt, "polish.buffer_salt") \
  X(sterile_area, "sterilize.area") \
  X(sterile_capacity, "sterilize.capacity") \
  X(half_capacity, "sterilize.half_capacity") \
  X(half_passage, "sterilize.half_passage") \
  X(passage_slope, "sterilize.passage_slope") \
  X(sterile_hold_up, "sterilize.hold_up") \
  X(chased, "sterilize.chased") \
  X(fill_volume, "fill.fill_volume") \
  X(overfill, "fill.overfill") \
  X(line_loss, "fill.line_loss") \
  X(reject_fraction, "fill.reject_fraction") \
  X(retained, "fill.retained") \
  X(nuclease_diameter, "context.nuclease_diameter")

#define POINTER(name, path) const double *name;
#define NUMBER(name, path) double name;
#define PATH(name, path) path " "

struct Lanes {
  LANES(POINTER)
};
struct Numbers {
  NUMBERS(NUMBER)
  double protein_diameters[POOLS];
  double edges[CLASSES + 1];
};

// Rows of a material: a name of `exosim.material.Material` and how many rows it has; the last two are monitors.
#define MATERIAL(X) \
  X(VESICLES, "vesicles", CLASSES) \
  X(NONVESICULAR, "nonvesicular", CLASSES) \
  X(PROTEIN, "protein", POOLS) \
  X(ASSOCIATED, "associated_protein", 1) \
  X(FREE_DNA, "free_dna", 1) \
  X(BOUND_DNA, "bound_dna", 1) \
  X(DEBRIS, "debris", 1) \
  X(POTENCY, "potency", 1) \
  X(DEAD, "dead_cells", 1) \
  X(EQUIVALENTS, "cell_equivalents", 1) \
  X(GLUCOSE, "glucose", 1) \
  X(LACTATE, "lactate", 1) \
  X(AMMONIA, "ammonia", 1) \
  X(NUCLEASE, "nuclease", 1) \
  X(VOLUME, "volume", 1) \
  X(SALT, "salt", 1) \
  X(VIALS, "vials", 1) \
  X(RETAINED, "retained_vials", 1) \
  X(VIABLE, "viable_cells", 1) \
  X(DOUBLINGS, "doublings", 1) \
  X(SECRETED, "secreted", 1) \
  X(CELL_HOURS, "cell_hours", 1)
