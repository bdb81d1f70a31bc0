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
// comes from, and where it holds, is told in the modules of `exosim` that the comments name.

#include <chrono>

#include "cpp/culture.h"
#include "cpp/run.h"
#include "cpp/steps.h"

namespace limit {
namespace {

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
}  // namespace limit

using namespace limit;

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
    culture(run, Tile(*lanes, out, stride, begin), viable + begin, doublings + begin, shares + begin, shares_stride);
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
  for (long begin = 0; begin < count; begin += TILE) train(run, Tile(*lanes, out, stride, begin), seconds);
}
}
