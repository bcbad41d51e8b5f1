// A batch's passes over the parts of it that this process computes: step by step, the parts side by side,
// each on one thread; so what comes out depends neither on the number of threads nor on that of ranks. A
// batch that is no more than one part runs on all the threads that its plan was made for. Parameters are laid
// out once a step for all parts of one plan.
//
// At a kernel that sees the whole batch (TrainKernel::batch_sums()) the parts wait for each other, those of
// other ranks too. All ranks call all functions alike, those without a part as well. Throws RanksLost.
#pragma once

#include <functional>
#include <vector>

#include "models/training/plan/train_plan.h"
#include "models/training/ranks/batch_parts.h"
#include "models/training/ranks/ranks.h"

namespace actionflow::training {

struct PartRun {
  const TrainPlan* plan = nullptr;
  TrainRun run;
};

class PartRuns {
 public:
  // `pattern`: a plan of the network, for the steps that all have. `parameters`: by index, as TrainRun's.
  // `own`: the parts of parts.begin(rank) on.
  PartRuns(Ranks& ranks, BatchParts parts, const TrainPlan& pattern, std::vector<float*> parameters,
           std::vector<PartRun> own, int threads);

  void forward();
  // From the parts' output gradients; `ended` is told each step as soon as all own parts are through.
  void backward(const std::function<void(std::size_t step)>& ended);

  const BatchParts& parts() const { return parts_; }
  const TrainPlan& pattern() const { return pattern_; }
  const std::vector<PartRun>& own() const { return own_; }

 private:
  void lay_out(std::size_t step, Direction direction);
  bool divided() const { return is_divided(parts_); }
  template <class F>
  void each(const F& body);
  // Of all parts, where `add_up` fills in an own part's.
  template <class F>
  void exchange(std::size_t step, const F& add_up);
  void set_sums(bool given);

  Ranks& ranks_;
  BatchParts parts_;
  const TrainPlan& pattern_;
  std::vector<float*> parameters_;
  std::vector<PartRun> own_;
  int threads_;
  std::vector<double> sums_;
};

}  // namespace actionflow::training
