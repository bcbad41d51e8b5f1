// The learning rate over a training run: a function of the step alone (and, for plateau, of the validation
// measures seen so far), so that a run that goes on from a checkpoint has the rates it would have had.
//
//   Schedule schedule(options, peak, {.epochs = 30, .steps_per_epoch = 120});
//   optimizer->step(parameters, schedule.rate(step));   // step counts the optimiser's steps from 0
//   schedule.observe(val_top1);                         // once an epoch, after validation
//
// Warm-up leads to the peak linearly: step s of W has the share from + (1 − from)·(s + 1)/W of it; what
// follows counts from there. constant; step: times gamma at each milestone (epochs since the run's start);
// cosine: half a cosine from the peak to final·peak at the last step's end; plateau: times gamma after more
// than `patience` epochs without a better measure, as PyTorch's ReduceLROnPlateau, never below final·peak;
// one_cycle: as PyTorch's OneCycleLR with two cosines, from start·peak up over the first `rise` of all steps,
// then down to final·peak; without warm-up.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/config.h"

namespace actionflow {

enum class ScheduleKind { constant, step, cosine, plateau, one_cycle };

struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::cosine;
  double warmup_epochs = 0;        // or, instead,
  std::int64_t warmup_steps = 0;   // of the optimiser
  double warmup_from = 0;          // share of the peak
  std::vector<double> milestones;  // epochs
  double gamma = 0.1;
  int patience = 5;           // epochs
  double threshold = 1e-4;    // a measure has to be better by more than this to count
  double final_share = 0;     // "final"
  double rise = 0.3;          // share of all steps
  double start_share = 0.04;  // "start"
  static void describe(config::Fields<ScheduleOptions>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics) const;
};

// How long the run is, in the optimiser's steps.
struct RunLength {
  double epochs = 1;
  std::int64_t steps_per_epoch = 1;
};

class Schedule {
 public:
  Schedule(const ScheduleOptions& options, double peak, const RunLength& length);

  double rate(std::int64_t step) const;

  // An epoch's validation measure, greater is better; NaN is never better. Only plateau listens.
  void observe(double measure);

  // What observe() has left, exactly, on one line, for a checkpoint. load() throws ModelError for text that
  // is none.
  std::string state() const;
  void load(std::string_view state);

 private:
  double warm_up_share(double step) const;
  double share(double step) const;

  ScheduleOptions options_;
  double peak_ = 0;
  double steps_per_epoch_ = 1, steps_ = 1, warmup_ = 0;
  // Plateau's.
  double factor_ = 1;
  double best_ = -std::numeric_limits<double>::infinity();
  std::int64_t epochs_without_better_ = 0;
};

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::ScheduleKind> {
  using Kind = actionflow::ScheduleKind;
  static constexpr std::array<std::pair<Kind, std::string_view>, 5> names{{{Kind::constant, "constant"},
                                                                           {Kind::step, "step"},
                                                                           {Kind::cosine, "cosine"},
                                                                           {Kind::plateau, "plateau"},
                                                                           {Kind::one_cycle, "one_cycle"}}};
};
